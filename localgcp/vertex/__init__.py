"""vertex."""
