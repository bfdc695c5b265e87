"""Uploads that take several requests, and the bodies and headers of all uploads."""
