"""Training pipelines: a job, and the upload of its model."""
