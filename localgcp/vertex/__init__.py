"""Vertex AI v1: custom jobs and hyperparameter tuning jobs, run as processes."""
