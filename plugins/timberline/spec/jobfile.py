"""Job files: `include/jobs/<pipeline>.yaml`, in Vertex AI's own field names, parsed into frozen dataclasses. Pure.

`tuning` is a HyperparameterTuningJob, `training` the CustomJobSpec of the training, `scoring` that of the job which
scores champion and challenger. Each job has a timeout; the operators add names, labels and output folders. All three
are optional. `defaultParameters` are the training's parameters in a run without tuning. `presets` name changes of
`tuning` and of `defaultParameters`. `gate` and `serving` describe the release (`timberline.spec.releasespec`).
A further key may name a file in another format that has `tuning` and `training` (`timberline.spec.readers`).
Texts may hold `{{ image_uri }}`, `{{ segment }}`, `{{ train_uri }}`, `{{ validation_uri }}` and `{{ test_uri }}`.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from timberline.run.errors import JobFileError
from timberline.run.wording import did_you_mean
from timberline.spec.decoding import camel_case
from timberline.spec.jobspecs import CustomJobSpec, TuningSpec
from timberline.spec.metric import Metric
from timberline.spec.releasespec import GateSpec, ServingSpec
from timberline.spec.studyspec import ParameterSpec

_COUNTS = ("max_trial_count", "parallel_trial_count", "max_failed_trial_count")
_TUNING_FIELDS = (*_COUNTS, "parameters")


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """A named change of a job file; a parameter replaces the one of its name."""

    max_trial_count: int | None = None
    parallel_trial_count: int | None = None
    max_failed_trial_count: int | None = None
    parameters: tuple[ParameterSpec, ...] = ()
    default_parameters: Mapping[str, int | float | str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFile:
    """The jobs of one pipeline."""

    tuning: TuningSpec | None = None
    training: CustomJobSpec | None = None
    scoring: CustomJobSpec | None = None
    serving: ServingSpec | None = None
    gate: GateSpec = dataclasses.field(default_factory=GateSpec)
    default_parameters: Mapping[str, int | float | str] = dataclasses.field(default_factory=dict)
    presets: Mapping[str, Preset] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that every job ends: Vertex AI lets a job without a timeout run for a week.

        Raises:
            JobFileError: there is no job, a timeout is missing or not above 0, or the gate contradicts the study.
        """
        if not self._jobs and self.serving is None:
            raise JobFileError("expected at least one of tuning, training, scoring and serving, found none")
        for key, spec in self._jobs.items():
            if spec.timeout_s is None:
                found = spec.scheduling.timeout if spec.scheduling else None
                raise JobFileError(
                    f"{key}.scheduling.timeout: expected a duration above 0 as in 3600s, found "
                    f"{'none' if found is None else repr(found)}"
                )
        self.gate.check(self._study_metric)

    def metric(self, name: str) -> Metric:
        """Return the gate's metric: the gate's own, or else the metric of the tuning study.

        Args:
            name: what the message calls the file.

        Raises:
            JobFileError: the file has neither.
        """
        try:
            return self.gate.chosen_metric(self._study_metric)
        except JobFileError as error:
            raise JobFileError(f"{name}: {error}") from None

    def job(self, key: str, name: str) -> CustomJobSpec:
        """Return a job.

        Args:
            key: `training` or `scoring`.
            name: what the message calls the file.

        Raises:
            JobFileError: the file does not have the job.
        """
        spec: CustomJobSpec | None = getattr(self, key)
        if spec is None:
            raise JobFileError(f"{name}: {key}: expected a job, found none; add its workerPoolSpecs and scheduling")
        return spec

    def tuning_for(
        self, preset: str | None = None, *, trials: int | None = None, parallel_trials: int | None = None
    ) -> TuningSpec | None:
        """Return the tuning job after a preset and the run's own counts; None for a run without tuning.

        The run's counts win over the preset's. Fewer trials than run in parallel lower the parallel trials, unless the
        run gives both.

        Args:
            preset: one of the file's presets; None for the file as it is.
            trials: the run's number of trials; 0 for no tuning, None for the preset's.
            parallel_trials: the run's number of parallel trials; None for the preset's.

        Raises:
            JobFileError: the preset does not exist or names an unknown parameter, the counts are impossible, or the run
                asks for trials of a file without tuning.
        """
        chosen = self._preset(preset)
        if self.tuning is None:
            if trials or parallel_trials:
                raise JobFileError(
                    f"trials: expected none, as the file has no tuning, found {trials or parallel_trials}"
                )
            return None
        if trials == 0:
            return None
        spec = self._changed_tuning(self.tuning, preset, chosen)
        most = spec.max_trial_count if trials is None else trials
        parallel = min(spec.parallel_trial_count, max(most, 1)) if parallel_trials is None else parallel_trials
        return dataclasses.replace(spec, max_trial_count=most, parallel_trial_count=parallel)

    def parameters_for(self, preset: str | None = None) -> dict[str, int | float | str]:
        """Return the training's parameters in a run without tuning.

        Raises:
            JobFileError: the preset does not exist.
        """
        return {**self.default_parameters, **self._preset(preset).default_parameters}

    @property
    def _jobs(self) -> dict[str, CustomJobSpec]:
        trial = self.tuning.trial_job_spec if self.tuning else None
        jobs = {"tuning.trialJobSpec": trial, "training": self.training, "scoring": self.scoring}
        return {key: spec for key, spec in jobs.items() if spec is not None}

    @property
    def _study_metric(self) -> Metric | None:
        if self.tuning is None:
            return None
        found = self.tuning.study_spec.metrics[0]
        return Metric(name=found.metric_id, goal=found.goal)

    def _preset(self, name: str | None) -> Preset:
        if name is None:
            return Preset()
        if name not in self.presets:
            raise JobFileError(f"unknown preset {name!r}; {did_you_mean(name, self.presets)}")
        preset = self.presets[name]
        given = [camel_case(field) for field in _TUNING_FIELDS if getattr(preset, field) not in (None, ())]
        if self.tuning is None and given:
            raise JobFileError(f"presets.{name}.{given[0]}: expected none, as the file has no tuning; remove it")
        return preset

    @staticmethod
    def _changed_tuning(spec: TuningSpec, name: str | None, preset: Preset) -> TuningSpec:
        changed = {parameter.parameter_id: parameter for parameter in preset.parameters}
        known = [parameter.parameter_id for parameter in spec.study_spec.parameters]
        for parameter_id in changed:
            if parameter_id not in known:
                raise JobFileError(
                    f"presets.{name}: unknown parameter {parameter_id!r}; {did_you_mean(parameter_id, known)}"
                )
        parameters = tuple(changed.get(each.parameter_id, each) for each in spec.study_spec.parameters)
        counts = {field: value for field in _COUNTS if (value := getattr(preset, field)) is not None}
        study = dataclasses.replace(spec.study_spec, parameters=parameters)
        try:
            return dataclasses.replace(spec, study_spec=study, **counts)
        except JobFileError as error:
            raise JobFileError(f"presets.{name}: {error}") from None
