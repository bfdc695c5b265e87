"""Repositories and the images in them.

A build that pushes to a missing repository creates the repository; on Google Cloud the push fails.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from localgcp.core.conventions.errors import already_exists, failed_precondition, invalid_argument, not_found
from localgcp.core.conventions.paging import page
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation
from localgcp.processes.images.resources import ImageVersion
from localgcp.processes.images.store import ImageStore
from localgcp.services.artifactregistry.resources import RegistryName, image_json, package_json, tag_json, version_json

_LARGEST_PAGE = 1000
_REPOSITORY = "type.googleapis.com/google.devtools.artifactregistry.v1.Repository"
_METADATA = {"@type": "type.googleapis.com/google.devtools.artifactregistry.v1.OperationMetadata"}
_EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}
_FORMATS = ("DOCKER", 1)


class RegistryStore:
    """The repositories and images of all projects."""

    def __init__(self, context: Context, images: ImageStore) -> None:
        self.operations = context.operations
        self._images = images
        self._repositories = context.state.collection("artifactregistry.repositories")
        self._repositories.records(lambda repository: RegistryName.parse(repository["name"]))

    def create_repository(self, parent: str, repository_id: str, raw: Mapping[str, Any]) -> Operation:
        """Create an empty Docker repository.

        Args:
            parent: `projects/P/locations/L`.
            raw: the Repository.

        Returns:
            The operation, which is complete.

        Raises:
            ApiError: 400 for another format than DOCKER, 409 if the name is taken.
        """
        if not repository_id:
            raise invalid_argument("repositoryId is required.")
        if raw.get("format") not in _FORMATS:
            raise invalid_argument(
                f"repository.format: localgcp serves only DOCKER repositories, found {raw.get('format')!r}."
            )
        name = f"{parent}/repositories/{repository_id}"
        if self._find_repository(RegistryName.parse(name)):
            raise already_exists("the repository already exists")
        repository = {**raw, "name": name, "format": "DOCKER", "createTime": CLOCK.text(), "updateTime": CLOCK.text()}
        self._repositories.put(name, repository)
        return self.operations.completed(parent, _METADATA, {"@type": _REPOSITORY, **repository})

    def repository(self, name: str) -> dict[str, Any]:
        """Return a repository that a client created or a build pushed to.

        Raises:
            ApiError: 404.
        """
        found = self._find_repository(RegistryName.parse(name))
        if found is None:
            raise not_found(f"Repository {name} does not exist.")
        return found

    def repositories(self, parent: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        """Return one page of the repositories of a location."""
        location = RegistryName.parse(parent)
        created = [repository["name"] for repository in self._repositories.values(f"{parent}/")]
        host = f"{location.location}-docker.pkg.dev/{location.project}/"
        pushed = [
            path.removeprefix(host).split("/")[0] for path in self._images.repositories() if path.startswith(host)
        ]
        names = dict.fromkeys([*created, *(f"{parent}/repositories/{repository}" for repository in pushed)])
        return _answer("repositories", [self.repository(name) for name in names], query)

    def package(self, name: str) -> dict[str, Any]:
        """Return the package with all versions of an image.

        Raises:
            ApiError: 404.
        """
        parsed = RegistryName.parse(name)
        return package_json(parsed, self._versions(parsed))

    def packages(self, parent: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        """Return one page of the packages of a repository."""
        names = self._packages(RegistryName.parse(parent))
        return _answer("packages", [package_json(name, self._versions(name)) for name in names], query)

    def delete_package(self, name: str) -> Operation:
        """Delete all versions of an image, and return the operation, which is complete.

        Raises:
            ApiError: 404.
        """
        parsed = RegistryName.parse(name)
        for version in self._versions(parsed):
            self._images.delete(version)
        return self.operations.completed(parsed.parent, _METADATA, _EMPTY)

    def tag(self, name: str) -> dict[str, Any]:
        """Return a tag and its version.

        Raises:
            ApiError: 404 if no build pushed the tag.
        """
        parsed = RegistryName.parse(name)
        version = self._images.tags(parsed.host_path).get(parsed.tag)
        if version is None:
            raise not_found(f"Tag {name} does not exist.")
        return tag_json(parsed, parsed.tag, version)

    def tags(self, parent: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        """Return one page of the tags of a package."""
        parsed = RegistryName.parse(parent)
        found = self._images.tags(parsed.host_path)
        return _answer("tags", [tag_json(parsed, tag, version) for tag, version in found.items()], query)

    def delete_tag(self, name: str) -> dict[str, Any]:
        """Delete a tag, but not its version.

        Raises:
            ApiError: 404.
        """
        self.tag(name)
        parsed = RegistryName.parse(name)
        self._images.delete_tag(parsed.host_path, parsed.tag)
        return {}

    def version(self, name: str) -> dict[str, Any]:
        """Return the version with a digest.

        Raises:
            ApiError: 404.
        """
        parsed = RegistryName.parse(name)
        return version_json(parsed, self._version(parsed, name))

    def versions(self, parent: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        """Return one page of the versions of a package."""
        parsed = RegistryName.parse(parent)
        return _answer("versions", [version_json(parsed, version) for version in self._versions(parsed)], query)

    def delete_version(self, name: str, *, force: bool) -> Operation:
        """Delete a version of an image, and return the operation, which is complete.

        Args:
            force: delete the tags of the version too.

        Raises:
            ApiError: 404; 400 for a version with tags, without `force`.
        """
        parsed = RegistryName.parse(name)
        version = self._version(parsed, name)
        tags = self._tags_of(parsed, version)
        if tags and not force:
            raise failed_precondition(
                f"{name} is tagged {', '.join(tags)}: delete the tags first, or set force to delete them too."
            )
        self._images.delete(version)
        return self.operations.completed(parsed.parent, _METADATA, _EMPTY)

    def image(self, name: str) -> dict[str, Any]:
        """Return the Docker image with this package and digest.

        Raises:
            ApiError: 404.
        """
        parsed = RegistryName.parse(name)
        return self._image(parsed, self._version(parsed, name))

    def images(self, parent: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        """Return one page of the Docker images of a repository."""
        found = [
            self._image(name, version)
            for name in self._packages(RegistryName.parse(parent))
            for version in self._versions(name)
        ]
        return _answer("dockerImages", found, query)

    def _find_repository(self, name: RegistryName) -> dict[str, Any] | None:
        created = self._repositories.get(name.repository_name)
        if created:
            return created
        packages = self._packages(name)
        if not packages:
            return None
        first = self._versions(packages[0])[0]
        return {
            "name": name.repository_name, "format": "DOCKER", "createTime": first.create_time,
            "updateTime": first.update_time,
        }  # fmt: skip

    def _packages(self, repository: RegistryName) -> list[RegistryName]:
        prefix = f"{repository.host_path}/"
        return [
            replace(repository, package=path.removeprefix(prefix))
            for path in self._images.repositories()
            if path.startswith(prefix)
        ]

    def _versions(self, package: RegistryName) -> list[ImageVersion]:
        found = self._images.versions(package.host_path)
        if not found:
            raise not_found(f"Package {package.package_name} does not exist.")
        return found

    def _version(self, parsed: RegistryName, name: str) -> ImageVersion:
        for version in self._images.versions(parsed.host_path):
            if version.digest == parsed.digest:
                return version
        raise not_found(f"{name} does not exist.")

    def _image(self, name: RegistryName, version: ImageVersion) -> dict[str, Any]:
        return image_json(name, version, self._tags_of(name, version))

    def _tags_of(self, package: RegistryName, version: ImageVersion) -> list[str]:
        tags = self._images.tags(package.host_path)
        return [tag for tag, tagged in tags.items() if tagged.digest == version.digest]


def _answer(field: str, items: Sequence[dict[str, Any]], query: Mapping[str, str | None]) -> dict[str, Any]:
    found, token = page(items, int(query.get("pageSize") or 0), query.get("pageToken"), limit=_LARGEST_PAGE)
    return {field: list(found)} | ({"nextPageToken": token} if token else {})
