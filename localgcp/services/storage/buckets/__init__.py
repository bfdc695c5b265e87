"""Buckets: their settings, and the rules that Google sets for these settings."""
