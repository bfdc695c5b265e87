"""Data sets on disk that several tests read."""

from covertype_rows import export

__all__ = ["export"]
