"""Clients of the Google services, one module a service."""
