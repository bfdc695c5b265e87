"""AI Platform training and tuning jobs, run by Vertex AI."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from timberline.ai_platform.operators.jobs import MLEngineJobOperator
from timberline.jobs.remote import JobKind
from timberline.run.errors import InputError
from timberline.run.identity import RunIdentity
from timberline.spec.include import read_document

# Translations are imported where they are used, as parsing a DAG file needs none of them.
if TYPE_CHECKING:
    from timberline.ai_platform.options import TrainingOptions
    from timberline.ai_platform.translate.training import TrainingTranslation

_INPUT = "trainingInput"
_DRY_RUN = "DRY_RUN"
_MODES = ("PRODUCTION", _DRY_RUN)


class MLEngineStartTrainingJobOperator(MLEngineJobOperator):
    """Runs a v1 training job on Vertex AI: a custom job, or with `hyperparameters` a tuning job.

    The job is given by the parameters of AI Platform's operator, by a v1 body, or by a config file. Parameters override
    the body, as gcloud's command line overrode its config file (`master_config` and `scheduling` field by field). The
    log has the notes of the translation: substitutions and missing effects.

    Args:
        training_input: (templated) a v1 `trainingInput`, a v1 job or config with one, or the name of such a YAML file
            below include/jobs.
        package_uris, training_python_module, training_args, scale_tier, master_type, master_config, runtime_version,
            python_version, job_dir, service_account, labels, scheduling: (templated) fields of the job.
        hyperparameters: (templated) a v1 HyperparameterSpec; an empty one removes that of the body.
        trial: (templated) hyperparameters of a trial, added to `training_args` as flags, as a tuning job does it.
        executor_image_uri: (templated) the image that runs a Python package, instead of the runtime version's image.
        mode: `DRY_RUN` logs the job without submitting it.
        job_id, wait_for_completion and the like: as in `MLEngineJobOperator`.

    Returns a `JobRef` in JSON form; with `metric_tag` and `parameter_names` where Vertex AI could not take v1's names.
    """

    template_fields: Sequence[str] = (
        *MLEngineJobOperator.template_fields,
        "training_input", "package_uris", "training_python_module", "training_args", "scale_tier", "master_type",
        "master_config", "runtime_version", "python_version", "job_dir", "service_account", "labels", "scheduling",
        "hyperparameters", "trial", "executor_image_uri",
    )  # fmt: skip

    def __init__(  # the parameters of AI Platform's operator
        self,
        *,
        training_input: Any = None,
        package_uris: Sequence[str] | None = None,
        training_python_module: str | None = None,
        training_args: Any = None,
        scale_tier: str | None = None,
        master_type: str | None = None,
        master_config: Any = None,
        runtime_version: str | None = None,
        python_version: str | None = None,
        job_dir: str | None = None,
        service_account: str | None = None,
        labels: Mapping[str, str] | None = None,
        scheduling: Mapping[str, Any] | None = None,
        hyperparameters: Any = None,
        trial: Mapping[str, Any] | None = None,
        executor_image_uri: str | None = None,
        mode: str = "PRODUCTION",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.training_input = training_input
        self.package_uris = package_uris
        self.training_python_module = training_python_module
        self.training_args = training_args
        self.scale_tier = scale_tier
        self.master_type = master_type
        self.master_config = master_config
        self.runtime_version = runtime_version
        self.python_version = python_version
        self.job_dir = job_dir
        self.service_account = service_account
        self.labels = labels
        self.scheduling = scheduling
        self.hyperparameters = hyperparameters
        self.trial = trial
        self.executor_image_uri = executor_image_uri
        self.mode = mode

    def work(self, run: RunIdentity) -> dict[str, Any]:
        """Translate the job, submit it, and wait for its end.

        Raises:
            AiPlatformError: the job is wrong, or has no equivalent on Vertex AI.
            InputError: another run has the id, or Vertex AI refuses the job.
            JobsFailed: the job failed, or the deadline passed.
        """
        translation = self._translation()
        self.log_notes(translation.notes)
        body = self._body(run, translation)
        if self.mode == _DRY_RUN:
            self.log.info("%s in %s: %s", translation.kind, translation.region, json.dumps(body, indent=2))
            return {}
        ref = self.done(run, translation.kind, body)
        names = translation.names
        metric_tag = next((tag for name, tag in names.metrics.items() if tag != name), None)
        parameters = {name: v1 for name, v1 in names.parameters.items() if v1 != name}
        told = {"metric_tag": metric_tag, "parameter_names": parameters}
        return ref.to_json() | {key: value for key, value in told.items() if value}

    def _translation(self) -> "TrainingTranslation":
        from timberline.ai_platform.translate.training import translate_training_job

        if self.mode not in _MODES:
            raise InputError(f"mode: expected {' or '.join(_MODES)}, found {self.mode!r}")
        job = read_document(self.training_input) if isinstance(self.training_input, str) else self.training_input or {}
        if isinstance(job, Mapping):
            job = self._with_own(dict(job) if _is_job(job) else {_INPUT: job})
        return translate_training_job(job, options=self._options())

    def _with_own(self, job: dict[str, Any]) -> dict[str, Any]:
        """Return a job with the parameters of this task for which gcloud had no flag."""
        given = job.get(_INPUT)
        if not isinstance(given, Mapping):
            return job
        training = dict(given)
        for key, value in (("masterConfig", self.master_config), ("scheduling", self.scheduling)):
            if value:  # field by field: a new image keeps the disk and the accelerators
                training[key] = {**training[key], **value} if isinstance(training.get(key), Mapping) else value
        if self.hyperparameters is not None:
            training.pop("hyperparameters", None)
            training |= {"hyperparameters": self.hyperparameters} if self.hyperparameters else {}
        return {**job, _INPUT: training}

    def _options(self) -> "TrainingOptions":
        from timberline.ai_platform.options import TrainingOptions

        args = self.training_args
        if self.trial:
            args = [*(args or []), *(f"--{name}={value}" for name, value in self.trial.items())]
        return TrainingOptions(
            job_id=self.v1_job_id,
            labels=self.labels,
            args=[str(each) for each in args] if isinstance(args, list | tuple) else args,
            job_dir=self.job_dir,
            region=self.region,
            scale_tier=self.scale_tier,
            master_machine_type=self.master_type,
            module_name=self.training_python_module,
            package_uris=self.package_uris,
            runtime_version=self.runtime_version,
            python_version=self.python_version,
            service_account=self.service_account,
            executor_image_uri=self.executor_image_uri,
        )

    def _body(self, run: RunIdentity, translation: "TrainingTranslation") -> dict[str, Any]:
        """Return the job with an output folder: `job_dir`, or else the run's folder, which is only in AIP_MODEL_DIR."""
        self.check_place(translation.region)
        folder = run.step_uri(self.cloud.settings.bucket, self.step, str(self.segment))
        key = "trialJobSpec" if translation.kind is JobKind.TUNING else "jobSpec"
        spec = {"baseOutputDirectory": {"outputUriPrefix": folder}, **translation.body[key]}
        return {**translation.body, key: spec}


def _is_job(body: Mapping[str, Any]) -> bool:
    """Return whether a body is a job: it has `trainingInput`, or no field of a bare `trainingInput`."""
    from timberline.ai_platform.schema import schema

    known = schema("TrainingInput")["properties"]
    return _INPUT in body or (bool(body) and not any(key in known for key in body))
