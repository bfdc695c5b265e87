"""CSV files: read as text, each cell parsed by BigQuery's rules, errors named by column, row, value and type."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from localgcp.bigquery.engine import Cursor
from localgcp.bigquery.json_text import literal
from localgcp.bigquery.schema import Field, from_duckdb, quote
from localgcp.bigquery.sources import SourceFile
from localgcp.errors import ApiError, invalid_argument

_SHOWN_ERRORS = 5
_UNNAMED = re.compile(r"\W", re.ASCII)
_TRUE, _FALSE = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """How the files are written; names as in `JobConfigurationLoad`."""

    delimiter: str = ","
    quote: str = '"'
    skip_leading_rows: int = 0
    null_marker: str = ""
    max_bad_records: int = 0
    allow_jagged_rows: bool = False
    encoding: str = "utf-8"

    @classmethod
    def from_json(cls, load: dict[str, Any]) -> "CsvOptions":
        """Read a load configuration.

        Raises:
            ApiError: 400 for an option that localgcp does not have.
        """
        if load.get("ignoreUnknownValues"):
            raise invalid_argument("localgcp does not support ignoreUnknownValues for CSV.")
        delimiter = load.get("fieldDelimiter") or ","
        encodings = {"UTF-8": "utf-8", "ISO-8859-1": "latin-1"}
        if (encoding := load.get("encoding") or "UTF-8") not in encodings:
            raise invalid_argument(f"localgcp does not support the encoding {encoding}; use UTF-8 or ISO-8859-1.")
        return cls(
            delimiter={"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter),
            quote=load["quote"] if load.get("quote") is not None else '"',
            skip_leading_rows=int(load.get("skipLeadingRows") or 0),
            null_marker=load.get("nullMarker") or "",
            max_bad_records=int(load.get("maxBadRecords") or 0),
            allow_jagged_rows=bool(load.get("allowJaggedRows")),
            encoding=encodings[encoding],
        )


class CsvSource:
    """The rows of some CSV files with a known schema."""

    def __init__(self, files: Sequence[SourceFile], fields: Sequence[Field], options: CsvOptions) -> None:
        """Prepare the reading.

        Raises:
            ApiError: 400 for a schema that CSV cannot hold.
        """
        for field in fields:
            if field.fields or field.mode == "REPEATED":
                raise invalid_argument(f"Field {field.name} is {field.standard_type}, which a CSV file cannot hold.")
        self._files = files
        self._fields = fields
        self._options = options

    def select(self) -> str:
        """Return the DuckDB query for the rows; it fails at the first bad cell, unless some may be bad."""
        if self._options.max_bad_records:
            good = " AND ".join(f"NOT ({_is_bad(field)})" for field in self._fields) or "TRUE"
            columns = ", ".join(f"{_parsed(field)} AS {quote(field.name)}" for field in self._fields)
            return f"SELECT {columns} FROM {self._text()} WHERE {good}"
        columns = ", ".join(f"{_checked(field)} AS {quote(field.name)}" for field in self._fields)
        return f"SELECT {columns} FROM {self._text()}"

    def _text(self, files: Sequence[SourceFile] | None = None) -> str:
        """Return a DuckDB relation of all cells as text."""
        groups: dict[bool, list[SourceFile]] = {}
        for file in self._files if files is None else files:
            groups.setdefault(file.is_gzip, []).append(file)
        reads = [f"SELECT * FROM {self._read(group, is_gzip=is_gzip)}" for is_gzip, group in groups.items()]
        return f"({' UNION ALL '.join(reads)}) AS cells"

    def _read(self, files: Sequence[SourceFile], *, is_gzip: bool) -> str:
        options = self._options
        paths = ", ".join(literal(str(file.path)) for file in files)
        columns = ", ".join(f"{literal(field.name)}: 'VARCHAR'" for field in self._fields)
        settings = {
            "columns": f"{{{columns}}}",
            "auto_detect": "false",
            "header": "false",
            "skip": str(options.skip_leading_rows),
            "delim": literal(options.delimiter),
            "quote": literal(options.quote),
            "escape": literal(options.quote),
            "nullstr": literal(options.null_marker),
            "allow_quoted_nulls": "false",
            "encoding": literal(options.encoding),
            "compression": "'gzip'" if is_gzip else "'none'",
            "null_padding": str(options.allow_jagged_rows).lower(),
            "ignore_errors": str(options.max_bad_records > 0).lower(),
            "max_line_size": str(32 << 20),
        }
        return f"read_csv([{paths}], {', '.join(f'{key} = {value}' for key, value in settings.items())})"

    def count_bad(self, cursor: Cursor) -> int:
        """Return how many rows have a bad cell, where some may."""
        bad = " OR ".join(_is_bad(field) for field in self._fields) or "FALSE"
        row = cursor.execute(f"SELECT count(*) FROM {self._text()} WHERE {bad}").fetchone()
        return int(row[0])

    def explain(self, error: duckdb.Error, cursor: Cursor) -> ApiError:
        """Return what is wrong with the files, after `select` has failed."""
        for file in self._files:
            try:
                messages = self._bad_cells(file, cursor)
            except duckdb.Error as structural:
                return _load_error(_structure_message(structural), file)
            if messages:
                return _load_error("; ".join(messages), file)
        return _load_error(_structure_message(error), self._files[0])

    def _bad_cells(self, file: SourceFile, cursor: Cursor) -> list[str]:
        checked = [field for field in self._fields if field.type != "STRING"]
        if not checked:
            return []
        flags = ", ".join(f"({_is_bad(field)}) AS {quote(f'bad {index}')}" for index, field in enumerate(checked))
        any_bad = " OR ".join(quote(f"bad {index}") for index in range(len(checked)))
        # The order of a file's rows is kept, so that their numbers are those of the file.
        number = f'row_number() OVER () + {self._options.skip_leading_rows} AS "row number"'
        flagged = f"SELECT *, {flags} FROM (SELECT {number}, * FROM {self._text([file])})"
        found = cursor.execute(f"SELECT * FROM ({flagged}) WHERE {any_bad} LIMIT {_SHOWN_ERRORS}")
        names = [column[0] for column in found.description]
        messages = []
        for values in found.fetchall():
            row = dict(zip(names, values, strict=True))
            messages += [
                f"Could not parse '{row[field.name]}' as {field.standard_type} for field {field.name} "
                f"(position {self._fields.index(field)}) in row {row['row number']}"
                for index, field in enumerate(checked)
                if row[f"bad {index}"]
            ]
        return messages


def detect(files: Sequence[SourceFile], options: CsvOptions, cursor: Cursor) -> tuple[list[Field], CsvOptions]:
    """Return the schema that the first file seems to have, and the options with its header line skipped.

    Raises:
        ApiError: 400 where it cannot be told.
    """
    path = literal(str(files[0].path))
    compression = "gzip" if files[0].is_gzip else "none"
    settings = f"delim = {literal(options.delimiter)}, compression = '{compression}', sample_size = 100000"
    try:
        relation = cursor.sql(f"SELECT * FROM read_csv({path}, {settings})")
        header = cursor.execute(f"SELECT HasHeader FROM sniff_csv({path}, {settings})").fetchone()[0]
    except duckdb.Error as error:
        raise _load_error(_structure_message(error), files[0]) from error
    fields = []
    for index, (name, kind) in enumerate(zip(relation.columns, relation.types, strict=True)):
        field = from_duckdb(_UNNAMED.sub("_", name) if header else f"string_field_{index}", kind)
        fields.append(Field(name=field.name, type="TIMESTAMP" if field.type == "DATETIME" else field.type))
    skip = max(options.skip_leading_rows, 1 if header else 0)
    return fields, CsvOptions(
        delimiter=options.delimiter,
        quote=options.quote,
        skip_leading_rows=skip,
        null_marker=options.null_marker,
        max_bad_records=options.max_bad_records,
        allow_jagged_rows=options.allow_jagged_rows,
        encoding=options.encoding,
    )


def _load_error(reason: str, file: SourceFile) -> ApiError:
    return invalid_argument(f"Error while reading data, error message: {reason}; File: {file.uri}")


def _structure_message(error: duckdb.Error) -> str:
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    expected, found = re.search(r"Expected Number of Columns: (\d+)", text), re.search(r"Found: (\d+)", text)
    if line and expected and found:
        return f"CSV row {line[1]} has {found[1]} columns, and the schema has {expected[1]}"
    if line:
        detail = next((part for part in text.splitlines()[2:] if part.strip()), "it is not valid CSV")
        return f"CSV row {line[1]}: {detail}"
    return text.splitlines()[0]


def _parsed(field: Field) -> str:
    return _PARSERS[field.type](quote(field.name))


def _is_bad(field: Field) -> str:
    if field.type == "STRING":
        return "FALSE"
    return f"{quote(field.name)} IS NOT NULL AND {_parsed(field)} IS NULL"


def _checked(field: Field) -> str:
    if field.type == "STRING":
        return quote(field.name)
    # COALESCE looks at the second value only where the first is NULL.
    cell = quote(field.name)
    return f"COALESCE({_parsed(field)}, CASE WHEN {cell} IS NOT NULL THEN error('bad cell') END)"


def _integer(cell: str) -> str:
    # DuckDB takes 1.5 and 1e3 for integers. What reads back as written needs no second look.
    value = f"TRY_CAST({cell} AS BIGINT)"
    return (
        f"CASE WHEN CAST({value} AS VARCHAR) = {cell} THEN {value} "
        rf"WHEN regexp_full_match({cell}, '\s*[+-]?[0-9]+\s*') THEN TRY_CAST(trim({cell}) AS BIGINT) END"
    )


def _boolean(cell: str) -> str:
    return f"CASE WHEN lower({cell}) IN {_TRUE} THEN true WHEN lower({cell}) IN {_FALSE} THEN false END"


_PARSERS: dict[str, Callable[[str], str]] = {
    "STRING": lambda cell: cell,
    "INTEGER": _integer,
    "FLOAT": lambda cell: f"TRY_CAST({cell} AS DOUBLE)",
    "BOOLEAN": _boolean,
    "BYTES": lambda cell: f"TRY(from_base64({cell}))",
    "DATE": lambda cell: f"TRY_CAST({cell} AS DATE)",
    "TIME": lambda cell: f"TRY_CAST({cell} AS TIME)",
    "DATETIME": lambda cell: f"TRY_CAST({cell} AS TIMESTAMP)",
    "TIMESTAMP": lambda cell: f"TRY_CAST({cell} AS TIMESTAMP WITH TIME ZONE)",
    "NUMERIC": lambda cell: f"TRY_CAST({cell} AS DECIMAL(38,9))",
    "JSON": lambda cell: f"CASE WHEN json_valid({cell}) THEN CAST({cell} AS JSON) END",
}
