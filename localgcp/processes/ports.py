"""Ports for the processes that localgcp starts."""

import socket


def free_port() -> int:
    """Return a port of the loopback interface that no process uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
