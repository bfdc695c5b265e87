"""Chooses what serves a v1 version: the caller's container, the version's container, or a prebuilt image. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from timberline.ai_platform.notes import Notes
from timberline.ai_platform.serving.artifacts import Framework
from timberline.ai_platform.serving.serving_containers import container_spec
from timberline.ai_platform.serving.serving_images import check_python, serving_image
from timberline.run.errors import AiPlatformError
from timberline.spec.decoding import encode
from timberline.spec.releasespec import ServingContainerSpec

_REPLACED = ("framework", "runtimeVersion", "pythonVersion", "packageUris", "predictionClass", "container", "routes")
_NEED_A_CONTAINER = {
    "predictionClass": "Vertex AI has no custom prediction routines",
    "packageUris": "the prebuilt images install no packages",
    "routes": "the prebuilt images have routes of their own",
}
_UNNAMED = "FRAMEWORK_UNSPECIFIED"


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingChoice:
    """Chooses the container of a version.

    Attributes:
        body: the v1 Version.
        model: the name of its v1 model.
        region: the region where the version is served.
        path: the body's path in messages.
        notes: receives the notes.
    """

    body: Mapping[str, Any]
    model: str
    region: str
    path: str
    notes: Notes

    def container(
        self, own: ServingContainerSpec | None, guessed: Framework | None, *, gpu: bool
    ) -> tuple[dict[str, Any], Framework | None]:
        """Return the ModelContainerSpec, and the framework of a prebuilt image.

        Args:
            own: the caller's container; overrides the body.
            guessed: the framework of the version's files; used if the body has no framework.
            gpu: whether the machine has GPUs.

        Raises:
            AiPlatformError: Vertex AI cannot serve the version.
        """
        if own is not None:
            return self._given(own), None
        if self.body.get("container"):
            return container_spec(self.body, self.model, self.path, self.notes), None
        for field, reason in _NEED_A_CONTAINER.items():
            if self.body.get(field):
                raise AiPlatformError(
                    f"{self.path}.{field}: expected none without a container, found {self.body[field]!r}: {reason}; "
                    "build a container that serves the model, and give it as the serving image"
                )
        framework = self._framework(guessed)
        return {"imageUri": self._image(framework, gpu=gpu)}, framework

    def _given(self, own: ServingContainerSpec) -> dict[str, Any]:
        for field in _REPLACED:
            if self.body.get(field):
                self.notes.substitute(f"{self.path}.{field}", f"{own.image_uri} serves the version instead")
        found: dict[str, Any] = encode(own)
        return found

    def _framework(self, guessed: Framework | None) -> Framework:
        where = f"{self.path}.framework"
        named = self.body.get("framework", _UNNAMED)
        if named != _UNNAMED:
            return Framework(named)
        if guessed is None:
            raise AiPlatformError(f"{where}: expected one of {', '.join(Framework)}, found none; name it")
        self.notes.substitute(where, f"none -> {guessed}, by the files of the directory, as with v1")
        return guessed

    def _image(self, framework: Framework, *, gpu: bool) -> str:
        where = f"{self.path}.runtimeVersion"
        python = self.body.get("pythonVersion")
        check_python(python, f"{self.path}.pythonVersion")
        if python:
            self.notes.substitute(f"{self.path}.pythonVersion", f"{python} -> the Python of the prebuilt image")
        runtime = self.body.get("runtimeVersion")
        if not runtime:
            raise AiPlatformError(f"{where}: expected a runtime version, e.g. '2.11', found none; name it")
        return serving_image(framework, runtime, path=where, notes=self.notes, gpu=gpu, region=self.region)
