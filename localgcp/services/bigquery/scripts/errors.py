"""Errors of the statements of scripts, with their places."""

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.parsing.tree import SourceSpan

# EXCEPTION handlers do not get these: the script must end.
_FINAL = ("stopped", "timeout")


class ScriptError(ApiError):
    """An error of a statement, with its place; `plain` is the message without it."""

    def __init__(self, error: ApiError, place: SourceSpan) -> None:
        self.plain = error.message
        self.place = place
        prefix = "Query error: " if error.reason == "invalidQuery" else ""
        where = "" if " at [" in error.message else f" at {place}"
        super().__init__(error.code, error.status, f"{prefix}{error.message}{where}", error.reason)

    @property
    def is_final(self) -> bool:
        """Whether the error ends the script whatever handlers it has: it was cancelled, or took too long."""
        return self.reason in _FINAL
