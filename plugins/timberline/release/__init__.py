"""Model versions, the state of endpoints, and traffic."""
