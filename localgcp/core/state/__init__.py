"""What lasts: the database, the clock, the states of resources, long-running operations."""
