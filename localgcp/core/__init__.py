"""What every service stands on: requests, lasting state, conventions of the APIs, and control of the server."""
