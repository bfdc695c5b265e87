"""What runs leave behind, by kind: how each is listed and removed."""

from typing import TYPE_CHECKING, Protocol

from timberline.hooks.cloud import Cloud
from timberline.janitor.rules import Leftover, LeftoverKind, Sighting

if TYPE_CHECKING:
    from collections.abc import Sequence


class LeftoverStore(Protocol):
    """Where left-overs of one kind are."""

    def sightings(self) -> "Sequence[Sighting]":
        """Return all resources of the kind, those that are kept too.

        Raises:
            ServiceUnavailable: the service did not answer.
            GoogleAPIError: it refuses.
        """

    def remove(self, leftover: Leftover) -> bool:
        """Remove what was found; tell whether it was still there, and still as it was found.

        Raises:
            ServiceUnavailable: the service did not answer.
            GoogleAPIError: it refuses.
        """


def leftover_store(kind: LeftoverKind, cloud: Cloud) -> LeftoverStore:
    """Return where left-overs of a kind are."""
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
