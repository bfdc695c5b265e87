"""For tests: `LocalCloud`, and the fixtures of `localgcp.testing.pytest_plugin`."""

from localgcp.testing.local_cloud import LocalCloud

__all__ = ["LocalCloud"]
