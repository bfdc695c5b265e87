"""Serve a model as a prediction container."""
