"""Cloud Logging v2: entries from the logs of jobs, and entries that clients write."""
