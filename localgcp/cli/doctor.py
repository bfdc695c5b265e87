"""Checks whether a local cloud and its clients can work on this machine."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import util
from pathlib import Path

from localgcp.core.http.settings import Settings
from localgcp.core.state.folder import holder
from localgcp.processes.images.commands import UvMissing, find_uv

_OLDEST_PYTHON = (3, 11)
_UV_S = 10
# The environment of a trainer takes several hundred megabytes.
_LEAST_FREE_BYTES = 2 << 30
_DOCUMENTS = (
    "storage.v1", "bigquery.v2", "aiplatform.v1", "cloudbuild.v1", "artifactregistry.v1",
)  # fmt: skip
_EMULATORS = ("STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check.

    Attributes:
        check: the name of the check.
        text: what the check has found.
        advice: what the user can do; empty if the check found no problem.
    """

    check: str
    text: str
    advice: str = ""

    @property
    def is_ok(self) -> bool:
        """Return whether the check found no problem."""
        return not self.advice

    def line(self) -> str:
        """Return the finding as one line of text."""
        state = "ok" if self.is_ok else "problem"
        return f"{state:<8} {self.check:<13} {self.text}" + (f". {self.advice}" if self.advice else "")


def examine(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    """Run all checks, without leaving any change.

    Args:
        settings: the folders to check.
        environment: the variables that clients will get.
    """
    return [
        _python(),
        _uv(),
        _state_folder(settings.state_dir),
        _cache_folder(settings.cache_dir),
        *(_room(name, folder) for name, folder in _folders(settings)),
        _documents(),
        _messages(),
        _port(),
        credentials(environment),
        proxy(environment),
    ]


def _folders(settings: Settings) -> list[tuple[str, Path]]:
    return [("state disk", settings.state_dir), ("cache disk", settings.cache_dir)]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, _OLDEST_PYTHON))
    advice = "" if sys.version_info >= _OLDEST_PYTHON else f"Use Python {wanted} or a newer one."
    return Finding(check="python", text=f"{version} ({sys.executable})", advice=advice)


def _uv() -> Finding:
    try:
        path = find_uv()
    except UvMissing:
        return Finding(check="uv", text="not found", advice="Install it, or name it in LOCALGCP_UV.")
    try:
        shown = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=_UV_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(check="uv", text=f"{path} does not run: {error}", advice="Name another one in LOCALGCP_UV.")
    return Finding(check="uv", text=f"{shown.stdout.strip()} ({path})")


def _state_folder(folder: Path) -> Finding:
    if owner := holder(folder):
        return Finding(
            check="state folder",
            text=f"{folder} is in use by process {owner}",
            advice="Stop that server to start another one, or name another folder with --state.",
        )
    return _writable("state folder", folder, "Name another folder with --state.")


def _cache_folder(folder: Path) -> Finding:
    return _writable("cache folder", folder, "Name another folder in LOCALGCP_CACHE_DIR.")


def _writable(check: str, folder: Path, advice: str) -> Finding:
    nearest = _nearest(folder)
    # If the folder does not exist, its parent must allow its creation.
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Finding(check=check, text=f"{folder} {'is writable' if nearest == folder else 'can be created'}")
    found = "is not writable" if nearest.is_dir() else f"cannot be created: {nearest} is not a folder"
    return Finding(check=check, text=f"{folder} {found}", advice=advice)


def _room(check: str, folder: Path) -> Finding:
    free = shutil.disk_usage(_nearest(folder)).free
    text = f"{free / (1 << 30):.1f} GiB are free for {folder}"
    wanted = f"Make room: {_LEAST_FREE_BYTES >> 30} GiB should be free."
    return Finding(check=check, text=text, advice="" if free >= _LEAST_FREE_BYTES else wanted)


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest of its parents that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _documents() -> Finding:
    spec = _found("googleapiclient")
    folder = Path(spec).parent / "discovery_cache" / "documents" if spec else None
    missing = [name for name in _DOCUMENTS if folder is None or not (folder / f"{name}.json").is_file()]
    return _package("discovery", f"documents of {len(_DOCUMENTS)} APIs", missing, "google-api-python-client")


def _messages() -> Finding:
    names = ("google.cloud.aiplatform_v1", "google.protobuf")
    missing = [name for name in names if _found(name) is None]
    return _package("messages", "protobuf messages of Vertex AI", missing, "google-cloud-aiplatform")


def _package(check: str, text: str, missing: list[str], package: str) -> Finding:
    if missing:
        return Finding(check=check, text=f"{', '.join(missing)} not found", advice=f"Install {package}.")
    return Finding(check=check, text=text)


def _found(module: str) -> str | None:
    try:
        spec = util.find_spec(module)
    except ModuleNotFoundError:
        return None
    return spec.origin if spec else None


def _port(bind: Callable[[tuple[str, int]], socket.socket] = socket.create_server) -> Finding:
    try:
        with bind((_LOOPBACK, 0)):
            return Finding(check="port", text=f"a port of {_LOOPBACK} can be bound")
    except OSError as error:
        text = f"no port of {_LOOPBACK} can be bound: {error.strerror}"
        return Finding(check="port", text=text, advice="Allow programs to listen on loopback.")


def credentials(environment: Mapping[str, str]) -> Finding:
    """Warn of variables with which clients reach the real cloud."""
    named = environment.get("GOOGLE_APPLICATION_CREDENTIALS")
    missing = [name for name in _EMULATORS if not environment.get(name)]
    if named and missing:
        return Finding(
            check="credentials",
            text=f"GOOGLE_APPLICATION_CREDENTIALS is set and {', '.join(missing)} not: clients reach the real cloud",
            advice="Start them with `python -m localgcp run`, or unset it.",
        )
    return Finding(check="credentials", text="no variable points clients at the real cloud")


def proxy(environment: Mapping[str, str]) -> Finding:
    """Warn of a proxy that calls to loopback would go through."""
    lowered = {name.lower(): value for name, value in environment.items() if value}
    proxies = [name for name in _PROXIES if name in lowered]
    direct = {host.strip() for host in lowered.get("no_proxy", "").split(",")}
    if proxies and not direct & {_LOOPBACK, "*"}:
        return Finding(
            check="proxy",
            text=f"{', '.join(proxies)} is set, and NO_PROXY does not name {_LOOPBACK}",
            advice=f"Set NO_PROXY={_LOOPBACK},localhost for clients that `python -m localgcp run` does not start.",
        )
    return Finding(check="proxy", text="loopback is reached directly")
