"""Cloud Storage, JSON API v1 and XML API: buckets, and objects as files in the state folder."""
