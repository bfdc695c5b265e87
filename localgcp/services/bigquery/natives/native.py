"""The description of a Python function for DuckDB."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Native:
    """A Python function that DuckDB can call.

    Attributes:
        parameters: the DuckDB types of the arguments; None means any number of arguments of any type.
        returns: the DuckDB type of the result.
        takes_null: whether DuckDB calls the function with NULLs. Otherwise a NULL argument gives NULL.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...] | None
    returns: str
    takes_null: bool = False


class SqlError(ValueError):
    """A function refuses its arguments; the message is that of BigQuery."""
