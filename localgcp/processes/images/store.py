"""Images by name: images that Cloud Build has built, and public images that localgcp can create."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Event

from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.processes.images.commands import CommandFailed, UvMissing
from localgcp.processes.images.environments import EnvironmentCache, EnvironmentSpec
from localgcp.processes.images.prebuilt import PublicImage, find_public_image, makeable_images, prebuilt_use
from localgcp.processes.images.reference import ImageReference
from localgcp.processes.images.resources import Environment, ImageVersion, Startup


class ImageUnavailable(Exception):
    """The image does not exist, or localgcp cannot create it."""


class ImageStore:
    """The images of one server; all servers of a user share the environments in the cache."""

    def __init__(self, context: Context) -> None:
        self.cache = EnvironmentCache(context.settings.cache_dir)
        self._versions = context.state.collection("images.versions")
        self._versions.records(ImageVersion.from_json)
        self._tags = context.state.collection("images.tags")
        self._tags.records(lambda raw: str(raw["version"]))
        self._logs = context.state.folder("images")

    def make(self, spec: EnvironmentSpec, log: Path, cancelled: Event) -> Path:
        """Return the interpreter of the environment, creating it if needed; see `EnvironmentCache.make`."""
        return self.cache.make(spec, log, cancelled)

    def register(self, references: Iterable[ImageReference], version: ImageVersion) -> None:
        """Store a built image under each reference; an existing tag moves to this image."""
        for reference in references:
            raw = version.to_json() | {"repository": reference.repository, "update_time": CLOCK.text()}
            stored = ImageVersion.from_json(raw)
            known = self._versions.get(stored.uri)
            raw["create_time"] = known["create_time"] if known else version.create_time
            self._versions.put(stored.uri, raw)
            self._tags.put(reference.tagged, {"version": stored.uri})

    def find(self, reference: ImageReference) -> ImageVersion | None:
        """Return the built image, or None if it does not exist or its environment was deleted from the cache."""
        uri = f"{reference.repository}@{reference.digest}" if reference.digest else self._tagged_uri(reference)
        raw = self._versions.get(uri)
        return self._usable(raw) if raw else None

    def versions(self, repository: str) -> list[ImageVersion]:
        """Return the images of a repository path (host and path without tag), oldest first."""
        found = (self._usable(raw) for raw in self._versions.values(f"{repository}@"))
        return [version for version in found if version]

    def repositories(self) -> list[str]:
        """Return every host and path that holds an image, in order of the first build."""
        return list(dict.fromkeys(raw["repository"] for raw in self._versions.values() if self._usable(raw)))

    def tags(self, repository: str) -> dict[str, ImageVersion]:
        """Return the tags of a repository path and the images that they name."""
        found: dict[str, ImageVersion] = {}
        for name in self._tags.names(f"{repository}:"):
            version = self.find(ImageReference.parse(name))
            if version is not None:
                found[name.removeprefix(f"{repository}:")] = version
        return found

    def delete_tag(self, repository: str, tag: str) -> None:
        """Delete a tag; its image stays."""
        self._tags.delete(f"{repository}:{tag}")

    def delete(self, version: ImageVersion) -> None:
        """Delete a built image and its tags. Its environment stays in the cache, which other servers share."""
        for name in self._tags.names(f"{version.repository}:"):
            if (tag := self._tags.get(name)) and tag["version"] == version.uri:
                self._tags.delete(name)
        self._versions.delete(version.uri)

    def resolve(self, uri: str, cancelled: Event) -> Environment:
        """Return the environment of an image; the environment of a public image is created on first use.

        Raises:
            ImageUnavailable: the image does not exist, or localgcp cannot create it.
            Cancelled: the event was set.
        """
        try:
            version = self.find(ImageReference.parse(uri))
        except ValueError as error:
            raise ImageUnavailable(str(error)) from error
        if version is not None:
            python = self.cache.python(version.environment)
            return Environment(key=version.environment, python=python, startup=version.startup, preload=version.preload)
        public = find_public_image(uri)
        if public is None:
            raise ImageUnavailable(_why_unavailable(uri))
        return self._make_public(uri, public, cancelled)

    def with_packages(self, uri: str, archives: Sequence[Path], content: str, cancelled: Event) -> Environment:
        """Return the environment of a public image with Python packages in it, creating it if needed.

        Args:
            archives: source distributions or wheels under their own names.
            content: a hash of the archives.

        Raises:
            ImageUnavailable: the image is not public, or uv cannot install the packages (with its last lines).
            Cancelled: the event was set.
        """
        public = find_public_image(uri)
        if public is None:
            raise ImageUnavailable(f"{_why_unavailable(uri)} Python packages are installed into public images alone.")
        return self._make_public(uri, public, cancelled, tuple(str(archive) for archive in archives), content)

    def _make_public(
        self, uri: str, image: PublicImage, cancelled: Event, packages: tuple[str, ...] = (), content: str = ""
    ) -> Environment:
        spec = EnvironmentSpec(
            python=image.python, install=image.requirements, files=packages, content=content,
            any_python=bool(prebuilt_use(uri)),
        )  # fmt: skip
        try:
            python = self.cache.make(spec, self._logs / f"{spec.key}.log", cancelled)
        except (CommandFailed, UvMissing) as error:
            raise ImageUnavailable(f"Image {uri} cannot be created on this machine: {error}") from error
        return Environment(key=spec.key, python=python, startup=Startup(cmd=image.cmd))

    def _tagged_uri(self, reference: ImageReference) -> str:
        tag = self._tags.get(reference.tagged)
        return str(tag["version"]) if tag else ""

    def _usable(self, raw: dict[str, object]) -> ImageVersion | None:
        version = ImageVersion.from_json(raw)
        return version if self.cache.has(version.environment) else None


def _why_unavailable(uri: str) -> str:
    if use := prebuilt_use(uri):
        return (
            f"Image {uri} is one of Google's {use} containers that localgcp cannot create. "
            f"It can create {', '.join(makeable_images(use))}."
        )
    return (
        f"Image {uri} not found. Build it with Cloud Build, "
        "or use a python:3.x image or one of Google's training or prediction containers."
    )
