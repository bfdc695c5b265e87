"""The local cloud as the tests drive it."""

from localgcp.testing import LocalCloud

__all__ = ["LocalCloud"]
