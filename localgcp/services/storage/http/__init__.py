"""The HTTP side of Cloud Storage: the JSON API, batches and the XML API."""
