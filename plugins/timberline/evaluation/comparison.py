"""The pair of versions that a scoring job compares, and the URI of their scores. Pure.

The champion may change between two tries of a run, so each pair has its own job and its own document.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from timberline.run.identity import short_hash

_NO_VERSION = "none"
_DOCUMENT = re.compile(r"scores-(?P<challenger>[^-]+)-(?P<champion>[^-]+)\.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two versions of a model.

    Attributes:
        challenger: the version that the run trained.
        champion: the champion; None if no version is in service.
    """

    challenger: str
    champion: str | None

    @property
    def content(self) -> str:
        """The pair as the value of a label, which tells the jobs of two pairs apart."""
        return short_hash(self.challenger, self.champion or "")

    def scores_uri(self, folder_uri: str) -> str:
        """Return the URI of the scores.

        Args:
            folder_uri: the scoring step's folder of the segment: `RunIdentity.step_uri`.
        """
        return f"{scores_prefix(folder_uri, self.challenger)}{self.champion or _NO_VERSION}.json"


def scores_prefix(folder_uri: str, challenger: str) -> str:
    """Return the beginning of the URIs of all scores of a challenger."""
    return f"{folder_uri}/scores-{challenger}-"


def latest_comparison(uris: Iterable[str], challenger: str) -> Comparison | None:
    """Return the last comparison of a challenger; None if the challenger was never scored.

    After its promotion the challenger is the champion itself, and only the documents show the former champion. Of
    several documents the one with the newest champion is the last.

    Args:
        uris: the documents in the scoring step's folder.
        challenger: the version.
    """
    found = [match for uri in uris if (match := _DOCUMENT.fullmatch(uri.rpartition("/")[2]))]
    champions = [match["champion"] for match in found if match["challenger"] == challenger]
    if not champions:
        return None
    youngest = max(champions, key=lambda version: (version != _NO_VERSION, len(version), version))
    return Comparison(challenger=challenger, champion=None if youngest == _NO_VERSION else youngest)
