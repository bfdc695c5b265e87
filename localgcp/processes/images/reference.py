"""Image references: `HOST/PATH:TAG` or `HOST/PATH@sha256:...`, taken apart."""

import re
from dataclasses import dataclass
from typing import Self

_REFERENCE = re.compile(
    r"(?P<repository>[a-z0-9][\w.-]*(?::\d+(?=/))?(?:/[a-z0-9][a-z0-9._-]*)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_ARTIFACT_HOST = re.compile(r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageReference:
    """One reference.

    Attributes:
        repository: host and path, without tag and digest.
        tag: `latest` if the reference names neither tag nor digest; empty if it names a digest alone.
        digest: `sha256:...`, or empty.
    """

    repository: str
    tag: str
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a reference by the rules of https://pkg.go.dev/github.com/distribution/reference.

        Raises:
            ValueError: the text is no image reference.
        """
        found = _REFERENCE.fullmatch(text)
        if found is None:
            raise ValueError(
                f"{text!r} is not an image reference such as europe-west1-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE:TAG."
            )
        tag, digest = found["tag"] or "", found["digest"] or ""
        return cls(repository=found["repository"], tag=tag or ("" if digest else "latest"), digest=digest)

    @property
    def tagged(self) -> str:
        """`repository:tag`."""
        return f"{self.repository}:{self.tag}"

    @property
    def package_name(self) -> str | None:
        """The resource name of the Artifact Registry package, or None for an image in another registry."""
        parts = self.repository.split("/", 3)
        host = _ARTIFACT_HOST.fullmatch(parts[0])
        if host is None or len(parts) < 4:
            return None
        # A slash in an image's name is written %2F in the resource name.
        package = parts[3].replace("/", "%2F")
        return f"projects/{parts[1]}/locations/{host['location']}/repositories/{parts[2]}/packages/{package}"
