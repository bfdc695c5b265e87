"""Which version a challenger is scored against, and where the scores of the two are. Pure.

The champion may change between two tries of a run: each pair has a document of its own, and a job of its own.
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
        champion: the version in service; None where there is none.
    """

    challenger: str
    champion: str | None

    @property
    def content(self) -> str:
        """What a scoring job is for, as a label's value."""
        return short_hash(self.challenger, self.champion or "")

    def scores_uri(self, folder_uri: str) -> str:
        """Return where the scores are written.

        Args:
            folder_uri: the scoring step's folder of the segment: `RunIdentity.step_uri`.
        """
        return f"{scores_prefix(folder_uri, self.challenger)}{self.champion or _NO_VERSION}.json"


def scores_prefix(folder_uri: str, challenger: str) -> str:
    """Return what the URIs of all scores of a challenger begin with."""
    return f"{folder_uri}/scores-{challenger}-"


def latest_comparison(uris: Iterable[str], challenger: str) -> Comparison | None:
    """Return the comparison that a challenger went through last, None where it went through none.

    A challenger that has been promoted meanwhile is the champion now; what it was compared with then, only the
    documents tell. Of several the latest is the one with the youngest champion.

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
