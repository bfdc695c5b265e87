"""From a retrained model to a version, and to the job that compares it with the version in service."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.training import IMAGE, wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.bundles import leave_bundle
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.jobs_bodies import status_of
from timberline.data.datasets.covertype import COVERTYPE
from timberline.evaluation.comparison import Comparison
from timberline.hooks.models import ModelsHook
from timberline.hooks.storage import StorageHook
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobKind, JobRef
from timberline.operators.gate_challenger import GateOperator
from timberline.operators.register_model import RegisterModelOperator
from timberline.operators.submit_scoring import SubmitScoringJobOperator
from timberline.release.results import Challenger
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity, short_hash
from timberline.run.settings import Settings

_METRICS = {"f1": 0.91634, "roc_auc": None, "pr_auc": 0.8, "rows": 10}
_SPEC = """
    workerPoolSpecs:
      - machineSpec: {machineType: n1-standard-4}
        containerSpec: {imageUri: "{{ image_uri }}", args: [%s]}
    scheduling: {timeout: 600s}
"""
_HEAD = f"""
tuning:
  studySpec:
    metrics: [{{metricId: score, goal: MAXIMIZE}}]
    parameters: [{{parameterId: x, doubleValueSpec: {{minValue: 0, maxValue: 1}}}}]
  maxTrialCount: 1
  parallelTrialCount: 1
  trialJobSpec: {_SPEC % ""}
training: {_SPEC % ""}
"""
_SCORING = (
    "--of={{ segment }}",
    "--test={{ test_uri }}",
    "--challenger={{ challenger_uri }}",
    "--scores={{ scores_uri }}",
)
_FULL = f"""
scoring: {_SPEC % ", ".join(f'"{each}"' for each in _SCORING)}
serving:
  containerSpec:
    imageUri: "{{{{ image_uri }}}}"
    command: [python, -m, trainer.serve]
    args: ["--positive_class={{{{ segment }}}}"]
    predictRoute: /predict
    healthRoute: /health
  machineSpec: {{machineType: n1-standard-2}}
"""


@pytest.fixture(autouse=True)
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "include" / "sql").mkdir(parents=True)
    (tmp_path / "include" / "jobs").mkdir()
    (tmp_path / "include" / "jobs" / "tiny.yaml").write_text(_HEAD + _FULL)
    (tmp_path / "include" / "jobs" / "bare.yaml").write_text(_HEAD)
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(tmp_path / "include"))


@pytest.fixture
def run(request: pytest.FixtureRequest) -> RunIdentity:
    """A run of a pipeline of the test's own, and so with models of its own."""
    return RunIdentity(f"dag_{short_hash(request.node.nodeid)}", "one")


@pytest.fixture
def models(settings: Settings, cloud: LocalCloud) -> Iterator[ModelsHook]:
    yield ModelsHook(settings.project, settings.region, CONNECTION)
    cloud.clear_faults()


def _later(run: RunIdentity) -> RunIdentity:
    return RunIdentity(run.dag_id, "two")


def _register(settings: Settings, run: RunIdentity, job_file: str = "tiny.yaml", **changes: Any) -> Challenger:
    evaluation = {"segment": "3", "model_uri": leave_bundle(settings, run), "metrics": _METRICS, "timings": {}}
    operator = RegisterModelOperator(
        task_id="register",
        data_set=COVERTYPE,
        evaluation=evaluation,
        job_file=job_file,
        image_uri=IMAGE,
        **changes,
    )
    return Challenger.from_json(operator.execute(context_of(run)))


def _score(run: RunIdentity, challenger: Challenger, job_file: str = "tiny.yaml") -> JobRef:
    operator = SubmitScoringJobOperator(
        task_id="score",
        challenger=challenger.to_json(),
        job_file=job_file,
        image_uri=IMAGE,
        split_uris={split: f"gs://bucket/{split}" for split in ("train", "validation", "test")},
    )
    return JobRef.from_json(operator.execute(context_of(run)))


def _promote(models: ModelsHook, challenger: Challenger) -> None:
    models.move_aliases(challenger.model, challenger.version, ["champion", "default", "-candidate"])


def _arguments(hook: VertexJobsHook, ref: JobRef) -> list[str]:
    job: Any = hook.client.get_custom_job(name=ref.name)
    return list(job.job_spec.worker_pool_specs[0].container_spec.args)


def _leave_scores(settings: Settings, run: RunIdentity, challenger: Challenger, champion: str | None) -> str:
    """Write what a scoring job writes, and return where."""
    folder = run.step_uri(settings.bucket, "score", "3")
    uri = Comparison(challenger=challenger.version, champion=champion).scores_uri(folder)
    StorageHook(settings.project, settings.region, CONNECTION).write_json(uri, {"split": "test"})
    return uri


