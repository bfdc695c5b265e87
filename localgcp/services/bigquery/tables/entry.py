"""One table or view as the catalog keeps it, and its settings."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from localgcp.core.state.clock import CLOCK
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.tables.partitioning import TIME_FIELD, Partitioning, partitioning_of
from localgcp.services.bigquery.types.schema import Field, check_names

_TABLE_SETTINGS = (
    "clustering",
    "description",
    "encryptionConfiguration",
    "expirationTime",
    "friendlyName",
    "labels",
    "rangePartitioning",
    "requirePartitionFilter",
    "timePartitioning",
    "resourceTags",
    "tableConstraints",
    "defaultCollation",
    "maxStaleness",
    "defaultRoundingMode",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TableEntry:
    """One table or view.

    Attributes:
        settings: the fields of a `Table` that a client may set, as given: clustering, labels, description and so on.
        physical: the DuckDB table with the rows; empty for a view.
        view: the `ViewDefinition`, or None for a table.
        created_ms, modified_ms: milliseconds since 1970.
        version: counts the changes of the rows; sizes are cached by it.
    """

    name: TableName
    fields: tuple[Field, ...]
    settings: dict[str, Any]
    physical: str
    view: dict[str, Any] | None
    created_ms: int
    modified_ms: int
    version: int
    location: str

    def to_json(self) -> dict[str, Any]:
        """Return the record that the state keeps."""
        return {
            "name": self.name.to_json(),
            "fields": [item.to_json() for item in self.fields],
            "settings": self.settings,
            "physical": self.physical,
            "view": self.view,
            "created_ms": self.created_ms,
            "modified_ms": self.modified_ms,
            "version": self.version,
            "location": self.location,
        }

    @classmethod
    def from_stored(cls, raw: dict[str, Any]) -> "TableEntry":
        """Read what `to_json` returned, without applying the rules for requests.

        Raises:
            Exception: the record is damaged, so that requests about the table would fail.
        """
        fields = tuple(Field.from_stored(item) for item in raw["fields"])
        entry = cls(**{**raw, "name": TableName.from_stored(raw["name"]), "fields": fields})
        # Every list of the dataset computes these: a failure there would cost the list, here it costs this table.
        _ = (entry.is_expired, [item.duckdb_type for item in entry.stored_fields])
        return entry

    @property
    def partitioning(self) -> Partitioning | None:
        """How the table is partitioned, or None."""
        return partitioning_of(self.settings, self.fields)

    @property
    def stored_fields(self) -> tuple[Field, ...]:
        """The columns of the physical table, which has one more if the table is partitioned by ingestion time."""
        return stored_fields(self.fields, self.settings)

    @property
    def is_expired(self) -> bool:
        """Whether the expiration time has passed."""
        return "expirationTime" in self.settings and int(self.settings["expirationTime"]) <= now_ms()


@dataclass(slots=True)
class TableChange:
    """A change of a table that is under way.

    Attributes:
        entry: the table before the change.
        changes: the new values, by the names of the attributes of `TableEntry`.
        statistics: the statistics of the job that makes the change.
    """

    entry: TableEntry
    changes: dict[str, Any]
    statistics: dict[str, Any] = field(default_factory=dict)

    def result(self) -> TableEntry:
        """Return the table after the change.

        Raises:
            ApiError: 400 for a new field whose name no table may have.
        """
        check_names(self.changes.get("fields", ()), self.entry.fields)
        raw = {key: getattr(self.entry, key) for key in TableEntry.__slots__}
        return TableEntry(**{**raw, **self.changes, "modified_ms": now_ms()})


def stored_fields(fields: Sequence[Field], settings: dict[str, Any]) -> tuple[Field, ...]:
    """Return the columns of the schema, and `_PARTITIONTIME` if the table is partitioned by ingestion time."""
    partitioning = partitioning_of(settings, tuple(fields))
    return (*fields, TIME_FIELD) if partitioning is not None and partitioning.is_ingestion_time else tuple(fields)


def table_settings(body: dict[str, Any]) -> dict[str, Any]:
    """Return the settings in a `Table` resource: all that it sets besides schema and view."""
    return {key: body[key] for key in _TABLE_SETTINGS if body.get(key) is not None}


def changed_settings(old: dict[str, Any], body: dict[str, Any], *, replace_all: bool) -> dict[str, Any]:
    """Return the settings after a patch, or after an update (`replace_all`); a field that is null is removed."""
    changes = {key: body[key] for key in _TABLE_SETTINGS if key in body}
    return merged_settings({} if replace_all else old, changes)


def merged_settings(old: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return settings with changes applied; null removes a setting, and each label changes by itself."""
    merged = {**old, **changes}
    for key in ("labels",):
        # Labels that a patch does not mention stay; a label that is null is removed.
        if isinstance(old.get(key), dict) and isinstance(changes.get(key), dict):
            merged[key] = {**old[key], **changes[key]}
        if isinstance(merged.get(key), dict):
            merged[key] = {name: value for name, value in merged[key].items() if value is not None}
    return {key: value for key, value in merged.items() if value is not None}


def etag(resource: dict[str, Any]) -> str:
    """Return the etag of a resource: a hash of its content."""
    content = {key: value for key, value in resource.items() if key != "etag"}
    return hashlib.md5(json.dumps(content, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def now_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return CLOCK.time_ns() // 1_000_000
