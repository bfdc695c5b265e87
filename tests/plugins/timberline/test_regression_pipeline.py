"""A pipeline of another kind through the same operators: a regression, segments that are texts, and no tuning."""

import re
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.sdk.bases.operator import ExecutorSafeguard
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.local_cloud import LocalCloud
from tests.plugins.timberline import fares_trainer
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.fares import FARES, ZONES, write_rides
from timberline.hooks.models import ModelsHook
from timberline.hooks.predictions import PredictionsHook
from timberline.hooks.storage import StorageHook
from timberline.operators.deploy_model import DeployModelOperator
from timberline.operators.evaluate import EvaluateOperator
from timberline.operators.export_csv import ExportCsvOperator
from timberline.operators.gate_challenger import GateOperator
from timberline.operators.load_table import LoadTableOperator
from timberline.operators.plan_segments import COST_KEY, PlanSegmentsOperator
from timberline.operators.promote_model import PromoteModelOperator
from timberline.operators.register_model import RegisterModelOperator
from timberline.operators.smoke_predict import SmokePredictOperator
from timberline.operators.split_rows import BigQuerySplitOperator
from timberline.operators.step import StepOperator
from timberline.operators.submit_jobs import SubmitTrainingJobOperator
from timberline.operators.submit_scoring import SubmitScoringJobOperator
from timberline.operators.write_report import ReportedSteps, WriteReportOperator
from timberline.run.compat import AirflowFailException, AirflowSkipException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings, read_settings
from timberline.sensors.jobs import JobsSensor

_ROOT = Path(__file__).parents[3]
_IMAGE = "python:3.11"
_JOB_FILE = "fares.yaml"
_SOURCE = Path(fares_trainer.__file__).read_text()


def _job(command: str, *args: str) -> dict[str, Any]:
    container = {"imageUri": "{{ image_uri }}", "command": ["python", "-c", _SOURCE], "args": [command, *args]}
    pool = {"machineSpec": {"machineType": "n1-standard-4"}, "replicaCount": 1, "containerSpec": container}
    return {"workerPoolSpecs": [pool], "scheduling": {"timeout": "600s"}}


def _job_file(metric: str = "rmse") -> str:
    zone, test = "--zone={{ segment }}", "--test={{ test_uri }}"
    scoring = _job("score", zone, test, "--challenger={{ challenger_uri }}", "--scores={{ scores_uri }}")
    container = {"imageUri": "{{ image_uri }}", "command": ["python", "-c", _SOURCE], "args": ["serve"]}
    return yaml.safe_dump(
        {
            "training": _job("train", zone, test, "--train={{ train_uri }}"),
            "defaultParameters": {"shrink": 1.0},
            "presets": {"good": {}, "worse": {"defaultParameters": {"shrink": 0.5}}},
            "scoring": scoring,
            "gate": {"metric": metric, "goal": "MINIMIZE", "floor": 20.0, "segments": {"North East": {"floor": 3.0}}},
            "serving": {
                "containerSpec": {**container, "predictRoute": "/predict", "healthRoute": "/health"},
                "machineSpec": {"machineType": "n1-standard-2"},
            },
        }
    )


