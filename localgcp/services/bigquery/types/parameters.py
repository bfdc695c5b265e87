"""The parameters of types: STRING(10), BYTES(10), NUMERIC(5, 2) and BIGNUMERIC(5, 2).

https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#parameterized_data_types
"""

from typing import Any

from localgcp.core.conventions.errors import invalid_argument

_LENGTHS = ("STRING", "BYTES")
# The most digits before and after the decimal point.
_DIGITS = {"NUMERIC": (29, 9), "BIGNUMERIC": (38, 38)}


def check_parameters(kind: str, raw: dict[str, Any]) -> None:
    """Refuse parameters that the type does not have, or that are out of range.

    Args:
        kind: the REST API's name of the type.
        raw: a `TableFieldSchema`.

    Raises:
        ApiError: 400, in Google's words.
    """
    name = raw.get("name")
    length, precision, scale = (_number(raw, key) for key in ("maxLength", "precision", "scale"))
    if length is not None and kind not in _LENGTHS:
        raise invalid_argument(f"Field {name}: maxLength can only be set on STRING and BYTES, not {kind}")
    if length is not None and length < 1:
        raise invalid_argument(f"Field {name}: maxLength must be positive, not {length}")
    if precision is None and scale is None:
        return
    if kind not in _DIGITS:
        raise invalid_argument(f"Field {name}: precision and scale can only be set on NUMERIC and BIGNUMERIC")
    if precision is None:
        raise invalid_argument(f"Field {name}: scale can only be set together with precision")
    before, after = _DIGITS[kind]
    if not 0 <= (scale or 0) <= after:
        raise invalid_argument(f"In {kind}(P, S), S must be between 0 and {after} (field {name})")
    if not max(1, scale or 0) <= precision <= before + (scale or 0):
        least, most = max(1, scale or 0), before + (scale or 0)
        raise invalid_argument(f"In {kind}(P, {scale or 0}), P must be between {least} and {most} (field {name})")


def parameters_text(raw: dict[str, Any]) -> str:
    """Return the parameters as GoogleSQL writes them, such as `(10)`, or an empty string.

    Args:
        raw: a `TableFieldSchema`.
    """
    length, precision, scale = (_number(raw, key) for key in ("maxLength", "precision", "scale"))
    if length is not None:
        return f"({length})"
    if precision is not None:
        return f"({precision}, {scale})" if scale else f"({precision})"
    return ""


def parameters_of(kind: str, values: list[int]) -> dict[str, str]:
    """Return the numbers in parentheses after a type's name as fields of a `TableFieldSchema`."""
    names = ("maxLength",) if kind in _LENGTHS else ("precision", "scale")
    return {name: str(value) for name, value in zip(names, values, strict=False)}


def _number(raw: dict[str, Any], key: str) -> int | None:
    value = raw.get(key)
    return None if value in (None, "") else int(str(value))
