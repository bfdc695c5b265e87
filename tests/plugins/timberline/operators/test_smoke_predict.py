"""The version itself has to answer, and as its trainer does."""

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.released import TRAINED, Pipeline
from timberline.release.results import Challenger

_PREDICT = "aiplatform.projects.locations.endpoints.predict"


def test_a_version_that_answers_as_trained_has_no_problem(pipeline: Pipeline) -> None:
    challenger = pipeline.registered("1")
    found = pipeline.smoke("1", challenger, pipeline.deploy("1", challenger))
    assert (found["problem"], found["rows"], found["max_abs_difference"]) == (None, 4, 0.0)
    assert [sample["label"] for sample in found["samples"]] == [0, 0, 1]
    assert found["samples"][0] == {"label": 0, "probability": TRAINED, "predicted": 0}


def test_the_answers_of_the_version_in_service_do_not_count(pipeline: Pipeline) -> None:
    champion = pipeline.release("1")
    challenger = pipeline.registered("2", 0.75)
    found = pipeline.smoke("2", challenger, pipeline.deploy("2", challenger, champion.version))
    assert "4 of 4 predictions differ" in found["problem"]
    assert found["max_abs_difference"] == 0.5


def test_a_refusal_is_a_problem_in_the_containers_words(pipeline: Pipeline) -> None:
    champion = pipeline.release("1")
    challenger = pipeline.registered("2", "refuse")
    found = pipeline.smoke("2", challenger, pipeline.deploy("2", challenger, champion.version, canary_percent=50))
    assert "no answer from it to" in found["problem"]
    assert "unknown column" in found["problem"]


def test_a_failure_that_passes_is_asked_again(pipeline: Pipeline, cloud: LocalCloud) -> None:
    challenger = pipeline.registered("1")
    deployment = pipeline.deploy("1", challenger)
    faults = [
        cloud.add_fault(_PREDICT, "error", status=503),
        cloud.add_fault(_PREDICT, "drop", appliesFirst=True),
    ]
    assert pipeline.smoke("1", challenger, deployment)["problem"] is None
    assert all(cloud.fault_is_consumed(fault) for fault in faults)


def test_a_version_without_requests_is_a_problem(pipeline: Pipeline) -> None:
    challenger = pipeline.registered("1")
    deployment = pipeline.deploy("1", challenger)
    pipeline.hook.set_traffic(deployment["endpoint"], lambda now: {})
    assert "sends it no requests" in pipeline.smoke("1", challenger, deployment)["problem"]


def test_a_bundle_without_known_predictions_is_a_problem(pipeline: Pipeline) -> None:
    challenger = pipeline.registered("1")
    deployment = pipeline.deploy("1", challenger)
    elsewhere = Challenger.from_json(challenger.to_json() | {"artifact_uri": f"{challenger.artifact_uri}/none"})
    assert "none/predictions.json does not exist" in pipeline.smoke("1", elsewhere, deployment)["problem"]


def test_without_a_deployment_there_is_nothing_to_ask(pipeline: Pipeline) -> None:
    assert pipeline.smoke("1", pipeline.registered("1"), None) == {}
