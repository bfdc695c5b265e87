"""The report of a run: its document and its tables."""
