"""The time of the server: the time of this machine, which tests may advance to make days pass.

Each process has one clock, because it has one server. The clock never goes back: expired resources are gone, and
generations, creation times and the order of lists stay correct.
"""

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from localgcp.core.conventions.errors import ApiError, failed_precondition, invalid_argument
from localgcp.core.state.state import Collection, State

_NANOS = 1_000_000_000
_KEY = "clock"
_DURATION = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?s")
# Times that are computed from the present, such as the end of an upload's week, must stay before the year 10000.
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)


class Alarm:
    """An action that runs once, at a time of the clock."""

    def __init__(self, clock: "Clock", at_ns: int, action: Callable[[], object]) -> None:
        self._clock = clock
        self._at_ns = at_ns
        self._action = action
        self._is_cancelled = False
        threading.Thread(target=self._wait, name="localgcp-alarm", daemon=True).start()

    def cancel(self) -> None:
        """Cancel the action; nothing happens if it has run."""
        with self._clock.moved:
            self._is_cancelled = True
            self._clock.moved.notify_all()

    def _wait(self) -> None:
        with self._clock.moved:
            while not self._is_cancelled and (left := self._at_ns - self._clock.time_ns()) > 0:
                self._clock.moved.wait(min(left / _NANOS, threading.TIMEOUT_MAX))
            if self._is_cancelled:
                return
        self._action()


class Clock:
    """The time of this server.

    Attributes:
        moved: notified when the clock was advanced.
    """

    def __init__(self) -> None:
        self.moved = threading.Condition()
        self._ahead_ns = 0
        self._kept: Collection | None = None

    def persist_in(self, state: State) -> None:
        """Apply the advance that a state folder has stored, and store later advances there."""
        kept = state.collection(_KEY)
        ahead_ns = kept.records(lambda raw: int(raw["aheadNs"])).get(_KEY, 0)
        with self.moved:
            self._kept = kept
            self._ahead_ns = ahead_ns
            self.moved.notify_all()

    def time_ns(self) -> int:
        """Return the time in nanoseconds since 1970."""
        return time.time_ns() + self._ahead_ns

    def utc(self) -> datetime:
        """Return the time to the microsecond, in UTC."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.time_ns() // 1000)

    def text(self) -> str:
        """Return the time as Google writes timestamps: RFC 3339, UTC, microseconds."""
        return self.utc().isoformat(timespec="microseconds").replace("+00:00", "Z")

    def to_json(self) -> dict[str, Any]:
        """Return what the admin API shows."""
        seconds, nanos = divmod(self._ahead_ns, _NANOS)
        return {"now": self.text(), "ahead": f"{seconds}" + f".{nanos:09}".rstrip("0").rstrip(".") + "s"}

    def change(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an admin request: `advance` by a duration, or `set` to a later time.

        Raises:
            ApiError: 400 for an unknown field, a malformed duration or time, or a time before the present one.
        """
        if len(raw) != 1 or not set(raw) <= {"advance", "set"}:
            raise invalid_argument(f"A clock request has one field, advance or set, not {', '.join(raw) or 'none'}.")
        with self.moved:
            if "advance" in raw:
                self._advance_by("advance", _nanos(raw["advance"]))
            else:
                self._advance_by("set", _since_1970(raw["set"]) - self.time_ns())
        return self.to_json()

    def alarm(self, seconds: float, action: Callable[[], object]) -> Alarm:
        """Call an action from another thread when that many seconds of this clock have passed."""
        return Alarm(self, self.time_ns() + int(seconds * _NANOS), action)

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncIterator[None]:
        """Limit a block to that many seconds of this clock, as `asyncio.timeout` does by the clock of the machine.

        Raises:
            TimeoutError: the block took longer.
        """
        loop = asyncio.get_running_loop()
        is_inside = True
        async with asyncio.timeout(None) as limit:

            def expire() -> None:
                if is_inside and not limit.expired():
                    limit.reschedule(loop.time())

            alarm = self.alarm(seconds, lambda: loop.call_soon_threadsafe(expire))
            try:
                yield
            finally:
                is_inside = False
                alarm.cancel()

    def _advance_by(self, field: str, by_ns: int) -> None:
        if by_ns < 0:
            raise invalid_argument(f"{field}: the clock does not go back; it is {self.text()} already.")
        if (self.time_ns() + by_ns) // _NANOS >= _LATEST.timestamp():
            raise invalid_argument(f"{field}: expected a time before the year {_LATEST.year}.")
        ahead_ns = self._ahead_ns + by_ns
        if self._kept is not None:
            self._kept.put(_KEY, {"aheadNs": ahead_ns})
        self._ahead_ns = ahead_ns
        self.moved.notify_all()


CLOCK = Clock()


def clock_cannot_go_back() -> ApiError:
    """Return the refusal to set the clock back to the time of the machine."""
    return failed_precondition(
        "The clock does not go back, because expired resources are deleted."
        " POST /localgcp/reset forgets all state and the clock."
    )


def _nanos(value: object) -> int:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise invalid_argument(f'advance: expected a duration in seconds such as "3600s", found {value!r}.')
    return int(match[1]) * _NANOS + int((match[2] or "").ljust(9, "0"))


def _since_1970(value: object) -> int:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError):
        pass
    raise invalid_argument(f'set: expected a time in RFC 3339 such as "2030-01-31T12:00:00Z", found {value!r}.')
