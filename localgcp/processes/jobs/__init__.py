"""One runner for all kinds of jobs: records, states, cancellation, timeouts, logs, and resuming after a restart.

A service with jobs provides `JobRecords` (where they are stored), a `JobWork` (what a job does while it runs) and, for
each collection of its API, a `JobCollection` (how jobs are listed and deleted). A `JobRunner` does the rest.
"""
