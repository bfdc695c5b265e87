"""Rules that tell leftovers of runs from what is still in use."""
