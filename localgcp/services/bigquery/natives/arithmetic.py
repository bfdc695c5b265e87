"""Functions of numbers: NUMERIC, rounding and distances."""

import math
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation, Overflow, localcontext

from localgcp.services.bigquery.natives.native import Native, SqlError
from localgcp.services.bigquery.natives.value_text import numeric_text

NUMERIC = "DECIMAL(38,9)"
_PLACES = 9
_NINE_PLACES = Decimal(1).scaleb(-_PLACES)
_LIMIT = Decimal(10) ** 29
_EXACT = Context(prec=100)


def numeric(value: Decimal) -> Decimal:
    """Round a number to NUMERIC: nine digits after the point, halves away from zero.

    Raises:
        SqlError: the number is too large.
    """
    if abs(value) < _LIMIT:
        with localcontext(_EXACT):
            rounded = value.quantize(_NINE_PLACES, ROUND_HALF_UP)
        if abs(rounded) < _LIMIT:
            return rounded
    raise SqlError("numeric overflow")


def _divide(dividend: Decimal, divisor: Decimal) -> Decimal:
    if not divisor:
        raise SqlError(f"division by zero: {numeric_text(dividend)} / {numeric_text(divisor)}")
    with localcontext(_EXACT):
        return numeric(dividend / divisor)


def _multiply(left: Decimal, right: Decimal) -> Decimal:
    with localcontext(_EXACT):
        return numeric(left * right)


def _round_even(value: Decimal, places: int) -> Decimal:
    with localcontext(_EXACT):
        return numeric(value.quantize(Decimal(1).scaleb(-min(places, _PLACES)), ROUND_HALF_EVEN))


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    try:
        with localcontext(_EXACT):
            found = base**exponent
    except Overflow as error:
        raise SqlError("numeric overflow") from error
    except InvalidOperation as error:
        raise SqlError(f"Illegal numeric POW({numeric_text(base)}, {numeric_text(exponent)})") from error
    if not found.is_finite():
        raise SqlError(f"division by zero: POW({numeric_text(base)}, {numeric_text(exponent)})")
    return numeric(found)


def _parse_numeric(text: str) -> Decimal:
    stripped = "".join(text.split())
    sign = stripped[-1:] if stripped[-1:] in ("+", "-") else ""
    try:
        value = Decimal((sign + stripped[:-1] if sign else stripped).replace(",", ""))
    except InvalidOperation as error:
        raise SqlError(f"Invalid input to PARSE_NUMERIC: {text}") from error
    if not value.is_finite():
        raise SqlError(f"Invalid input to PARSE_NUMERIC: {text}")
    return numeric(value)


def _pairs(left: list[float], right: list[float]) -> list[tuple[float, float]]:
    if None in left or None in right:
        raise SqlError("Cannot compute the distance of a vector with a NULL.")
    if len(left) != len(right):
        raise SqlError(f"Array length mismatch: {len(left)} and {len(right)}.")
    return list(zip(left, right, strict=True))


def _cosine_distance(left: list[float], right: list[float]) -> float:
    pairs = _pairs(left, right)
    lengths = math.hypot(*left) * math.hypot(*right)
    if not lengths:
        raise SqlError("Cannot compute cosine distance against zero vector.")
    return 1 - math.fsum(a * b for a, b in pairs) / lengths


def _euclidean_distance(left: list[float], right: list[float]) -> float:
    return math.sqrt(math.fsum((a - b) ** 2 for a, b in _pairs(left, right)))


def _checked(name: str, function: Callable[[float], float]) -> Native:
    """Return a function of FLOAT64 that raises an error where its result is not finite."""

    def compute(value: float) -> float:
        if not math.isfinite(value):
            return math.nan if math.isnan(value) else _at_infinity(function, value)
        try:
            return function(value)
        except (OverflowError, ZeroDivisionError, ValueError) as error:
            raise SqlError(f"Floating point error in function: {name.upper()}({value!r})") from error

    return Native(f"gs_{name}", compute, ("DOUBLE",), "DOUBLE")


def _at_infinity(function: Callable[[float], float], value: float) -> float:
    try:
        return function(value)
    except (OverflowError, ValueError):
        return math.nan


NATIVES = (
    Native("gs_numeric_divide", _divide, (NUMERIC, NUMERIC), NUMERIC),
    Native("gs_numeric_multiply", _multiply, (NUMERIC, NUMERIC), NUMERIC),
    Native("gs_numeric_power", _power, (NUMERIC, NUMERIC), NUMERIC),
    Native("gs_round_even", _round_even, (NUMERIC, "BIGINT"), NUMERIC),
    Native("gs_parse_numeric", _parse_numeric, ("VARCHAR",), NUMERIC),
    Native("gs_cosine_distance", _cosine_distance, ("DOUBLE[]", "DOUBLE[]"), "DOUBLE"),
    Native("gs_euclidean_distance", _euclidean_distance, ("DOUBLE[]", "DOUBLE[]"), "DOUBLE"),
    _checked("exp", math.exp),
    _checked("sinh", math.sinh),
    _checked("cosh", math.cosh),
    _checked("sec", lambda value: 1 / math.cos(value)),
    _checked("csc", lambda value: 1 / math.sin(value)),
    _checked("cot", lambda value: 1 / math.tan(value)),
    _checked("sech", lambda value: 1 / math.cosh(value)),
    _checked("csch", lambda value: 1 / math.sinh(value)),
    _checked("coth", lambda value: 1 / math.tanh(value)),
)
