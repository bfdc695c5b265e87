"""Registers all Python functions with DuckDB."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from localgcp.services.bigquery.natives import (
    arithmetic,
    characters,
    codes,
    json_changes,
    json_reads,
    networks,
    printf,
    time_format,
    time_parse,
    value_text,
)
from localgcp.services.bigquery.natives.native import Native, SqlError


def _fail(message: str) -> None:
    raise SqlError(message)


_FAMILIES = (
    arithmetic,
    characters,
    codes,
    json_changes,
    json_reads,
    networks,
    printf,
    time_format,
    time_parse,
    value_text,
)
# Unlike error() of DuckDB, this function works within TRY.
_ERROR = Native("gs_error", _fail, ("VARCHAR",), '"NULL"')


def register(connection: Any) -> None:
    """Register the functions with a DuckDB database."""
    for native in (_ERROR, *(native for family in _FAMILIES for native in family.NATIVES)):
        parameters = None if native.parameters is None else list(native.parameters)
        function = native.function if native.takes_null else _null_of_null(native.function)
        if parameters is None:
            function = _any_number(function)
        # Without special handling, DuckDB refuses a NULL result.
        connection.create_function(native.name, function, parameters, native.returns, null_handling="special")


def _any_number(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments):  # type: ignore[no-untyped-def]
        # DuckDB would read annotations as the types of the arguments.
        return function(*arguments)

    return call


def _null_of_null(function: Callable[..., Any]) -> Callable[..., Any]:
    # DuckDB counts the parameters of the signature, which `wraps` keeps.
    @wraps(function)
    def call(*arguments: Any) -> Any:
        return None if None in arguments else function(*arguments)

    return call
