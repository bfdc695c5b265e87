"""Evaluations that clients have imported for versions of models."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from localgcp.core.conventions.errors import not_found
from localgcp.core.conventions.filters import compile_filter
from localgcp.core.conventions.masks import masked
from localgcp.core.conventions.paging import page
from localgcp.core.conventions.problems import REQUIRED, refuse
from localgcp.core.http import messages
from localgcp.core.state.clock import CLOCK
from localgcp.services.vertex.models.records import ModelRecords
from localgcp.services.vertex.models.resources import ModelName, Resource

_LARGEST_PAGE = 1000
_FILTER_FIELDS = ("displayName", "metricsSchemaUri", "createTime", "name")


class Evaluations:
    """The evaluations of all models."""

    def __init__(self, records: ModelRecords) -> None:
        self._records = records
        self._stored = records.state.collection("models.evaluations")
        self._names_of: dict[str, list[str]] = defaultdict(list)
        for name in self._stored.names():
            self._names_of[name.partition("/evaluations/")[0]].append(name)

    def import_evaluation(self, parent: str, raw: Mapping[str, Any]) -> Resource:
        """Store an evaluation of a version and return it.

        Raises:
            ApiError: 404 for the model, 400 for an evaluation without metrics.
        """
        version = self._version(ModelName.parse(parent))
        request = messages.parse("ImportModelEvaluationRequest", raw)
        asked = request.get("modelEvaluation", {})
        refuse([("model_evaluation.metrics", REQUIRED)] if "metrics" not in asked else [])
        evaluation: Resource = asked | {
            "name": f"{version}/evaluations/{uuid4().int >> 66}",
            "createTime": CLOCK.text(),
        }
        with self._records.state.lock:
            self._stored.put(evaluation["name"], evaluation)
            self._names_of[version].append(evaluation["name"])
        return evaluation

    def get(self, name: str) -> Resource:
        """Return an evaluation; its name may have the version, an alias, or neither for the default version.

        Raises:
            ApiError: 404.
        """
        parsed = ModelName.parse(name)
        found = self._stored.get(f"{self._version(parsed)}/evaluations/{parsed.evaluation}")
        if found is None:
            raise not_found(f"The ModelEvaluation {name} does not exist.")
        return found

    def list_evaluations(self, parent: str, query: Mapping[str, str | None]) -> Resource:
        """Return one page of the evaluations of a version, newest first.

        Args:
            query: `filter`, `pageSize`, `pageToken` and `readMask`.

        Raises:
            ApiError: 404 for the model, 400 for a filter or a token that is not well formed.
        """
        names = reversed(self._names_of[self._version(ModelName.parse(parent))])
        matches = compile_filter(query.get("filter") or "", fields=_FILTER_FIELDS)
        found = [item for name in names if matches(item := self._stored.get(name) or {})]
        items, token = page(found, int(query.get("pageSize") or 0), query.get("pageToken"), limit=_LARGEST_PAGE)
        answer: Resource = {"modelEvaluations": [masked(item, query.get("readMask") or "") for item in items]}
        return answer | ({"nextPageToken": token} if token else {})

    def delete(self, version: str) -> None:
        """Delete the evaluations of a version."""
        with self._records.state.lock:
            for name in self._names_of.pop(version, []):
                self._stored.delete(name)

    def _version(self, name: ModelName) -> str:
        return name.version(self._records.version_id(name))
