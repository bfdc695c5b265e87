"""`python -m localgcp coverage`: which of Google's methods localgcp implements."""

import argparse
import sys
from pathlib import Path
from typing import Any

from localgcp.cli import coverage, coverage_tables
from localgcp.cli.coverage import Coverage

_README = Path(__file__).parents[1] / "README.md"


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the subcommand to the command line."""
    command = commands.add_parser("coverage", help="list the methods of each API, implemented or not")
    command.add_argument("--api", default="", help="one API, for example storage (default: all)")
    command.add_argument(
        "--format", choices=["text", "markdown", "json"], default="text",
        help="text for people, markdown as the README has it, json for programs (%(default)s)",
    )  # fmt: skip
    command.add_argument("--update", type=Path, metavar="README", help="update the tables in this file")
    command.set_defaults(action=_run, verbose=False)


def _run(arguments: argparse.Namespace) -> int:
    coverages = coverage.of_this_version()
    if arguments.update is not None:
        return _update(arguments.update, coverages)
    chosen = [item for item in coverages if arguments.api in ("", item.api)]
    if not chosen:
        names = ", ".join(item.api for item in coverages)
        sys.stderr.write(f"localgcp: --api {arguments.api} is not served; served are {names}.\n")
        return 2
    sys.stdout.write(_render(arguments, coverages, chosen) + "\n")
    return 0


def _render(arguments: argparse.Namespace, coverages: list[Coverage], chosen: list[Coverage]) -> str:
    if arguments.format == "markdown":
        renewed = coverage_tables.renew(_README.read_text("utf-8"), coverages)
        return coverage_tables.sections(renewed, arguments.api)
    return coverage.as_json(chosen) if arguments.format == "json" else coverage.as_text(chosen)


def _update(path: Path, coverages: list[Coverage]) -> int:
    """Write the tables of the README, and list the rows that still need a text."""
    before = path.read_text("utf-8")
    after = coverage_tables.renew(before, coverages)
    if after != before:
        path.write_text(after, "utf-8")
    left = coverage_tables.problems(after, coverages)
    sys.stderr.writelines(f"localgcp: {path}: {problem}\n" for problem in left)
    return 1 if left else 0
