"""Rules for left-overs: which of the resources that services list may be deleted, and why. Pure.

A run counts as active while any of its resources (job, table, object) is younger than the limit. Airflow is not asked,
as tasks cannot see runs of other DAGs. All resources of an active run are kept, however old they are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from timberline.jobs.remote import JobStatus

_OUR_TAG = re.compile(r"[0-9a-f]{16}")  # the digests of `archive.pack`, which tag images
_RUN_OBJECT = re.compile(r"runs/(?P<run_key>[^/]+)/(?P<is_data>data/)?.")


class LeftoverKind(StrEnum):
    """The kinds of resource that runs leave behind; the values are a wire format."""

    JOBS = "jobs"
    ENDPOINTS = "endpoints"
    DEPLOYMENTS = "deployments"
    TABLES = "tables"
    ROWS = "rows"
    ARCHIVES = "archives"
    IMAGES = "images"


REASONS: Mapping[LeftoverKind, str] = {
    LeftoverKind.JOBS: "has not ended",
    LeftoverKind.ENDPOINTS: "made for the time of one run",
    LeftoverKind.DEPLOYMENTS: "gets no requests",
    LeftoverKind.TABLES: "split of one run",
    LeftoverKind.ROWS: "exported for the jobs of one run",
    LeftoverKind.ARCHIVES: "only the build of an image reads it",
    LeftoverKind.IMAGES: "no model version uses it, and its trainer has a newer one",
}
"""Why an old resource of each kind may be deleted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """One resource in a service's list.

    Attributes:
        name: the resource name, URI or table name, by which the resource is deleted.
        newest_s: when it was last made, written or used, in seconds since the epoch.
        run_key: the run that it belongs to; None for resources that outlive runs.
        is_kept: whether it is kept at any age: it only shows when its run was active.
        size_bytes: its size; None if the service does not report one.
        count: the number of objects that it stands for.
    """

    name: str
    newest_s: float
    run_key: str | None = None
    is_kept: bool = False
    size_bytes: int | None = None
    count: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Leftover:
    """A resource that may be deleted. Attributes as in `Sighting`; `reason` says why it may be deleted."""

    kind: LeftoverKind
    name: str
    newest_s: float
    run_key: str | None
    size_bytes: int | None
    count: int
    reason: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Leftover":
        """Read what `asdict` wrote; keys that a later version adds are ignored."""
        found = {field.name: value[field.name] for field in fields(cls)}
        return cls(**{**found, "kind": LeftoverKind(value["kind"])})


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """The left-overs of one kind.

    Attributes:
        kind: the kind.
        leftovers: resources that are older than the limit and not kept.
        runs_at_work: the active runs: runs with a younger resource.
        problem: why the service could not list the resources; None if it did.
    """

    kind: LeftoverKind
    leftovers: tuple[Leftover, ...] = ()
    runs_at_work: tuple[str, ...] = ()
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the XCom value."""
        leftovers = [asdict(each) for each in self.leftovers]
        return {**asdict(self), "leftovers": leftovers, "runs_at_work": list(self.runs_at_work)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Findings":
        """Read what `to_json` wrote."""
        return cls(
            kind=LeftoverKind(value["kind"]),
            leftovers=tuple(map(Leftover.from_json, value["leftovers"])),
            runs_at_work=tuple(value["runs_at_work"]),
            problem=value["problem"],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedImage:
    """An image in the registry's list.

    Attributes:
        repository: host and path, without tag and digest; ends with the trainer's name.
        digest: `sha256:...`.
        made_s, size_bytes: as in `Sighting`.
        tags: the tags of the image.
    """

    repository: str
    digest: str
    tags: tuple[str, ...]
    made_s: float
    size_bytes: int

    @property
    def uris(self) -> tuple[str, ...]:
        """The names that a job or a model may use for the image, the name with the digest first."""
        return (f"{self.repository}@{self.digest}", *(f"{self.repository}:{tag}" for tag in self.tags))

    @property
    def is_ours(self) -> bool:
        """Whether the image was built from a trainer's source and has no other tags."""
        return bool(self.tags) and all(map(_OUR_TAG.fullmatch, self.tags))


def sort_out(kind: LeftoverKind, sightings: Iterable[Sighting], cutoff_s: float) -> Findings:
    """Return the resources of one kind that are older than the limit, and the active runs."""
    seen = list(sightings)
    at_work = {each.run_key for each in seen if each.run_key is not None and each.newest_s > cutoff_s}
    old = [each for each in seen if not each.is_kept and each.newest_s <= cutoff_s and each.run_key not in at_work]
    leftovers = [
        Leftover(
            kind=kind, name=each.name, newest_s=each.newest_s, run_key=each.run_key, size_bytes=each.size_bytes,
            count=each.count, reason=REASONS[kind],
        )
        for each in sorted(old, key=lambda each: (each.newest_s, each.name))
    ]  # fmt: skip
    return Findings(kind=kind, leftovers=tuple(leftovers), runs_at_work=tuple(sorted(at_work)))


def see_job(status: JobStatus) -> Sighting:
    """Return the sighting of a job: a job that has ended is a record that costs nothing, and is kept."""
    newest_s = status.ended_s or status.created_s or 0.0
    return Sighting(name=status.ref.name, newest_s=newest_s, run_key=status.ref.run_key, is_kept=status.state.is_final)


def see_objects(bucket: str, objects: Iterable[tuple[str, float, int]]) -> list[Sighting]:
    """Return the folders of runs: the folder of rows, and the rest (models, reports, decisions), which is kept.

    Args:
        bucket: the bucket.
        objects: name, time of the last write and size in bytes of each object.
    """
    folders: dict[tuple[str, bool], list[tuple[float, int]]] = {}
    for name, written_s, size in objects:
        if match := _RUN_OBJECT.match(name):
            folders.setdefault((match["run_key"], match["is_data"] is not None), []).append((written_s, size))
    return [
        Sighting(
            name=f"gs://{bucket}/runs/{run_key}/" + ("data/" if is_data else ""),
            newest_s=max(written_s for written_s, _ in found),
            run_key=run_key,
            is_kept=not is_data,
            size_bytes=sum(size for _, size in found),
            count=len(found),
        )
        for (run_key, is_data), found in folders.items()
    ]


def see_images(
    images: Sequence[ListedImage], used_by_models: Set[str], last_used_s: Mapping[str, float]
) -> list[Sighting]:
    """Return the images of trainers. The newest image of each trainer and images of model versions are kept.

    Args:
        images: all images in the registry.
        used_by_models: the image URIs that registered model versions name.
        last_used_s: when the newest job of each image URI was made.
    """
    ours = [image for image in images if image.is_ours]
    newest = {image.repository: image.digest for image in sorted(ours, key=lambda image: image.made_s)}
    return [
        Sighting(
            name=image.uris[0],
            newest_s=max([image.made_s, *(last_used_s[uri] for uri in image.uris if uri in last_used_s)]),
            is_kept=newest[image.repository] == image.digest or not used_by_models.isdisjoint(image.uris),
            size_bytes=image.size_bytes,
        )
        for image in ours
    ]
