"""The lifecycle rules of a bucket: https://cloud.google.com/storage/docs/lifecycle."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from localgcp.core.conventions.errors import invalid_argument

Rule = Mapping[str, Any]

DELETE = "Delete"
_SET_CLASS = "SetStorageClass"
_ABORT = "AbortIncompleteMultipartUpload"
_COLDER = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE")


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """The properties of an object, or of an unfinished upload, that rules look at.

    Attributes:
        noncurrent: when the version became noncurrent; None for a live object.
        newer: the number of newer versions of the object.
    """

    name: str
    created: datetime
    size_bytes: int = 0
    storage_class: str = "STANDARD"
    custom_time: datetime | None = None
    noncurrent: datetime | None = None
    newer: int = 0


def decision(rules: Sequence[Rule], facts: Facts, now: datetime) -> str | None:
    """Return what the rules do with an object: `DELETE`, its new storage class, or None.

    Deletion wins over a new storage class; of several classes the coldest wins.
    """
    actions = [rule["action"] for rule in rules if _holds(rule, facts, now)]
    if any(action["type"] == DELETE for action in actions):
        return DELETE
    classes = [action["storageClass"] for action in actions if action["type"] == _SET_CLASS]
    colder = [name for name in classes if _rank(name) > _rank(facts.storage_class)]
    return max(colder, key=_rank, default=None)


def is_aborted(rules: Sequence[Rule], facts: Facts, now: datetime) -> bool:
    """Return whether the rules abort a multipart upload."""
    return any(rule["action"]["type"] == _ABORT and _holds(rule, facts, now) for rule in rules)


def check_rules(settings: Mapping[str, Any]) -> None:
    """Refuse rules that Google refuses.

    Raises:
        ApiError: 400 for an unknown action, or for a condition that is missing or has an invalid value.
    """
    for rule in rules_of(settings):
        action = rule.get("action") or {}
        if action.get("type") not in (DELETE, _SET_CLASS, _ABORT):
            raise invalid_argument(
                f"The action of a lifecycle rule has the type {DELETE}, {_SET_CLASS} or {_ABORT}, not {action!r}."
            )
        if action["type"] == _SET_CLASS and not action.get("storageClass"):
            raise invalid_argument("A lifecycle rule of type SetStorageClass needs a storageClass.")
        if not rule.get("condition"):
            raise invalid_argument("A lifecycle rule needs at least one condition.")
        _check_conditions(rule)


def rules_of(settings: Mapping[str, Any]) -> Sequence[Rule]:
    """Return the lifecycle rules in the settings of a bucket."""
    return (settings.get("lifecycle") or {}).get("rule") or ()


def _holds(rule: Rule, facts: Facts, now: datetime) -> bool:
    return all(
        name in _CONDITIONS and _CONDITIONS[name](facts, value, now)  # an unknown condition never holds
        for name, value in rule["condition"].items()
        if value is not None
    )


def _check_conditions(rule: Rule) -> None:
    moment = datetime.now(UTC)
    example = Facts(name="", created=moment, custom_time=moment, noncurrent=moment)
    for name, value in rule["condition"].items():
        try:
            _holds({"condition": {name: value}}, example, moment)
        except (ValueError, TypeError, OverflowError) as error:
            raise invalid_argument(f"The condition {name} of a lifecycle rule cannot be {value!r}.") from error


def _rank(storage_class: str) -> int:
    return _COLDER.index(storage_class) if storage_class in _COLDER else 0


def _before(time: datetime | None, date: Any) -> bool:
    return time is not None and time < datetime.fromisoformat(str(date)).replace(tzinfo=UTC)


def _days_since(time: datetime | None, days: Any, now: datetime) -> bool:
    return time is not None and now - time >= timedelta(days=int(days))


_CONDITIONS: dict[str, Callable[[Facts, Any, datetime], bool]] = {
    "age": lambda facts, days, now: _days_since(facts.created, days, now),
    "createdBefore": lambda facts, date, _now: _before(facts.created, date),
    "customTimeBefore": lambda facts, date, _now: _before(facts.custom_time, date),
    "daysSinceCustomTime": lambda facts, days, now: _days_since(facts.custom_time, days, now),
    "noncurrentTimeBefore": lambda facts, date, _now: _before(facts.noncurrent, date),
    "daysSinceNoncurrentTime": lambda facts, days, now: _days_since(facts.noncurrent, days, now),
    "isLive": lambda facts, live, _now: (facts.noncurrent is None) == (live in (True, "true")),
    "numNewerVersions": lambda facts, count, _now: facts.newer >= int(count),
    "matchesStorageClass": lambda facts, classes, _now: not classes or facts.storage_class in classes,
    "matchesPrefix": lambda facts, prefixes, _now: not prefixes or facts.name.startswith(tuple(prefixes)),
    "matchesSuffix": lambda facts, suffixes, _now: not suffixes or facts.name.endswith(tuple(suffixes)),
    "sizeAboveBytes": lambda facts, size, _now: facts.size_bytes > int(size),
    "sizeBelowBytes": lambda facts, size, _now: facts.size_bytes < int(size),
}
