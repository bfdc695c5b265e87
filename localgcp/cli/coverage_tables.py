"""The tables of methods in the README: one row for each implemented method, with a text that a person writes.

A table lies between `<!-- coverage: API [RESOURCE ...] -->` and `<!-- end -->`. It holds the methods of the named
resources; a marker without resources holds the methods of the API that no other table holds. The texts exist in the
README alone; this module writes everything else between the markers.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from localgcp.cli.coverage import Coverage, compact

UNDESCRIBED = "(to be described)"
_WIDTH = 128
_HEAD = "| methods | supported |\n| --- | --- |"
_BLOCK = re.compile(r"<!-- coverage: (?P<name>[\w ]+) -->\n(?P<body>.*?)<!-- end -->", re.DOTALL)
_ROW = re.compile(r"^\| (?P<methods>`[\w.]+`(?: `[\w.]+`)*) \| (?P<text>.*) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """Methods that share one row, because the same is supported for them."""

    methods: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Table:
    """One table between two markers.

    Attributes:
        name: the marker's words, for example `aiplatform endpoints`.
        rows: the rows of the README.
    """

    name: str
    rows: tuple[Row, ...]

    @property
    def api(self) -> str:
        """The name of the API."""
        return self.name.split()[0]

    @property
    def resources(self) -> list[str]:
        """The resources that the marker names."""
        return self.name.split()[1:]


def read(readme: str) -> list[Table]:
    """Return the tables of a README."""
    return [_table(found) for found in _BLOCK.finditer(readme)]


def _table(found: re.Match[str]) -> Table:
    rows = [Row(tuple(re.findall(r"[\w.]+", row["methods"])), row["text"]) for row in _ROW.finditer(found["body"])]
    return Table(found["name"], tuple(rows))


def part(table: Table, tables: Iterable[Table], coverages: Iterable[Coverage]) -> Coverage:
    """Return the coverage of the methods that belong into a table.

    Raises:
        ValueError: its marker names an API that is not served.
    """
    for coverage in coverages:
        if coverage.api == table.api:
            named = [name for other in tables if other.api == table.api for name in other.resources]
            return coverage.part(table.resources) if table.resources else coverage.part(named, others=True)
    raise ValueError(f"The marker 'coverage: {table.name}' names an API that is not served.")


def renew(readme: str, coverages: Sequence[Coverage]) -> str:
    """Return the README with exactly the implemented methods in its tables.

    A method keeps its row and text; a new method comes last, with the text `UNDESCRIBED`.
    """
    tables = read(readme)
    texts = {method: row.text for table in tables for row in table.rows for method in row.methods}

    def block(found: re.Match[str]) -> str:
        table = _table(found)
        covered = part(table, tables, coverages)
        return f"<!-- coverage: {table.name} -->\n\n{_render(covered, _rows(table, covered, texts))}\n\n<!-- end -->"

    return _BLOCK.sub(block, readme)


def _rows(table: Table, covered: Coverage, texts: Mapping[str, str]) -> Iterator[Row]:
    left = set(covered.served)
    for row in table.rows:
        if methods := tuple(method for method in row.methods if method in left):
            left -= set(methods)
            yield Row(methods, row.text)
    for method in sorted(left):
        yield Row((method,), texts.get(method, UNDESCRIBED))


def _render(covered: Coverage, rows: Iterable[Row]) -> str:
    lines = [" ".join(f"`{method}`" for method in row.methods) + f" | {row.text}" for row in rows]
    missing = ", ".join(compact(covered.missing, covered.served)) or "nothing"
    text = f"Not implemented (501): {missing}.".replace(" (", "\xa0(")  # keep a number on the line of its name
    listed = textwrap.fill(text, _WIDTH, break_on_hyphens=False, break_long_words=False).replace("\xa0", " ")
    table = "\n".join([_HEAD, *(f"| {line} |" for line in lines)])
    return f"{covered.summary().capitalize()}:\n\n{table}\n\n{listed}"


def sections(readme: str, api: str = "") -> str:
    """Return the tables alone, of one API or of all."""
    blocks = [found for found in _BLOCK.finditer(readme) if not api or _table(found).api == api]
    return "\n\n".join(f"### {found['name']}\n\n{found['body'].strip()}" for found in blocks)


def problems(readme: str, coverages: Sequence[Coverage]) -> list[str]:
    """Return the mistakes of a README's tables, one line each: wrong rows, missing rows, rows without a text."""
    named = [method for table in read(readme) for row in table.rows for method in row.methods]
    served = {method for coverage in coverages for method in coverage.served}
    found = [f"{method} is implemented and in no table." for method in sorted(served - set(named))]
    found += [f"{method} is in a table and not implemented." for method in sorted(set(named) - served)]
    found += [f"{method} is in {named.count(method)} rows." for method in sorted(set(named)) if named.count(method) > 1]
    found += [
        f"{' '.join(row.methods)}: the README does not say what of it is supported."
        for table in read(readme)
        for row in table.rows
        if row.text in ("", UNDESCRIBED)
    ]
    with_table = {table.api for table in read(readme)}
    found += [f"The API {coverage.api} has no table." for coverage in coverages if coverage.api not in with_table]
    if not found and renew(readme, coverages) != readme:
        found.append("A number of methods, a list of those not implemented or the place of a row is out of date.")
    return found
