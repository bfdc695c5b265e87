"""Left-overs of runs by kind: how each kind is listed and removed."""

from typing import TYPE_CHECKING, Protocol

from timberline.hooks.cloud import Cloud
from timberline.janitor.rules import Leftover, LeftoverKind, Sighting

if TYPE_CHECKING:
    from collections.abc import Sequence


class LeftoverStore(Protocol):
    """Lists and removes left-overs of one kind."""

    def sightings(self) -> "Sequence[Sighting]":
        """Return all resources of the kind, including resources that are kept.

        Raises:
            ServiceUnavailable: the service did not answer.
            GoogleAPIError: the service refused the request.
        """

    def remove(self, leftover: Leftover) -> bool:
        """Remove a left-over, and return whether it was removed: not if it is gone or has changed since it was found.

        Raises:
            ServiceUnavailable: the service did not answer.
            GoogleAPIError: the service refused the request.
        """


def leftover_store(kind: LeftoverKind, cloud: Cloud) -> LeftoverStore:
    """Return the store of a kind of left-overs."""
    from timberline.hooks.leftover_data import Archives, Rows, Tables
    from timberline.hooks.leftover_endpoints import Deployments, Endpoints
    from timberline.hooks.leftover_images import Images
    from timberline.hooks.leftover_jobs import Jobs

    stores: dict[LeftoverKind, type[LeftoverStore]] = {
        LeftoverKind.JOBS: Jobs,
        LeftoverKind.ENDPOINTS: Endpoints,
        LeftoverKind.DEPLOYMENTS: Deployments,
        LeftoverKind.TABLES: Tables,
        LeftoverKind.ROWS: Rows,
        LeftoverKind.ARCHIVES: Archives,
        LeftoverKind.IMAGES: Images,
    }
    store: LeftoverStore = stores[kind](cloud)  # type: ignore[call-arg]
    return store
