"""Calls of functions and table functions of scripts and datasets, replaced by their bodies; the routines API."""
