"""Vertex AI's finished jobs as AI Platform's answers."""
