"""What all tests share: an environment that cannot reach the cloud, and a local one."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

# The entry point gives the same; it is there only after an installation.
from localgcp.testing.pytest_plugin import fresh_localgcp, localgcp, localgcp_project

__all__ = ["fresh_localgcp", "localgcp", "localgcp_project"]

_ROOT = Path(__file__).parents[1]
_CLOUD_VARIABLES = (
    "GOOGLE_",
    "CLOUDSDK_",
    "STORAGE_EMULATOR",
    "CLOUD_STORAGE_",
    "BIGQUERY_EMULATOR",
    "GCE_METADATA",
    "CLOUD_ML_",
    "AIP_",
)
# What the Makefile sets, for a pytest that is run without it.
_DEFAULTS = {
    "LOCALGCP_UV": _ROOT / ".tools" / "bin" / "uv",
    "LOCALGCP_CACHE_DIR": _ROOT / ".cache" / "localgcp",
    "AIRFLOW_HOME": _ROOT / ".airflow",
}


def pytest_configure() -> None:
    """Make runs without make, and in the background of a script, like the others."""
    for name, path in _DEFAULTS.items():
        # A checkout that `make setup` has not seen may still have an uv of its own in PATH.
        if name not in os.environ and (name != "LOCALGCP_UV" or path.exists()):
            os.environ[name] = str(path)
    # Shells start such processes with SIGINT ignored, children inherit that, and would never end when they are told to.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _clean_environment() -> Iterator[None]:
    """No setting of the caller's leaks into a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_CLOUD_VARIABLES):
                patch.delenv(name)
        yield
