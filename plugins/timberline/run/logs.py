"""What this package asks of a logger: those of the standard library and of Airflow have it."""

from typing import Any, Protocol


class Log(Protocol):
    """A logger that takes %-style arguments."""

    def info(self, message: str, /, *args: Any) -> Any:
        """Log what a reader of the run wants to know."""

    def warning(self, message: str, /, *args: Any) -> Any:
        """Log what may need attention."""

    def error(self, message: str, /, *args: Any) -> Any:
        """Log what went wrong."""
