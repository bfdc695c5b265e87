"""A request's way: guard, application, routing, discovery documents, messages, errors."""
