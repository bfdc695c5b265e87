"""One run: its identity, settings, errors and messages, and the addresses of services."""
