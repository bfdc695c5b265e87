"""Instances are asked for as `gcloud ai-platform predict` did."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.ai_platform.operators.v1_models import V1Model
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from timberline.ai_platform.operators.predict import MLEnginePredictOperator
from timberline.ai_platform.operators.versions import MLEngineSetDefaultVersionOperator
from timberline.hooks.storage import StorageHook
from timberline.run.compat import AirflowFailException
from timberline.run.errors import ServiceUnavailable
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings

_PREDICT = "aiplatform.projects.locations.endpoints.predict"
_ROW = [2841.0, "Commanche", None]


@pytest.fixture(scope="module")
def made() -> set[str]:
    """The names of the models that all tests ask."""
    return set()


@pytest.fixture
def trees(localgcp: LocalCloud, settings: Settings, made: set[str]) -> V1Model:
    """A model whose first version answers, and whose second does not; made once."""
    model = V1Model(settings, "trees")
    if model.name not in made:
        model.create()
        model.add("v01")
        model.add("v02", "2")
        made.add(model.name)
    return model


@pytest.fixture
def ask(trees: V1Model) -> Callable[..., dict[str, Any]]:
    def predict(**arguments: Any) -> dict[str, Any]:
        operator = MLEnginePredictOperator(task_id="predict", **{"model_name": trees.name, **arguments})
        return dict(operator.execute(context_of(trees.run())))

    return predict


@pytest.fixture(autouse=True)
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "include"
    (folder / "sql").mkdir(parents=True)
    (folder / "instances").mkdir()
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(folder))
    return folder


def _bodies(answer: dict[str, Any]) -> list[Any]:
    return [each["instance"] for each in answer["predictions"]]


def test_instances_of_the_task_are_answered_in_v1s_form(ask: Callable[..., Any], logged: Callable[[], str]) -> None:
    answer = ask(instances=[_ROW, {"a": 1}])
    assert list(answer) == ["predictions"]
    assert _bodies(answer) == [_ROW, {"a": 1}]
    assert {each["model"] for each in answer["predictions"]} == {"v01"}
    assert "{'a': 1} -> " in logged()


def test_a_file_has_an_instance_a_line(ask: Callable[..., Any], include: Path) -> None:
    (include / "instances" / "rows.json").write_text('[1.5, "a"]\n\n{"b": 2}\n')
    assert _bodies(ask(json_instances="instances/rows.json")) == [[1.5, "a"], {"b": 2}]


def test_a_file_may_lie_in_the_bucket(ask: Callable[..., Any], settings: Settings) -> None:
    uri = f"gs://{settings.bucket}/rows.json"
    bucket = StorageHook(settings.project, settings.region, CONNECTION).client.bucket(settings.bucket)
    bucket.blob("rows.json").upload_from_string("[1]\n[2]\n")
    assert _bodies(ask(json_instances=uri)) == [[1], [2]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1]\n[2\n", r"instances/rows.json:2: expected one JSON value per line, found '\[2'"),
        ("", "instances/rows.json: expected one instance per line, found none"),
        ("1\n" * 101, "instances/rows.json: expected at most 100 instances, found 101; use a batch prediction"),
    ],
)
def test_a_file_that_cannot_be_sent_is_named(text: str, words: str, ask: Callable[..., Any], include: Path) -> None:
    (include / "instances" / "rows.json").write_text(text)
    with pytest.raises(AirflowFailException, match=words):
        ask(json_instances="instances/rows.json")


def test_there_may_be_more_where_the_task_says_so(ask: Callable[..., Any], include: Path) -> None:
    (include / "instances" / "rows.json").write_text("1\n" * 101)
    assert len(ask(json_instances="instances/rows.json", most_instances=101)["predictions"]) == 101


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "expected exactly one of instances and json_instances"),
        ({"instances": [1], "json_instances": "rows"}, "expected exactly one of instances and json_instances"),
        ({"instances": "[1, 2]"}, r"instances: expected a list, found '\[1, 2\]'"),
        ({"instances": {"a": 1}}, "instances: expected a list, found {'a': 1}"),
        ({"instances": [1] * 101}, "instances: expected at most 100, found 101"),
        ({"json_instances": "instances/none.json"}, "no file 'instances/none.json' in "),
        ({"json_instances": "../secret"}, r"no file '\.\./secret' in "),
        ({"json_instances": "gs://{bucket}/none.json"}, "gs://{bucket}/none.json does not exist"),
        ({"instances": [1], "model_name": "nobody"}, "model_name nobody: expected a default version, found none"),
        ({"instances": [1], "version_name": "v09"}, "model_name trees: expected the version 'v09', found none; create"),
        ({"instances": [1], "model_name": "a-b"}, "model_name: expected 1 to 128 letters"),
        ({"instances": [1], "project_id": "other"}, "project_id: expected test-project"),
    ],
)
def test_what_cannot_be_asked_is_one_message(
    arguments: dict[str, Any], words: str, ask: Callable[..., Any], settings: Settings, localgcp: LocalCloud
) -> None:
    calls = len(localgcp.requests(_PREDICT))
    given = {
        key: value.format(bucket=settings.bucket) if key == "json_instances" else value
        for key, value in arguments.items()
    }
    with pytest.raises(AirflowFailException, match=words.replace("{bucket}", settings.bucket)):
        ask(**given)
    assert len(localgcp.requests(_PREDICT)) == calls


def test_instances_that_the_model_refuses_are_one_message(ask: Callable[..., Any], trees: V1Model) -> None:
    with pytest.raises(AirflowFailException, match=f"{trees.endpoint} refuses the instances: .*the model's own words"):
        ask(instances=[{"status": 400}])


def test_an_endpoint_that_does_not_answer_is_asked_again(
    ask: Callable[..., Any], localgcp: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timberline.run.transience._FIRST_PAUSE_S", 0.0)
    fault = localgcp.add_fault(_PREDICT, "error", status=503)
    assert _bodies(ask(instances=[1])) == [1]
    assert localgcp.fault_is_consumed(fault)
    localgcp.add_fault(_PREDICT, "error", status=503, count=50)
    try:
        with pytest.raises(ServiceUnavailable):
            ask(instances=[1])
    finally:
        localgcp.clear_faults()


def test_a_version_that_does_not_get_all_requests_is_refused(ask: Callable[..., Any], trees: V1Model) -> None:
    words = f"{trees.model}@2 to answer for {trees.endpoint}, which gives it 0 % of the requests; make it the default"
    with pytest.raises(AirflowFailException, match=words):
        ask(instances=[1], version_name="v02")
    assert ask(instances=[1], version_name="v01")["predictions"][0]["model"] == "v01"


def test_a_default_version_that_shares_the_requests_is_refused(v1_model: V1Model) -> None:
    v1_model.create()
    v1_model.add("v01")
    v1_model.add("v02", "2", canary_percent=10)
    operator = MLEnginePredictOperator(task_id="predict", model_name=v1_model.name, instances=[1])
    with pytest.raises(AirflowFailException, match="which gives it 90 % of the requests"):
        operator.execute(context_of(v1_model.run()))


def test_the_default_version_is_the_one_that_was_made_so(v1_model: V1Model) -> None:
    v1_model.create()
    v1_model.add("v01")
    v1_model.add("v02", "2")
    MLEngineSetDefaultVersionOperator(task_id="set", model_name=v1_model.name, version_name="v02").execute(
        context_of(v1_model.run())
    )
    operator = MLEnginePredictOperator(task_id="predict", model_name=v1_model.name, instances=[1])
    assert operator.execute(context_of(v1_model.run()))["predictions"][0]["model"] == "v02"


def test_the_endpoint_of_a_run_is_asked_where_it_is_given(v1_model: V1Model) -> None:
    endpoint = v1_model.create(serving="ephemeral")["endpoint"]
    v1_model.add("v01", endpoint=endpoint)
    operator = MLEnginePredictOperator(task_id="predict", model_name=v1_model.name, instances=[1], endpoint=endpoint)
    assert operator.execute(context_of(v1_model.run()))["predictions"][0]["model"] == "v01"
    v1_model.serving.delete_endpoint(endpoint)


def test_an_endpoint_that_is_gone_is_one_message(v1_model: V1Model) -> None:
    v1_model.create()
    v1_model.add("v01")
    v1_model.serving.delete_endpoint(v1_model.endpoint)
    operator = MLEnginePredictOperator(task_id="predict", model_name=v1_model.name, instances=[1])
    with pytest.raises(AirflowFailException, match="which gives it 0 % of the requests"):
        operator.execute(context_of(RunIdentity("another", "run")))
