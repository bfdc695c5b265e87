"""Errors of scripts: with the place of their statement, and which of them no handler sees."""

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.parsing.tree import SourceSpan

# Neither is for a handler: the script has to end.
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
        """The script was cancelled, or its time is over."""
        return self.reason in _FINAL
