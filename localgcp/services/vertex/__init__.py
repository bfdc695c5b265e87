"""Vertex AI: jobs, tuning, batch predictions, training pipelines, models, endpoints."""
