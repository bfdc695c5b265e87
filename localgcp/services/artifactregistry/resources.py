"""Resource names of Artifact Registry, and built images as its resources."""

import re
from dataclasses import dataclass
from typing import Any, Self

from localgcp.core.conventions.errors import invalid_argument
from localgcp.processes.images.resources import ImageVersion

_NAME = re.compile(
    r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)(?:/repositories/(?P<repository>[^/]+)"
    r"(?:/packages/(?P<package>.+?)(?:/tags/(?P<tag>[^/]+)|/versions/(?P<version>[^/]+))?"
    r"|/dockerImages/(?P<image>.+?)@(?P<digest>[^/]+))?)?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryName:
    """The parts of a resource name; missing parts are empty.

    Attributes:
        package: the name of the image, with slashes where the resource name has %2F.
    """

    project: str
    location: str
    repository: str = ""
    package: str = ""
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a resource name; the slashes of its package may be escaped.

        Raises:
            ApiError: 400 for a text that is not a resource name of this API.
        """
        found = _NAME.fullmatch(text)
        if found is None:
            raise invalid_argument(
                f"{text!r} is not the name of an Artifact Registry resource, such as"
                " projects/P/locations/L/repositories/R."
            )
        package = (found["package"] or found["image"] or "").replace("%2F", "/")
        return cls(
            project=found["project"], location=found["location"], repository=found["repository"] or "", package=package,
            tag=found["tag"] or "", digest=found["version"] or found["digest"] or "",
        )  # fmt: skip

    @property
    def parent(self) -> str:
        """`projects/.../locations/...`."""
        return f"projects/{self.project}/locations/{self.location}"

    @property
    def repository_name(self) -> str:
        """The repository's resource name."""
        return f"{self.parent}/repositories/{self.repository}"

    @property
    def package_name(self) -> str:
        """The package's resource name."""
        return f"{self.repository_name}/packages/{self.package.replace('/', '%2F')}"

    @property
    def host_path(self) -> str:
        """The image name, without tag, of the package or of all images in the repository."""
        root = f"{self.location}-docker.pkg.dev/{self.project}/{self.repository}"
        return f"{root}/{self.package}" if self.package else root


def package_json(name: RegistryName, versions: list[ImageVersion]) -> dict[str, Any]:
    """Return a Package resource."""
    return {
        "name": name.package_name,
        "createTime": versions[0].create_time,
        "updateTime": versions[-1].update_time,
    }


def tag_json(name: RegistryName, tag: str, version: ImageVersion) -> dict[str, Any]:
    """Return a Tag resource."""
    return {"name": f"{name.package_name}/tags/{tag}", "version": f"{name.package_name}/versions/{version.digest}"}


def version_json(name: RegistryName, version: ImageVersion) -> dict[str, Any]:
    """Return a Version resource."""
    return {
        "name": f"{name.package_name}/versions/{version.digest}",
        "createTime": version.create_time,
        "updateTime": version.update_time,
    }


def image_json(name: RegistryName, version: ImageVersion, tags: list[str]) -> dict[str, Any]:
    """Return a DockerImage resource."""
    package = name.package.replace("/", "%2F")
    return {
        "name": f"{name.repository_name}/dockerImages/{package}@{version.digest}",
        "uri": version.uri,
        "tags": tags,
        "imageSizeBytes": str(version.size_bytes),
        "uploadTime": version.create_time,
        "updateTime": version.update_time,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    }
