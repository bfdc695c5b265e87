"""cloudbuild."""
