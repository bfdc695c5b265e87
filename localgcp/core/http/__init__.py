"""The way of a request: guard, application, routing, discovery documents, messages."""
