"""Job files: decoding, study, metric and goal, thresholds, costs."""
