"""A trainer without work."""
