"""Container images without containers: an image reference stands for a Python environment and what it starts."""
