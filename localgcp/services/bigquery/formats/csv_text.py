"""Reads parts of CSV files in Python: first rows, headers, positions of records; and copies files to UTF-8."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from localgcp.services.bigquery.formats.bad_records import LoadError
from localgcp.services.bigquery.formats.csv_options import CsvOptions
from localgcp.services.bigquery.formats.source_file import SourceFile

_CHUNK_CHARACTERS = 1 << 20
# The encodings that DuckDB reads.
NATIVE_CODECS = ("utf-8", "latin-1")


def first_rows(file: SourceFile, options: CsvOptions, count: int) -> list[list[str]]:
    """Return the first rows of a file that are not empty."""
    with file.opened() as raw:
        text = io.TextIOWrapper(raw, options.codec, errors="replace", newline="")
        settings: dict[str, Any] = {"quoting": csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE}
        reader = csv.reader(text, delimiter=options.delimiter, quotechar=options.quote or None, **settings)
        try:
            return list(islice((row for row in reader if row), count))
        except csv.Error as error:
            raise LoadError(f"{error};", file) from error


def first_line(file: SourceFile, options: CsvOptions) -> str:
    """Return the first line of a file."""
    with file.opened() as raw:
        return io.TextIOWrapper(raw, options.codec, errors="replace").readline()


def in_utf8(file: SourceFile, codec: str, folder: Path) -> SourceFile:
    """Copy a file to UTF-8; bytes that cannot be decoded become the replacement character."""
    path = folder / uuid4().hex
    with file.opened() as raw, path.open("w", encoding="utf-8", newline="") as written:
        text = io.TextIOWrapper(raw, codec, errors="replace", newline="")
        while chunk := text.read(_CHUNK_CHARACTERS):
            written.write(chunk.removeprefix("\ufeff"))
    return SourceFile(path, file.uri)


def places(file: SourceFile, records: Iterable[int], options: CsvOptions) -> dict[int, tuple[int, int]]:
    """Return where records of a file begin.

    Args:
        records: the numbers of the records, from 1.

    Returns:
        The position of the first byte and the line number, under the number of the record.
    """
    wanted = set(records)
    last = max(wanted, default=0)
    found = {}
    for number, place in enumerate(_beginnings(file, options.quote.encode()), start=1):
        if number in wanted:
            found[number] = place
        if number >= last:
            break
    return found


def _beginnings(file: SourceFile, quote: bytes) -> Iterator[tuple[int, int]]:
    position, is_open = 0, False
    with file.opened() as raw:
        for number, line in enumerate(raw, start=1):
            if not is_open:
                yield position, number
            # A record continues on the next line while a quote is open.
            if quote and line.count(quote) % 2:
                is_open = not is_open
            position += len(line)


def header_of(files: Sequence[SourceFile], options: CsvOptions) -> list[str]:
    """Return the names in the header, which is the last skipped row, or the first row where none is skipped."""
    row = max(options.skipped, 1)
    rows = first_rows(files[0], options, row)
    return [name.strip() for name in rows[row - 1]] if len(rows) >= row else []
