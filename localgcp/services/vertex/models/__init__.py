"""Vertex AI v1: the model registry, with versions, aliases and imported evaluations."""
