"""Vertex AI training pipelines: a job, and the upload of the model that it makes."""
