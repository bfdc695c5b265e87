"""Translates the program of a v1 job: a container, or a Python package in a prebuilt image; and arguments. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from timberline.ai_platform.notes import Notes
from timberline.ai_platform.translate.clusters import Role
from timberline.ai_platform.translate.runtimes import executor_image
from timberline.run.errors import AiPlatformError

_ROOT = "trainingInput"
_MOST_PACKAGES = 100
_PACKAGE_FIELDS = ("packageUris", "pythonModule", "runtimeVersion", "pythonVersion")
_FOLDER = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/[^\x00-\x1f]*)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Programs:
    """The program of the replicas of one job.

    Attributes:
        training: a TrainingInput with checked types.
        executor_image_uri: the image that runs the package; None for the image of the runtime version.
        notes: receives the notes.
    """

    training: Mapping[str, Any]
    executor_image_uri: str | None
    notes: Notes

    def check(self) -> None:
        """Check that the job has exactly one program: a container or a package.

        Raises:
            AiPlatformError: the job has no program, or two.
        """
        if self._image:
            self._check_container()
        else:
            self._check_package()

    def spec(self, role: Role, *, gpu: bool) -> dict[str, Any]:
        """Return the container or package part of a worker pool.

        Args:
            role: the role of the pool's replicas.
            gpu: whether the replicas have GPUs.

        Raises:
            AiPlatformError: no prebuilt image runs the package.
        """
        return {"containerSpec": self._container(role)} if self._image else {"pythonPackageSpec": self._package(gpu)}

    @property
    def _image(self) -> str | None:
        return Role.MASTER.config(self.training).get("imageUri") or None

    def _check_container(self) -> None:
        for field in _PACKAGE_FIELDS:
            if self.training.get(field):
                raise AiPlatformError(
                    f"{_ROOT}.{field}: is only for Python packages, but masterConfig.imageUri is set; remove one"
                )
        if self.executor_image_uri:
            raise AiPlatformError(
                "executor_image_uri: is only for Python packages, but masterConfig.imageUri is set; remove one"
            )
        for role in Role:
            for field in ("containerCommand", "containerArgs"):
                if role.config(self.training).get(field) and self.training.get("args"):
                    raise AiPlatformError(
                        f"{_ROOT}.args: excludes {role}Config.{field}, found both; put all arguments in containerArgs"
                    )

    def _check_package(self) -> None:
        for role in Role:
            for field in ("imageUri", "containerCommand", "containerArgs"):
                if role.config(self.training).get(field):
                    raise AiPlatformError(
                        f"{role.config_path}.{field}: needs masterConfig.imageUri, found none; set it too"
                    )
        if not any(self.training.get(field) for field in _PACKAGE_FIELDS):
            raise AiPlatformError(
                f"{_ROOT}: expected masterConfig.imageUri, or packageUris and pythonModule, found neither; "
                "set what the job runs"
            )
        for field in ("packageUris", "pythonModule"):
            if not self.training.get(field):
                raise AiPlatformError(f"{_ROOT}.{field}: expected a value with Python packages, found none; set it")
        if len(uris := self.training["packageUris"]) > _MOST_PACKAGES:
            raise AiPlatformError(f"{_ROOT}.packageUris: expected at most {_MOST_PACKAGES}, found {len(uris)}")
        if not self.executor_image_uri and not self.training.get("runtimeVersion"):
            raise AiPlatformError(
                f"{_ROOT}.runtimeVersion: expected a version with Python packages, found none; set it"
            )

    def _container(self, role: Role) -> dict[str, Any]:
        config = role.config(self.training)
        spec: dict[str, Any] = {"imageUri": config.get("imageUri") or self._image}
        if command := config.get("containerCommand"):
            spec["command"] = list(command)
        if args := self._args(config.get("containerArgs") or self.training.get("args", ())):
            spec["args"] = args
        return spec

    def _package(self, gpu: bool) -> dict[str, Any]:
        spec: dict[str, Any] = {
            "executorImageUri": self._executor_image(gpu),
            "packageUris": list(self.training["packageUris"]),
            "pythonModule": self.training["pythonModule"],
        }
        if args := self._args(self.training.get("args", ())):
            spec["args"] = args
        return spec

    def _executor_image(self, gpu: bool) -> str:
        runtime, python = self.training.get("runtimeVersion"), self.training.get("pythonVersion")
        if not self.executor_image_uri:
            return executor_image(str(runtime), python, gpu=gpu, region=self.training.get("region"), notes=self.notes)
        for field, value in (("runtimeVersion", runtime), ("pythonVersion", python)):
            if value:
                self.notes.substitute(f"{_ROOT}.{field}", f"{value} -> what {self.executor_image_uri} has")
        return self.executor_image_uri

    def _args(self, args: Sequence[str]) -> list[str]:
        """Return the arguments of a replica, followed by `--job-dir` as on AI Platform; Vertex AI does not add it."""
        job_dir = self.training.get("jobDir")
        if not job_dir:
            return list(args)
        path = f"{_ROOT}.jobDir"
        if any(each == "--job-dir" or each.startswith("--job-dir=") for each in args):
            self.notes.warn(path, "the arguments have a --job-dir already; it is not added again, as v1 did")
            return list(args)
        self.notes.substitute(path, f"--job-dir {job_dir} is added to the arguments, as v1 did")
        return [*args, "--job-dir", job_dir]


def output_folder(training: Mapping[str, Any]) -> str | None:
    """Return the output folder of a job, or None without one.

    Raises:
        AiPlatformError: the folder is not in Cloud Storage.
    """
    job_dir: str | None = training.get("jobDir")
    if job_dir and _FOLDER.fullmatch(job_dir) is None:
        raise AiPlatformError(f"{_ROOT}.jobDir: expected gs://bucket/folder, found {job_dir!r}")
    return job_dir or None
