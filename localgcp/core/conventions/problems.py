"""The problems of a Vertex AI resource, field by field, and the 400 that lists them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from localgcp.core.conventions.errors import invalid_argument

Problem = tuple[str, str]

REQUIRED = "Required field is not set."

_LONGEST_NAME = 128
_LONGEST_LABEL = 63


def refuse(problems: Iterable[Problem]) -> None:
    """Refuse a resource with problems, in the form that Vertex AI uses.

    Raises:
        ApiError: 400 naming each field.
    """
    listed = "\t".join(f"{number}.Field: {field}; Message: {text}" for number, (field, text) in enumerate(problems, 1))
    if listed:
        raise invalid_argument(f"List of found errors:\t{listed}\t")


def naming_problems(resource: Mapping[str, Any], where: str = "") -> Iterator[Problem]:
    """Yield the problems of the display name and the labels of a resource.

    Args:
        where: the path of the resource in its request, with a dot at the end.
    """
    name = resource.get("displayName", "")
    if not name:
        yield f"{where}display_name", REQUIRED
    elif len(name) > _LONGEST_NAME:
        yield (
            f"{where}display_name",
            f"The name is {len(name)} characters long, and {_LONGEST_NAME} are allowed.",
        )
    for key, value in resource.get("labels", {}).items():
        if not _is_label(key) or not key[:1].isalpha():
            yield (
                f"{where}labels.{key}",
                "A key holds lowercase letters, digits, _ and -, starts with a letter, and has at most 63 characters.",
            )
        if value and not _is_label(value):
            yield (
                f"{where}labels.{key}",
                f"The value {value!r} may hold lowercase letters, digits, _ and -, at most 63 characters.",
            )


def snake(name: str) -> str:
    """Return the name of a field as messages of Vertex AI write it."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _is_label(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_LABEL and all(c in "_-" or (c.isalnum() and c == c.lower()) for c in text)
