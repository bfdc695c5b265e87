"""Turns a row of the input into the instance that is sent to the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of the input.

    Attributes:
        given: the row as JSON: the line of a file, or an object with the columns of a table.
        instance: the value that is sent to the model.
        problem: why the row cannot be sent; empty for a valid row.
    """

    given: Any
    instance: Any = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceForm:
    """BatchPredictionJob.InstanceConfig, with the default of the input's format filled in.

    Attributes:
        as_array: a row is sent as the array of its values, without names.
        included, excluded: the fields to send, or not to send; at most one of the two is not empty.
        key_field: a field that is not sent; its value stands for the row in the output. Empty without a key field.
    """

    as_array: bool = False
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    key_field: str = ""

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], instances_format: str) -> Self:
        """Read an InstanceConfig; by default rows of BigQuery are sent as arrays."""
        return cls(
            as_array=raw.get("instanceType", "array" if instances_format == "bigquery" else "") == "array",
            included=tuple(raw.get("includedFields", ())),
            excluded=tuple(raw.get("excludedFields", ())),
            key_field=raw.get("keyField", ""),
        )

    def row(self, given: Any) -> Row:
        """Return a row with its instance."""
        chooses = bool(self.included or self.excluded or self.key_field)
        if not isinstance(given, dict):
            if chooses:
                return Row(given=given, problem="instance_config chooses fields, and the instance is not an object.")
            return Row(given=given, instance=given)
        if missing := [name for name in (*self.included, *filter(None, [self.key_field])) if name not in given]:
            return Row(given=given, problem=f"The instance has no field {', '.join(missing)}.")
        names = self.included or [name for name in given if name not in (*self.excluded, self.key_field)]
        chosen = {name: given[name] for name in names}
        return Row(given=given, instance=list(chosen.values()) if self.as_array else chosen)

    def shown(self, row: Row) -> dict[str, Any]:
        """Return the part of a row that the output shows: its key, or the row."""
        if self.key_field and isinstance(row.given, dict) and self.key_field in row.given:
            return {"key": row.given[self.key_field]}
        is_whole = self.included or self.excluded or row.problem
        return {"instance": row.given if is_whole else row.instance}
