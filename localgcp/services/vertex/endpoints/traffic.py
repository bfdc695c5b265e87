"""The traffic split of an endpoint: checked, and applied to requests."""

import threading
from collections.abc import Collection, Mapping

from localgcp.core.conventions.errors import invalid_argument

Split = Mapping[str, int]


def check_split(split: Split, deployed: Collection[str]) -> None:
    """Refuse shares that do not sum to 100, or that name models that are not deployed; no shares mean no traffic.

    Raises:
        ApiError: 400.
    """
    if missing := [name for name in split if name not in deployed]:
        raise invalid_argument(
            f"The following DeployedModel ID(s) [{', '.join(missing)}] do not exist. Deployed are"
            f" [{', '.join(sorted(deployed))}]."
        )
    if wrong := [f"{name}: {share}" for name, share in split.items() if not 0 <= share <= 100]:
        raise invalid_argument(f"traffic_split: expected shares from 0 to 100 percent, found {', '.join(wrong)}.")
    if split and sum(split.values()) != 100:
        raise invalid_argument(f"traffic_split: the shares must sum to 100, but sum to {sum(split.values())}.")


class Balancer:
    """Smooth weighted round robin: of 100 successive requests each model gets its share, evenly spread."""

    def __init__(self, split: Split) -> None:
        self.split = dict(split)
        self._credits = {name: 0 for name, share in split.items() if share}
        self._lock = threading.Lock()

    def next(self) -> str | None:
        """Return the deployed model for the next request, or None if no model has traffic."""
        with self._lock:
            if not self._credits:
                return None
            for name in self._credits:
                self._credits[name] += self.split[name]
            chosen = max(self._credits, key=self._credits.__getitem__)
            self._credits[chosen] -= 100
            return chosen
