"""Cloud Build: a `docker build` of a trainer's folder installs a Python environment with uv."""
