"""FORMAT_DATE, FORMAT_DATETIME, FORMAT_TIME and FORMAT_TIMESTAMP, with all format elements of GoogleSQL.

https://cloud.google.com/bigquery/docs/reference/standard-sql/format-elements#format_elements_date_time
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from localgcp.services.bigquery.natives.native import Native
from localgcp.services.bigquery.natives.zones import zone_of

_ELEMENT = re.compile(r"%(E\*S|E\d+S|E4Y|Ez|[EO]?(.))", re.DOTALL)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)
COMPOSED = {
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "X": "%H:%M:%S",
    "x": "%m/%d/%y",
    "r": "%I:%M:%S %p",
}
# The elements that a type does not support; they stay unchanged in the result.
_NOT_IN_DATE = frozenset("cHIklMPpRrSsTXZz")
_NOT_IN_TIME = frozenset("AaBbCcDdeFGghJjmQsUuVWwxYyZz")
_NOT_IN_DATETIME = frozenset("sZz")


def _offset(moment: datetime) -> tuple[str, int, int]:
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    minutes = abs(seconds) // 60
    return "-" if seconds < 0 else "+", minutes // 60, minutes % 60


def _zone_name(moment: datetime) -> str:
    sign, hours, minutes = _offset(moment)
    if not hours and not minutes:
        return "UTC"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def _iso_day(moment: datetime) -> int:
    year = moment.isocalendar().year
    return moment.toordinal() - date.fromisocalendar(year, 1, 1).toordinal() + 1


def _week(moment: datetime, first: int) -> int:
    """Return the week of the year; `first` is the weekday on which a week starts, 0 for Sunday."""
    return (moment.timetuple().tm_yday + 6 - (moment.isoweekday() - first) % 7) // 7


def _twelve(moment: datetime) -> int:
    return moment.hour % 12 or 12


_WRITERS: dict[str, Callable[[datetime], str]] = {
    "A": lambda m: DAYS[m.weekday()],
    "a": lambda m: DAYS[m.weekday()][:3],
    "B": lambda m: MONTHS[m.month - 1],
    "b": lambda m: MONTHS[m.month - 1][:3],
    "h": lambda m: MONTHS[m.month - 1][:3],
    "C": lambda m: f"{m.year // 100:02}",
    "d": lambda m: f"{m.day:02}",
    "e": lambda m: f"{m.day:2}",
    "G": lambda m: str(m.isocalendar().year),
    "g": lambda m: f"{m.isocalendar().year % 100:02}",
    "H": lambda m: f"{m.hour:02}",
    "I": lambda m: f"{_twelve(m):02}",
    "J": lambda m: f"{_iso_day(m):03}",
    "j": lambda m: f"{m.timetuple().tm_yday:03}",
    "k": lambda m: f"{m.hour:2}",
    "l": lambda m: f"{_twelve(m):2}",
    "M": lambda m: f"{m.minute:02}",
    "m": lambda m: f"{m.month:02}",
    "n": lambda _: "\n",
    "P": lambda m: "am" if m.hour < 12 else "pm",
    "p": lambda m: "AM" if m.hour < 12 else "PM",
    "Q": lambda m: str((m.month + 2) // 3),
    "S": lambda m: f"{m.second:02}",
    "s": lambda m: str(int((m - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 1)),
    "t": lambda _: "\t",
    "U": lambda m: f"{_week(m, 0):02}",
    "u": lambda m: str(m.isoweekday()),
    "V": lambda m: f"{m.isocalendar().week:02}",
    "W": lambda m: f"{_week(m, 1):02}",
    "w": lambda m: str(m.isoweekday() % 7),
    "Y": lambda m: str(m.year),
    "y": lambda m: f"{m.year % 100:02}",
    "Z": _zone_name,
    "z": lambda m: "{}{:02}{:02}".format(*_offset(m)),
    "%": lambda _: "%",
}


def text_of(pattern: str, moment: datetime, missing: frozenset[str] = frozenset()) -> str:
    """Format a time.

    Args:
        pattern: a format of GoogleSQL.
        moment: the time, with a time zone.
        missing: the elements that its type does not support.
    """

    def write(match: re.Match[str]) -> str:
        whole, letter = match[1], match[2]
        if whole == "Ez":
            return match[0] if "z" in missing else "{}{:02}:{:02}".format(*_offset(moment))
        if whole == "E4Y":
            return match[0] if "Y" in missing else f"{moment.year:04}"
        if letter is None:
            return match[0] if "S" in missing else _seconds(moment, whole[1:-1])
        if letter in missing:
            return match[0]
        if letter in COMPOSED:
            return text_of(COMPOSED[letter], moment, missing)
        return _WRITERS[letter](moment) if letter in _WRITERS else match[0]

    return _ELEMENT.sub(write, pattern)


def _seconds(moment: datetime, digits: str) -> str:
    fraction = f"{moment.microsecond:06}"
    fraction = fraction.rstrip("0") if digits == "*" else fraction[: int(digits)].ljust(int(digits), "0")
    return f"{moment.second:02}" + (f".{fraction}" if fraction else "")


def _format_date(pattern: str, day: date) -> str:
    return text_of(pattern, datetime.combine(day, time(), UTC), _NOT_IN_DATE)


def _format_datetime(pattern: str, moment: datetime) -> str:
    return text_of(pattern, moment.replace(tzinfo=UTC), _NOT_IN_DATETIME)


def _format_time(pattern: str, clock: time) -> str:
    return text_of(pattern, datetime.combine(date(1970, 1, 1), clock, UTC), _NOT_IN_TIME)


def _format_timestamp(pattern: str, moment: datetime, zone: str) -> str:
    return text_of(pattern, moment.replace(tzinfo=UTC).astimezone(zone_of(zone)))


NATIVES = (
    Native("gs_format_date", _format_date, ("VARCHAR", "DATE"), "VARCHAR"),
    Native("gs_format_datetime", _format_datetime, ("VARCHAR", "TIMESTAMP"), "VARCHAR"),
    Native("gs_format_time", _format_time, ("VARCHAR", "TIME"), "VARCHAR"),
    # DuckDB passes a TIMESTAMP as its UTC time, because its conversion of time zones to Python needs pytz.
    Native("gs_format_utc", _format_timestamp, ("VARCHAR", "TIMESTAMP", "VARCHAR"), "VARCHAR"),
)
