"""The errors of statements."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["errors.query", "engine"])
def test_module_needs_no_other_imported_before_it(module: str) -> None:
    subprocess.run([sys.executable, "-c", f"import localgcp.services.bigquery.{module}"], check=True)
