"""Waiting for remote jobs."""
