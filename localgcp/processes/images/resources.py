"""An image in localgcp: an environment, and the command that a container would start in it."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Startup:
    """How the Dockerfile starts a container.

    Attributes:
        entrypoint, cmd: ENTRYPOINT and CMD in exec form.
        env: the variables of the ENV instructions.
    """

    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """A Python environment on this machine.

    Attributes:
        key: the name of its folder in the cache: a hash of all that it was created from.
        python: its interpreter.
        preload: modules that a warm server imports once for all trials.
    """

    key: str
    python: Path
    startup: Startup = field(default_factory=Startup)
    preload: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageVersion:
    """One built image in the registry.

    Attributes:
        repository: host and path, for example `europe-west1-docker.pkg.dev/p/r/image`.
        digest: `sha256:...` of the content.
        environment: the key of its environment in the cache.
        size_bytes: the size of the source that the image was built from.
    """

    repository: str
    digest: str
    environment: str
    create_time: str
    update_time: str
    size_bytes: int = 0
    preload: tuple[str, ...] = ()
    startup: Startup = field(default_factory=Startup)

    @property
    def uri(self) -> str:
        """`repository@digest`."""
        return f"{self.repository}@{self.digest}"

    def to_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        startup = Startup(
            entrypoint=tuple(raw["startup"]["entrypoint"]), cmd=tuple(raw["startup"]["cmd"]), env=raw["startup"]["env"]
        )
        return cls(**{**raw, "preload": tuple(raw["preload"]), "startup": startup})
