"""Submits the Vertex AI jobs that a job file describes: tuning and training."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from timberline.data.splitting import SPLITS
from timberline.jobs.interface import JobRequest
from timberline.jobs.remote import JobKind
from timberline.operators.links import VertexJobLink
from timberline.operators.step import StepOperator
from timberline.run.compat import AirflowSkipException
from timberline.run.identity import RunIdentity
from timberline.spec.decoding import encode
from timberline.spec.include import read_job_file
from timberline.spec.jobspecs import ContainerSpec, CustomJobSpec
from timberline.spec.placeholders import fill


class SubmitJobOperator(StepOperator):
    """Base of the operators that submit a job of a job file: fills its placeholders."""

    template_fields: Sequence[str] = (*StepOperator.template_fields, "job_file", "image_uri", "split_uris", "segment")
    operator_extra_links = (VertexJobLink(),)

    def __init__(self, *, job_file: str, image_uri: Any, split_uris: Any, segment: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_file = job_file
        self.image_uri = image_uri
        self.split_uris = split_uris
        self.segment = segment

    def _texts(self) -> dict[str, str]:
        uris = {f"{split}_uri": str(self.split_uris[split]) for split in SPLITS}
        return {"image_uri": str(self.image_uri), "segment": str(self.segment), **uris}

    def _submitted(
        self, run: RunIdentity, kind: JobKind, body: Mapping[str, Any], content: str | None = None
    ) -> dict[str, str]:
        segment = str(self.segment)
        body = {"displayName": run.display_name(self.step, segment), **body}
        request = JobRequest.of_step(run, self.step, segment, kind=kind, body=body, content=content)
        return self.cloud.jobs.submit_once(request).ref.to_json()

    def _job_spec(self, run: RunIdentity, spec: CustomJobSpec) -> dict[str, Any]:
        """Return a CustomJobSpec with the folder of its artefacts; AIP_MODEL_DIR is below it."""
        folder = run.step_uri(self.cloud.settings.bucket, self.step, str(self.segment))
        return {**encode(spec), "baseOutputDirectory": {"outputUriPrefix": folder}}


class SubmitTuningJobOperator(SubmitJobOperator):
    """Submits one hyperparameter tuning job, or finds the one that this run submitted before.

    Args:
        job_file: (templated) the job file below include/jobs.
        image_uri: (templated) fills `{{ image_uri }}` in it.
        split_uris: (templated) the splits' folders by name; they fill `{{ train_uri }}` and so on.
        segment: (templated) which model; fills `{{ segment }}`.
        preset: (templated) one of the file's presets; None for the file as it is.
        max_trial_count, parallel_trial_count: (templated) replace the preset's; None for the preset's. With 0 trials
            the task is skipped.

    Returns:
        A `JobRef` in JSON form.
    """

    template_fields: Sequence[str] = (
        *SubmitJobOperator.template_fields, "preset", "max_trial_count", "parallel_trial_count",
    )  # fmt: skip

    def __init__(
        self,
        *,
        preset: str | None = None,
        max_trial_count: int | str | None = None,
        parallel_trial_count: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.preset = preset
        self.max_trial_count = max_trial_count
        self.parallel_trial_count = parallel_trial_count

    def work(self, run: RunIdentity) -> dict[str, str]:
        """Submit the job, or find it.

        Raises:
            AirflowSkipException: the run has no trials.
            JobFileError: the job file cannot be used.
            InputError: Vertex AI refuses the job.
        """
        counts = (self.max_trial_count, self.parallel_trial_count)
        trials, parallel = (None if count is None else int(count) for count in counts)
        spec = read_job_file(self.job_file).tuning_for(self.preset, trials=trials, parallel_trials=parallel)
        if spec is None:
            self.log.info("%s %s: no tuning", self.step, self.segment)
            raise AirflowSkipException("no tuning: the model is trained with the job file's default parameters")
        spec = fill(spec, self._texts(), self.job_file)
        body = encode(spec) | {"trialJobSpec": self._job_spec(run, spec.trial_job_spec)}
        return self._submitted(run, JobKind.TUNING, body)


class SubmitTrainingJobOperator(SubmitJobOperator):
    """Submits one training job, or finds the one that this run submitted before.

    Args:
        best: (templated) what `PickBestParametersOperator` returned for the segment. None in a pipeline without tuning,
            which gives the segment and trains with the default parameters of the job file.
        segment: (templated) which model; fills `{{ segment }}`. None if `best` has it.
        preset: (templated) the preset whose default parameters are used; None for those of the file.
        job_file, image_uri, split_uris: as in `SubmitTuningJobOperator`.

    Returns:
        A `JobRef` in JSON form.
    """

    template_fields: Sequence[str] = (*SubmitJobOperator.template_fields, "best", "preset")

    def __init__(self, *, best: Any = None, segment: Any = None, preset: str | None = None, **kwargs: Any) -> None:
        super().__init__(segment=segment, **kwargs)
        self.best = best
        self.preset = preset

    def work(self, run: RunIdentity) -> dict[str, str]:
        """Submit the job, or find it.

        Raises:
            JobFileError: the job file cannot be used, or has no training job.
            InputError: Vertex AI refuses the job.
        """
        job_file = read_job_file(self.job_file)
        if self.best:
            self.segment = self.best["segment"]
        parameters = self.best["parameters"] if self.best else job_file.parameters_for(self.preset)
        spec = fill(job_file.job("training", self.job_file), self._texts(), self.job_file)
        spec = with_arguments(spec, tuple(f"--{name}={value}" for name, value in parameters.items()))
        return self._submitted(run, JobKind.CUSTOM, {"jobSpec": self._job_spec(run, spec)})


def with_arguments(spec: CustomJobSpec, arguments: tuple[str, ...]) -> CustomJobSpec:
    """Return the spec with arguments added to every container, as a tuning service adds a trial's."""

    def longer(container: ContainerSpec) -> ContainerSpec:
        return dataclasses.replace(container, args=(*container.args, *arguments))

    pools = (dataclasses.replace(pool, container_spec=longer(pool.container_spec)) for pool in spec.worker_pool_specs)
    return dataclasses.replace(spec, worker_pool_specs=tuple(pools))
