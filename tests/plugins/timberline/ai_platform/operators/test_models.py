"""A v1 model is an endpoint: made once, with what its body says, and deleted with or without its versions."""

from typing import Any

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.ai_platform.operators.v1_models import V1Model
from tests.plugins.timberline.contexts import context_of
from timberline.ai_platform.operators.models import MLEngineDeleteModelOperator
from timberline.evaluation.gate import Action, Decision, ScoredVersion
from timberline.release.ids import Serving, endpoint_id
from timberline.run.compat import AirflowFailException, AirflowSkipException
from timberline.run.identity import RUN_LABEL
from timberline.spec.metric import Metric, MetricGoal

_CREATE = "aiplatform.projects.locations.endpoints.create"
REJECTED = Decision(
    segment="all",
    action=Action.REJECTED,
    reason="accuracy 0.6000, expected at least 0.6900",
    metric=Metric(name="accuracy", goal=MetricGoal.MAXIMIZE),
    challenger=ScoredVersion(version="1", value=0.6),
    champion=None,
).to_json()


def _delete(model: V1Model, **arguments: Any) -> None:
    operator = MLEngineDeleteModelOperator(task_id="delete", model_name=model.name, **arguments)
    operator.execute(context_of(model.run()))


class TestCreate:
    def test_the_endpoint_has_what_the_body_says(self, v1_model: V1Model) -> None:
        made = v1_model.create(description="cover types", labels={"Task": "classifier"})
        message: Any = v1_model.serving.client.get_endpoint(name=v1_model.endpoint)
        assert (message.display_name, message.description) == (v1_model.name, "cover types")
        assert message.labels["task"] == "classifier"
        assert message.labels["timberline-pipeline"]
        assert RUN_LABEL not in message.labels
        assert made == {
            "name": f"projects/test-project/models/{v1_model.name}",
            "regions": ["europe-west1"],
            "description": "cover types",
            "labels": {"Task": "classifier"},
            "endpoint": v1_model.endpoint,
        }

    def test_whoever_creates_it_again_gets_the_same(self, v1_model: V1Model, localgcp: LocalCloud) -> None:
        first = v1_model.create()
        calls = len(localgcp.requests(_CREATE))
        assert v1_model.create("2") == first
        assert len(localgcp.requests(_CREATE)) == calls

    def test_a_lost_answer_changes_nothing(self, v1_model: V1Model, localgcp: LocalCloud) -> None:
        fault = localgcp.add_fault(_CREATE, "drop", appliesFirst=True)
        assert v1_model.create()["endpoint"] == v1_model.endpoint
        assert localgcp.fault_is_consumed(fault)

    def test_one_for_the_time_of_the_run_is_the_runs_own(self, v1_model: V1Model) -> None:
        made = v1_model.create(serving="ephemeral")
        run = v1_model.run()
        assert made["endpoint"] == v1_model.serving.endpoint_name(endpoint_id(run, "all", Serving.EPHEMERAL))
        (served,) = v1_model.serving.endpoints({RUN_LABEL: run.run_key})
        assert served.name == made["endpoint"]
        assert v1_model.served() is None
        v1_model.serving.delete_endpoint(served.name)

    def test_a_version_that_did_not_pass_gets_no_endpoint(self, v1_model: V1Model) -> None:
        with pytest.raises(AirflowSkipException, match=r"version 1 did not pass the gate: accuracy 0\.6000"):
            v1_model.create(decision=REJECTED)
        assert v1_model.served() is None

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"regions": ["us-east1"]}, "expected europe-west1, where this deployment works, found us-east1"),
            ({"regions": ["europe-west1", "us-east1"]}, "model.regions: expected one region"),
            ({"descriptin": "x"}, "model.descriptin: .*did you mean 'description'"),
            ({"name": "a-b"}, "model.name: expected 1 to 128 letters"),
            ({"serving": "endpoin"}, "serving: unknown value 'endpoin'; did you mean 'endpoint'"),
        ],
    )
    def test_what_cannot_be_done_is_one_message_and_no_endpoint(
        self, arguments: dict[str, Any], words: str, v1_model: V1Model, localgcp: LocalCloud
    ) -> None:
        calls = len(localgcp.requests(_CREATE))
        with pytest.raises(AirflowFailException, match=words):
            v1_model.create(**arguments)
        assert len(localgcp.requests(_CREATE)) == calls


class TestDelete:
    def test_a_model_without_versions_goes(self, v1_model: V1Model) -> None:
        v1_model.create()
        _delete(v1_model)
        assert v1_model.served() is None

    @pytest.mark.parametrize("delete_contents", [False, "False", "false"])
    def test_one_with_versions_is_refused(self, delete_contents: Any, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        with pytest.raises(AirflowFailException, match=f"model_name {v1_model.name}: expected a model without versi"):
            _delete(v1_model, delete_contents=delete_contents)
        assert v1_model.answers() == "v01"

    @pytest.mark.parametrize("delete_contents", [True, "True"])
    def test_it_goes_with_its_versions_where_that_is_asked_for(self, delete_contents: Any, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        v1_model.add("v02", "2")
        _delete(v1_model, delete_contents=delete_contents)
        assert v1_model.served() is None
        assert v1_model.models.versions(v1_model.model) == []

    def test_a_flag_that_is_none_deletes_nothing(self, v1_model: V1Model) -> None:
        v1_model.create()
        with pytest.raises(AirflowFailException, match="delete_contents: expected true or false, found 'maybe'"):
            _delete(v1_model, delete_contents="maybe")
        assert v1_model.served() is not None

    def test_what_is_gone_is_no_failure(self, v1_model: V1Model) -> None:
        _delete(v1_model)
        _delete(v1_model, delete_contents=True)

    def test_a_try_that_was_killed_half_way_is_finished_by_the_next(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        v1_model.serving.delete_endpoint(v1_model.endpoint)
        _delete(v1_model, delete_contents=True)
        assert v1_model.models.versions(v1_model.model) == []
