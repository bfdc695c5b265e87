"""Training pipelines on Google Cloud: operators, sensors, triggers, hooks and the pure modules they stand on."""
