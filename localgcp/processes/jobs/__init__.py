"""One runner for all kinds of jobs: records, states, cancellation, timeouts, logs, and resuming after a restart.

A service that has jobs gives a `JobRecords` (where they are stored), a `JobWork` (what a job does while it runs) and, for
each collection of its API, a `JobCollection` (how it is listed and deleted). A `JobRunner` does the rest.
"""
