"""AI Platform models and versions as Vertex AI models and endpoints."""
