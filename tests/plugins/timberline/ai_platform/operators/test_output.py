"""What a finished job answers, in v1's words."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.training import IMAGE, wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.jobs_bodies import status_of
from timberline.ai_platform.operators.output import MLEngineGetTrainingOutputOperator, trial_lines
from timberline.ai_platform.operators.training import MLEngineStartTrainingJobOperator
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobRef
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity, short_hash
from timberline.run.settings import Settings

_X = {"parameterName": "x", "type": "DOUBLE", "minValue": 0, "maxValue": 1}
_BINS = {"parameterName": "bins", "type": "DISCRETE", "discreteValues": [64, 128]}

pytestmark = pytest.mark.usefixtures("settings")


@pytest.fixture
def job_id(run: RunIdentity) -> str:
    """An id of each test's own."""
    return f"job-{short_hash(run.run_id)}"


@pytest.fixture
def ended(hook: VertexJobsHook, run: RunIdentity, job_id: str) -> Callable[..., dict[str, Any]]:
    """Runs a job to its end; returns what its task returned."""

    def submit(*args: str, params: Any = (_X, _BINS), tag: str = "score", **study: Any) -> dict[str, Any]:
        spec = {"hyperparameterMetricTag": tag, "maxTrials": 3, "maxParallelTrials": 3, "params": list(params), **study}
        returned = MLEngineStartTrainingJobOperator(
            task_id="tune",
            job_id=job_id,
            training_input={"scaleTier": "BASIC", "masterConfig": {"imageUri": IMAGE}},
            training_args=args,
            hyperparameters=spec if params else None,
            wait_for_completion=False,
        ).execute(context_of(run))
        ref = JobRef.from_json(returned)
        wait_until(lambda: status_of(hook, ref), lambda status: status.state.is_final)
        return dict(returned)

    return submit


def _read(run: RunIdentity, job_id: str, job: Any = None) -> dict[str, Any]:
    operator = MLEngineGetTrainingOutputOperator(task_id="best", job_id=job_id, job=job)
    return dict(operator.execute(context_of(run)))


def test_trials_come_best_first_and_values_are_texts(
    ended: Callable[..., Any], run: RunIdentity, job_id: str, settings: Settings
) -> None:
    found = _read(run, job_id, ended())
    output = found["job"]["trainingOutput"]
    values = [trial["finalMetric"]["objectiveValue"] for trial in output["trials"]]
    assert values == sorted(values, reverse=True)
    assert output["completedTrialCount"] == "3"
    assert found["hyperparameters"] == output["trials"][0]["hyperparameters"]
    assert found["hyperparameters"]["bins"] in ("64", "128")
    assert found["job"]["jobId"] == job_id.replace("-", "_")
    assert json.loads(json.dumps(found)) == found


def test_a_goal_to_minimize_turns_the_order(ended: Callable[..., Any], run: RunIdentity, job_id: str) -> None:
    output = _read(run, job_id, ended(goal="MINIMIZE"))["job"]["trainingOutput"]
    values = [trial["finalMetric"]["objectiveValue"] for trial in output["trials"]]
    assert values == sorted(values)


def test_the_best_trial_is_told_as_the_steps_after_a_tuning_expect_it(
    ended: Callable[..., Any], run: RunIdentity, job_id: str
) -> None:
    found = _read(run, job_id, ended())
    first = found["job"]["trainingOutput"]["trials"][0]
    assert found["best"] == {
        "segment": "all",
        "trial": first["trialId"],
        "metric": "score",
        "value": first["finalMetric"]["objectiveValue"],
        "parameters": {
            "x": float(found["hyperparameters"]["x"]),
            "bins": int(found["hyperparameters"]["bins"]),
        },
        "trials": {"total": 3, "succeeded": 3, "infeasible": 0},
    }


def test_names_that_had_to_change_come_back_as_they_were(
    ended: Callable[..., Any], run: RunIdentity, job_id: str
) -> None:
    returned = ended("--metric=the_score", tag="the score", params=({**_X, "parameterName": "an x"},))
    assert (returned["metric_tag"], returned["parameter_names"]) == ("the score", {"an_x": "an x"})
    found = _read(run, job_id, returned)
    assert found["job"]["trainingOutput"]["hyperparameterMetricTag"] == "the score"
    assert list(found["hyperparameters"]) == ["an x"]
    assert found["best"]["metric"] == "the score"


def test_names_that_stay_are_not_told(ended: Callable[..., Any]) -> None:
    assert not {"metric_tag", "parameter_names"} & ended().keys()


def test_a_trial_that_failed_stands_last_and_is_counted(
    ended: Callable[..., Any], run: RunIdentity, job_id: str
) -> None:
    crash = {"parameterName": "exit", "type": "INTEGER", "minValue": 0, "maxValue": 1}
    found = _read(run, job_id, ended(params=(crash,), algorithm="GRID_SEARCH", maxTrials=2, maxFailedTrials=2))
    states = [trial["state"] for trial in found["job"]["trainingOutput"]["trials"]]
    assert states == ["SUCCEEDED", "FAILED"]
    assert found["best"]["trials"] == {"total": 2, "succeeded": 1, "infeasible": 1}
    lines = trial_lines(found["job"])
    assert lines[0].endswith("SUCCEEDED, 1 trials completed, best first")
    assert lines[1].startswith("trial ")
    assert lines[2].endswith("no score: exit=1 (FAILED)")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"params": ()}, "expected a hyperparameter tuning job, found one without trials"),
        ({"args": ("--metric=none",)}, "none of 3 trials succeeded"),
    ],
    ids=["no tuning", "no metric"],
)
def test_a_job_without_a_best_trial_is_one_message(
    arguments: dict[str, Any], words: str, ended: Callable[..., Any], run: RunIdentity, job_id: str
) -> None:
    returned = ended(*arguments.pop("args", ()), **arguments)
    with pytest.raises(AirflowFailException, match=words):
        _read(run, job_id, returned)


def test_an_id_that_no_job_has_is_one_message(cloud: LocalCloud, run: RunIdentity) -> None:
    with pytest.raises(AirflowFailException, match=r"job_id: expected the id of a job in .*, found 'nobody', which"):
        _read(run, "nobody")
