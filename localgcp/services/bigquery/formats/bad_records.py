"""Records that a load job cannot read: counts them, and describes them in Google's form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.formats.source_file import SourceFile

_SHOWN = 5
_READING = "Error while reading data, error message: "


class LoadError(ApiError):
    """A load job cannot read a file.

    Attributes:
        location: the `gs://` URI of the file; empty for a file in the request.
        details: further entries for `status.errors` of the job.
    """

    def __init__(self, message: str, file: SourceFile, details: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(400, "INVALID_ARGUMENT", f"{_READING}{message} File: {file.uri}", "invalid")
        self.location = _location(file)
        self.details = tuple(details)


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that cannot be read."""

    file: SourceFile
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return the record as an `ErrorProto`."""
        return _proto(self.file, f"{self.message} File: {self.file.uri}")


class BadRecords:
    """The bad records of one job, up to `maxBadRecords`."""

    def __init__(self, kind: str, limit: int) -> None:
        """Start without bad records.

        Args:
            kind: `CSV` or `JSON`.
            limit: `maxBadRecords`.
        """
        self._kind = kind
        self.limit = limit
        self._found: list[BadRecord] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, record: BadRecord, rows: int) -> None:
        """Add a bad record.

        Args:
            rows: the number of rows so far.

        Raises:
            LoadError: the job has more bad records than `limit`.
        """
        self._found.append(record)
        if len(self._found) > self.limit:
            raise self.too_many(rows)

    def too_many(self, rows: int) -> LoadError:
        """Return the error of a job with too many bad records."""
        counts = f"{self._kind} processing encountered too many errors, giving up. Rows: {rows}; "
        counts += f"errors: {len(self)}; max bad: {self.limit}; error percent: 0"
        first = self._found[0].file
        return LoadError(
            f"{self._kind} table encountered too many errors, giving up. Rows: {rows}; errors: {len(self)}. "
            "Please look into the errors[] collection for more details.",
            first,
            [_proto(first, counts), *self.shown()],
        )

    def shown(self) -> list[dict[str, Any]]:
        """Return the first bad records for `status.errors`."""
        return [record.to_json() for record in self._found[:_SHOWN]]


def _location(file: SourceFile) -> str:
    return file.uri if file.uri.startswith("gs://") else ""


def _proto(file: SourceFile, message: str) -> dict[str, Any]:
    location = _location(file)
    return {"reason": "invalid", **({"location": location} if location else {}), "message": f"{_READING}{message}"}
