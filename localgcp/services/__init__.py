"""The Google Cloud services, one package each."""
