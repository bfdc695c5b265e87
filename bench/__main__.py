"""`python -m bench`: measure everything in one run, print the table and write RESULTS.md.

`python -m bench cloud` measures the local cloud alone, and prints its rows. Both need TIMBERLINE_DATA_DIR. The parts
that call Google's services from a pipeline run in a second process, inside a local cloud of their own.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench import cloud, dag_import, pipeline, splitting
from bench.measure import ROOT, Result

_HEAD = """# Benchmark results

Written by `make bench` on {date}: {cores} cores, Python {python}. Each ratio is measured / reference, from one run.

| what | measured | reference | ratio | budget | holds |
| --- | --- | --- | ---: | --- | --- |
"""
_PROJECT = "local-project"


def main() -> int:
    """Run the benchmarks; return 1 if a ratio misses its budget."""
    rows = Path(os.environ.get("TIMBERLINE_DATA_DIR", "")) / "covertype" / "covertype.csv.gz"
    if not rows.is_file():
        print("make bench needs TIMBERLINE_DATA_DIR: a folder that holds covertype/covertype.csv.gz.", file=sys.stderr)
        return 2
    if sys.argv[1:2] == ["--inside"]:
        found = [*splitting.results(rows), *pipeline.results(rows)]
        Path(sys.argv[2]).write_text(json.dumps([asdict(result) for result in found]), encoding="utf-8")
        return 0
    if sys.argv[1:2] == ["cloud"]:
        print("\n".join(result.row() for result in cloud.results(rows)))
        return 0
    results = [*cloud.results(rows), *dag_import.results(), *_inside()]
    head = _HEAD.format(date=datetime.now(UTC).date(), cores=os.cpu_count(), python=platform.python_version())
    table = head + "\n".join(result.row() for result in results) + "\n"
    (ROOT / "bench" / "RESULTS.md").write_text(table, encoding="utf-8")
    print(table)
    return 0 if all(result.holds for result in results) else 1


def _inside() -> list[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = [sys.executable, "-m", "localgcp", "run", "--state", str(folder / "state"), "--project", _PROJECT]
        command = [*server, "--bucket", f"{_PROJECT}-timberline", "--", sys.executable, "-m", "bench", "--inside"]
        subprocess.run([*command, str(folder / "results.json")], check=True, cwd=ROOT)
        return [Result(**raw) for raw in json.loads((folder / "results.json").read_text(encoding="utf-8"))]


if __name__ == "__main__":
    sys.exit(main())
