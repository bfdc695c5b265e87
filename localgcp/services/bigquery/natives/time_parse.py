"""PARSE_DATE, PARSE_DATETIME, PARSE_TIME and PARSE_TIMESTAMP, with all format elements of GoogleSQL."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from localgcp.services.bigquery.natives.native import Native, SqlError
from localgcp.services.bigquery.natives.time_format import COMPOSED, DAYS, MONTHS
from localgcp.services.bigquery.natives.zones import zone_of

# Format element -> largest number of digits, smallest and largest value, and the part of the time that it sets.
_NUMBERS: dict[str, tuple[int, int, int, str]] = {
    "Y": (4, 1, 9999, "year"),
    "y": (2, 0, 99, "short_year"),
    "C": (2, 0, 99, "century"),
    "m": (2, 1, 12, "month"),
    "d": (2, 1, 31, "day"),
    "e": (2, 1, 31, "day"),
    "H": (2, 0, 23, "hour"),
    "k": (2, 0, 23, "hour"),
    "I": (2, 1, 12, "half_hour"),
    "l": (2, 1, 12, "half_hour"),
    "M": (2, 0, 59, "minute"),
    "S": (2, 0, 60, "second"),
    "j": (3, 1, 366, "year_day"),
    "U": (2, 0, 53, "sunday_week"),
    "W": (2, 0, 53, "monday_week"),
    "V": (2, 1, 53, "iso_week"),
    "G": (4, 1, 9999, "iso_year"),
    "u": (1, 1, 7, "weekday"),
    "w": (1, 0, 6, "sunday_weekday"),
    "Q": (1, 1, 4, "quarter"),
}
_ELEMENT = re.compile(r"E\*S|E\d+S|E4Y|Ez|[EO]?(.)", re.DOTALL)
_ZONE = re.compile(r"[A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)*(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{1,2}(?::?\d{2})?")


@dataclass(slots=True)
class _Parts:
    numbers: dict[str, int] = field(default_factory=dict)
    microsecond: int = 0
    is_afternoon: bool | None = None
    epoch: int | None = None
    zone: tzinfo | None = None

    def moment(self) -> datetime:
        if self.epoch is not None:
            return datetime(1970, 1, 1) + timedelta(seconds=self.epoch, microseconds=self.microsecond)
        numbers = self.numbers
        hour = numbers.get("hour", 0)
        if "half_hour" in numbers:
            hour = numbers["half_hour"] % 12 + (12 if self.is_afternoon else 0)
        second = numbers.get("second", 0)
        moment = datetime.combine(self._day(), time(hour, numbers.get("minute", 0), min(second, 59), self.microsecond))
        return moment + timedelta(seconds=1) if second == 60 else moment

    def _year(self) -> int:
        numbers = self.numbers
        if "short_year" in numbers:
            short = numbers["short_year"]
            return numbers.get("century", 19 if short > 68 else 20) * 100 + short
        return numbers["century"] * 100 if "century" in numbers else numbers.get("year", 1970)

    def _day(self) -> date:
        numbers = self.numbers
        weekday = numbers.get("weekday") or (numbers.get("sunday_weekday", 1) or 7)
        if "iso_year" in numbers or "iso_week" in numbers:
            return date.fromisocalendar(numbers.get("iso_year", self._year()), numbers.get("iso_week", 1), weekday)
        year = self._year()
        if "year_day" in numbers:
            found = date(year, 1, 1) + timedelta(days=numbers["year_day"] - 1)
            if found.year != year:
                raise ValueError
            return found
        if "sunday_week" in numbers or "monday_week" in numbers:
            is_sunday = "sunday_week" in numbers
            start = date(year, 1, 1)
            day_of_week = weekday % 7 if is_sunday else weekday - 1
            first = start.isoweekday() % 7 if is_sunday else start.weekday()
            week = numbers["sunday_week" if is_sunday else "monday_week"]
            return start + timedelta(days=(7 - first) % 7 + (week - 1) * 7 + day_of_week)
        month = numbers.get("month", numbers.get("quarter", 1) * 3 - 2)
        return date(year, month, numbers.get("day", 1))


class _Reader:
    """Reads a text by a format."""

    def __init__(self, pattern: str, text: str) -> None:
        self._pattern = pattern
        self._text = text
        self._at = 0
        self.parts = _Parts()

    def failure(self) -> SqlError:
        return SqlError(f'Failed to parse input string "{self._text}"')

    def read(self) -> _Parts:
        self._skip_spaces()
        self._follow(self._pattern)
        self._skip_spaces()
        if self._at < len(self._text):
            rest = self._text[self._at :]
            raise SqlError(f"Illegal non-space trailing data '{rest}' in string '{self._text}'")
        return self.parts

    def _follow(self, pattern: str) -> None:
        place = 0
        while place < len(pattern):
            char = pattern[place]
            if char == "%" and (match := _ELEMENT.match(pattern, place + 1)):
                place = match.end()
                self._element(match[0], match[1])
            elif char.isspace():
                self._skip_spaces()
                place += 1
            else:
                self._literal(char)
                place += 1

    def _literal(self, char: str) -> None:
        if self._at >= len(self._text):
            raise self.failure()
        if self._text[self._at] != char:
            raise SqlError(
                f"Mismatch between format character '{char}' and string character '{self._text[self._at]}' "
                f"at string index: {self._at} with format: '{self._pattern}'"
            )
        self._at += 1

    def _skip_spaces(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _element(self, whole: str, letter: str | None) -> None:
        if whole == "E4Y":
            self._number("Y", 4)
        elif whole == "Ez" or letter in ("z", "Z"):
            self._zone()
        elif letter is None:
            self._number("S")
            self._fraction(whole[1:-1])
        elif letter in COMPOSED:
            self._follow(COMPOSED[letter])
        elif letter in _NUMBERS:
            self._number(letter)
        elif letter in _OTHERS:
            _OTHERS[letter](self)
        else:
            raise SqlError(f"Format element '%{whole}' is not supported")

    def _take(self, pattern: str) -> str:
        match = re.compile(pattern).match(self._text, self._at)
        if match is None:
            raise self.failure()
        self._at = match.end()
        return match[0]

    def _number(self, letter: str, digits: int | None = None) -> None:
        most, least, greatest, part = _NUMBERS[letter]
        self._skip_spaces()
        value = int(self._take(rf"\d{{1,{digits or most}}}"))
        if not least <= value <= greatest:
            raise self.failure()
        self.parts.numbers[part] = value

    def _fraction(self, digits: str) -> None:
        most = "" if digits == "*" else digits
        found = re.compile(rf"\.(\d{{0,{most}}})").match(self._text, self._at)
        if found is not None and digits != "0":
            self._at = found.end()
            self.parts.microsecond = int(found[1][:6].ljust(6, "0"))

    def _zone(self) -> None:
        if self._text[self._at : self._at + 1] in ("Z", "z") and not self._text[self._at + 1 : self._at + 2].isalpha():
            self._at += 1
            self.parts.zone = UTC
        else:
            self.parts.zone = zone_of(self._take(_ZONE.pattern))

    def _name(self, names: tuple[str, ...]) -> int:
        rest = self._text[self._at :].lower()
        for index, name in enumerate(names):
            for form in (name.lower(), name[:3].lower()):
                if rest.startswith(form):
                    self._at += len(form)
                    return index
        raise self.failure()

    def month(self) -> None:
        """Read the name of a month."""
        self.parts.numbers["month"] = self._name(MONTHS) + 1

    def day(self) -> None:
        """Read the name of a weekday."""
        self.parts.numbers["weekday"] = self._name(DAYS) + 1

    def half(self) -> None:
        """Read AM or PM."""
        self.parts.is_afternoon = self._take("[aApP][mM]").lower() == "pm"

    def epoch(self) -> None:
        """Read the seconds since 1970."""
        self.parts.epoch = int(self._take(r"-?\d+"))

    def percent(self) -> None:
        """Read a percent sign."""
        self._literal("%")

    def space(self) -> None:
        """Read white space."""
        self._skip_spaces()


_OTHERS: dict[str, Callable[[_Reader], None]] = {
    "A": _Reader.day,
    "a": _Reader.day,
    "B": _Reader.month,
    "b": _Reader.month,
    "h": _Reader.month,
    "P": _Reader.half,
    "p": _Reader.half,
    "s": _Reader.epoch,
    "%": _Reader.percent,
    "n": _Reader.space,
    "t": _Reader.space,
}


def _parse(pattern: str, text: str) -> tuple[datetime, tzinfo | None]:
    reader = _Reader(pattern, text)
    parts = reader.read()
    try:
        return parts.moment(), UTC if parts.epoch is not None else parts.zone
    except (ValueError, OverflowError) as error:
        if isinstance(error, SqlError):
            raise
        raise reader.failure() from error


def _parse_datetime(pattern: str, text: str) -> datetime:
    return _parse(pattern, text)[0]


def _parse_utc(pattern: str, text: str, zone: str) -> datetime:
    moment, own = _parse(pattern, text)
    return moment.replace(tzinfo=own or zone_of(zone)).astimezone(UTC).replace(tzinfo=None)


NATIVES = (
    Native("gs_parse_date", lambda pattern, text: _parse(pattern, text)[0].date(), ("VARCHAR", "VARCHAR"), "DATE"),
    Native("gs_parse_datetime", _parse_datetime, ("VARCHAR", "VARCHAR"), "TIMESTAMP"),
    Native("gs_parse_time", lambda pattern, text: _parse(pattern, text)[0].time(), ("VARCHAR", "VARCHAR"), "TIME"),
    Native("gs_parse_utc", _parse_utc, ("VARCHAR", "VARCHAR", "VARCHAR"), "TIMESTAMP"),
)
