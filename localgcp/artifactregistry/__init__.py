"""Artifact Registry: the look-ups by which an image that is already there is not built again."""
