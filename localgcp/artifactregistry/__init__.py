"""artifactregistry."""
