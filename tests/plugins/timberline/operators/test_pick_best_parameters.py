"""The best trial's parameters, or the default ones."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.jobs_bodies import status_of
from tests.plugins.timberline.tuned import (
    ended,
    pick,
    pick_all,
    retrain,
    tune,
    write_include,
)
from timberline.hooks.failures import read_failure_notes
from timberline.hooks.storage import StorageHook
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings


@pytest.fixture(autouse=True)
def include(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_include(tmp_path, monkeypatch)


def test_the_best_trial_is_picked_with_typed_parameters(hook: VertexJobsHook, run: RunIdentity) -> None:
    ref = ended(hook, tune(run, max_trial_count=4))
    best = pick(run, ref)
    study = status_of(hook, ref).study
    assert study is not None
    assert best["value"] == max(trial.metric or -1 for trial in study.trials)
    assert type(best["parameters"]["steps"]) is int
    assert best["trials"] == {"total": 4, "succeeded": 4, "infeasible": 0}
    assert json.loads(json.dumps(best)) == best


def test_a_training_job_has_no_trials(hook: VertexJobsHook, run: RunIdentity, logged: Callable[[], str]) -> None:
    ref = retrain(run, {"segment": "3", "parameters": {}})
    with pytest.raises(AirflowFailException, match="no segment has a usable trial"):
        pick(run, ref)
    assert "is no tuning job" in logged()


def test_a_segment_without_a_usable_trial_leaves_the_others_alone(
    hook: VertexJobsHook, run: RunIdentity, settings: Settings
) -> None:
    refs = [retrain(run, {"segment": "1", "parameters": {}}), ended(hook, tune(run, "3"))]
    assert [best["segment"] for best in pick_all(run, refs)] == ["3"]
    notes = read_failure_notes(StorageHook(settings.project, settings.region, CONNECTION), run, settings.bucket)
    assert [(note.segment, note.step) for note in notes] == [("1", "best")]


def test_without_tuning_every_segment_gets_the_default_parameters(run: RunIdentity) -> None:
    first, second = pick_all(run, segments=["1", "3"])
    assert (first["segment"], second["segment"]) == ("1", "3")
    assert first["parameters"] == second["parameters"] == {"x": 0.5, "steps": 2}
    assert (first["trial"], first["value"], first["trials"]) == (None, None, {})
