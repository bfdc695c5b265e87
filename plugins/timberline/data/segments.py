"""The segments of a run: one model is trained for each. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from timberline.data.datasets.data_set import DataSet
from timberline.run.errors import InputError
from timberline.run.identity import ALL_SEGMENTS, slug


def read_segments(value: Any, data_set: DataSet) -> list[str]:
    """Return the segments that a run's parameter names, as text: numbers by their value, then texts.

    Any text can be a segment. `timberline.run.identity` reduces a text that is not a valid label value to a slug and a
    hash, so that labels, ids and folders of two segments never collide.

    Args:
        value: a list of texts and whole numbers, or one of them; `all` for one model of all rows.
        data_set: the data set; the segments that it names are the only ones.

    Raises:
        InputError: a segment is unknown, empty or given twice, the list is empty, or two segments have the same slug.
    """
    if value == ALL_SEGMENTS:
        return [ALL_SEGMENTS]
    found = list(value) if isinstance(value, list | tuple) else [value]
    _check_known(found, data_set)
    segments = [str(each) for each in found]
    if not segments or len(set(segments)) != len(segments):
        raise InputError(
            f"{data_set.segment_label}s: expected at least one{_choice(data_set)}, each once, found {found}"
        )
    _check_slugs(segments, data_set.segment_label)
    return in_order(segments)


def check_known(segments: Iterable[str], data_set: DataSet, where: str) -> None:
    """Check that segments are among those that the data set names.

    Args:
        segments: the segments.
        data_set: the data set; one that names no segments allows any text.
        where: what the message calls the place that has the segments.

    Raises:
        InputError: a segment is unknown.
    """
    names = data_set.segment_names
    unknown = [each for each in segments if names and each not in names]
    if unknown:
        raise InputError(
            f"{where}: unknown {data_set.segment_label} {', '.join(map(repr, unknown))}; "
            f"expected one of {in_words(list(names))}"
        )


def in_order(segments: Iterable[str]) -> list[str]:
    """Return segments or classes in the order in which people read them: numbers by their value, then texts."""
    return sorted(segments, key=lambda each: (0, int(each), "") if each.isdecimal() else (1, 0, each))


def in_words(values: Sequence[str]) -> str:
    """Return a range of whole numbers as `1 to 7`, other values as a list."""
    ordered = in_order(values)
    if all(each.isdecimal() for each in ordered) and len(ordered) > 1:
        first, last = int(ordered[0]), int(ordered[-1])
        if last - first == len(ordered) - 1:
            return f"{first} to {last}"
    return ", ".join(ordered)


def _check_known(found: Sequence[Any], data_set: DataSet) -> None:
    names = data_set.segment_names
    unknown = [each for each in found if not _is_segment(each) or (names and str(each) not in names)]
    if unknown:
        expected = f"one of {in_words(list(names))}" if names else "a text or a whole number"
        raise InputError(f"{data_set.segment_label} {', '.join(map(repr, unknown))}: expected {expected}")


def _is_segment(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(str(value).strip())


def _check_slugs(segments: Sequence[str], label: str) -> None:
    """Refuse two segments that consoles would show alike."""
    by_slug = defaultdict(list)
    for segment in segments:
        by_slug[slug(segment)].append(segment)
    for text, alike in by_slug.items():
        if len(alike) > 1:
            raise InputError(
                f"{label}s {' and '.join(map(repr, alike))}: both become {text!r} in names of resources; rename one of "
                "them in the data"
            )


def _choice(data_set: DataSet) -> str:
    names = data_set.segment_names
    return f" of {in_words(list(names))}" if names else ""
