"""The logger that this package needs: the loggers of the standard library and of Airflow satisfy it."""

from typing import Any, Protocol


class Log(Protocol):
    """A logger that takes %-style arguments."""

    def info(self, message: str, /, *args: Any) -> Any:
        """Log progress."""

    def warning(self, message: str, /, *args: Any) -> Any:
        """Log something that may need attention."""

    def error(self, message: str, /, *args: Any) -> Any:
        """Log a failure."""
