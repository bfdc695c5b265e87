"""Vertex AI v1: endpoints, the models deployed on them, and online predictions."""
