"""The server process and the wiring of all services."""
