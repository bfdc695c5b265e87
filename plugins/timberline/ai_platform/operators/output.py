"""Reads the result of a v1 job: `trainingOutput`, with the best trial first."""

from collections.abc import Mapping, Sequence
from typing import Any

from timberline.ai_platform.job_ids import normalized_job_id
from timberline.ai_platform.operators.base import MLEngineOperator
from timberline.jobs.selection import ParameterValue
from timberline.run.identity import RunIdentity


class MLEngineGetTrainingOutputOperator(MLEngineOperator):
    """Reads a job by its id, as `projects.jobs.get` did, and returns the hyperparameters of its best trial.

    Args:
        job_id: (templated) v1's id.
        job: (templated) the result of `MLEngineStartTrainingJobOperator`, which has the v1 names that differ from the
            names on Vertex AI; None if no name differs.

    Returns, each under its own key: `job` (the v1 Job), `hyperparameters` of the best trial (texts, as in v1), and
    `best` as `PickBestParametersOperator` returns it.
    """

    template_fields: Sequence[str] = (*MLEngineOperator.template_fields, "job_id", "job")

    def __init__(self, *, job_id: str, job: Any = None, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.job_id = job_id
        self.job = job

    def work(self, run: RunIdentity) -> dict[str, Any]:  # noqa: ARG002  the id names the job
        """Read the job.

        Raises:
            InputError: no job has the id.
            NoUsableTrial: the job is not a tuning job that has ended, or no trial succeeded.
        """
        from timberline.ai_platform.answers.outputs import best_hyperparameters
        from timberline.ai_platform.hook import AiPlatformJobs

        self.check_place()
        told = self.job or {}
        self.segment = told.get("segment")
        job = AiPlatformJobs(self.cloud.vertex_jobs).v1_job(
            normalized_job_id(str(self.job_id)),
            metric_tag=told.get("metric_tag"),
            parameter_names=told.get("parameter_names"),
        )
        found = best_hyperparameters(job)
        for line in trial_lines(job):
            self.log.info("%s", line)
        return {"job": job, "hyperparameters": found, "best": _best(job, found, str(self.segment or "all"))}


def trial_lines(job: Mapping[str, Any]) -> list[str]:
    """Return the trials of a v1 tuning job as lines for the log, the best first."""
    output = job["trainingOutput"]
    tag = output["hyperparameterMetricTag"]
    lines = [f"job {job['jobId']}: {job['state']}, {output['completedTrialCount']} trials completed, best first"]
    for trial in output.get("trials", ()):
        metric = trial.get("finalMetric")
        value = f"{tag} {metric['objectiveValue']:.4f}" if metric else f"no {tag}"
        parameters = " ".join(f"{name}={text}" for name, text in trial.get("hyperparameters", {}).items())
        lines.append(f"trial {trial['trialId']}: {value}: {parameters} ({trial['state']})")
    return lines


def _best(job: Mapping[str, Any], hyperparameters: Mapping[str, str], segment: str) -> dict[str, Any]:
    output = job["trainingOutput"]
    trials, first = output["trials"], output["trials"][0]
    succeeded = sum(trial["state"] == "SUCCEEDED" for trial in trials)
    return {
        "segment": segment,
        "trial": first["trialId"],
        "metric": output["hyperparameterMetricTag"],
        "value": first["finalMetric"]["objectiveValue"],
        "parameters": {name: _number(text) for name, text in hyperparameters.items()},
        "trials": {"total": len(trials), "succeeded": succeeded, "infeasible": len(trials) - succeeded},
    }


def _number(text: str) -> ParameterValue:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text
