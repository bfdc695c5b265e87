"""Tables of GoogleSQL expressions and their values, asked for many at a time."""

from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

_PER_QUERY = 60


def values_of(client: bigquery.Client, expressions: list[str]) -> dict[str, str]:
    """Return what each expression gives, as Python's `str` writes it; for one that fails, the error."""
    found: dict[str, str] = {}
    for start in range(0, len(expressions), _PER_QUERY):
        part = expressions[start : start + _PER_QUERY]
        try:
            found |= _together(client, part)
        except BadRequest:
            for expression in part:
                try:
                    found |= _together(client, [expression])
                except BadRequest as error:
                    found[expression] = str(error)
    return found


def _together(client: bigquery.Client, expressions: list[str]) -> dict[str, str]:
    columns = ", ".join(f"{expression} AS c{index}" for index, expression in enumerate(expressions))
    (row,) = client.query(f"SELECT {columns}").result()
    return {expression: str(value) for expression, value in zip(expressions, row.values(), strict=True)}
