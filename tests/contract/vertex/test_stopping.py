"""Studies that end before their last trial, through the official client."""

from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, MethodNotImplemented
from google.cloud.aiplatform_v1 import HyperparameterTuningJob, JobServiceClient

from localgcp.testing.local_cloud import LocalCloud
from tests.contract.training import ENDED, job_spec, jobs_client, parent, tuning_job, wait_until

# Reports the value that a table has for x, step by step, and hangs where the value of x is 9.
TRIAL = """
import json, os, sys, time
x = float(sys.argv[1].partition("=")[2])
steps = range(1, 21) if x < 9 else range(1, 11)
with open(os.environ["CLOUD_ML_HP_METRIC_FILE"], "w") as file:
    for step in steps:
        value = (x if x < 9 else 0.1) * (1 - 0.7 ** step)
        record = {"timestamp": time.time() + step, "global_step": str(step), "score": str(value)}
        file.write(json.dumps(record) + "\\n")
time.sleep(600 if x >= 9 else 0)
"""


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> JobServiceClient:
    return jobs_client(localgcp)


def study(values: list[float], at_once: int = 1, **changes: Any) -> dict[str, Any]:
    grid = {"parameter_id": "x", "discrete_value_spec": {"values": values}}
    return tuning_job(
        [], max_trial_count=len(values), parallel_trial_count=at_once,
        trial_job_spec=job_spec([], image="python:3.11-slim", command=["python", "-c", TRIAL]),
        study_spec={"algorithm": "GRID_SEARCH", "parameters": [grid], **changes},
    )  # fmt: skip


def create(client: JobServiceClient, cloud: LocalCloud, job: dict[str, Any]) -> str:
    made = client.create_hyperparameter_tuning_job(parent=parent(cloud), hyperparameter_tuning_job=job)
    return made.name


def ends(client: JobServiceClient, name: str) -> HyperparameterTuningJob:
    return wait_until(lambda: client.get_hyperparameter_tuning_job(name=name), lambda found: found.state.name in ENDED)


def states(job: HyperparameterTuningJob) -> list[str]:
    return [trial.state.name for trial in job.trials]


@pytest.mark.parametrize(
    ("rules", "count"),
    [
        ({"max_num_trials": 2}, 2),
        ({"max_num_trials_no_progress": 2}, 3),
        ({"max_num_trials": 1, "min_num_trials": 3}, 3),
        ({"maximum_runtime_constraint": {"max_duration": {"seconds": 3600}}}, 4),
    ],
)
def test_study_ends_by_its_rules(
    client: JobServiceClient, localgcp: LocalCloud, rules: dict[str, Any], count: int
) -> None:
    values = [0.5, 0.6, 0.7, 0.8]
    job = study(values, metrics=[{"metric_id": "score", "goal": "MINIMIZE"}], study_stopping_config=rules)
    ended = ends(client, create(client, localgcp, job))
    assert (ended.state.name, states(ended)) == ("JOB_STATE_SUCCEEDED", ["SUCCEEDED"] * count)


def test_should_stop_asap_ends_the_running_trials(client: JobServiceClient, localgcp: LocalCloud) -> None:
    rules = {"should_stop_asap": True, "maximum_runtime_constraint": {"max_duration": {"seconds": 3600}}}
    name = create(client, localgcp, study([0.5, 9, 10, 11], study_stopping_config=rules))
    wait_until(lambda: states(client.get_hyperparameter_tuning_job(name=name)), lambda found: found[1:] == ["ACTIVE"])
    localgcp.advance_clock(3600)
    ended = ends(client, name)
    assert ended.state.name == "JOB_STATE_SUCCEEDED"
    assert len(ended.trials) == 2


def test_convex_rule_stops_a_trial_that_cannot_become_the_best(client: JobServiceClient, localgcp: LocalCloud) -> None:
    job = study([0.5, 0.6, 0.7, 9], convex_automated_stopping_spec={"min_measurement_count": 2})
    ended = ends(client, create(client, localgcp, job))
    assert states(ended) == ["SUCCEEDED"] * 4
    assert ended.trials[3].final_measurement.step_count == 10


@pytest.mark.parametrize(
    ("changes", "error", "named"),
    [
        ({"study_stopping_config": {"max_num_trials": 0}}, BadRequest, "study_stopping_config.max_num_trials"),
        ({"observation_noise": "LOW"}, BadRequest, "study_spec.observation_noise"),
        (
            {"metrics": [{"metric_id": "m", "goal": "MAXIMIZE", "safety_config": {"safety_threshold": 1}}]},
            MethodNotImplemented,
            "safety_config",
        ),
    ],
)
def test_study_of_another_kind_is_refused_by_field(
    client: JobServiceClient, localgcp: LocalCloud, changes: dict[str, Any], error: type[Exception], named: str
) -> None:
    with pytest.raises(error, match=named):
        create(client, localgcp, study([0.5], **changes))
