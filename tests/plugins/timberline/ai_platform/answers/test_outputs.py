"""Vertex AI's jobs as v1's answers."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.timberline.ai_platform.fields import filled, leaves
from tests.plugins.timberline.ai_platform.vertex_jobs import batch_job, custom_job, trial, tuning_job
from timberline.ai_platform.answers.job_states import FINAL_STATES
from timberline.ai_platform.answers.outputs import best_hyperparameters, v1_job
from timberline.ai_platform.job_ids import job_label
from timberline.ai_platform.schema import check_body
from timberline.jobs.states import vertex_state
from timberline.run.errors import AiPlatformError, NoUsableTrial, UnknownState

_URIS = {"workerpool0-0": "https://a", "workerpool1-1": "https://b", "workerpool2-0": "https://c"}
_TRIAL_TIMES = {"startTime": "2024-05-01T10:02:00Z", "endTime": "2024-05-01T10:03:00Z"}
# The inputs: only who translated them has them.
_WHOLE = ("trainingInput", "predictionInput", "builtInAlgorithmOutput", "allMetrics")
_NEVER_FILLED = {
    "etag",
    "jobPosition",
    "trainingInput",
    "predictionInput",
    "trainingOutput.consumedMLUnits",
    "trainingOutput.isBuiltInAlgorithmJob",
    "trainingOutput.builtInAlgorithmOutput",
    "trainingOutput.trials[].allMetrics",
    "trainingOutput.trials[].builtInAlgorithmOutput",
}
_MAPS = ("labels", "hyperparameters", "webAccessUris")


def _rich_jobs() -> list[dict[str, Any]]:
    stopping = trial(2, state="STOPPING", webAccessUris=_URIS)
    return [
        tuning_job(
            [trial(1, 0.7, **_TRIAL_TIMES), stopping], labels={"task": "x"}, error={"code": 3, "message": "bad"}
        ),
        custom_job(webAccessUris=_URIS),
        batch_job(completionStats={"successfulCount": 5}, resourcesConsumed={"replicaHours": 0.5}),
    ]


def _without_keys(path: str) -> str:
    """Return the path of a map of texts for that of one of its entries."""
    parts = path.split(".")
    cut = next((index for index, part in enumerate(parts) if part in _MAPS), len(parts))
    return ".".join(parts[: cut + 1])


def test_every_field_of_a_job_is_filled_or_known_never_to_be() -> None:
    answers = [v1_job(job) for job in _rich_jobs()]
    found = {_without_keys(path) for answer in answers for path in filled(answer)}
    assert found.isdisjoint(_NEVER_FILLED)
    assert found | _NEVER_FILLED == set(leaves("Job", skip=_WHOLE))


@pytest.mark.parametrize("job", _rich_jobs(), ids=["tuning", "custom", "batch"])
def test_an_answer_is_one_that_v1_could_have_given(job: dict[str, Any]) -> None:
    check_body(v1_job(job), "Job", "job")


_metrics = st.one_of(st.none(), st.floats(-1e3, 1e3), st.sampled_from([0.0, 0.5]))
_trials = st.lists(st.tuples(st.sampled_from(["SUCCEEDED", "SUCCEEDED", "ACTIVE", "INFEASIBLE"]), _metrics), max_size=8)


@given(_trials, st.sampled_from(["MAXIMIZE", "MINIMIZE"]), st.randoms())
def test_trials_come_best_first_whatever_their_order(
    kinds: list[tuple[str, float | None]], goal: str, random: Any
) -> None:
    trials = [trial(number, metric, state=state) for number, (state, metric) in enumerate(kinds, 1)]
    expected = v1_job(tuning_job(trials, goal=goal))
    random.shuffle(trials)
    assert v1_job(tuning_job(trials, goal=goal)) == expected
    found = expected["trainingOutput"]["trials"]
    values = [(each["finalMetric"]["objectiveValue"], int(each["trialId"])) for each in found if "finalMetric" in each]
    sign = -1 if goal == "MAXIMIZE" else 1
    assert values == sorted(values, key=lambda pair: (sign * pair[0], pair[1]))
    assert all("finalMetric" not in each for each in found[len(values) :])
    rest = [int(each["trialId"]) for each in found[len(values) :]]
    assert rest == sorted(rest)


def test_hyperparameters_are_texts_of_their_declared_types() -> None:
    found = v1_job(tuning_job([trial(1, 0.7)]))["trainingOutput"]["trials"][0]
    assert found["hyperparameters"] == {"max_iter": "500", "alpha": "0.0001", "depth": "7", "loss": "TRUE"}


def test_counts_and_steps_are_texts_as_int64_is_in_json() -> None:
    output = v1_job(tuning_job([trial(1, 0.7), trial(2, state="INFEASIBLE")]))["trainingOutput"]
    assert output["completedTrialCount"] == "1"
    assert output["trials"][0]["finalMetric"] == {"trainingStep": "12", "objectiveValue": 0.7}


def test_a_metric_that_is_no_number_is_no_final_metric() -> None:
    found = v1_job(tuning_job([trial(1, float("nan")), trial(2, 0.1), trial(3, float("inf"))]))
    trials = found["trainingOutput"]["trials"]
    assert [each["trialId"] for each in trials] == ["2", "1", "3"]
    assert ["finalMetric" in each for each in trials] == [True, False, False]


def test_a_metric_of_zero_counts() -> None:
    found = v1_job(tuning_job([trial(1, -1.0), trial(2, 0.0)]))["trainingOutput"]["trials"]
    assert found[0]["finalMetric"]["objectiveValue"] == 0.0


def test_names_that_had_to_change_are_changed_back() -> None:
    job = tuning_job([trial(1, 0.7)])
    found = v1_job(job, metric_tag="my accuracy", parameter_names={"alpha": "the alpha"})["trainingOutput"]
    assert found["hyperparameterMetricTag"] == "my accuracy"
    assert set(found["trials"][0]["hyperparameters"]) == {"max_iter", "the alpha", "depth", "loss"}


def test_a_parameter_without_a_value_yet_is_left_out() -> None:
    found = v1_job(tuning_job([trial(1, state="REQUESTED", values={"depth": 3.0})]))["trainingOutput"]["trials"]
    assert found[0]["hyperparameters"] == {"depth": "3"}


_STATES = {
    "QUEUED": "QUEUED", "PENDING": "PREPARING", "RUNNING": "RUNNING", "UPDATING": "RUNNING", "PAUSED": "QUEUED",
    "CANCELLING": "CANCELLING", "SUCCEEDED": "SUCCEEDED", "FAILED": "FAILED", "CANCELLED": "CANCELLED",
    "EXPIRED": "FAILED", "PARTIALLY_SUCCEEDED": "FAILED",
}  # fmt: skip


@pytest.mark.parametrize(("vertex", "v1"), _STATES.items())
def test_states_have_v1s_names(vertex: str, v1: str) -> None:
    assert v1_job(custom_job(state=f"JOB_STATE_{vertex}"))["state"] == v1


@pytest.mark.parametrize("vertex", _STATES)
def test_who_waits_for_v1s_final_states_waits_as_long_as_the_job_may_go_on(vertex: str) -> None:
    state = vertex_state(f"JOB_STATE_{vertex}")
    answer = v1_job(custom_job(state=f"JOB_STATE_{vertex}"))
    assert (answer["state"] in FINAL_STATES) == state.is_final
    assert (answer["state"] == "SUCCEEDED") == state.is_success


@pytest.mark.parametrize("state", ["EXPIRED", "PARTIALLY_SUCCEEDED"])
def test_a_failure_that_v1_has_no_name_for_says_what_it_is(state: str) -> None:
    assert v1_job(custom_job(state=f"JOB_STATE_{state}"))["errorMessage"]


def test_the_services_own_message_goes_before() -> None:
    job = custom_job(state="JOB_STATE_EXPIRED", error={"code": 4, "message": "no machine"})
    assert v1_job(job)["errorMessage"] == "no machine"


_TRIAL_STATES = [("REQUESTED", "QUEUED"), ("ACTIVE", "RUNNING"), ("STOPPING", "RUNNING"), ("INFEASIBLE", "FAILED")]


@pytest.mark.parametrize(("vertex", "v1"), _TRIAL_STATES)
def test_trials_have_v1s_states(vertex: str, v1: str) -> None:
    found = v1_job(tuning_job([trial(1, state=vertex)]))["trainingOutput"]["trials"][0]
    assert found["state"] == v1
    assert found.get("isTrialStoppedEarly", False) == (vertex == "STOPPING")


def test_a_state_that_nobody_knows_is_an_error() -> None:
    job = tuning_job([trial(1, 0.5)])
    job["trials"][0]["state"] = "ASLEEP"
    with pytest.raises(UnknownState, match=r"trial state 'ASLEEP'.*job_states"):
        v1_job(job)


def test_nodes_have_v1s_names() -> None:
    found = v1_job(custom_job(webAccessUris=_URIS | {"other": "https://d"}))["trainingOutput"]["webAccessUris"]
    assert found == {
        "master-replica-0": "https://a",
        "worker-replica-1": "https://b",
        "ps-replica-0": "https://c",
        "other": "https://d",
    }


def test_the_job_has_the_id_that_v1_gave_and_not_the_label_that_keeps_it() -> None:
    answer = v1_job(custom_job(labels={**job_label("JOB_2"), "task": "x"}))
    assert answer["jobId"] == "JOB_2"
    assert answer["labels"] == {"task": "x"}


def test_times_stay_as_they_are() -> None:
    answer = v1_job(custom_job())
    assert (answer["createTime"], answer["endTime"]) == ("2024-05-01T10:00:00Z", "2024-05-01T10:09:00.250Z")


def test_a_batch_prediction_says_where_its_files_are() -> None:
    stats = {"successfulCount": "7", "failedCount": "2", "incompleteCount": "1"}
    job = batch_job(
        completionStats=stats,
        resourcesConsumed={"replicaHours": 0.25},
        outputInfo={"gcsOutputDirectory": "gs://b/out/prediction-1"},
    )
    assert v1_job(job)["predictionOutput"] == {
        "predictionCount": "7",
        "errorCount": "2",
        "nodeHours": 0.25,
        "outputPath": "gs://b/out/prediction-1",
    }


def test_a_batch_prediction_that_has_not_begun_says_where_its_files_will_be() -> None:
    found = v1_job(batch_job(state="JOB_STATE_QUEUED"))["predictionOutput"]
    assert found == {"predictionCount": "0", "errorCount": "0", "nodeHours": 0.0, "outputPath": "gs://b/out"}


def test_another_kind_of_job_is_refused() -> None:
    with pytest.raises(AiPlatformError, match=r"^name: expected .*customJobs.* found 'projects/p/x/pipelineJobs/1'"):
        v1_job({"name": "projects/p/x/pipelineJobs/1", "state": "JOB_STATE_RUNNING"})


def test_the_best_hyperparameters_are_the_first_trials() -> None:
    trials = [trial(1, 0.1), trial(2, 0.3, values={"depth": 3.0}), trial(3)]
    assert best_hyperparameters(v1_job(tuning_job(trials))) == {"depth": "3"}


def test_answers_of_v1_itself_are_read_too() -> None:
    job = {
        "jobId": "JOB_1",
        "state": "SUCCEEDED",
        "trainingOutput": {
            "isHyperparameterTuningJob": True,
            "trials": [{"trialId": "1", "hyperparameters": {"a": "1"}, "finalMetric": {"objectiveValue": 0.5}}],
        },
    }
    assert best_hyperparameters(job) == {"a": "1"}


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (custom_job(), "job JOB_2: expected a hyperparameter tuning job"),
        (tuning_job([trial(1, 0.5)], state="JOB_STATE_RUNNING"), "job JOB_1 is RUNNING: .* wait for it"),
        (tuning_job(), "job JOB_1: none of 0 trials"),
        (tuning_job([trial(1)]), "job JOB_1: none of 1 trials succeeded with a metric; read the log"),
        (tuning_job([trial(1, state="INFEASIBLE")], error={"message": "too many failed"}), "metric; too many failed"),
    ],
)
def test_without_a_best_trial_the_message_says_why(job: dict[str, Any], message: str) -> None:
    with pytest.raises(NoUsableTrial, match=message):
        best_hyperparameters(v1_job(job))


def test_no_order_of_two_equal_trials_changes_the_best() -> None:
    trials = [trial(10, 0.5), trial(9, 0.5, values={"depth": 1.0}), trial(11, 0.5)]
    found = [best_hyperparameters(v1_job(tuning_job(each))) for each in itertools.permutations(trials)]
    assert found == [{"depth": "1"}] * 6