class _Run:
    """One run of the pipeline; `results` are the XComs of its tasks by key."""

    def __init__(self, run_id: str, preset: str) -> None:
        self.identity = RunIdentity("fares", run_id)
        self.preset = preset
        self.results: dict[str, dict[str, Any]] = {}

    def step(self, operator: StepOperator) -> Any:
        """Take a step; a skipped one returns {}."""
        context = context_of(self.identity, results=self.results)
        try:
            result = operator.execute(context) or {}
        except AirflowSkipException:
            result = {}
        self.results[operator.task_id] = {"return_value": result, **context["ti"].pushed}
        return result

    def each(self, operators: Mapping[str, StepOperator]) -> dict[str, Any]:
        """Take a step of every zone, as the instances of a mapped task do."""
        found = {zone: self.step(operator) for zone, operator in operators.items()}
        task_id = next(iter(operators.values())).task_id
        self.results[task_id] = {"return_value": [each for each in found.values() if each]}
        return found

    def wait(self, step: str, jobs: Mapping[str, Any]) -> list[Any]:
        sensor = JobsSensor(
            task_id=f"wait_{step}", jobs=list(jobs.values()), job_timeout_s=600, segment_label="zone", deferrable=False
        )
        while not (found := sensor.poke(context_of(self.identity))).is_done:
            time.sleep(0.05)
        return list(found.xcom_value)

    def go(self) -> "_Run":
        """Take all steps."""
        plan = self.step(
            PlanSegmentsOperator(
                task_id="plan", data_set=FARES, segments=list(ZONES), scheme="80_10_10", job_file=_JOB_FILE,
                preset=self.preset,
            )
        )  # fmt: skip
        load = self.step(LoadTableOperator(task_id="load", data_set=FARES, source="file"))
        split = self.step(
            BigQuerySplitOperator(task_id="split", data_set=FARES, table=load["table"], segments=plan, export=False)
        )
        export = self.step(ExportCsvOperator(task_id="export", data_set=FARES, table=split["table"]))
        job = {"job_file": _JOB_FILE, "image_uri": _IMAGE, "split_uris": export}
        trained = self.each(
            {zone: SubmitTrainingJobOperator(task_id="train", segment=zone, preset=self.preset, **job) for zone in plan}
        )
        evaluations = self.step(EvaluateOperator(task_id="evaluate", jobs=self.wait("train", trained)))
        challengers = self.each(
            {
                each["segment"]: RegisterModelOperator(
                    task_id="register", data_set=FARES, evaluation=each, job_file=_JOB_FILE, image_uri=_IMAGE
                )
                for each in evaluations
            }
        )
        scored = self.each(
            {
                zone: SubmitScoringJobOperator(task_id="score", challenger=challenger, **job)
                for zone, challenger in challengers.items()
            }
        )
        for scoring in self.wait("score", scored):
            self._release(scoring)
        self.step(
            WriteReportOperator(
                task_id="report", data_set=FARES, job_file=_JOB_FILE, serving="endpoint",
                steps=ReportedSteps(tune=None, best=None, train="train", gate="gate", smoke="smoke", promote="promote"),
                started="2026-01-01T00:00:00+00:00",
            )
        )  # fmt: skip
        return self

    def _release(self, scoring: Mapping[str, Any]) -> None:
        """Take the steps of one zone's release, and keep their results beside those of the other zones."""
        gate = self._kept(self.gate(scoring), keys=("decision", "challenger"))
        gated = {"decision": gate["decision"], "challenger": gate["challenger"], "serving": "endpoint"}
        deploy = self._kept(DeployModelOperator(task_id="deploy", job_file=_JOB_FILE, deferrable=False, **gated))
        smoke = self._kept(
            SmokePredictOperator(task_id="smoke", deployment=deploy, challenger=gate["challenger"]) if deploy else None
        )
        self._kept(PromoteModelOperator(task_id="promote", deployment=deploy, smoke=smoke, **gated))

    def gate(self, scoring: Mapping[str, Any], job_file: str = _JOB_FILE) -> GateOperator:
        return GateOperator(
            task_id="gate", scoring=scoring, register_step="register", job_file=job_file, segment_label="zone"
        )

    def _kept(self, operator: StepOperator | None, keys: tuple[str, ...] = ("return_value",)) -> Any:
        if operator is None:
            return {}
        before = self.results.get(operator.task_id, {})
        result = self.step(operator)
        values = result if "return_value" not in keys else {"return_value": result}
        self.results[operator.task_id] = {
            key: [*before.get(key, []), *([values[key]] if values[key] else [])] for key in keys
        }
        return result

    def report(self, settings: Settings) -> dict[str, Any]:
        storage_hook = StorageHook(settings.project, settings.region, CONNECTION)
        return dict(storage_hook.read_json(self.identity.report_uri(settings.bucket)))


