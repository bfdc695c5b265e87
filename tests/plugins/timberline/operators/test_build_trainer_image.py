"""An image is built once per content of its source."""

import shutil
from pathlib import Path

import pytest

from tests.contract.training import TINY_TRAINER
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.contexts import context_of
from timberline.operators.build_trainer_image import BuildTrainerImageOperator
from timberline.run.compat import AirflowFailException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings

_CREATE = "cloudbuild.projects.builds.create"


@pytest.fixture(autouse=True)
def trainers(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders include/ and trainers/ side by side, with the tiny trainer of the local cloud's tests."""
    (tmp_path / "include" / "sql").mkdir(parents=True)
    (tmp_path / "trainers" / "common").mkdir(parents=True)
    shutil.copytree(TINY_TRAINER, tmp_path / "trainers" / "tiny")
    # Each test has source of its own, and so an image of its own.
    (tmp_path / "trainers" / "tiny" / "NOTE").write_text(str(tmp_path))
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(tmp_path / "include"))
    return tmp_path / "trainers"


def _build(run: RunIdentity) -> str:
    image: str = BuildTrainerImageOperator(task_id="build", trainer="tiny").execute(context_of(run))
    return image


def _builds(cloud: LocalCloud) -> int:
    return sum(call["status"] == 200 for call in cloud.requests(_CREATE))


def test_an_unchanged_image_is_not_built_again(localgcp: LocalCloud, run: RunIdentity) -> None:
    before = _builds(localgcp)
    first = _build(run)
    assert first.startswith("europe-west1-docker.pkg.dev/test-project/timberline/tiny:")
    assert _build(RunIdentity("another", "run")) == first
    assert _builds(localgcp) - before == 1


def test_changed_source_is_another_image(localgcp: LocalCloud, run: RunIdentity, trainers: Path) -> None:
    first = _build(run)
    (trainers / "tiny" / "NOTE").write_text("changed")
    assert _build(run) != first


def test_an_answer_that_is_lost_does_not_build_twice(localgcp: LocalCloud, run: RunIdentity) -> None:
    before = _builds(localgcp)
    fault = localgcp.add_fault(_CREATE, "drop", appliesFirst=True)
    _build(run)
    assert localgcp.fault_is_consumed(fault)
    assert _builds(localgcp) - before <= 1


def test_a_build_that_fails_tells_why(run: RunIdentity, trainers: Path) -> None:
    (trainers / "tiny" / "Dockerfile").write_text("NONSENSE\n")
    with pytest.raises(AirflowFailException, match=r"build .* ended as FAILURE: .*; its log: "):
        _build(run)


def test_a_trainer_that_does_not_exist_is_named(run: RunIdentity) -> None:
    operator = BuildTrainerImageOperator(task_id="build", trainer="huge")
    with pytest.raises(AirflowFailException, match=r"no folder .*huge"):
        operator.execute(context_of(run))
