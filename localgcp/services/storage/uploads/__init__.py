"""Uploads of several requests, and the bodies and headers of uploads."""
