"""Time zones by their names in BigQuery: a name of the IANA database, or an offset such as `+05:30`."""

import re
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from localgcp.services.bigquery.natives.native import SqlError

_OFFSET = re.compile(r"(?:UTC)?([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """Return the time zone with a name.

    Raises:
        SqlError: no time zone has the name.
    """
    if match := _OFFSET.fullmatch(name):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        if minutes <= 14 * 60:
            return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))
    else:
        try:
            return ZoneInfo(name)
        except (KeyError, OSError, ValueError):
            pass
    raise SqlError(f"Invalid time zone: {name}")
