"""The local cloud as the tests drive it."""

from localgcp.testing.local_cloud import LocalCloud

__all__ = ["LocalCloud"]
