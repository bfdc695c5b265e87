"""Detects the schema of JSON records."""

from collections.abc import Iterable
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.formats.detection import column_name, common_type, text_type
from localgcp.services.bigquery.types.schema import Field


def detect_fields(records: Iterable[Any], character_map: str) -> tuple[Field, ...]:
    """Return the fields of records, in the order of their first occurrence.

    Raises:
        ApiError: 400 for a name with values that have no common type.
    """
    return _fields([record for record in records if isinstance(record, dict)], "", character_map)


def _fields(records: list[dict[str, Any]], prefix: str, character_map: str) -> tuple[Field, ...]:
    values: dict[str, list[Any]] = {}
    for record in records:
        for name, value in record.items():
            values.setdefault(name, []).append(value)
    return tuple(
        _field(column_name(name, character_map), found, f"{prefix}{name}", character_map)
        for name, found in values.items()
    )


def _field(name: str, values: list[Any], path: str, character_map: str) -> Field:
    found = [value for value in values if value is not None]
    is_repeated = any(isinstance(value, list) for value in found)
    if is_repeated:
        if not all(isinstance(value, list) for value in found):
            raise invalid_argument(
                f"Error while reading data, error message: Field {path} is an array in some records."
            )
        found = [item for value in found for item in value if item is not None]
    mode = "REPEATED" if is_repeated else "NULLABLE"
    if any(isinstance(value, dict) for value in found):
        if not all(isinstance(value, dict) for value in found):
            raise invalid_argument(
                f"Error while reading data, error message: Field {path} is a RECORD in some records."
            )
        return Field(name=name, type="RECORD", mode=mode, fields=_fields(found, f"{path}.", character_map))
    return Field(name=name, type=common_type(map(_type, found)), mode=mode)


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, int):
        return text_type(str(value))
    # The detection treats a quoted number as a number, and a quoted date as a date.
    return "FLOAT" if isinstance(value, float) else text_type(str(value))
