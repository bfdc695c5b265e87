"""A v1 version comes up once, takes what v1 gave it, and whoever asks is answered all the time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.training import wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.ai_platform.operators.test_models import REJECTED
from tests.plugins.timberline.ai_platform.operators.v1_models import V1Model
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.released import JOB_FILE
from timberline.data.datasets.covertype import COVERTYPE_MULTICLASS
from timberline.evaluation.gate import Action
from timberline.hooks.endpoints import EndpointsHook
from timberline.hooks.models import ModelsHook
from timberline.operators.promote_model import PromoteModelOperator
from timberline.operators.register_model import RegisterModelOperator
from timberline.release.results import Challenger, Deployment
from timberline.run.compat import AirflowFailException, AirflowSkipException, TaskDeferred
from timberline.triggers.operation import OperationTrigger

_UPLOAD = "aiplatform.projects.locations.models.upload"
_DEPLOY = "aiplatform.projects.locations.endpoints.deployModel"


class Killed(BaseException):
    """The worker died here."""


def _dies(real: Callable[..., Any], at: int, *, answered: bool) -> Callable[..., Any]:
    """Return a method that dies at its call number `at`, before or after it does its work."""
    calls: list[object] = []

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == at and not answered:
            raise Killed
        result = real(*args, **kwargs)
        if len(calls) == at:
            raise Killed
        return result

    return call


class TestFirst:
    def test_it_answers_all_requests_and_has_its_name(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v_01")
        assert v1_model.split() == {"1": 100}
        assert v1_model.answers() == "v_01"
        assert v1_model.aliases() == {"1": {"v-01", "champion", "default"}}

    def test_what_it_returns_is_v1s_version_and_what_a_release_goes_on_with(self, v1_model: V1Model) -> None:
        v1_model.create()
        body = v1_model.body("v_01", description="the first")
        found = v1_model.add("v_01", body=body)
        name = f"projects/test-project/models/{v1_model.name}/versions/v_01"
        assert found["version"] == {**body, "name": name, "state": "READY"}
        assert found["alias"] == "v-01"
        challenger, deployment = Challenger.from_json(found["challenger"]), Deployment.from_json(found["deployment"])
        assert (challenger.name, challenger.artifact_uri) == (f"{v1_model.model}@1", body["deploymentUri"])
        assert (deployment.endpoint, deployment.version, deployment.segment) == (v1_model.endpoint, "1", "all")

    def test_registry_and_endpoint_have_what_model_and_version_say(self, v1_model: V1Model) -> None:
        v1_model.create(onlinePredictionLogging=True)
        fields = {
            "labels": {"Task": "Classifier"},
            "description": "the first",
            "machineType": "n1-standard-4",
            "manualScaling": {"nodes": 2},
        }
        v1_model.add("v01", body=v1_model.body("v01", **fields))
        message: Any = v1_model.models.client.get_model(name=f"{v1_model.model}@1")
        assert (message.version_description, message.labels["task"]) == ("the first", "classifier")
        endpoint: Any = v1_model.serving.client.get_endpoint(name=v1_model.endpoint)
        (deployed,) = endpoint.deployed_models
        resources = deployed.dedicated_resources
        assert (deployed.display_name, deployed.enable_access_logging) == ("v01", True)
        assert deployed.disable_container_logging is True
        assert resources.machine_spec.machine_type == "n1-standard-4"
        assert (resources.min_replica_count, resources.max_replica_count) == (2, 2)

    def test_console_logging_is_the_models_choice(self, v1_model: V1Model) -> None:
        v1_model.create(onlinePredictionConsoleLogging=True)
        v1_model.add("v01")
        endpoint: Any = v1_model.serving.client.get_endpoint(name=v1_model.endpoint)
        (deployed,) = endpoint.deployed_models
        assert (deployed.enable_access_logging, deployed.disable_container_logging) == (False, False)

    def test_request_logging_that_is_not_done_is_said(self, v1_model: V1Model, logged: Callable[[], str]) -> None:
        v1_model.create()
        config = {"samplingPercentage": 0.5, "bigqueryTableName": "p.d.t"}
        v1_model.add("v01", body=v1_model.body("v01", requestLoggingConfig=config))
        assert "version.requestLoggingConfig: not set" in logged()


class TestLater:
    def test_it_waits_for_its_turn(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        v1_model.add("v02", "2")
        assert v1_model.split() == {"1": 100, "2": 0}
        assert v1_model.aliases() == {"1": {"v01", "champion", "default"}, "2": {"v02"}}

    def test_one_that_is_to_be_the_default_takes_over(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        with v1_model.asked() as failures:
            v1_model.add("v02", "2", body=v1_model.body("v02", isDefault=True))
        assert failures == []
        assert v1_model.split() == {"1": 0, "2": 100}
        assert v1_model.aliases() == {"1": {"v01"}, "2": {"v02", "champion", "default"}}

    def test_a_name_that_is_taken_is_refused(self, v1_model: V1Model, localgcp: LocalCloud) -> None:
        v1_model.create()
        v1_model.add("v01")
        uploads = len(localgcp.requests(_UPLOAD))
        with pytest.raises(AirflowFailException) as raised:
            v1_model.add("v01", "2")
        assert str(raised.value) == (
            f"version.name: expected a name that is free, found 'v01', which {v1_model.model}@1 has; choose another, "
            "delete that version, or set replace_existing_version"
        )
        assert len(localgcp.requests(_UPLOAD)) == uploads

    def test_the_text_false_replaces_nothing(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        with pytest.raises(AirflowFailException, match="expected a name that is free"):
            v1_model.add("v01", "2", replace_existing_version="False")

    def test_replacing_moves_name_and_requests_and_nobody_notices(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        with v1_model.asked() as failures:
            v1_model.add("v01", "2", replace_existing_version=True)
        assert failures == []
        assert v1_model.split() == {"2": 100}
        assert v1_model.aliases() == {"1": set(), "2": {"v01", "champion", "default"}}

    def test_replacing_one_that_does_not_answer_changes_no_default(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        v1_model.add("v02", "2")
        v1_model.add("v02", "3", replace_existing_version=True)
        assert v1_model.split() == {"1": 100, "3": 0}
        assert v1_model.aliases() == {"1": {"v01", "champion", "default"}, "2": set(), "3": {"v02"}}


class TestAgain:
    def test_a_second_try_makes_nothing(self, v1_model: V1Model, localgcp: LocalCloud) -> None:
        v1_model.create()
        first = v1_model.add("v01")
        calls = [len(localgcp.requests(method)) for method in (_UPLOAD, _DEPLOY)]
        assert v1_model.add("v01") == first
        assert [len(localgcp.requests(method)) for method in (_UPLOAD, _DEPLOY)] == calls

    def test_a_second_try_of_a_replacement_leaves_it(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        first = v1_model.add("v01", "2", replace_existing_version=True)
        assert v1_model.add("v01", "2", replace_existing_version=True) == first
        assert v1_model.split() == {"2": 100}

    @pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize(
        ("hook", "call", "at"),
        [
            (ModelsHook, "register", 1),
            (EndpointsHook, "start_deploy", 1),
            (EndpointsHook, "set_traffic", 1),
            (ModelsHook, "move_aliases", 1),
            (EndpointsHook, "undeploy", 1),
            (ModelsHook, "move_aliases", 2),
        ],
    )
    def test_a_replacement_that_is_killed_goes_on_and_somebody_answers_all_the_time(
        self, hook: type, call: str, at: int, answered: bool, v1_model: V1Model, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("timberline.hooks.deployment._PAUSE_S", 0.01)
        v1_model.create()
        v1_model.add("v01")
        with v1_model.asked() as failures:
            with monkeypatch.context() as patch:
                patch.setattr(hook, call, _dies(getattr(hook, call), at, answered=answered))
                with pytest.raises(Killed):
                    v1_model.add("v01", "2", replace_existing_version=True)
            v1_model.add("v01", "2", replace_existing_version=True)
        assert failures == []
        assert v1_model.split() == {"2": 100}
        assert v1_model.aliases() == {"1": set(), "2": {"v01", "champion", "default"}}

    def test_one_that_does_not_come_up_leaves_the_model_as_it_was(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        body = v1_model.body("v02", isDefault=True)
        body["container"]["env"].append({"name": "TINY_EXIT", "value": "3"})
        with pytest.raises(AirflowFailException, match=r"does not come up on .*, which serves as before: "):
            v1_model.add("v02", "2", body=body)
        assert v1_model.split() == {"1": 100}
        assert v1_model.named("v02") is None
        assert v1_model.named("default") == "1"

    def test_one_that_takes_long_is_waited_for_in_the_triggerer(
        self, v1_model: V1Model, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("timberline.operators.deploying._PATIENCE_S", 0.0)
        v1_model.create()
        operator = v1_model.operator(v1_model.body("v01"), deferrable=True, deploy_timeout_s=600)
        with pytest.raises(TaskDeferred) as deferred:
            operator.execute(context_of(v1_model.run()))
        trigger = deferred.value.trigger
        assert isinstance(trigger, OperationTrigger)
        wait_until(lambda: v1_model.serving.operation(trigger.operation or ""), lambda status: status.done)
        event = {"reason": "finished", "operation": trigger.operation, "deadline_s": trigger.deadline_s}
        operator.execute_complete(context_of(v1_model.run()), event)
        assert v1_model.answers() == "v01"


class TestRelease:
    @pytest.fixture(autouse=True)
    def include(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "include" / "sql").mkdir(parents=True)
        (tmp_path / "include" / "jobs").mkdir()
        (tmp_path / "include" / "jobs" / "tiny.yaml").write_text(JOB_FILE)
        (tmp_path / "include" / "jobs" / "bare.yaml").write_text(JOB_FILE.partition("serving:")[0])
        monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(tmp_path / "include"))

    def test_a_canary_leaves_name_and_default_alone(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        found = v1_model.add("v01", "2", replace_existing_version=True, canary_percent="10")
        assert found["deployment"]["percent"] == 10
        assert v1_model.split() == {"1": 90, "2": 10}
        assert v1_model.named("v01") == v1_model.named("champion") == "1"

    def test_a_canary_again_is_the_same(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        tries = [v1_model.add("v01", "2", replace_existing_version=True, canary_percent=10) for _ in range(2)]
        assert tries[0] == tries[1]
        assert v1_model.split() == {"1": 90, "2": 10}

    def test_its_promotion_moves_the_name_too(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        found = v1_model.add("v01", "2", replace_existing_version=True, canary_percent=10)
        contender = {"version": "2", "value": 0.8, "error": None}
        decision = {**REJECTED, "action": Action.PROMOTE.value, "challenger": contender}
        champion = {"version": "1", "value": 0.7, "error": None}
        PromoteModelOperator(
            task_id="set_default",
            decision={**decision, "champion": champion},
            challenger=found["challenger"],
            deployment=found["deployment"],
            smoke={"segment": "all", "rows": 3, "max_abs_difference": 0.0, "problem": None, "samples": ()},
            aliases=[found["alias"]],
        ).execute(context_of(v1_model.run("2")))
        assert v1_model.split() == {"2": 100}
        assert v1_model.aliases() == {"1": set(), "2": {"v01", "champion", "default"}}

    def test_a_bundle_that_the_run_registered_is_not_registered_again(
        self, v1_model: V1Model, localgcp: LocalCloud
    ) -> None:
        v1_model.create()
        body = v1_model.body("v01")
        evaluation = {"segment": "all", "model_uri": body["deploymentUri"], "metrics": {"accuracy": 0.7, "rows": 3}}
        registered = RegisterModelOperator(
            task_id="register",
            data_set=COVERTYPE_MULTICLASS,
            evaluation=evaluation,
            job_file="tiny.yaml",
            image_uri="python:3.11",
            model_id=v1_model.model.rpartition("/")[2],
        ).execute(context_of(v1_model.run()))
        localgcp.add_fault(_DEPLOY, "error", status=400)  # the image of the registered version cannot serve here
        uploads = len(localgcp.requests(_UPLOAD))
        with pytest.raises(AirflowFailException, match=f"{v1_model.model}@1 does not come up"):
            v1_model.add("v01", body=body)
        assert registered["version"] == "1"
        assert len(localgcp.requests(_UPLOAD)) == uploads

    def test_a_version_that_did_not_pass_is_skipped(self, v1_model: V1Model) -> None:
        v1_model.create()
        with pytest.raises(AirflowSkipException, match=r"version 1 did not pass the gate: accuracy 0\.6000"):
            v1_model.add("v01", decision=REJECTED)
        assert v1_model.aliases() == {}

    @pytest.mark.parametrize(
        "given", ["tiny.yaml", {"imageUri": "python:4", "predictRoute": "/p", "healthRoute": "/h"}]
    )
    def test_a_container_of_the_tasks_own_wins_over_the_body(
        self, given: Any, v1_model: V1Model, localgcp: LocalCloud
    ) -> None:
        v1_model.create()
        localgcp.add_fault(_DEPLOY, "error", status=400)
        with pytest.raises(AirflowFailException, match="does not come up"):
            v1_model.add("v01", container=given, image_uri="python:4")
        message: Any = v1_model.models.client.get_model(name=f"{v1_model.model}@1")
        assert message.container_spec.image_uri == "python:4"

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"container": "tiny.yaml"}, "tiny.yaml: 'image_uri' is undefined"),
            ({"container": "bare.yaml"}, "bare.yaml: serving: expected the container that answers predictions"),
            ({"container": {"imageUrl": "x"}}, "container.*imageUrl.*did you mean 'imageUri'"),
            ({"canary_percent": 101}, "canary_percent: expected 1 to 100, found 101"),
        ],
    )
    def test_what_cannot_be_done_is_one_message(self, arguments: Any, words: str, v1_model: V1Model) -> None:
        v1_model.create()
        with pytest.raises(AirflowFailException, match=words):
            v1_model.add("v01", **arguments)
        assert v1_model.split() == {}


class TestDirectory:
    def _directory(self, model: V1Model, *names: str) -> str:
        uri = f"gs://{model.settings.bucket}/{model.name}/bundle"
        for name in names:
            model.leave(f"{uri}/{name}")
        return uri

    @pytest.mark.parametrize(
        ("files", "fields", "words"),
        [
            ((), {"framework": "FRAMEWORK_UNSPECIFIED"}, "expected one of .*model.joblib.*, found no file"),
            ((), {}, "expected one of .*model.joblib.*, found no file"),
            (("other.txt",), {}, "found other.txt"),
            (
                ("model.joblib", "model.pkl"),
                {},
                "expected exactly one of model.joblib, model.pkl, found model.joblib, ",
            ),
            (("deeper/model.joblib",), {}, "it is at deeper/model.joblib: give that directory"),
            (("model.joblib", "model.bst"), {}, "the files are of SCIKIT_LEARN and XGBOOST; set framework"),
            (("model.joblib",), {"framework": "TENSORFLOW"}, "expected exactly one of saved_model.pb, found model.jo"),
        ],
    )
    def test_one_without_exactly_one_model_is_refused_by_name(
        self, files: Any, fields: dict[str, Any], words: str, v1_model: V1Model
    ) -> None:
        v1_model.create()
        uri = self._directory(v1_model, *files)
        with pytest.raises(AirflowFailException, match=f"{uri}: .*{words}"):
            v1_model.add("v01", body={"name": "v01", "deploymentUri": f"{uri}/", "runtimeVersion": "2.11", **fields})
        assert v1_model.aliases() == {}

    @pytest.mark.parametrize(
        ("file", "image"), [("model.pkl", "/sklearn-cpu."), ("model.bst", "/xgboost-cpu."), ("saved_model.pb", "/tf2-")]
    )
    def test_the_framework_is_that_of_its_file(
        self, file: str, image: str, v1_model: V1Model, localgcp: LocalCloud
    ) -> None:
        v1_model.create()
        uri = self._directory(v1_model, file, "metrics.json")
        localgcp.add_fault(_DEPLOY, "error", status=400)  # none of these files is a model
        with pytest.raises(AirflowFailException, match="does not come up"):
            v1_model.add("v01", body={"name": "v01", "deploymentUri": uri, "runtimeVersion": "2.11"})
        message: Any = v1_model.models.client.get_model(name=f"{v1_model.model}@1")
        assert image in message.container_spec.image_uri
        assert message.artifact_uri == uri


class TestRefusals:
    def test_a_model_that_is_missing_is_named(self, v1_model: V1Model) -> None:
        with pytest.raises(
            AirflowFailException, match=f"expected a model that exists, found '{v1_model.name}'; create"
        ):
            v1_model.add("v01")
        assert v1_model.aliases() == {}

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (None, "version: expected"),
            ({"name": "v01", "deploymentUri": "/tmp/model"}, "version"),
            ({"name": "v01", "deploymentUrl": "gs://b/m"}, "version.deploymentUrl: .*did you mean 'deploymentUri'"),
            ({"name": "v01", "deploymentUri": "gs://b/m", "predictionClass": "a.B"}, "no custom prediction routines"),
            ({"name": "v-01", "container": {"image": "i"}}, "version.name: expected 1 to 128 letters"),
        ],
    )
    def test_a_wrong_body_is_one_message(self, body: Any, words: str, v1_model: V1Model) -> None:
        v1_model.create()
        with pytest.raises(AirflowFailException, match=words):
            v1_model.operator(body).execute(context_of(v1_model.run()))
        assert v1_model.aliases() == {}
