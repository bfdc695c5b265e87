"""Artifact Registry: finding images that were built, so that none is built again, and deleting them."""
