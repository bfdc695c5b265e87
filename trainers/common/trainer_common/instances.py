"""Reads the instances of a prediction request, and says which value of which one is wrong."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from trainer_common.failures import UserError

Instance: TypeAlias = Mapping[str, float | str | None]

_LARGEST_NUMBER = 3.4028235e38  # of 32 bits, which features are computed in
_SHOWN_CHARACTERS = 60


class Kind(Enum):
    """What a column holds; the value is what messages call it."""

    NUMBER = "a number"
    CATEGORY = "text or a whole number"


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a model reads."""

    name: str
    kind: Kind
    nullable: bool = True
    """Whether null, a missing value, is allowed."""


def parse_instances(body: bytes, columns: Sequence[Column]) -> list[Instance]:
    """Reads the body of a prediction request.

    Args:
        body: JSON: `{"instances": [{column: value, ...} or [value, ...], ...]}`. `parameters` may be there, empty.
        columns: What each instance has to hold.

    Returns:
        The instances, at least one (see `check_instances`).

    Raises:
        UserError: It is no such document; the message names the instance and its field.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UserError(f"the body: expected JSON, found something else ({error})") from error
    if not isinstance(document, dict) or "instances" not in document:
        raise UserError('the body: expected an object with "instances", a list of objects or lists')
    if parameters := document.get("parameters"):
        # Ignoring them would answer another question than the one asked.
        raise UserError(f"parameters: this model takes none, found {_shown(parameters)}")
    return check_instances(document["instances"], columns)


def check_instances(instances: object, columns: Sequence[Column]) -> list[Instance]:
    """Checks instances that came as JSON.

    Args:
        instances: What should be a list of instances, each an object by column or a list in the order of `columns`.
        columns: What each has to hold, and nothing else. Null counts as a missing value; a left out key does not.

    Returns:
        The instances by column, at least one: numbers as floats and categories as text.

    Raises:
        UserError: They are something else; the message names the instance and its field.
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
    """Turns a list in the order of the columns into an object."""
    if len(values) != len(columns):
        order = ", ".join(columns)
        raise UserError(f"{place}: expected {len(columns)} values, found {len(values)}; the order is {order}")
    return dict(zip(columns, values, strict=True))


def _difference(found: Sequence[str], expected: Sequence[str]) -> str:
    """Says which column is too many, with the nearest one that is wanted, or which one is missing."""
    for name in found:
        if name not in expected:
            near = difflib.get_close_matches(name, expected, n=1, cutoff=0.8)
            return f".{name}: no such column" + (f" (nearest: {near[0]!r})" if near else "")
    return f".{next(name for name in expected if name not in found)}: missing"


def _check_value(place: str, value: object, column: Column) -> float | str | None:
    if value is None and column.nullable:
        return None
    # True and false are integers to Python.
    if not isinstance(value, bool):
        if column.kind is Kind.NUMBER and isinstance(value, int | float) and abs(value) <= _LARGEST_NUMBER:
            return float(value)
        if column.kind is Kind.CATEGORY and isinstance(value, int | str):
            return str(value)
    raise UserError(f"{place}: expected {column.kind.value}, found {_shown(value)}")


def _shown(value: object) -> str:
    """Returns a JSON value as messages show it, of bounded length."""
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
