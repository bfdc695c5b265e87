"""Makes Python environments with uv, each once, in a cache that all servers of a user share."""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event

from localgcp.processes.images.commands import CommandFailed, find_uv, run_logged

# A part of every key: raise it when environments are made in another way.
_LAYOUT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentSpec:
    """What goes into an environment.

    Attributes:
        python: the version, for example `3.11`.
        install: requirements for `uv pip install`.
        files: folders of projects, or archives, to install with them.
        content: a hash of the contents of `files`.
        preload: modules that must be importable afterwards.
        any_python: use this machine's own version if `python` cannot be installed.
    """

    python: str
    install: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    content: str = ""
    preload: tuple[str, ...] = ()
    any_python: bool = False

    @property
    def key(self) -> str:
        """The name of the environment's folder."""
        parts = asdict(self) | {"layout": _LAYOUT, "machine": platform.machine()}
        # The key depends on the content of the files, not on their folder.
        del parts["files"]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


class EnvironmentCache:
    """The environments of this user."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "environments"

    def python(self, key: str) -> Path:
        """Return the path of an environment's interpreter, even if the environment does not exist yet."""
        return self._folder / key / "bin" / "python"

    def has(self, key: str) -> bool:
        """Return whether an environment is complete."""
        return self.python(key).exists()

    def make(self, spec: EnvironmentSpec, log: Path, cancelled: Event) -> Path:
        """Return the interpreter of an environment; the environment is created if it does not exist.

        A complete environment gets its final name by a rename; of two processes that create it, one waits for the
        other.

        Raises:
            CommandFailed: uv failed; the message holds its last lines.
            Cancelled: the event was set.
            UvMissing: uv is not installed.
        """
        if not self.has(spec.key):
            with self._claim(spec.key):
                if not self.has(spec.key):
                    self._make(spec, log, cancelled)
        return self.python(spec.key)

    def _make(self, spec: EnvironmentSpec, log: Path, cancelled: Event) -> None:
        partial = self._folder / f"{spec.key}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        uv = find_uv()
        try:
            self._create(uv, spec, partial, log, cancelled)
            python = str(partial / "bin" / "python")
            if spec.install or spec.files:
                # Importing the preloaded modules once compiles what a trial needs, five times as fast as compiling all.
                compiled = [] if spec.preload else ["--compile-bytecode"]
                install = [uv, "pip", "install", "--python", python, "--no-editable", "--no-progress", *compiled]
                run_logged([*install, *spec.install, *spec.files], log, cancelled)
            if spec.preload:
                run_logged([python, "-c", f"import {', '.join(spec.preload)}"], log, cancelled)
            partial.rename(self._folder / spec.key)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    @staticmethod
    def _create(uv: str, spec: EnvironmentSpec, folder: Path, log: Path, cancelled: Event) -> None:
        own = f"{sys.version_info.major}.{sys.version_info.minor}"
        wanted = sys.executable if spec.python == own else spec.python
        # Relocatable, because the folder is renamed when it is complete.
        command = [uv, "venv", "--no-project", "--relocatable", "--python"]
        try:
            run_logged([*command, wanted, str(folder)], log, cancelled)
        except CommandFailed:
            if not spec.any_python:
                raise
            run_logged([*command, sys.executable, str(folder)], log, cancelled)

    @contextmanager
    def _claim(self, key: str) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._folder / f"{key}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def hash_files(root: Path, paths: Sequence[Path]) -> tuple[str, int]:
    """Return the hash of files' relative names and contents, and their size in bytes."""
    digest, size = hashlib.sha256(), 0
    for path in sorted(paths):
        data = path.read_bytes()
        size += len(data)
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest(), size
