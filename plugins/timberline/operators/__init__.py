"""One module per step of a pipeline."""
