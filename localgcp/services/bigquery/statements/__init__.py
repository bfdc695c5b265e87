"""Statements, each kind in a module of its own."""
