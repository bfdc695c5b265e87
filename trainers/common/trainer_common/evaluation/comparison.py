"""Score a challenger and a champion on the same rows, and build the document of the scores."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from trainer_common.failures import StorageError, UserError
from trainer_common.reading.splits import TEST, Split
from trainer_common.report.metric import Metric

SplitT = TypeVar("SplitT", bound=Split[Any, Any])


class ScoredModel(Protocol[SplitT]):
    """A model that can be scored on labelled rows."""

    @property
    def question(self) -> str:
        """What the model predicts, such as `species = 3`; only models of the same question are compared."""

    def read_split(self, name: str, locations: Sequence[str]) -> SplitT:
        """Return the rows of a split with the labels of the model's question.

        Raises:
            UserError: The rows cannot be read.
        """

    def evaluate(self, split: SplitT) -> list[Metric]:
        """Return the metrics of a split."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """The score of one model: its metrics, or the reason why it has none."""

    uri: str
    metrics: Mapping[str, float | None] | None = None
    """Values by name; a value is None where the rows do not define it. None when the model cannot be scored."""
    error: str | None = None
    """Why the model cannot be scored."""

    def to_json(self) -> dict[str, object]:
        """Return `uri`, and either `metrics` or `error`."""
        return {"uri": self.uri} | ({"error": self.error} if self.metrics is None else {"metrics": dict(self.metrics)})


def compare_models(
    challenger_uri: str,
    champion_uri: str | None,
    test: Sequence[str],
    load: Callable[[str], ScoredModel[SplitT]],
) -> dict[str, object]:
    """Score the challenger, and the champion if there is one, on the same rows.

    Args:
        challenger_uri: The new model: its file, or the folder that holds it.
        champion_uri: The model in service, if there is one.
        test: Locations of the test rows, which are read once.
        load: Takes such a URI; returns the model.

    Returns:
        The document: `split`, `rows`, `challenger` and `champion` (see `Score.to_json`); `champion` is null without
        a champion. A champion that cannot be scored has an `error`: a broken champion must not block its successor.

    Raises:
        UserError: The rows or the challenger cannot be read.
        StorageError: The same, and a retry may succeed.
    """
    challenger = load(challenger_uri)
    split = challenger.read_split(TEST, test)
    challenger_score = _score(challenger_uri, challenger.evaluate(split))

    def score_champion(uri: str) -> Score:
        champion = load(uri)
        if champion.question != challenger.question:
            raise UserError(
                f"it predicts {champion.question}, the challenger {challenger.question}: expected the same; "
                "compare models of one target and class"
            )
        return _score(uri, champion.evaluate(split))

    champion_score = None
    if champion_uri is not None:
        try:
            champion_score = score_champion(champion_uri)
        except (UserError, StorageError) as error:
            champion_score = Score(uri=champion_uri, error=str(error))
    return {
        "split": split.name,
        "rows": split.size,
        "challenger": challenger_score.to_json(),
        "champion": champion_score and champion_score.to_json(),
    }


def _score(uri: str, metrics: Sequence[Metric]) -> Score:
    return Score(uri=uri, metrics={metric.name: metric.value for metric in metrics})


def to_text(document: Mapping[str, object]) -> str:
    """Return the document of `compare_models` for people: one line per model."""
    lines = [f"{document['rows']:,} rows"]
    for name in ("challenger", "champion"):
        found = document[name]
        if isinstance(found, dict):
            metrics = found.get("metrics") or {}
            figures = "  ".join(
                f"{key} {'-' if value is None else format(value, '.4f')}" for key, value in metrics.items()
            )
            lines.append(f"{name:<12}{figures or found['error']}")
    return "\n".join(lines)
