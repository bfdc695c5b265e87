"""The basis of every service: requests, lasting state, conventions of the APIs, and control of the server."""
