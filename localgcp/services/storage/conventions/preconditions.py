"""Conditions that a request sets on generations: https://cloud.google.com/storage/docs/request-preconditions."""

from collections.abc import Callable
from dataclasses import dataclass

from localgcp.core.conventions.errors import ApiError, condition_not_met
from localgcp.services.storage.conventions.values import integer


@dataclass(frozen=True, kw_only=True, slots=True)
class Preconditions:
    """The generations that a request expects; None sets no condition. Generation 0 means "no live object"."""

    generation_match: int | None = None
    generation_not_match: int | None = None
    metageneration_match: int | None = None
    metageneration_not_match: int | None = None

    @classmethod
    def read(cls, one: Callable[[str], str | None], prefix: str = "if") -> "Preconditions":
        """Read the conditions from query parameters.

        Args:
            one: returns the value of a parameter, or None.
            prefix: `if`, or `ifSource` for the source of a copy.

        Raises:
            ApiError: 400 for a value that is not a number.
        """

        def number(name: str) -> int | None:
            return integer(prefix + name, one(prefix + name))

        return cls(
            generation_match=number("GenerationMatch"),
            generation_not_match=number("GenerationNotMatch"),
            metageneration_match=number("MetagenerationMatch"),
            metageneration_not_match=number("MetagenerationNotMatch"),
        )

    def check(self, name: str, *, generation: int, metageneration: int, is_read: bool = False) -> None:
        """Compare the conditions with a resource.

        Args:
            name: the resource, for the message.
            generation, metageneration: those of the resource; 0 if there is no live object.
            is_read: answer 304 instead of 412 if a `NotMatch` condition fails.

        Raises:
            ApiError: 412, or 304 for a read.
        """
        for expected, found, what in (
            (self.generation_match, generation, "generation"),
            (self.metageneration_match, metageneration, "metageneration"),
        ):
            if expected is not None and expected != found:
                raise condition_not_met(
                    "At least one of the pre-conditions you specified did not hold. "
                    f"{name}: expected {what} {expected}, found {_described(found)}."
                )
        for excluded, found, what in (
            (self.generation_not_match, generation, "generation"),
            (self.metageneration_not_match, metageneration, "metageneration"),
        ):
            if excluded is not None and excluded == found:
                raise _excluded(f"{name}: its {what} is {_described(found)}, which the request excluded.", is_read)


def _described(number: int) -> str:
    return str(number) if number else "no live object"


def _excluded(message: str, is_read: bool) -> ApiError:
    return ApiError(304, "NOT_MODIFIED", message, "notModified") if is_read else condition_not_met(message)
