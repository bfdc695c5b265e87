"""Buckets: their settings and the rules about their settings."""
