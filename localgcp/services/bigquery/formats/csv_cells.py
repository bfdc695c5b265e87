"""DuckDB expressions that parse the cells of CSV files by the rules of their column types."""

from collections.abc import Callable

from localgcp.services.bigquery.formats.csv_options import CsvOptions
from localgcp.services.bigquery.types.json_text import literal
from localgcp.services.bigquery.types.schema import Field, quote

_TRUE, _FALSE = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"
_ZONE = r"(?:[zZ]|UTC|[+-]\d{1,2}(?::?\d{2})?|[A-Za-z]+/[\w/+-]+)$"


class CsvCells:
    """The expressions for the cells in the files of one job."""

    def __init__(self, options: CsvOptions) -> None:
        self._options = options
        self._formats = dict(options.formats)

    def parsed(self, field: Field) -> str:
        """Return the expression for the value of a cell; NULL for a cell that cannot be parsed."""
        cell = quote(field.name)
        if field.type in self._formats:
            return self._by_format(field.type, cell)
        if field.type == "TIMESTAMP" and self._options.time_zone != "UTC":
            local = f"timezone({literal(self._options.time_zone)}, TRY_CAST({cell} AS TIMESTAMP))"
            has_zone = f"regexp_matches({cell}, {literal(_ZONE)})"
            return f"CASE WHEN {has_zone} THEN TRY_CAST({cell} AS TIMESTAMPTZ) ELSE {local} END"
        return _PARSERS[field.type](cell)

    def _by_format(self, kind: str, cell: str) -> str:
        text = self._formats[kind]
        value = f"try_strptime({cell}, {literal(text)})"
        if kind != "TIMESTAMP":
            return f"CAST({value} AS {({'DATETIME': 'TIMESTAMP'}).get(kind, kind)})"
        return value if "%z" in text else f"timezone({literal(self._options.time_zone)}, {value})"

    def problems(self, field: Field) -> list[tuple[str, str]]:
        """Return the possible problems of a cell, each with its name and its condition."""
        cell = quote(field.name)
        found = []
        if field.type != "STRING":
            found.append(("value", f"{cell} IS NOT NULL AND {self.parsed(field)} IS NULL"))
        else:
            found += [(name, f"contains({cell}, chr({code}))") for name, code in self._forbidden()]
        if field.mode == "REQUIRED":
            found.append(("null", f"{cell} IS NULL"))
        return found

    def _forbidden(self) -> list[tuple[str, int]]:
        options = self._options
        newline = [] if options.allow_quoted_newlines or not options.quote else [("newline", 10)]
        return newline + ([] if options.preserve_control_characters else [("zero", 0)])

    def is_bad(self, field: Field) -> str:
        """Return the condition that a cell has a problem."""
        return " OR ".join(f"({condition})" for _, condition in self.problems(field)) or "FALSE"

    def checked(self, field: Field) -> str:
        """Return the expression for the value of a cell; the query fails at a cell with a problem."""
        cell = quote(field.name)
        if field.type == "STRING":
            conditions = " OR ".join(condition for name, condition in self.problems(field) if name != "null")
            return f"CASE WHEN {conditions} THEN error('bad cell') ELSE {cell} END" if conditions else cell
        # COALESCE evaluates its second argument only where the first is NULL.
        return f"COALESCE({self.parsed(field)}, CASE WHEN {cell} IS NOT NULL THEN error('bad cell') END)"


def _integer(cell: str) -> str:
    # DuckDB parses 1.5 and 1e3 as integers. A number whose text equals the cell needs no further check.
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
    "BIGNUMERIC": lambda cell: f"TRY_CAST({cell} AS DECIMAL(38,19))",
    "INTERVAL": lambda cell: f"TRY(gs_interval({cell}))",
    "JSON": lambda cell: f"CASE WHEN json_valid({cell}) THEN CAST({cell} AS JSON) END",
}
