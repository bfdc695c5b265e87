"""Jobs: accepted, run, listed, and their results."""
