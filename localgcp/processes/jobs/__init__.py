"""One runner for all kinds of jobs: records, states, cancellation, timeouts, and resuming after a restart."""
