"""Trainer images: found in Artifact Registry, or built by Cloud Build."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from logging import getLogger
from typing import TYPE_CHECKING, Any

from timberline.data.identifiers import split_gs_uri
from timberline.jobs.states import build_state
from timberline.run.errors import BuildFailed, ServiceUnavailable, SettingsError
from timberline.run.services import Connection, Service, endpoint
from timberline.run.transience import brief, is_transient, jittered, pauses, retried

if TYPE_CHECKING:
    from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
    from google.cloud.devtools.cloudbuild_v1 import Build, CloudBuildClient

_log = getLogger(__name__)
_CALL_TIMEOUT_S = 60.0
_FIRST_POLL_S = 0.5
_LONGEST_POLL_S = 15.0
_DOCKER = "gcr.io/cloud-builders/docker"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageBuild:
    """The request to build an image.

    Attributes:
        image: the image with its tag, which identifies the content of the source.
        source_uri: the source archive in Cloud Storage.
        dockerfile: the path of the Dockerfile in the archive.
        tags: the tags by which the build is found.
        timeout_s: the seconds after which Cloud Build stops the build.
    """

    image: str
    source_uri: str
    dockerfile: str
    tags: tuple[str, ...]
    timeout_s: int


class BuildsHook:
    """The builds and images of one project."""

    def __init__(
        self, project: str, region: str, connection: Connection, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        """Args: sleep: waits between polls; tests pass a function that does not wait."""
        self._project = project
        self._region = region
        self._connection = connection
        self._sleep = sleep

    @cached_property
    def client(self) -> "CloudBuildClient":
        """Google's client for Cloud Build."""
        from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient

        target = endpoint(Service.CLOUD_BUILD, self._region, self._connection)
        return CloudBuildClient(
            credentials=target.credentials, transport=target.transport, client_options=target.client_options
        )

    @cached_property
    def registry(self) -> "ArtifactRegistryClient":
        """Google's client for Artifact Registry."""
        from google.cloud.artifactregistry_v1 import ArtifactRegistryClient

        target = endpoint(Service.ARTIFACT_REGISTRY, self._region, self._connection)
        return ArtifactRegistryClient(
            credentials=target.credentials, transport=target.transport, client_options=target.client_options
        )

    def has_image(self, image: str) -> bool:
        """Return whether an image with this tag has been pushed.

        Raises:
            SettingsError: the name is not that of an image in Artifact Registry.
        """
        from google.api_core.exceptions import NotFound

        name = _tag_name(image)
        try:
            retried(
                lambda: self.registry.get_tag(name=name, timeout=_CALL_TIMEOUT_S, retry=None), image, sleep=self._sleep
            )
        except NotFound:
            return False
        return True

    def build(self, request: ImageBuild) -> None:
        """Build an image and wait for the end of the build. A build of the image that already runs is waited for.

        Raises:
            BuildFailed: the build failed; the message has the reason and the address of the log.
            ServiceUnavailable: Cloud Build did not answer.
        """
        for pause in pauses():
            running = self._running(request)
            if running is not None:
                return self._wait(running, request.timeout_s)
            try:
                operation = self.client.create_build(
                    project_id=self._project, build=self._message(request), timeout=_CALL_TIMEOUT_S, retry=None
                )
                return self._wait(operation.metadata.build.id, request.timeout_s)
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("build of %s: no answer (%s)", request.image, brief(error))
                self._sleep(pause)
        raise ServiceUnavailable(f"Cloud Build did not answer the request to build {request.image}; try again later")

    def _running(self, request: ImageBuild) -> str | None:
        condition = " AND ".join(f'tags="{tag}"' for tag in request.tags)
        page = {"project_id": self._project, "filter": condition}
        builds = retried(
            lambda: list(self.client.list_builds(request=page, timeout=_CALL_TIMEOUT_S, retry=None)),
            "builds",
            sleep=self._sleep,
        )
        live = [build for build in builds if not build_state(build.status.name).is_final]
        return min(live, key=lambda build: (build.create_time, build.id)).id if live else None

    def _message(self, request: ImageBuild) -> "Build":
        from google.cloud.devtools.cloudbuild_v1 import Build, BuildStep, Source, StorageSource
        from google.protobuf.duration_pb2 import Duration

        bucket, name = split_gs_uri(request.source_uri)
        step = BuildStep(name=_DOCKER, args=["build", "--file", request.dockerfile, "--tag", request.image, "."])
        return Build(
            source=Source(storage_source=StorageSource(bucket=bucket, object_=name)),
            steps=[step],
            images=[request.image],
            tags=list(request.tags),
            timeout=Duration(seconds=request.timeout_s),
        )

    def _wait(self, build_id: str, timeout_s: int) -> None:
        """Poll until the build has ended, for a minute longer than Cloud Build lets the build run."""
        _log.info("build %s started", build_id)
        deadline = time.monotonic() + timeout_s + _CALL_TIMEOUT_S
        pause = _FIRST_POLL_S
        while True:
            build = self._get(build_id)
            state = build_state(build.status.name)
            if state.is_success:
                return
            if state.is_final:
                raise BuildFailed(_failure_message(build))
            if time.monotonic() > deadline:
                raise BuildFailed(f"build {build_id} is still {state} after {timeout_s} s; see {build.log_url}")
            self._sleep(jittered(pause))
            pause = min(pause * 1.5, _LONGEST_POLL_S)

    def _get(self, build_id: str) -> Any:
        return retried(
            lambda: self.client.get_build(project_id=self._project, id=build_id, timeout=_CALL_TIMEOUT_S, retry=None),
            f"build {build_id}",
            sleep=self._sleep,
        )


def _failure_message(build: Any) -> str:
    details = build.status_detail or (build.failure_info.detail if build.failure_info else "") or "no detail given"
    return f"build {build.id} ended as {build.status.name}: {details}; its log: {build.log_url or 'none'}"


def _tag_name(image: str) -> str:
    """Return the resource name of an image's tag.

    `europe-west1-docker.pkg.dev/p/r/i:t` is `projects/p/locations/europe-west1/repositories/r/packages/i/tags/t`.
    """
    path, _, tag = image.rpartition(":")
    host, *parts = path.split("/")
    location = host.removesuffix("-docker.pkg.dev")
    if location == host or len(parts) < 3 or not tag:
        raise SettingsError(
            f"image {image}: expected <region>-docker.pkg.dev/<project>/<repository>/<name>:<tag>; "
            "check TIMBERLINE_IMAGE_REPOSITORY"
        )
    project, repository, *name = parts
    package = "%2F".join(name)
    return f"projects/{project}/locations/{location}/repositories/{repository}/packages/{package}/tags/{tag}"
