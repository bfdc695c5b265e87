"""Artifact Registry: repositories, and the images that builds pushed to them."""
