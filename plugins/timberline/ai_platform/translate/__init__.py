"""AI Platform training jobs as Vertex AI jobs."""
