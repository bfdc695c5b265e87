"""Endpoints, the models deployed on them, and online predictions."""
