"""The typed request for a build, read from the JSON form of google.devtools.cloudbuild.v1.Build."""

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from localgcp.core.conventions.errors import invalid_argument, unimplemented
from localgcp.processes.images.reference import ImageReference

_DOCKER_BUILDERS = frozenset({"gcr.io/cloud-builders/docker", "docker"})
_SUBSTITUTION = re.compile(r"\$(?:\$|\{(\w+)\}|([A-Z_][A-Z0-9_]*))")
_DEFAULT_TIMEOUT_S = 3600.0  # https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerBuild:
    """One `docker build`.

    Attributes:
        tags: the tags of the image.
        context, dockerfile: paths relative to the unpacked source.
    """

    tags: tuple[ImageReference, ...]
    context: str
    dockerfile: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildRequest:
    """A build.

    Attributes:
        bucket, object_name: the source archive.
        images: the images that the build pushes at its end.
    """

    bucket: str
    object_name: str
    steps: tuple[DockerBuild, ...]
    images: tuple[ImageReference, ...]
    timeout_s: float

    @classmethod
    def of_build(cls, raw: Mapping[str, Any], project: str, location: str, build_id: str) -> "BuildRequest":
        """Read a Build with the substitutions that Cloud Build sets itself.

        Raises:
            ApiError: as `from_json`.
        """
        return cls.from_json(raw, {"PROJECT_ID": project, "BUILD_ID": build_id, "LOCATION": location})

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], substitutions: Mapping[str, str]) -> "BuildRequest":
        """Read a Build.

        Args:
            substitutions: the built-in substitutions, such as PROJECT_ID.

        Raises:
            ApiError: 400 for a build that Cloud Build refuses, 501 for one that localgcp does not implement.
        """
        known = dict(substitutions) | dict(raw.get("substitutions", {}))
        source = raw.get("source", {}).get("storageSource")
        if source is None:
            raise unimplemented("a build without source.storageSource")
        if not raw.get("steps"):
            raise invalid_argument("invalid build: no build steps are specified.")
        steps = tuple(_step(step, index, known) for index, step in enumerate(raw["steps"]))
        images = tuple(
            _reference(substitute(name, known), f"images[{i}]") for i, name in enumerate(raw.get("images", []))
        )
        built = {tag.tagged for step in steps for tag in step.tags}
        for image in images:
            if image.tagged not in built:
                raise invalid_argument(f"invalid build: no step builds the image {image.tagged} of images.")
        timeout = raw.get("timeout", f"{_DEFAULT_TIMEOUT_S}s")
        return cls(
            bucket=source.get("bucket", ""), object_name=source.get("object", ""), steps=steps, images=images,
            timeout_s=float(timeout.removesuffix("s")),
        )  # fmt: skip


def substitute(text: str, values: Mapping[str, str]) -> str:
    """Replace `$NAME` and `${NAME}`; `$$` means a dollar sign, and unknown names stay unchanged.

    See https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return "$" if name is None else values.get(name, match[0])

    return _SUBSTITUTION.sub(value, text)


class _DockerBuildParser(argparse.ArgumentParser):
    """Parses the options of `docker build`."""

    def __init__(self, where: str) -> None:
        super().__init__(prog="docker build", add_help=False, allow_abbrev=False)
        self._where = where
        self.add_argument("-t", "--tag", action="append", default=[])
        self.add_argument("-f", "--file", default="")
        # Options that have no effect on a Python environment.
        for name in ("--build-arg", "--cache-from", "--network", "--platform", "--label", "--progress"):
            self.add_argument(name, action="append")
        for name in ("--no-cache", "--pull", "-q", "--quiet"):
            self.add_argument(name, action="store_true")
        self.add_argument("context")

    def error(self, message: str) -> NoReturn:
        """Raise an error that names the step."""
        raise invalid_argument(f"{self._where}: docker build: {message}.")


def _step(raw: Mapping[str, Any], index: int, values: Mapping[str, str]) -> DockerBuild:
    where = f"steps[{index}]"
    name = raw.get("name", "").partition(":")[0].removeprefix("docker.io/library/")
    args = [substitute(arg, values) for arg in raw.get("args", [])]
    if name not in _DOCKER_BUILDERS or raw.get("entrypoint") or args[:1] != ["build"]:
        raise unimplemented(f"{where}: {raw.get('name')} {' '.join(args)} (only gcr.io/cloud-builders/docker build)")
    found = _DockerBuildParser(where).parse_args(args[1:])
    base = raw.get("dir", "")
    context = f"{base}/{found.context}" if base else found.context
    dockerfile = f"{base}/{found.file}" if base and found.file else found.file
    tags = tuple(_reference(tag, where) for tag in found.tag)
    return DockerBuild(tags=tags, context=context, dockerfile=dockerfile or f"{context}/Dockerfile")


def _reference(text: str, where: str) -> ImageReference:
    try:
        return ImageReference.parse(text)
    except ValueError as error:
        raise invalid_argument(f"{where}: {error}") from error
