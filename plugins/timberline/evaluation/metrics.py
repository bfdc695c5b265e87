"""The `metrics.json` that trainers leave beside a model. Pure."""

from collections.abc import Mapping
from typing import Any

from timberline.run.errors import DataError


def read_metrics(document: Mapping[str, Any], split: str, where: str) -> dict[str, float | int | None]:
    """Return one split's metrics by name (`-` becomes `_`), and its `rows`.

    Args:
        document: `{"metrics": [{"name", "value", "goal", "split", "rows"}]}`; an undefined value is null.
        split: the split to take.
        where: what messages call the document.

    Raises:
        DataError: there is no metric of the split, or an entry is malformed.
    """
    try:
        entries = [entry for entry in document["metrics"] if entry["split"] == split]
        found: dict[str, float | int | None] = {metric_key(entry["name"]): entry["value"] for entry in entries}
        if not entries:
            raise DataError(f"{where} has no metric of the split {split}: was the trainer given its rows?")
        return found | {"rows": entries[0]["rows"]}
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{where}: expected a list `metrics` of name, value, split and rows; missing: {error}"
        ) from None


def metric_key(name: str) -> str:
    """Return a metric's key in the report: `f1-score` is `f1`, `roc-auc` is `roc_auc`."""
    return "f1" if name == "f1-score" else name.replace("-", "_")