@pytest.fixture(scope="module")
def deployment(localgcp: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A deployment with the rides, the job file, and the statements of the repository."""
    folder = tmp_path_factory.mktemp("fares")
    write_rides(folder)
    (folder / "include" / "jobs").mkdir(parents=True)
    (folder / "include" / "sql").symlink_to(_ROOT / "include" / "sql")
    shutil.copy(_ROOT / "include" / "prices.yaml", folder / "include")
    (folder / "include" / "jobs" / _JOB_FILE).write_text(_job_file())
    (folder / "include" / "jobs" / "r2.yaml").write_text(_job_file("r2"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExecutorSafeguard, "test_mode", True)
        patch.setenv("TIMBERLINE_DATA_DIR", str(folder))
        patch.setenv("TIMBERLINE_INCLUDE_DIR", str(folder / "include"))
        settings = read_settings()
        client = storage.Client(project=settings.project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
        if not client.bucket(settings.bucket).exists():
            client.create_bucket(settings.bucket)
        yield settings


@pytest.fixture(scope="module")
def first(deployment: Settings) -> _Run:
    return _Run("first", "good").go()


@pytest.fixture(scope="module")
def second(first: _Run) -> _Run:
    return _Run("second", "worse").go()


def test_the_first_versions_are_released(first: _Run, deployment: Settings) -> None:
    report = first.report(deployment)
    assert [segment["segment"] for segment in report["segments"]] == list(ZONES)
    for segment in report["segments"]:
        assert (segment["error"], segment["decision"]["action"]) == (None, "promoted")
        assert segment["decision"]["metric"] == {"name": "rmse", "goal": "MINIMIZE"}
        assert 0 < segment["metric"]["value"] == segment["test"]["rmse"] < 1
        assert segment["test"]["mae"] < segment["test"]["rmse"]
        assert sum(segment["rows"].values()) == 200
        assert segment["smoke"] == {"rows": 4, "max_abs_difference": 0.0}
        assert (segment["trials"], segment["validation"], segment["best_params"]) == (None, None, None)


def test_the_summary_is_the_mean_of_the_gates_metric(first: _Run, deployment: Settings) -> None:
    report = first.report(deployment)
    values = [segment["metric"]["value"] for segment in report["segments"]]
    assert (report["task"], report["segment_label"]) == ("regression", "zone")
    assert (report["summary"]["name"], report["summary"]["goal"]) == ("mean_rmse", "MINIMIZE")
    assert report["summary"]["value"] == pytest.approx(sum(values) / 2)


def test_a_run_without_tuning_is_bounded_by_training_and_scoring(first: _Run, deployment: Settings) -> None:
    assert 0 < first.results["plan"][COST_KEY] == first.report(deployment)["cost_bound_usd"]


def test_the_endpoint_of_a_zone_predicts_its_fares(first: _Run, deployment: Settings) -> None:
    predictions = PredictionsHook(deployment.region, CONNECTION)
    fares = {
        segment["segment"]: predictions.predict(segment["endpoint"], ([10.0],)).predictions[0]
        for segment in first.report(deployment)["segments"]
    }
    assert fares == pytest.approx({"Airport": 20.5, "North East": 14.5}, abs=0.5)


def test_a_version_has_its_metrics_as_labels_and_an_evaluation_of_a_regression(
    first: _Run, deployment: Settings
) -> None:
    version = first.report(deployment)["segments"][0]["model_version"]
    client: Any = ModelsHook(deployment.project, deployment.region, CONNECTION).client
    (evaluation,) = client.list_model_evaluations(parent=version)
    assert evaluation.metrics_schema_uri.endswith("/regression_metrics_1.0.0.yaml")
    assert set(evaluation.metrics) == {"rootMeanSquaredError", "meanAbsoluteError"}
    assert {"metric-rmse", "metric-mae"} <= set(client.get_model(name=version).labels)


def test_a_worse_challenger_is_rejected_with_both_errors(second: _Run, deployment: Settings) -> None:
    report = second.report(deployment)
    for segment in report["segments"]:
        assert (segment["error"], segment["decision"]["action"]) == (None, "rejected")
        assert segment["decision"]["challenger"]["value"] > 4 * segment["decision"]["champion"]["value"]
        assert segment["model_version"].endswith("@2")
        assert segment["endpoint"] is None
    compared, floored = (segment["decision"]["reason"] for segment in report["segments"])
    assert re.fullmatch(r"rmse \d+\.\d+ against 0\.\d+ of version 1: a gain of -\d+\.\d+, expected \+0\.0000", compared)
    assert floored.endswith("does not reach the floor 3.0000")


def test_the_champions_answer_after_a_rejection(first: _Run, second: _Run, deployment: Settings) -> None:
    predictions = PredictionsHook(deployment.region, CONNECTION)
    endpoint = first.report(deployment)["segments"][0]["endpoint"]
    assert predictions.predict(endpoint, ([10.0],)).predictions[0] == pytest.approx(20.5, abs=0.5)


def test_a_gate_on_a_metric_that_the_trainer_does_not_report_names_those_that_it_reports(first: _Run) -> None:
    (scoring, *_) = first.results["score"]["return_value"]
    with pytest.raises(AirflowFailException, match=r"the gate compares r2, but the trainer reports .*: rmse, mae; set"):
        first.gate(scoring, "r2.yaml").execute(context_of(first.identity))
