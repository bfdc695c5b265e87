"""Generations and metagenerations that a request insists on: https://cloud.google.com/storage/docs/request-preconditions."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from localgcp.core.http.errors import ApiError, condition_not_met, invalid_argument
from localgcp.services.storage.objects.resources import Bucket, StoredObject


@dataclass(frozen=True, kw_only=True, slots=True)
class Preconditions:
    """What must hold of the present state; None asks for nothing. Generation 0 stands for "no live object"."""

    generation_match: int | None = None
    generation_not_match: int | None = None
    metageneration_match: int | None = None
    metageneration_not_match: int | None = None

    @classmethod
    def read(cls, one: Callable[[str], str | None], prefix: str = "if") -> "Preconditions":
        """Read them from query parameters.

        Args:
            one: returns a parameter's value, or None.
            prefix: `if`, or `ifSource` for the source of a copy.

        Raises:
            ApiError: 400 for a value that is no number.
        """
        return cls(
            generation_match=integer(f"{prefix}GenerationMatch", one(f"{prefix}GenerationMatch")),
            generation_not_match=integer(f"{prefix}GenerationNotMatch", one(f"{prefix}GenerationNotMatch")),
            metageneration_match=integer(f"{prefix}MetagenerationMatch", one(f"{prefix}MetagenerationMatch")),
            metageneration_not_match=integer(f"{prefix}MetagenerationNotMatch", one(f"{prefix}MetagenerationNotMatch")),
        )

    def check(self, name: str, present: StoredObject | Bucket | None, *, is_read: bool = False) -> None:
        """Compare with the present state.

        Args:
            name: the resource, for the message.
            present: None where there is no live object.
            is_read: a `NotMatch` that fails is then 304 instead of 412.

        Raises:
            ApiError: 412, or 304 for a read.
        """
        generation = present.generation if isinstance(present, StoredObject) else 0
        metageneration = present.metageneration if present is not None else 0
        for expected, found, what in (
            (self.generation_match, generation, "generation"),
            (self.metageneration_match, metageneration, "metageneration"),
        ):
            if expected is not None and expected != found:
                raise condition_not_met(
                    "At least one of the pre-conditions you specified did not hold. "
                    f"{name}: {what} {expected} was expected, and {_shown(found)} was found."
                )
        for excluded, found, what in (
            (self.generation_not_match, generation, "generation"),
            (self.metageneration_not_match, metageneration, "metageneration"),
        ):
            if excluded is not None and excluded == found:
                raise _unwanted(f"{name}: its {what} is {_shown(found)}, and the request asked for another.", is_read)


def integer(name: str, value: str | int | None) -> int | None:
    """Return a whole number that travels as text or as a JSON number; None where it is absent or empty.

    Raises:
        ApiError: 400 where it is not a whole number.
    """
    if value is None or value == "":
        return None
    if not re.fullmatch(r"-?[0-9]+", str(value)):
        raise invalid_argument(f"Invalid value '{value}' for {name}: a whole number was expected.")
    return int(value)


def _shown(number: int) -> str:
    return str(number) if number else "no live object"


def _unwanted(message: str, is_read: bool) -> ApiError:
    return ApiError(304, "NOT_MODIFIED", message, "notModified") if is_read else condition_not_met(message)
