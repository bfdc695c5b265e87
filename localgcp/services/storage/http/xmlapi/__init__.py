"""The XML API of Cloud Storage: https://cloud.google.com/storage/docs/xml-api/overview."""
