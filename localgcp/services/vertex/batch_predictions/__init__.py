"""Batch prediction jobs: their input, the model's container, and their output."""
