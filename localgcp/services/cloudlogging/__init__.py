"""Cloud Logging v2: the lines of jobs' logs, and what clients write."""
