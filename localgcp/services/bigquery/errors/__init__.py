"""Errors in BigQuery's words, with the place in the text where they arose."""
