"""Job files: `include/jobs/<pipeline>.yaml`, in Vertex AI's own field names, parsed into frozen dataclasses. Pure.

`tuning` is a HyperparameterTuningJob, `training` the CustomJobSpec of the retraining, `scoring` that of the job which
scores champion and challenger; all without what the operators add (names, labels, output folders), and each with a
timeout. `serving` and `gate` describe the release (`timberline.spec.releasespec`). `presets` name changes of `tuning`.
`v1Config` names a config file of AI Platform v1 that `tuning` and `training` are read from instead.
Texts may hold `{{ image_uri }}`, `{{ segment }}`, `{{ train_uri }}`, `{{ validation_uri }}` and `{{ test_uri }}`.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from timberline.run.errors import AiPlatformError, JobFileError
from timberline.run.strict_yaml import load_strict
from timberline.run.wording import did_you_mean
from timberline.spec.decoding import decode
from timberline.spec.releasespec import GateSpec, ServingSpec
from timberline.spec.studyspec import ParameterSpec, StudySpec

T = TypeVar("T")

_V1_CONFIG = "v1Config"
_DURATION = re.compile(r"(\d+(\.\d{1,9})?)s")  # https://protobuf.dev/reference/protobuf/google.protobuf/#duration


@dataclass(frozen=True, kw_only=True, slots=True)
class MachineSpec:
    """The machine of a worker."""

    machine_type: str
    accelerator_type: str | None = None
    accelerator_count: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DiskSpec:
    """The boot disk of a worker."""

    boot_disk_type: str | None = None
    boot_disk_size_gb: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvVar:
    """One environment variable of a container."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerSpec:
    """What a worker runs."""

    image_uri: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerPoolSpec:
    """A number of equal workers."""

    machine_spec: MachineSpec
    container_spec: ContainerSpec
    replica_count: int = 1
    disk_spec: DiskSpec | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scheduling:
    """Limits of a job; durations as in `3600s`."""

    timeout: str | None = None
    restart_job_on_worker_restart: bool | None = None
    strategy: str | None = None
    disable_retries: bool | None = None
    max_wait_duration: str | None = None

    @property
    def timeout_s(self) -> float | None:
        """The timeout in seconds; None where there is none, or what is given is no positive duration."""
        found = _DURATION.fullmatch(self.timeout or "")
        return float(found[1]) or None if found else None


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomJobSpec:
    """What a custom job, or each trial of a tuning job, runs."""

    worker_pool_specs: tuple[WorkerPoolSpec, ...]
    scheduling: Scheduling | None = None
    service_account: str | None = None
    network: str | None = None

    def __post_init__(self) -> None:
        """Check that there is something to run.

        Raises:
            JobFileError: there is no worker pool, or one without workers.
        """
        if not self.worker_pool_specs:
            raise JobFileError("workerPoolSpecs: expected at least one, found none")
        if any(pool.replica_count < 1 for pool in self.worker_pool_specs):
            raise JobFileError("workerPoolSpecs: expected a replicaCount of at least 1")

    @property
    def timeout_s(self) -> float | None:
        """After how many seconds Vertex AI ends the job; None where nothing ends it."""
        return self.scheduling.timeout_s if self.scheduling else None


