"""GoogleSQL scripts, and what outlives a statement: variables, temporary tables, sessions, transactions."""
