"""Read the command line into a frozen dataclass."""
