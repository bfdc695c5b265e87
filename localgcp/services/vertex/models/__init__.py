"""The model registry: models with versions, aliases and imported evaluations."""
