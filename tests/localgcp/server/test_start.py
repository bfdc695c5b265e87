"""What a start of the server costs before it serves: the packages that it imports."""

import subprocess
import sys

# Each of these takes a part of the start. A package that only some calls need is imported by those calls.
_NEEDED = {
    "_duckdb", "a2wsgi", "anyio", "click", "cramjam", "duckdb", "fastavro", "google", "google_crc32c", "h11",
    "mypy_extensions", "numpy", "psutil", "pyarrow", "sniffio", "sqlglot", "typing_extensions", "uvicorn", "watchfiles",
}  # fmt: skip
_SCRIPT = """
import sys
before = set(sys.modules)
import localgcp.cli.main
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def test_start_imports_no_package_that_it_does_not_need() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    foreign = set(done.stdout.split()) - set(sys.stdlib_module_names) - {"localgcp"}
    foreign = {name for name in foreign if not name.startswith(("__", "_cython", "cython_runtime", "_sysconfig"))}
    assert foreign <= _NEEDED
