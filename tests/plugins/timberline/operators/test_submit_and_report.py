"""From the submission to the report, on jobs of the tiny trainer."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.contract.training import IMAGE, wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.jobs_bodies import status_of
from timberline.data.datasets.covertype import COVERTYPE
from timberline.hooks.failures import read_failure_notes
from timberline.hooks.storage import StorageHook
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobRef
from timberline.operators.evaluate import EvaluateOperator
from timberline.operators.pick_best_parameters import PickBestParametersOperator
from timberline.operators.submit_jobs import SubmitTrainingJobOperator, SubmitTuningJobOperator
from timberline.operators.write_report import WriteReportOperator
from timberline.report.summary import Summary
from timberline.run.compat import AirflowFailException, AirflowSkipException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings

_SPLIT_URIS = {split: f"gs://bucket/{split}" for split in ("train", "validation", "test")}
_ROWS = {"train": 8, "validation": 1, "test": 1}
_JOB_FILE = """
tuning:
  studySpec:
    metrics: [{metricId: score, goal: MAXIMIZE}]
    parameters: [{parameterId: x, doubleValueSpec: {minValue: 0, maxValue: 1}},
                 {parameterId: steps, integerValueSpec: {minValue: 1, maxValue: 3}}]
  maxTrialCount: 4
  parallelTrialCount: 2
  trialJobSpec: &spec
    workerPoolSpecs:
      - machineSpec: {machineType: n1-standard-4}
        containerSpec:
          imageUri: "{{ image_uri }}"
          args: ["--segment={{ segment }}", "--train={{ train_uri }}"]
    scheduling: {timeout: 600s}
