"""Versions of registered models. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from timberline.release.ids import CHALLENGER_ALIAS, CHAMPION_ALIAS
from timberline.run.identity import RunIdentity


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A version of a model at one moment.

    Attributes:
        model: `projects/.../locations/.../models/<id>`, without a version.
        version: the version's id.
        aliases: its aliases, sorted, because the service lists them in no order.
        labels: its labels.
        artifact_uri: the folder of its model artefact; empty for a version without one.
        created_s: seconds since the epoch.
        deployed: whether it is on an endpoint.
    """

    model: str
    version: str
    aliases: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    artifact_uri: str = ""
    created_s: float = 0.0
    deployed: bool = False

    @property
    def name(self) -> str:
        """The version's resource name."""
        return f"{self.model}@{self.version}"

    @property
    def is_champion(self) -> bool:
        """Whether it is the version in service."""
        return CHAMPION_ALIAS in self.aliases

    @property
    def is_challenger(self) -> bool:
        """Whether it is the challenger of a run."""
        return CHALLENGER_ALIAS in self.aliases


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRequest:
    """A version to register.

    Attributes:
        model_id: the model that it is a version of.
        body: a Model in Google's JSON form, without the labels of the run.
        run: the run it belongs to.
        step: the step that registers it.
        segment: which of the parallel models it is.
    """

    model_id: str
    body: Mapping[str, Any]
    run: RunIdentity
    step: str
    segment: str

    @property
    def labels(self) -> dict[str, str]:
        """The labels by which the version is found again."""
        return self.run.labels(self.step, self.segment)


def survivor(versions: Iterable[Version]) -> Version | None:
    """Return the version that stays if one model artefact was registered several times; None without versions.

    It is the version in service, else a deployed one, else the oldest: the first two must not be deleted.
    """
    return min(versions, key=_rank, default=None)


def _rank(version: Version) -> tuple[bool, bool, float, int, str]:
    return (not version.is_champion, not version.deployed, version.created_s, len(version.version), version.version)
