"""Builds the image of a trainer, unless the same source was built before."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from timberline.jobs.archive import pack
from timberline.operators.step import StepOperator
from timberline.run.identity import RunIdentity
from timberline.spec.include import trainers_dir

_SHARED_FOLDER = "common"
_BUILD_TAG = "timberline"


class BuildTrainerImageOperator(StepOperator):
    """Returns the URI of a trainer's image; its tag is a hash of the source, so that equal source is built once.

    Args:
        trainer: (templated) the folder below trainers/; it is packed together with trainers/common.
        build_timeout_s: (templated) after this Cloud Build gives up.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "trainer", "build_timeout_s")

    def __init__(self, *, trainer: str, build_timeout_s: int = 1800, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.trainer = trainer
        self.build_timeout_s = build_timeout_s

    def work(self, run: RunIdentity) -> str:  # noqa: ARG002  an image is nobody's own
        """Look the image up, else build it.

        Raises:
            BuildFailed: Cloud Build ended without the image.
            SettingsError: there is no such trainer.
        """
        from timberline.hooks.builds import ImageBuild

        settings = self.cloud.settings
        archive = pack(trainers_dir(), (_SHARED_FOLDER, self.trainer))
        image = f"{settings.image_repository}/{self.trainer}:{archive.digest}"
        builds = self.cloud.builds
        if builds.has_image(image):
            self.log.info("image %s exists", image)
            return image
        source_uri = f"gs://{settings.bucket}/builds/{self.trainer}-{archive.digest}.tar.gz"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "source.tar.gz"
            path.write_bytes(archive.content)
            self.cloud.storage.upload_once(source_uri, path)
        request = ImageBuild(
            image=image,
            source_uri=source_uri,
            dockerfile=f"{self.trainer}/Dockerfile",
            tags=(_BUILD_TAG, f"{self.trainer}-{archive.digest}"),
            timeout_s=int(self.build_timeout_s),
        )
        self.log.info("building %s", image)
        builds.build(request)
        self.log.info("built %s", image)
        return image
