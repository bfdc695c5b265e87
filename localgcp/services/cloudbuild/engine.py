"""Runs a build: unpacks the source, reads the Dockerfile, installs the environment, registers the image."""

import hashlib
import json
import tarfile
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Any

from localgcp.core.state.clock import CLOCK
from localgcp.processes.images.commands import CommandFailed, UvMissing
from localgcp.processes.images.environments import EnvironmentSpec, hash_files
from localgcp.processes.images.prebuilt import find_public_image
from localgcp.processes.images.resources import ImageVersion
from localgcp.processes.images.store import ImageStore
from localgcp.services.cloudbuild.dockerfile import Dockerfile, DockerfileError, parse_dockerfile
from localgcp.services.cloudbuild.resources import DockerBuild

# 1980-01-02 in seconds since 1970. Zip files, and so wheels, cannot hold earlier times, which some archives contain.
_EARLIEST_ZIP_TIME = 315619200
_NOT_SOURCE = frozenset({"__pycache__", "build", "dist"})


class BuildFailed(Exception):
    """The build ends with the status FAILURE; the message gives the reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Project:
    """A Python project in the source.

    Attributes:
        folder: the folder of the project.
        folders: `folder`, and the folders of the projects that `[tool.uv.sources]` names by path.
        settings: the table `[tool.localgcp]`.
    """

    folder: Path
    folders: tuple[Path, ...]
    settings: dict[str, Any]


def _safe_member(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Refuse a member outside of the folder, and return any other with a time that a wheel can hold."""
    safe = tarfile.data_filter(member, folder)
    return safe.replace(mtime=max(safe.mtime, _EARLIEST_ZIP_TIME), deep=False)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a source archive.

    Raises:
        BuildFailed: the file is not a tar archive, or a member lies outside of the folder.
    """
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter=_safe_member)
    except tarfile.FilterError as error:
        raise BuildFailed(f"The source archive contains a member that is not allowed: {error}") from error
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BuildFailed(f"The source is not a .tar.gz archive: {error}") from error


def build_image(images: ImageStore, source: Path, step: DockerBuild, log: Path, cancelled: Event) -> ImageVersion:
    """Install the environment that a `docker build` describes, and register it under the tags of the step.

    uv installs the pyproject.toml beside the Dockerfile. Unchanged sources reuse the environment of an earlier build.

    Args:
        source: the folder with the unpacked source.
        log: the file for the output of uv.
        cancelled: set to cancel the build.

    Raises:
        BuildFailed: the Dockerfile or the project is malformed or missing, or the installation failed.
        Cancelled: `cancelled` was set.
    """
    dockerfile_path = _checked_path(source, step.dockerfile)
    dockerfile = _read_dockerfile(dockerfile_path, step.dockerfile)
    base = find_public_image(dockerfile.base)
    if base is None:
        raise BuildFailed(
            f"{step.dockerfile}: FROM {dockerfile.base}: expected python:3.x or one of Google's training images."
        )
    project = _read_project(dockerfile_path.parent, source)
    content, size = hash_files(source, [path for folder in project.folders for path in _sources(folder)])
    spec = EnvironmentSpec(
        python=base.python,
        install=base.requirements,
        files=(str(project.folder),),
        content=content,
        preload=tuple(project.settings.get("preload", ())),
    )
    try:
        images.make(spec, log, cancelled)
    except (CommandFailed, UvMissing) as error:
        raise BuildFailed(str(error)) from error
    startup = dockerfile.startup
    digest = hashlib.sha256(f"{spec.key}{json.dumps(asdict(startup), sort_keys=True)}".encode()).hexdigest()
    time = CLOCK.text()
    version = ImageVersion(
        repository=step.tags[0].repository if step.tags else "", digest=f"sha256:{digest}", environment=spec.key,
        create_time=time, update_time=time, size_bytes=size, preload=spec.preload, startup=startup,
    )  # fmt: skip
    images.register(step.tags, version)
    return version


def _read_dockerfile(path: Path, shown: str) -> Dockerfile:
    if not path.is_file():
        raise BuildFailed(f"There is no Dockerfile at {shown} in the source.")
    try:
        return parse_dockerfile(path.read_text("utf-8"))
    except (DockerfileError, UnicodeDecodeError) as error:
        raise BuildFailed(f"{shown}: {error}") from error


def _read_project(folder: Path, root: Path) -> _Project:
    found = _load(folder / "pyproject.toml", root)
    folders = dict.fromkeys([folder])
    for path in _path_sources(folder, found, root):
        folders[path] = None
        folders |= dict.fromkeys(_read_project(path, root).folders)
    settings = found.get("tool", {}).get("localgcp", {})
    return _Project(folder=folder, folders=tuple(folders), settings=settings)


def _load(path: Path, root: Path) -> dict[str, Any]:
    shown = path.relative_to(root)
    if not path.is_file():
        raise BuildFailed(f"There is no {shown} in the source; localgcp installs the environment from it.")
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BuildFailed(f"{shown}: {error}") from error


def _path_sources(folder: Path, project: dict[str, Any], root: Path) -> Iterator[Path]:
    for name, source in project.get("tool", {}).get("uv", {}).get("sources", {}).items():
        if isinstance(source, dict) and "path" in source:
            path = _checked_path(root, str((folder / source["path"]).relative_to(root)))
            if not path.is_dir():
                shown = folder.relative_to(root) / "pyproject.toml"
                raise BuildFailed(
                    f"{shown}: the source of {name}, {source['path']}, is not a folder of the source archive."
                )
            yield path


def _checked_path(root: Path, relative: str) -> Path:
    path = (root / relative).resolve()
    if not path.is_relative_to(root.resolve()):
        raise BuildFailed(f"{relative} lies outside of the source.")
    return path


def _sources(folder: Path) -> Iterator[Path]:
    """Yield the files that the installed environment depends on."""
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part in _NOT_SOURCE or part.startswith(".") for part in parts):
            yield path
