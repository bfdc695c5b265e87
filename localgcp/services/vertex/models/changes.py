"""The changes of a model: a patch, a new version, a merge of aliases."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from localgcp.core.conventions.errors import failed_precondition, invalid_argument
from localgcp.core.conventions.masks import mask_paths
from localgcp.core.conventions.problems import naming_problems, refuse, snake
from localgcp.services.vertex.models.resources import DEFAULT, ModelName, RegisteredModel, Resource

_MODEL_FIELDS = frozenset({"displayName", "description"})
_VERSION_FIELDS = frozenset({"versionDescription"})
_LABELS = frozenset({"labels"})

OUTPUT_ONLY = frozenset(
    {
        "name", "versionId", "versionCreateTime", "versionUpdateTime", "supportedExportFormats", "trainingPipeline",
        "supportedDeploymentResourcesTypes", "supportedInputStorageFormats", "supportedOutputStorageFormats",
        "createTime", "updateTime", "deployedModels", "etag", "dataStats", "modelSourceInfo", "originalModelInfo",
        "metadataArtifact", "satisfiesPzs", "satisfiesPzi", "checkpoints",
    }
)  # fmt: skip


def new_version(asked: Mapping[str, Any], version_id: str, time: str) -> Resource:
    """Return a version as it is stored, with the fields that Vertex AI adds to each model in a custom container."""
    kept = {name: value for name, value in asked.items() if name not in OUTPUT_ONLY | _MODEL_FIELDS}
    kept.pop("versionAliases", None)
    contents = ["ARTIFACT", "IMAGE"] if "artifactUri" in asked else ["IMAGE"]
    return kept | {
        "versionId": version_id,
        "versionCreateTime": time,
        "versionUpdateTime": time,
        "supportedExportFormats": [{"id": "custom-trained", "exportableContents": contents}],
        "supportedDeploymentResourcesTypes": ["DEDICATED_RESOURCES", "SHARED_RESOURCES"],
        "supportedInputStorageFormats": ["jsonl", "bigquery", "csv", "tf-record", "tf-record-gzip", "file-list"],
        "supportedOutputStorageFormats": ["jsonl", "bigquery"],
        "modelSourceInfo": {"sourceType": "CUSTOM"},
    }


def merged_aliases(model: RegisteredModel, version_id: str, changes: Collection[str]) -> dict[str, str]:
    """Return the aliases of a model after a merge into one of its versions.

    Args:
        changes: aliases to give to the version, also those of other versions; `-alias` removes an alias.

    Raises:
        ApiError: 400 if `default` would be left without a version.
    """
    added = {change for change in changes if not change.startswith("-")}
    removed = {change.removeprefix("-") for change in changes if change.startswith("-")}
    # An alias that one request both adds and removes stays as it is.
    added, removed = added - removed, removed - added
    if DEFAULT in removed and model.aliases[DEFAULT] == version_id:
        raise failed_precondition(
            f"The alias {DEFAULT} cannot be removed from {model.name}@{version_id}: a model always has a default"
            " version. Give the alias to another version instead."
        )
    kept = {alias: holder for alias, holder in model.aliases.items() if alias not in removed or holder != version_id}
    return kept | dict.fromkeys(sorted(added), version_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Patch:
    """New values for fields of a model, and of one of its versions.

    Attributes:
        of_model: attributes of RegisteredModel.
        of_version: fields of the Model that the version holds.
    """

    of_model: Mapping[str, Any]
    of_version: Resource

    @classmethod
    def read(cls, name: ModelName, body: Mapping[str, Any], mask: str) -> Self:
        """Read a patch of a model, or, under a name with `@VERSION`, of a version.

        The labels of a model are set on its default version too, because labels of the version would hide them.

        Raises:
            ApiError: 400 for a field that cannot be changed, or not under this name.
        """
        fields, is_of_version = set(mask_paths(mask)), name.names_version
        _check_fields(name, fields, is_of_version=is_of_version)
        values: Resource = {field: body.get(field, {} if field in _LABELS else "") for field in fields}
        refuse(naming_problems({"displayName": "unchanged", **values}, "model."))
        return cls(
            of_model={} if is_of_version else {snake(field): value for field, value in values.items()},
            of_version={field: values[field] for field in values if field in _VERSION_FIELDS | _LABELS},
        )


def _check_fields(name: ModelName, fields: set[str], *, is_of_version: bool) -> None:
    known = _MODEL_FIELDS | _VERSION_FIELDS | _LABELS
    if not fields or not fields <= known:
        raise invalid_argument(
            f"update_mask: expected some of {', '.join(sorted(map(snake, known)))}, and found"
            f" {', '.join(sorted(map(snake, fields - known))) or 'none'}."
        )
    misplaced = fields & (_MODEL_FIELDS if is_of_version else _VERSION_FIELDS)
    if misplaced:
        kind, form = ("model", name.model) if is_of_version else ("version", f"{name.model}@VERSION")
        raise failed_precondition(
            f"update_mask: {', '.join(sorted(map(snake, misplaced)))} belongs to the {kind}. Update it under the name"
            f" {form}, in a request of its own."
        )
