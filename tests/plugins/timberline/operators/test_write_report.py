"""The report of a run, and the failure of a run with too few successes."""

from pathlib import Path
from typing import Any

import pytest

from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.tuned import ended, leave_metrics, pick, retrain, tune, write_include
from timberline.data.datasets.covertype import COVERTYPE
from timberline.hooks.storage import StorageHook
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.operators.evaluate import EvaluateOperator
from timberline.operators.write_report import WriteReportOperator
from timberline.report.summary import Summary
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings


@pytest.fixture(autouse=True)
def include(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_include(tmp_path, monkeypatch)


_ROWS = {"train": 8, "validation": 1, "test": 1}


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


def test_a_report_has_the_facts_of_all_steps(hook: VertexJobsHook, run: RunIdentity, settings: Settings) -> None:
    best = pick(run, ended(hook, tune(run)))
    training = ended(hook, retrain(run, best))
    leave_metrics(settings, run, "3", 0.75)
    evaluations = EvaluateOperator(task_id="evaluate", jobs=[training.to_json()]).execute(context_of(run))
    uri = _report(run, ["3"], [best], evaluations)
    report = StorageHook(settings.project, settings.region, CONNECTION).read_json(uri)
    (segment,) = report["segments"]
    assert uri == run.report_uri(settings.bucket)
    assert (report["run_key"], report["summary"]["value"]) == (run.run_key, 0.75)
    assert (segment["name"], segment["best_params"]) == ("Ponderosa Pine", best["parameters"])
    assert segment["seconds"]["tune"] >= 0
    assert segment["error"] is None


def test_a_report_before_the_split_is_refused(run: RunIdentity) -> None:
    operator = WriteReportOperator(task_id="report", data_set=COVERTYPE, job_file="tiny.yaml", serving="none")
    with pytest.raises(AirflowFailException, match="nothing to report: the rows were not split"):
        operator.execute(context_of(run, results={"plan": {"return_value": ["1"]}}))


def test_a_failed_segment_fails_the_run_and_its_siblings_are_in_the_report(
    hook: VertexJobsHook, run: RunIdentity, settings: Settings
) -> None:
    best = pick(run, ended(hook, tune(run, "1")))
    ended(hook, tune(run, "2", image_uri="europe-docker.pkg.dev/test-project/none/none:1"))
    evaluations = [{"segment": "1", "model_uri": "gs://m", "metrics": {"f1": 0.5, "accuracy": 0.9, "rows": 10}}]
    with pytest.raises(AirflowFailException, match="cover type 2: "):
        _report(run, ["1", "2"], [best], evaluations)
    uri = run.report_uri(settings.bucket)
    first, second = StorageHook(settings.project, settings.region, CONNECTION).read_json(uri)["segments"]
    assert (first["error"], first["test"]["f1"]) == (None, 0.5)
    assert second["error"]
    assert _report(run, ["1", "2"], [best], evaluations, min_success=1) == uri
