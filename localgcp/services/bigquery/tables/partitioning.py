"""How a table is partitioned: by which column, in which units, and the names of its partitions.

A partition has the name that decorators use: `20240131`, `2024013107` and so on for time, the lower end for a range of
integers, `__NULL__` for rows without a value, `__UNPARTITIONED__` for integers outside of all ranges.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.services.bigquery.tables.partition_values import DAY_US, NULL_ONLY, ValueSet, outside, span
from localgcp.services.bigquery.types.schema import Field, quote

PARTITION_TIME, PARTITION_DATE = "_PARTITIONTIME", "_PARTITIONDATE"
NULL_ID, OTHER_ID = "__NULL__", "__UNPARTITIONED__"
# An extra physical column of tables that are partitioned by ingestion time.
TIME_FIELD = Field(name=PARTITION_TIME, type="TIMESTAMP")
_FORMATS = {"HOUR": "%Y%m%d%H", "DAY": "%Y%m%d", "MONTH": "%Y%m", "YEAR": "%Y"}
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Partitioning:
    """The partitioning of one table.

    Attributes:
        column: the physical column, `_PARTITIONTIME` for ingestion time.
        kind: the type of the column: DATE, DATETIME, TIMESTAMP or INTEGER.
        unit: HOUR, DAY, MONTH or YEAR; empty for ranges of integers.
        start, end, interval: the first integer, the one after the last, and the size of each range.
        expiration_ms: how long a partition lives in milliseconds, or None for ever.
    """

    column: str
    kind: str
    unit: str = ""
    start: int = 0
    end: int = 0
    interval: int = 1
    expiration_ms: int | None = None

    @property
    def is_ingestion_time(self) -> bool:
        """Whether a row belongs to the partition of the time at which it was written."""
        return self.column == PARTITION_TIME

    @property
    def filter_columns(self) -> str:
        """The columns that a filter may use, as messages list them."""
        if self.is_ingestion_time:
            return "'_PARTITION_LOAD_TIME', '_PARTITIONDATE', '_PARTITIONTIME'"
        return f"'{self.column}'"

    def id_sql(self) -> str:
        """Return the DuckDB expression for the name of a row's partition."""
        column = quote(self.column)
        if self.unit:
            name = f"strftime({column}, '{_FORMATS[self.unit]}')"
            return f"CASE WHEN {column} IS NULL THEN '{NULL_ID}' ELSE {name} END"
        low = f"{self.start} + ({column} - {self.start}) // {self.interval} * {self.interval}"
        return (
            f"CASE WHEN {column} IS NULL THEN '{NULL_ID}' WHEN {column} < {self.start} OR {column} >= {self.end} "
            f"THEN '{OTHER_ID}' ELSE CAST({low} AS VARCHAR) END"
        )

    def values(self, partition: str) -> ValueSet:
        """Return the values that the column can have in a partition."""
        if partition == NULL_ID:
            return NULL_ONLY
        if partition == OTHER_ID:
            return outside(self.start, self.end)
        if not self.unit:
            return span(int(partition), min(int(partition) + self.interval, self.end))
        begin = self.begin(partition)
        return span(self._key(begin), self._key(next_time(begin, self.unit)))

    def begin(self, partition: str) -> datetime:
        """Return the start of a time partition."""
        return datetime.strptime(partition, _FORMATS[self.unit])

    def id_at(self, moment: datetime) -> str:
        """Return the name of the time partition that contains a time."""
        return moment.strftime(_FORMATS[self.unit])

    def check(self, partition: str) -> None:
        """Refuse a partition name that does not fit the partitioning.

        Raises:
            ApiError: 400.
        """
        if partition in (NULL_ID, OTHER_ID):
            return
        try:
            is_right = self.id_at(self.begin(partition)) == partition if self.unit else self._is_range(int(partition))
        except ValueError:
            is_right = False
        if not is_right:
            wanted = f"a {self.unit.lower()}, such as {self.id_at(datetime(2024, 1, 31))}" if self.unit else "a range"
            raise invalid_argument(f"Invalid partition id {partition!r}: the table's partitions are named by {wanted}.")

    def _is_range(self, low: int) -> bool:
        return self.start <= low < self.end and (low - self.start) % self.interval == 0

    def literal(self, partition: str) -> str:
        """Return the start of a time partition as a DuckDB expression of the column's type."""
        kind = {"DATE": "DATE", "DATETIME": "TIMESTAMP", "TIMESTAMP": "TIMESTAMPTZ"}[self.kind]
        return f"CAST('{self.begin(partition).isoformat(sep=' ')}' AS {kind})"

    def first_kept(self, now_ms: int) -> str:
        """Return the oldest time partition that has not expired; the table must have an expiration.

        Args:
            now_ms: the time in milliseconds since 1970.
        """
        assert self.expiration_ms is not None
        horizon = _EPOCH + timedelta(milliseconds=now_ms - self.expiration_ms)
        return self.id_at(next_time(start_of(horizon, self.unit), self.unit))

    def _key(self, moment: datetime) -> int:
        micros = (moment - _EPOCH) // timedelta(microseconds=1)
        return micros // DAY_US if self.kind == "DATE" else micros


def start_of(moment: datetime, unit: str) -> datetime:
    """Return the start of the HOUR, DAY, MONTH or YEAR that contains a time."""
    names = ("hour", "day", "month", "year")
    smaller = {"minute": 0, "second": 0, "microsecond": 0, "hour": 0, "day": 1, "month": 1}
    kept = names[names.index(unit.lower()) :]
    return moment.replace(**{name: least for name, least in smaller.items() if name not in kept})  # type: ignore[arg-type]


def next_time(moment: datetime, unit: str) -> datetime:
    """Return the start of the next HOUR, DAY, MONTH or YEAR, at most the last time that Python has.

    Args:
        moment: the start of a unit.
    """
    try:
        if unit == "MONTH":
            return moment.replace(year=moment.year + moment.month // 12, month=moment.month % 12 + 1)
        if unit == "YEAR":
            return moment.replace(year=moment.year + 1)
        return moment + (timedelta(hours=1) if unit == "HOUR" else timedelta(days=1))
    except (ValueError, OverflowError):
        return datetime.max


def partitioning_of(settings: dict[str, Any], fields: tuple[Field, ...]) -> Partitioning | None:
    """Return how a table with these settings and fields is partitioned, or None."""
    by_name = {field.name.lower(): field for field in fields}
    if (time := settings.get("timePartitioning")) is not None:
        field = by_name.get(str(time.get("field") or "").lower(), TIME_FIELD)
        expiration = time.get("expirationMs")
        return Partitioning(
            column=field.name,
            kind=field.type,
            unit=str(time.get("type") or "DAY").upper(),
            expiration_ms=int(expiration) if expiration else None,
        )
    if (ranges := settings.get("rangePartitioning")) is not None:
        field = by_name.get(str(ranges.get("field") or "").lower(), TIME_FIELD)
        start, end, interval = (int(ranges["range"][name]) for name in ("start", "end", "interval"))
        return Partitioning(column=field.name, kind=field.type, start=start, end=end, interval=interval)
    return None


def not_partitioned(name: object) -> ApiError:
    """Return the 400 for a partition of a table that is not partitioned."""
    return invalid_argument(f"Cannot address a partition of {name}: the table is not partitioned.")
