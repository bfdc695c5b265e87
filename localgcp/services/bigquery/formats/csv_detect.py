"""Detects the schema of a CSV file.

https://cloud.google.com/bigquery/docs/schema-detect
"""

from collections.abc import Sequence
from dataclasses import replace

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.formats.csv_options import CsvOptions
from localgcp.services.bigquery.formats.csv_text import first_line, first_rows
from localgcp.services.bigquery.formats.detection import SAMPLE_ROWS, column_name, common_type, text_type
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.types.schema import Field, check_unique

_DELIMITERS = (",", "|", "\t")
_PREFIXES = {"INTEGER": "int64", "FLOAT": "double", "BOOLEAN": "bool"}


def with_delimiter(files: Sequence[SourceFile], options: CsvOptions) -> CsvOptions:
    """Return the options with the most frequent delimiter of the first line."""
    line = first_line(files[0], options)
    return replace(options, delimiter=max(_DELIMITERS, key=line.count))


def detect(files: Sequence[SourceFile], options: CsvOptions) -> tuple[list[Field], CsvOptions]:
    """Detect the schema of the first file, and whether it has a header.

    Returns:
        The fields, and the options that skip the header.

    Raises:
        ApiError: 400 for a file without rows.
    """
    skipped = options.skip_leading_rows
    # The last skipped row may be the header.
    before = max(options.skipped - 1, 0)
    rows = first_rows(files[0], options, before + SAMPLE_ROWS + 1)[before:]
    if not rows:
        raise invalid_argument(f"Error while reading data, error message: Schema has no field. File: {files[0].uri}")
    width = max(map(len, rows))
    types = [common_type(_types(rows[1:], index, options)) for index in range(width)]
    is_header = skipped != 0 and _is_header(rows[0], types, has_more=len(rows) > 1)
    if is_header:
        names = [column_name(name, options.character_map) for name in rows[0]]
        names += [f"string_field_{index}" for index in range(len(names), width)]
    else:
        counted = rows if not skipped else rows[1:]
        types = [common_type(_types(counted, index, options)) for index in range(width)]
        names = [f"{_PREFIXES.get(kind, kind.lower())}_field_{index}" for index, kind in enumerate(types)]
    check_unique(names)
    fields = [Field(name=name, type=kind) for name, kind in zip(names, types, strict=True)]
    return fields, replace(options, skip_leading_rows=max(options.skipped, int(is_header)))


def _types(rows: Sequence[Sequence[str]], index: int, options: CsvOptions) -> list[str]:
    cells = [row[index] for row in rows if index < len(row)]
    return [text_type(cell) for cell in cells if cell and cell not in options.null_markers]


def _is_header(row: Sequence[str], types: Sequence[str], *, has_more: bool) -> bool:
    """Return whether the first row is a header: it contains only texts, and another row has other types."""
    is_text = all(text_type(cell) == "STRING" for cell in row)
    return is_text and has_more and any(kind != "STRING" for kind in types)