@dataclass(frozen=True, kw_only=True, slots=True)
class TuningSpec:
    """A tuning job without its names."""

    study_spec: StudySpec
    max_trial_count: int
    parallel_trial_count: int
    trial_job_spec: CustomJobSpec
    max_failed_trial_count: int = 0

    def __post_init__(self) -> None:
        """Check the counts.

        Raises:
            JobFileError: a count is impossible.
        """
        if self.max_trial_count < 1 or self.parallel_trial_count < 1 or self.max_failed_trial_count < 0:
            raise JobFileError(
                "expected maxTrialCount >= 1, parallelTrialCount >= 1 and maxFailedTrialCount >= 0, found "
                f"{self.max_trial_count}, {self.parallel_trial_count}, {self.max_failed_trial_count}"
            )
        if self.parallel_trial_count > self.max_trial_count:
            raise JobFileError(
                f"parallelTrialCount {self.parallel_trial_count} is above maxTrialCount {self.max_trial_count}"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """A named change of the tuning job; a parameter replaces the one of its name."""

    max_trial_count: int | None = None
    parallel_trial_count: int | None = None
    max_failed_trial_count: int | None = None
    parameters: tuple[ParameterSpec, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFile:
    """The jobs of one pipeline."""

    tuning: TuningSpec
    training: CustomJobSpec
    scoring: CustomJobSpec | None = None
    serving: ServingSpec | None = None
    gate: GateSpec = dataclasses.field(default_factory=GateSpec)
    presets: Mapping[str, Preset] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that every job ends: one without a timeout may be paid for during a week.

        Raises:
            JobFileError: a timeout is missing, or no positive duration.
        """
        jobs = {"tuning.trialJobSpec": self.tuning.trial_job_spec, "training": self.training, "scoring": self.scoring}
        for key, spec in jobs.items():
            if spec is not None and spec.timeout_s is None:
                found = spec.scheduling.timeout if spec.scheduling else None
                raise JobFileError(
                    f"{key}.scheduling.timeout: expected a duration above 0 as in 3600s, found "
                    f"{'none' if found is None else repr(found)}"
                )

    def tuning_for(
        self, preset: str | None = None, *, trials: int | None = None, parallel_trials: int | None = None
    ) -> TuningSpec:
        """Return the tuning job after a preset, and after the run's own counts, which win.

        Asking for fewer trials than run in parallel lowers the latter, unless that was asked for too.

        Raises:
            JobFileError: the preset does not exist, names an unknown parameter, or the counts are impossible.
        """
        spec = self.tuning if preset is None else self._with_preset(preset)
        most = spec.max_trial_count if trials is None else trials
        parallel = min(spec.parallel_trial_count, max(most, 1)) if parallel_trials is None else parallel_trials
        return dataclasses.replace(spec, max_trial_count=most, parallel_trial_count=parallel)

    def _with_preset(self, name: str) -> TuningSpec:
        if name not in self.presets:
            raise JobFileError(f"unknown preset {name!r}; {did_you_mean(name, self.presets)}")
        preset, spec = self.presets[name], self.tuning
        changed = {parameter.parameter_id: parameter for parameter in preset.parameters}
        known = [parameter.parameter_id for parameter in spec.study_spec.parameters]
        for parameter_id in changed:
            if parameter_id not in known:
                raise JobFileError(
                    f"presets.{name}: unknown parameter {parameter_id!r}; {did_you_mean(parameter_id, known)}"
                )
        parameters = tuple(changed.get(each.parameter_id, each) for each in spec.study_spec.parameters)
        counts = {
            field: value
            for field in ("max_trial_count", "parallel_trial_count", "max_failed_trial_count")
            if (value := getattr(preset, field)) is not None
        }
        study = dataclasses.replace(spec.study_spec, parameters=parameters)
        try:
            return dataclasses.replace(spec, study_spec=study, **counts)
        except JobFileError as error:
            raise JobFileError(f"presets.{name}: {error}") from None


def parse_job_file(text: str, name: str, read_v1: Callable[[str], object] | None = None) -> JobFile:
    """Read a job file, with each of its presets tried.

    Args:
        text: the YAML.
        name: what messages call the file.
        read_v1: returns what the config file of `v1Config` holds.

    Raises:
        JobFileError: it is no YAML, has an unknown or repeated key, or an impossible value.
        AiPlatformError: the config file of v1 is wrong, or asks for what Vertex AI has no equivalent of.
    """
    try:
        job_file = decode(JobFile, _with_v1(load_strict(text), read_v1), "")
        for preset in job_file.presets:
            job_file.tuning_for(preset)
    except JobFileError as error:
        raise JobFileError(f"{name}: {error}") from None
    return job_file


def _with_v1(document: object, read_v1: Callable[[str], object] | None) -> object:
    """Return the document with the jobs of the config file that it names."""
    if read_v1 is None or not isinstance(document, Mapping) or _V1_CONFIG not in document:
        return document
    if twice := [key for key in ("tuning", "training") if key in document]:
        raise JobFileError(f"{twice[0]}: expected none beside {_V1_CONFIG}, which has it; remove one of them")
    name = str(document[_V1_CONFIG])
    config = read_v1(name)
    from timberline.ai_platform.translate.job_specs import job_specs

    try:
        specs = job_specs(config)
    except AiPlatformError as error:
        raise AiPlatformError(f"{name}: {error}") from None
    return {**{key: value for key, value in document.items() if key != _V1_CONFIG}, **specs}


def fill(value: T, texts: Mapping[str, str], name: str) -> T:
    """Return a spec with the placeholders in all its texts replaced.

    Args:
        value: a dataclass of this module.
        texts: what each placeholder stands for.
        name: what messages call the file.

    Raises:
        JobFileError: a placeholder has no value.
    """
    import jinja2  # Airflow has loaded it already; others need not

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)

    def walk(each: Any) -> Any:
        if isinstance(each, str) and "{" in each and type(each) is str:
            return environment.from_string(each).render(texts)
        if isinstance(each, tuple):
            return tuple(walk(item) for item in each)
        if dataclasses.is_dataclass(each) and not isinstance(each, type):
            return dataclasses.replace(
                each, **{field.name: walk(getattr(each, field.name)) for field in dataclasses.fields(each)}
            )
        return each

    try:
        filled: T = walk(value)
    except jinja2.TemplateError as error:
        raise JobFileError(f"{name}: {error}; known placeholders: {', '.join(sorted(texts))}") from None
    return filled
