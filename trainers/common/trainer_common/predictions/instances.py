"""Read the instances of a prediction request; an error names the instance and the value."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from trainer_common.failures import UserError
from trainer_common.reading.columns import FeatureColumns

Instance: TypeAlias = Mapping[str, float | str | None]
"""A checked instance: the value of each column; None for a missing value."""
JsonInstance: TypeAlias = Mapping[str, object] | Sequence[object]
"""An instance as requests carry it: an object, or a list of the values in the order of the columns."""

_LARGEST_NUMBER = 3.4028235e38  # of float32, in which models compute
_SHOWN_CHARACTERS = 60


class Kind(Enum):
    """What a column holds; the enum value is the wording of messages."""

    NUMBER = "a number"
    CATEGORY = "text or a whole number"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an instance."""

    name: str
    kind: Kind
    nullable: bool = True
    """Whether null, which stands for a missing value, is allowed."""


def instance_columns(features: FeatureColumns, *, nullable: bool) -> tuple[Column, ...]:
    """Return the columns of an instance.

    Args:
        features: The columns that the model reads.
        nullable: Whether the model takes missing values.
    """
    numbers = tuple(Column(name, Kind.NUMBER, nullable) for name in features.numeric)
    return numbers + tuple(Column(name, Kind.CATEGORY, nullable) for name in features.categorical)


def parse_instances(body: bytes, columns: Sequence[Column]) -> list[Instance]:
    """Return the instances in the body of a prediction request.

    Args:
        body: JSON: `{"instances": [{column: value, ...} or [value, ...], ...]}`, and possibly empty `parameters`.
        columns: The columns of an instance.

    Returns:
        The checked instances, at least one (see `check_instances`).

    Raises:
        UserError: The body has another form; the message names the instance and its field.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UserError(f"the body: expected JSON, found something else ({error})") from error
    if not isinstance(document, dict) or "instances" not in document:
        raise UserError('the body: expected an object with "instances", a list of objects or lists')
    if parameters := document.get("parameters"):
        # A client that sends parameters expects them to change the answer.
        raise UserError(f"parameters: this model takes none, found {_shown(parameters)}")
    return check_instances(document["instances"], columns)


def check_instances(instances: object, columns: Sequence[Column]) -> list[Instance]:
    """Return checked instances.

    Args:
        instances: Parsed JSON: a list of instances, each an object or a list of values in the order of `columns`.
        columns: The columns that each instance must hold, and no others. A missing value is null, not an absent key.

    Returns:
        The instances by column, at least one: numbers as floats and categories as text.

    Raises:
        UserError: The instances have another form; the message names the instance and its field.
    """
    if not isinstance(instances, list):
        raise UserError(f"instances: expected a list of objects or lists, found {_shown(instances)}")
    if not instances:
        raise UserError("instances: expected at least one, found an empty list")
    by_name = {column.name: column for column in columns}
    return [_check_instance(f"instances[{index}]", instance, by_name) for index, instance in enumerate(instances)]


def _check_instance(place: str, instance: object, columns: Mapping[str, Column]) -> Instance:
    named = _name_values(place, instance, columns) if isinstance(instance, list) else instance
    if not isinstance(named, dict):
        raise UserError(
            f"{place}: expected an object with the columns {', '.join(columns)}, or a list in that order, "
            f"found {_shown(instance)}"
        )
    if named.keys() != columns.keys():
        raise UserError(f"{place}{_difference(list(named), list(columns))}; expected {', '.join(columns)}")
    return {name: _check_value(f"{place}.{name}", named[name], column) for name, column in columns.items()}


def _name_values(place: str, values: list[object], columns: Mapping[str, Column]) -> dict[str, object]:
    """Return the object of a list in the order of the columns."""
    if len(values) != len(columns):
        order = ", ".join(columns)
        raise UserError(f"{place}: expected {len(columns)} values, found {len(values)}; the order is {order}")
    return dict(zip(columns, values, strict=True))


def _difference(found: Sequence[str], expected: Sequence[str]) -> str:
    """Name the unknown column, with the nearest expected one, or the missing column."""
    for name in found:
        if name not in expected:
            near = difflib.get_close_matches(name, expected, n=1, cutoff=0.8)
            return f".{name}: no such column" + (f" (nearest: {near[0]!r})" if near else "")
    return f".{next(name for name in expected if name not in found)}: missing"


def _check_value(place: str, value: object, column: Column) -> float | str | None:
    if value is None and column.nullable:
        return None
    # Python counts True and False as integers.
    if not isinstance(value, bool):
        if column.kind is Kind.NUMBER and isinstance(value, int | float) and abs(value) <= _LARGEST_NUMBER:
            return float(value)
        if column.kind is Kind.CATEGORY and isinstance(value, int | str):
            return str(value)
    raise UserError(f"{place}: expected {column.kind.value}, found {_shown(value)}")


def _shown(value: object) -> str:
    """Return a JSON value for a message, shortened."""
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
