"""Vertex AI v1: batch prediction jobs."""
