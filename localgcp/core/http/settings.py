"""The settings of a server: its folders, and how much of the machine it may use."""

import os
from dataclasses import dataclass, field
from pathlib import Path


def _default_cache() -> Path:
    configured = os.environ.get("LOCALGCP_CACHE_DIR")
    return Path(configured) if configured else Path.home() / ".cache" / "localgcp"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings of one server.

    Attributes:
        state_dir: the folder for resources, objects, tables and logs; one server at a time may use it.
        cache_dir: the folder for the environments of images; all servers of a user share it.
        project: the project that clients use.
        cpu_slots: how many single-threaded trials run at once.
        model_ready_s: how long the server of a deployed model may take to become healthy.
        max_body_bytes: larger requests are answered with 413.
    """

    state_dir: Path
    cache_dir: Path = field(default_factory=_default_cache)
    project: str = "local-project"
    cpu_slots: int = field(default_factory=lambda: os.cpu_count() or 1)
    model_ready_s: float = 60.0
    max_body_bytes: int = 1 << 30
