"""Hyperparameter tuning: the study, its search space, and when trials and studies stop."""
