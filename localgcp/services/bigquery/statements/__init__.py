"""Runs GoogleSQL statements; each kind of statement has a module."""
