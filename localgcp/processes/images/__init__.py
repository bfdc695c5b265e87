"""Container images without containers: a reference stands for a Python environment and a command."""
