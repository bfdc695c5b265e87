"""Cloud Build: a `docker build` of a trainer's folder becomes a Python environment made by uv."""
