"""Reads CSV files as text, parses each cell by BigQuery's rules, and describes errors by position, column and value."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from localgcp.core.conventions.errors import ApiError, invalid_argument
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.formats.bad_records import BadRecord, BadRecords, LoadError
from localgcp.services.bigquery.formats.csv_cells import CsvCells
from localgcp.services.bigquery.formats.csv_options import CsvOptions
from localgcp.services.bigquery.formats.csv_text import NATIVE_CODECS, header_of, in_utf8, places
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.types.json_text import literal
from localgcp.services.bigquery.types.schema import Field, quote

_EXPLAINED = 5
_LONGEST_LINE = 32 << 20


@dataclass(frozen=True, slots=True)
class _Problem:
    """A problem with a record: the number of the record in the file, and the message without the position."""

    record: int
    message: str
    details: str


class CsvSource:
    """The rows of CSV files with a known schema."""

    def __init__(
        self, files: Sequence[SourceFile], fields: Sequence[Field], options: CsvOptions, bad: BadRecords, folder: Path
    ) -> None:
        """Check the schema against the files.

        Args:
            folder: the folder for copies in UTF-8.

        Raises:
            ApiError: 400 for a schema that CSV does not support, or a header that does not match it.
        """
        for field in fields:
            if field.fields or field.mode == "REPEATED":
                raise invalid_argument(f"Field {field.name} is {field.standard_type}, which a CSV file cannot hold.")
        self.fields = tuple(fields)
        self._files = files
        self._options = options
        self._bad = bad
        self._folder = folder
        self._cells = CsvCells(options)
        self._columns = [field.name for field in fields]
        self._skipped = options.skipped
        if options.match_by_name:
            self._match_header()
        if options.codec not in NATIVE_CODECS:
            self._rewrite(options.codec)

    def _match_header(self) -> None:
        known = {field.name.lower(): field.name for field in self.fields}
        header = header_of(self._files, self._options)
        unknown = [name for name in header if name.lower() not in known]
        if unknown and not self._options.ignore_unknown_values:
            raise LoadError(f"no such field: {unknown[0]};", self._files[0])
        self._columns = [known.get(name.lower(), f"unknown {index}") for index, name in enumerate(header)]
        self._skipped = max(self._skipped, 1)

    def _rewrite(self, codec: str) -> None:
        self._files = [in_utf8(file, codec, self._folder) for file in self._files]

    def select(self, cursor: Cursor) -> str:
        """Return the query for the rows; without `maxBadRecords` it fails at the first bad record.

        Raises:
            LoadError: the files have more bad records than `maxBadRecords`.
        """
        present = set(self._columns)
        if not self._bad.limit:
            columns = [self._column(field, self._cells.checked(field), present) for field in self.fields]
            return f"SELECT {', '.join(columns)} FROM {self._text()}"
        for file in self._files:
            self._count(file, cursor)
        columns = [self._column(field, self._cells.parsed(field), present) for field in self.fields]
        good = " AND ".join(f"NOT ({self._cells.is_bad(field)})" for field in self._present()) or "TRUE"
        return f"SELECT {', '.join(columns)} FROM {self._text(', ignore_errors = true')} WHERE {good}"

    @staticmethod
    def _column(field: Field, value: str, present: set[str]) -> str:
        return f"{value if field.name in present else 'NULL'} AS {quote(field.name)}"

    def _present(self) -> list[Field]:
        present = set(self._columns)
        return [field for field in self.fields if field.name in present]

    def _count(self, file: SourceFile, cursor: Cursor) -> None:
        problems, rows = self._problems(file, cursor, self._bad.limit + 1)
        for record in self._named(file, problems):
            self._bad.add(record, rows)

    def _text(self, extra: str = "") -> str:
        """Return a DuckDB relation with all cells as text."""
        groups: dict[bool, list[SourceFile]] = {}
        for file in self._files:
            groups.setdefault(file.is_gzip, []).append(file)
        reads = [f"SELECT * FROM {self._read(group, extra)}" for group in groups.values()]
        return f"({' UNION ALL '.join(reads)}) AS cells"

    def _read(self, files: Sequence[SourceFile], extra: str = "") -> str:
        options = self._options
        paths = ", ".join(literal(str(file.path)) for file in files)
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self._columns)
        settings = {
            "columns": f"{{{columns}}}",
            "auto_detect": "false",
            "header": "false",
            "skip": str(self._skipped),
            "delim": literal(options.delimiter),
            "quote": literal(options.quote),
            "escape": literal(options.quote),
            "nullstr": "[" + ", ".join(map(literal, options.null_markers)) + "]",
            "allow_quoted_nulls": "false",
            "encoding": literal(options.codec if options.codec in NATIVE_CODECS else "utf-8"),
            "compression": "'gzip'" if files[0].is_gzip else "'none'",
            "max_line_size": str(_LONGEST_LINE),
        }
        if options.allow_jagged_rows:
            # DuckDB reads files that may have both quoted newlines and short rows correctly only on one thread.
            settings |= {"null_padding": "true", "parallel": "false"}
        if options.ignore_unknown_values:
            settings["strict_mode"] = "false"
        return f"read_csv([{paths}], {', '.join(f'{key} = {value}' for key, value in settings.items())}{extra})"

    # Errors

    def retry(self, error: duckdb.Error) -> bool:
        """Copy files to UTF-8 where they have another encoding, and return whether the query can run again."""
        if "not utf-8 encoded" not in str(error) or self._options.codec != "utf-8":
            return False
        self._rewrite("utf-8")
        return True

    def explain(self, error: duckdb.Error, cursor: Cursor) -> ApiError:
        """Return the error of the job after its query failed."""
        for file in self._files:
            problems, rows = self._problems(file, cursor, _EXPLAINED)
            for record in self._named(file, problems):
                try:
                    self._bad.add(record, rows)
                except LoadError:
                    # The first bad record already exceeds the limit; the error lists the others too.
                    continue
            if problems:
                return self._bad.too_many(rows)
        return LoadError(f"{str(error).splitlines()[0]};", self._files[0])

    def _problems(self, file: SourceFile, cursor: Cursor, limit: int) -> tuple[list[_Problem], int]:
        """Return the first bad records of a file in order, and the number of all bad records."""
        name = f"rejects_{uuid4().hex}"
        rejects = f", store_rejects = true, rejects_table = '{name}', rejects_scan = '{name}_scan'"
        checked = [(field, *problem) for field in self._present() for problem in self._cells.problems(field)]
        flags = "".join(f", ({check[2]}) AS {quote(f'bad {index}')}" for index, check in enumerate(checked))
        any_bad = " OR ".join(quote(f"bad {index}") for index in range(len(checked))) or "FALSE"
        # DuckDB keeps the order of the rows, so that row numbers are those of the file.
        numbered = f'SELECT row_number() OVER () AS "row number", * FROM {self._read([file], rejects)}'
        cursor.execute(
            f"CREATE TEMP TABLE {name}_bad AS SELECT * FROM (SELECT *{flags} FROM ({numbered})) WHERE {any_bad}"
        )
        try:
            broken = cursor.execute(
                f"SELECT line, column_idx, error_type, error_message FROM {name} ORDER BY line"
            ).fetchall()
            found = cursor.execute(f'SELECT * FROM {name}_bad ORDER BY "row number" LIMIT {limit}')
            names = [column[0] for column in found.description]
            rows = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
            count = cursor.execute(f"SELECT count(*) FROM {self._read([file], ', ignore_errors = true')}").fetchone()[0]
        finally:
            for table in (f"{name}_bad", name, f"{name}_scan"):
                cursor.execute(f"DROP TABLE IF EXISTS {table}")
        lines = sorted({int(row[0]) for row in broken})
        problems = [self._broken(row) for row in broken]
        for row in rows:
            record = _record_number(row["row number"] + self._skipped, lines)
            problems += [
                self._bad_cell(record, field, problem, row[field.name])
                for index, (field, problem, _) in enumerate(checked)
                if row[f"bad {index}"]
            ]
        first: dict[int, _Problem] = {}
        for item in sorted(problems, key=lambda item: item.record):
            first.setdefault(item.record, item)
        return list(first.values())[:limit], count + len(lines)

    def _broken(self, row: tuple[Any, ...]) -> _Problem:
        record, index, kind, text = row
        found = text.rpartition("Found: ")[2]
        if kind == "MISSING COLUMNS":
            column = self.fields[min(int(found), len(self.fields) - 1)]
            message = f"CSV table references column position {found}, but line contains only {found} columns."
            return _Problem(record, message, f"column_index: {found} {_described(column)}")
        if kind == "TOO MANY COLUMNS":
            message = f"Too many values in line. Found {found} column(s) while expected {len(self._columns)}."
            return _Problem(record, message, "")
        if kind == "UNQUOTED VALUE":
            message = "Error detected while parsing row starting at position: {position}. Error: "
            return _Problem(
                record, message + f"Data between close quote character ({self._options.quote}) and field separator.", ""
            )
        return _Problem(record, _braces(f"{text.splitlines()[0]} (column {index})"), "")

    def _bad_cell(self, record: int, field: Field, problem: str, value: str | None) -> _Problem:
        index = self._columns.index(field.name)
        shown = _braces(value or "")
        messages = {
            "value": f"Could not parse '{shown}' as {field.standard_type} for field {field.name} (position {index}) "
            "starting at location {position} with message 'Unable to parse'",
            "null": f"Required column value for column index: {index} is missing in row starting at position: "
            "{position}",
            "newline": "Error detected while parsing row starting at position: {position}. Error: Missing close quote "
            f"character ({self._options.quote}).",
            "zero": f"Bad character (ASCII 0) encountered in field {field.name}",
        }
        return _Problem(record, messages[problem], f'column_index: {index} {_described(field)} value: "{shown}"')

    def _named(self, file: SourceFile, problems: Sequence[_Problem]) -> list[BadRecord]:
        found = places(file, [problem.record for problem in problems], self._options)
        records = []
        for problem in problems:
            position, line = found.get(problem.record, (0, problem.record))
            place = f"; line_number: {line} byte_offset_to_start_of_line: {position} {problem.details}"
            records.append(BadRecord(file, (problem.message + place).rstrip().format(position=position)))
        return records


def _record_number(number: int, broken: Sequence[int]) -> int:
    """Return the number of a record in the file.

    Args:
        number: the number of the row among the rows that DuckDB could split into cells.
        broken: the numbers of the other records.
    """
    for line in broken:
        number += line <= number
    return number


def _described(field: Field) -> str:
    return f'column_name: "{field.name}" column_type: {field.standard_type}'


def _braces(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
