"""Rows in and out: load and extract jobs, files that come with a request, streamed rows."""