training: *spec
defaultParameters: {x: 0.5, steps: 2}
presets: {quick: {maxTrialCount: 2}}
"""


@pytest.fixture(autouse=True)
def include(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "include" / "sql").mkdir(parents=True)
    (tmp_path / "include" / "jobs").mkdir()
    (tmp_path / "include" / "jobs" / "tiny.yaml").write_text(_JOB_FILE)
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(tmp_path / "include"))


def _tune(run: RunIdentity, segment: str = "3", **changes: Any) -> JobRef:
    arguments = {"job_file": "tiny.yaml", "image_uri": IMAGE, "split_uris": _SPLIT_URIS, "preset": "quick", **changes}
    operator = SubmitTuningJobOperator(task_id="tune", segment=segment, **arguments)
    return JobRef.from_json(operator.execute(context_of(run)))


def _retrain(run: RunIdentity, best: dict[str, Any]) -> JobRef:
    operator = SubmitTrainingJobOperator(
        task_id="retrain", best=best, job_file="tiny.yaml", image_uri=IMAGE, split_uris=_SPLIT_URIS
    )
    return JobRef.from_json(operator.execute(context_of(run)))


def _pick_all(run: RunIdentity, refs: Sequence[JobRef] = (), segments: Sequence[str] = ()) -> list[dict[str, Any]]:
    jobs = [ref.to_json() for ref in refs] or None
    operator = PickBestParametersOperator(task_id="best", jobs=jobs, segments=segments, job_file="tiny.yaml")
    return list(operator.execute(context_of(run)))


def _pick(run: RunIdentity, ref: JobRef) -> dict[str, Any]:
    (best,) = _pick_all(run, [ref])
    return best


def _ended(hook: VertexJobsHook, ref: JobRef) -> JobRef:
    wait_until(lambda: status_of(hook, ref), lambda status: status.state.is_final)
    return ref


def _leave_metrics(settings: Settings, run: RunIdentity, segment: str, f1: float) -> None:
    """Write what a trainer leaves beside its model."""
    entry = {"goal": "MAXIMIZE", "split": "test", "rows": 10}
    metrics = [{"name": "f1-score", "value": f1, **entry}, {"name": "accuracy", "value": 0.9, **entry}]
    uri = f"{run.step_uri(settings.bucket, 'retrain', segment)}/model/metrics.json"
    StorageHook(settings.project, settings.region, CONNECTION).write_json(uri, {"metrics": metrics})


def _report(run: RunIdentity, segments: list[str], best: list[Any], evaluations: list[Any], **changes: Any) -> str:
    split = {"table": "p.d.s", "rows": _ROWS, "segment_rows": dict.fromkeys(segments, _ROWS)}
    released = [{"segment": each["segment"], "version": "1", "endpoint": None} for each in evaluations]
    results = {
        "plan": {"return_value": segments},
        "load": {"return_value": {"source": "generated", "table": "p.d.t", "rows": 10, "location": "l"}},
        "split": {"return_value": split},
        "best": {"return_value": best},
        "evaluate": {"return_value": evaluations},
        "release.promote": {"return_value": released},
    }
    operator = WriteReportOperator(
        task_id="report",
        data_set=COVERTYPE,
        job_file="tiny.yaml",
        summary=Summary(name="macro_f1", title="macro F1", metric="f1"),
        serving="none",
        started="2026-01-01T00:00:00+00:00",
        **changes,
    )
    uri: str = operator.execute(context_of(run, results=results))
    return uri


class TestSubmit:
    def test_a_tuning_job_is_what_the_job_file_says(
        self, hook: VertexJobsHook, run: RunIdentity, settings: Settings
    ) -> None:
        ref = _tune(run)
        job = hook.client.get_hyperparameter_tuning_job(name=ref.name)
        container = job.trial_job_spec.worker_pool_specs[0].container_spec
        assert (job.max_trial_count, job.parallel_trial_count) == (2, 2)
        assert list(container.args) == ["--segment=3", "--train=gs://bucket/train"]
        assert container.image_uri == IMAGE
        folder = job.trial_job_spec.base_output_directory.output_uri_prefix
        assert folder.rstrip("/") == run.step_uri(settings.bucket, "tune", "3")

    def test_the_counts_of_the_run_win(self, hook: VertexJobsHook, run: RunIdentity) -> None:
        ref = _tune(run, max_trial_count=3, parallel_trial_count=1)
        job = hook.client.get_hyperparameter_tuning_job(name=ref.name)
        assert (job.max_trial_count, job.parallel_trial_count) == (3, 1)

    def test_a_run_without_trials_submits_no_tuning_job(self, run: RunIdentity) -> None:
        with pytest.raises(AirflowSkipException, match="no tuning"):
            _tune(run, max_trial_count=0)

    def test_submitting_twice_gives_one_job(self, hook: VertexJobsHook, run: RunIdentity) -> None:
        assert _tune(run) == _tune(run)

    def test_a_training_job_gets_the_best_parameters_as_arguments(self, hook: VertexJobsHook, run: RunIdentity) -> None:
        ref = _retrain(run, {"segment": "3", "parameters": {"x": 0.25, "steps": 2}})
        job = hook.client.get_custom_job(name=ref.name)
        assert list(job.job_spec.worker_pool_specs[0].container_spec.args)[-2:] == ["--x=0.25", "--steps=2"]

    def test_an_unknown_preset_is_one_clear_message(self, run: RunIdentity, cloud: LocalCloud) -> None:
        with pytest.raises(AirflowFailException, match="unknown preset 'fast'"):
            _tune(run, preset="fast")


class TestPick:
    def test_the_best_trial_is_picked_with_typed_parameters(self, hook: VertexJobsHook, run: RunIdentity) -> None:
        ref = _ended(hook, _tune(run, max_trial_count=4))
        best = _pick(run, ref)
        study = status_of(hook, ref).study
        assert study is not None
        assert best["value"] == max(trial.metric or -1 for trial in study.trials)
        assert type(best["parameters"]["steps"]) is int
        assert best["trials"] == {"total": 4, "succeeded": 4, "infeasible": 0}
        assert json.loads(json.dumps(best)) == best

    def test_a_training_job_has_no_trials(
        self, hook: VertexJobsHook, run: RunIdentity, logged: Callable[[], str]
    ) -> None:
        ref = _retrain(run, {"segment": "3", "parameters": {}})
        with pytest.raises(AirflowFailException, match="no segment has a usable trial"):
            _pick(run, ref)
        assert "is no tuning job" in logged()

    def test_a_segment_without_a_usable_trial_leaves_the_others_alone(
        self, hook: VertexJobsHook, run: RunIdentity, settings: Settings
    ) -> None:
        refs = [_retrain(run, {"segment": "1", "parameters": {}}), _ended(hook, _tune(run, "3"))]
        assert [best["segment"] for best in _pick_all(run, refs)] == ["3"]
        notes = read_failure_notes(StorageHook(settings.project, settings.region, CONNECTION), run, settings.bucket)
        assert [(note.segment, note.step) for note in notes] == [("1", "best")]

    def test_without_tuning_every_segment_gets_the_default_parameters(self, run: RunIdentity) -> None:
        first, second = _pick_all(run, segments=["1", "3"])
        assert (first["segment"], second["segment"]) == ("1", "3")
        assert first["parameters"] == second["parameters"] == {"x": 0.5, "steps": 2}
        assert (first["trial"], first["value"], first["trials"]) == (None, None, {})


class TestEvaluateAndReport:
    def test_the_metrics_beside_the_model_are_read(
        self, hook: VertexJobsHook, run: RunIdentity, settings: Settings
    ) -> None:
        ref = _retrain(run, {"segment": "3", "parameters": {}})
        _leave_metrics(settings, run, "3", 0.75)
        (found,) = EvaluateOperator(task_id="evaluate", jobs=[ref.to_json()]).execute(context_of(run))
        assert found["metrics"] == {"f1": 0.75, "accuracy": 0.9, "rows": 10}
        assert found["model_uri"] == f"{run.step_uri(settings.bucket, 'retrain', '3')}/model"

    def test_missing_metrics_are_named(self, hook: VertexJobsHook, run: RunIdentity) -> None:
        ref = _retrain(run, {"segment": "3", "parameters": {}})
        operator = EvaluateOperator(task_id="evaluate", jobs=[ref.to_json()])
        with pytest.raises(AirflowFailException, match=r"metrics.json does not exist"):
            operator.execute(context_of(run))

    def test_a_report_has_the_facts_of_all_steps(
        self, hook: VertexJobsHook, run: RunIdentity, settings: Settings
    ) -> None:
        best = _pick(run, _ended(hook, _tune(run)))
        training = _ended(hook, _retrain(run, best))
        _leave_metrics(settings, run, "3", 0.75)
        evaluations = EvaluateOperator(task_id="evaluate", jobs=[training.to_json()]).execute(context_of(run))
        uri = _report(run, ["3"], [best], evaluations)
        report = StorageHook(settings.project, settings.region, CONNECTION).read_json(uri)
        (segment,) = report["segments"]
        assert uri == run.report_uri(settings.bucket)
        assert (report["run_key"], report["summary"]["value"]) == (run.run_key, 0.75)
        assert (segment["name"], segment["best_params"]) == ("Ponderosa Pine", best["parameters"])
        assert segment["seconds"]["tune"] >= 0
        assert segment["error"] is None

    def test_a_report_before_the_split_is_refused(self, run: RunIdentity) -> None:
        operator = WriteReportOperator(task_id="report", data_set=COVERTYPE, job_file="tiny.yaml", serving="none")
        with pytest.raises(AirflowFailException, match="nothing to report: the rows were not split"):
            operator.execute(context_of(run, results={"plan": {"return_value": ["1"]}}))

    def test_a_failed_segment_fails_the_run_and_its_siblings_are_in_the_report(
        self, hook: VertexJobsHook, run: RunIdentity, settings: Settings
    ) -> None:
        best = _pick(run, _ended(hook, _tune(run, "1")))
        _ended(hook, _tune(run, "2", image_uri="europe-docker.pkg.dev/test-project/none/none:1"))
        evaluations = [{"segment": "1", "model_uri": "gs://m", "metrics": {"f1": 0.5, "accuracy": 0.9, "rows": 10}}]
        with pytest.raises(AirflowFailException, match="cover type 2: "):
            _report(run, ["1", "2"], [best], evaluations)
        uri = run.report_uri(settings.bucket)
        first, second = StorageHook(settings.project, settings.region, CONNECTION).read_json(uri)["segments"]
        assert (first["error"], first["test"]["f1"]) == (None, 0.5)
        assert second["error"]
        assert _report(run, ["1", "2"], [best], evaluations, min_success=1) == uri
