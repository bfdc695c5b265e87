"""What a function in Python looks like to DuckDB."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Native:
    """One function.

    Attributes:
        parameters: the types of DuckDB, or None for any number of arguments of any type.
        returns: a type of DuckDB.
        takes_null: it is called with NULLs too, otherwise they give NULL.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...] | None
    returns: str
    takes_null: bool = False


class SqlError(ValueError):
    """What a function says against its arguments, in BigQuery's words."""
