"""Cloud Storage, JSON API v1: buckets and objects, kept as files in the state folder."""
