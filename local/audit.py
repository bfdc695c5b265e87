"""Look up known vulnerabilities of the locked packages, and report how many packages could be looked up.

pip-audit calls a lock clean even if it could not look up a single package; this command reports such packages. The exit
code is 1 if a vulnerability is known, and 0 otherwise: a machine that cannot reach the advisories can still run the
other checks.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_LOCK = "requirements.txt"


def report(dependencies: Sequence[Mapping[str, Any]]) -> tuple[list[str], bool]:
    """Return the lines to print, and whether a vulnerability is known.

    Args:
        dependencies: those in pip-audit's JSON: `name` with either `skip_reason`, or `version` and `vulns`.
    """
    seen = [each for each in dependencies if "skip_reason" not in each]
    lines = [
        f"{each['name']} {each['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'no version'}"
        for each in seen
        for found in each["vulns"]
    ]
    skipped = len(dependencies) - len(seen)
    summary = f"audit: {len(seen)} packages of {_LOCK} looked up, {len(lines)} known vulnerabilities"
    if skipped:
        summary += f"; {skipped} NOT looked up: this machine cannot reach the advisories"
    return [*lines, summary], bool(lines)


def main() -> int:
    """Run pip-audit on the lock, and print the result."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.json"
        command = [
            sys.executable,
            "-m",
            "pip_audit",
            "--requirement",
            _LOCK,
            "--no-deps",
            "--disable-pip",
            "--progress-spinner",
            "off",
        ]
        ended = subprocess.run(
            [*command, "--format", "json", "--output", str(path)], stderr=subprocess.PIPE, text=True, check=False
        )
        if not path.is_file():
            sys.stderr.write(ended.stderr)
            return 1
        lines, found = report(json.loads(path.read_text(encoding="utf-8"))["dependencies"])
    sys.stdout.write("\n".join(lines) + "\n")
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