def test_a_registered_version_has_container_metrics_and_an_evaluation(
    models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    challenger = _register(settings, run)
    assert (challenger.segment, challenger.metrics) == ("3", _METRICS)
    message: Any = models.client.get_model(name=challenger.name)
    assert message.artifact_uri == challenger.artifact_uri
    assert message.display_name == f"{run.dag_id} cover type 3"
    assert message.version_description == f"f1 0.9163, pr_auc 0.8000, rows 10; run {run.run_key}"
    container = message.container_spec
    assert (container.image_uri, list(container.args)) == (IMAGE, ["--positive_class=3"])
    assert (container.predict_route, container.health_route) == ("/predict", "/health")
    assert message.labels["metric-f1"] == "0_9163"
    assert message.labels["timberline-pipeline"] == run.dag_id
    (evaluation,) = models.client.list_model_evaluations(parent=challenger.name)
    assert evaluation.metrics["auPrc"] == 0.8


def test_a_second_try_of_the_task_returns_the_same_challenger(
    models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    first = _register(settings, run)
    assert _register(settings, run) == first
    assert len(models.versions(first.model)) == 1
    assert len(list(models.client.list_model_evaluations(parent=first.name))) == 1


def test_a_pipeline_of_one_model_names_it(
    hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    model_id = f"one-{short_hash(run.dag_id)}"
    challenger = _register(settings, run, model_id=model_id)
    assert challenger.model == models.model_name(model_id)
    ref = _score(run, challenger)
    scores = {"split": "test", "challenger": {"uri": challenger.artifact_uri, "metrics": {"score": 0.9}}}
    uri = Comparison(challenger=challenger.version, champion=None).scores_uri(
        run.step_uri(settings.bucket, "score", "3")
    )
    StorageHook(settings.project, settings.region, CONNECTION).write_json(uri, scores)

    def decide(**arguments: Any) -> Any:
        operator = GateOperator(
            task_id="gate", scoring=ref.to_json(), register_step="register", job_file="tiny.yaml", **arguments
        )
        return operator.execute(context_of(run))

    assert decide(model_id=model_id)["challenger"]["model"] == challenger.model
    assert decide(model_id=model_id)["decision"]["action"] == "promote"
    with pytest.raises(AirflowFailException, match="has no version of this run"):
        decide()


@pytest.mark.parametrize(("key", "act"), [("serving", _register), ("scoring", None)])
def test_a_job_file_without_the_key_is_a_final_error_that_names_it(
    key: str, act: Any, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    with pytest.raises(AirflowFailException, match=rf"bare\.yaml: {key}: expected"):
        act(settings, run, "bare.yaml") if act else _score(run, _register(settings, run), "bare.yaml")


def test_a_first_version_is_scored_alone(
    hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    challenger = _register(settings, run)
    folder = run.step_uri(settings.bucket, "score", "3")
    assert _arguments(hook, _score(run, challenger)) == [
        "--of=3",
        "--test=gs://bucket/test",
        f"--challenger={challenger.artifact_uri}",
        f"--scores={folder}/scores-1-none.json",
    ]


def test_a_later_version_is_scored_against_the_one_in_service(
    hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    champion = _register(settings, run)
    _promote(models, champion)
    found = _arguments(hook, _score(_later(run), _register(settings, _later(run))))
    assert found[-1] == f"--champion={champion.artifact_uri}"
    assert found[-2].endswith("/scores-2-1.json")


def test_a_second_try_finds_the_job(
    hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    challenger = _register(settings, run)
    assert _score(run, challenger) == _score(run, challenger)
    assert len(hook._list(JobKind.CUSTOM, run.labels("score"))) == 1


def test_a_champion_that_changed_between_two_tries_is_scored_by_another_job(
    hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    first, second = _register(settings, run), _register(settings, _later(run))
    alone = _score(_later(run), second)
    _promote(models, first)
    compared = _score(_later(run), second)
    assert compared != alone
    assert f"--champion={first.artifact_uri}" in _arguments(hook, compared)


@pytest.mark.parametrize("former_champion_is_there", [True, False])
def test_a_run_that_is_repeated_after_its_promotion_finds_the_job_that_scored_it(
    former_champion_is_there: bool, hook: VertexJobsHook, models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    first = _register(settings, run)
    _promote(models, first)
    second = _register(settings, _later(run))
    before = _score(_later(run), second)
    wait_until(lambda: status_of(hook, before), lambda status: status.state.is_final)
    _leave_scores(settings, _later(run), second, first.version)
    _promote(models, second)
    if not former_champion_is_there:
        models.delete_version(models.versions(first.model)[0])
    assert _score(_later(run), second) == before


def test_a_version_in_service_without_a_bundle_is_a_final_error_that_says_what_to_do(
    models: ModelsHook, settings: Settings, run: RunIdentity
) -> None:
    challenger = _register(settings, run)
    foreign = {"display_name": "x", "container_spec": {"image_uri": IMAGE}, "version_aliases": ["champion"]}
    request: Any = {"parent": challenger.model.rpartition("/models/")[0], "parent_model": challenger.model}
    models.client.upload_model({**request, "model": foreign}).result()
    with pytest.raises(AirflowFailException, match="@2, the version in service: expected an artifactUri, found none"):
        _score(run, challenger)
