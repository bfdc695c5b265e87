"""What a server keeps over a restart: the database, the clock, states of resources, long-running operations."""
