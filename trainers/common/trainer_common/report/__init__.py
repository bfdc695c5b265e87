"""Report metrics and timings, to the tuning service and in `metrics.json`."""
