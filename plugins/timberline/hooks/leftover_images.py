"""Left-over images of trainers, which no model version uses any more."""

from collections.abc import Callable, Iterable
from typing import Any

from timberline.hooks.cloud import Cloud
from timberline.janitor.rules import Leftover, ListedImage, Sighting, see_images
from timberline.run.errors import SettingsError
from timberline.run.identity import RUN_LABEL
from timberline.run.transience import retried

_CALL_TIMEOUT_S = 60.0
_DELETION_S = 300.0
_PAGE_SIZE = 100


class Images:
    """The images in the repository of a deployment."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._registry = cloud.builds.registry

    def sightings(self) -> list[Sighting]:
        """Return the images of trainers. Images of registered model versions and the newest images are kept.

        All models of the project count, whether or not they belong to a pipeline.

        Raises:
            SettingsError: the name of the repository is not one of Artifact Registry.
        """
        images = self._images()
        return see_images(images, self._used_by_models(), self._last_used_s()) if images else []

    def remove(self, leftover: Leftover) -> bool:
        """Delete an image with its tags."""
        from google.api_core.exceptions import NotFound

        uri, _, digest = leftover.name.partition("@")
        package = "%2F".join(uri.split("/")[3:])
        name = f"{repository_name(self._cloud.settings.image_repository)}/packages/{package}/versions/{digest}"

        def delete() -> None:
            request = {"name": name, "force": True}
            deletion: Any = self._registry.delete_version(request=request, timeout=_CALL_TIMEOUT_S, retry=None)
            deletion.result(_DELETION_S)

        try:
            retried(delete, leftover.name)
        except NotFound:
            return False
        return True

    def _images(self) -> list[ListedImage]:
        """Return the images in the repository; none while the repository does not exist."""
        from google.api_core.exceptions import NotFound

        parent = repository_name(self._cloud.settings.image_repository)
        try:
            found = self._listed(self._registry.list_docker_images, parent=parent)
        except NotFound:
            return []
        return [
            ListedImage(
                repository=image.uri.partition("@")[0],
                digest=image.uri.partition("@")[2],
                tags=tuple(image.tags),
                made_s=image.upload_time.timestamp(),
                size_bytes=image.image_size_bytes,
            )
            for image in found
            if image.uri.startswith(f"{self._cloud.settings.image_repository}/")
        ]

    def _used_by_models(self) -> frozenset[str]:
        settings, client = self._cloud.settings, self._cloud.models.client
        parent = f"projects/{settings.project}/locations/{settings.region}"
        versions: list[Any] = []
        for model in self._listed(client.list_models, parent=parent):
            versions += self._listed(client.list_model_versions, name=model.name)
        return frozenset(version.container_spec.image_uri for version in versions)

    def _last_used_s(self) -> dict[str, float]:
        """Return when the newest job of each image was made, in seconds since the epoch."""
        jobs = self._cloud.jobs.find({RUN_LABEL: None})
        return _latest((uri, job.created_s or 0.0) for job in jobs for uri in job.images)

    def _listed(self, call: Callable[..., Iterable[Any]], **request: Any) -> list[Any]:
        page = {**request, "page_size": _PAGE_SIZE}
        return retried(
            lambda: list(call(request=page, timeout=_CALL_TIMEOUT_S, retry=None)), "listing images and their users"
        )


def repository_name(image_repository: str) -> str:
    """Return the resource name of the repository that images are pushed to.

    `europe-west1-docker.pkg.dev/p/r` is `projects/p/locations/europe-west1/repositories/r`.

    Raises:
        SettingsError: the name is not one of Artifact Registry.
    """
    host, *parts = image_repository.split("/")
    location = host.removesuffix("-docker.pkg.dev")
    if location == host or len(parts) < 2:
        raise SettingsError(
            f"image repository {image_repository}: expected <region>-docker.pkg.dev/<project>/<repository>; "
            "check TIMBERLINE_IMAGE_REPOSITORY"
        )
    return f"projects/{parts[0]}/locations/{location}/repositories/{parts[1]}"


def _latest(uses: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for uri, used_s in uses:
        found[uri] = max(used_s, found.get(uri, 0.0))
    return found
