"""What is left over, and what stays."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest

from timberline.janitor.rules import (
    REASONS,
    Findings,
    LeftoverKind,
    ListedImage,
    Sighting,
    see_images,
    see_job,
    see_objects,
    sort_out,
)
from timberline.jobs.remote import JobKind, JobRef, JobStatus
from timberline.jobs.states import JobState

_CUTOFF_S = 1000.0
_HOST = "europe-west1-docker.pkg.dev/p/timberline"
_TAG = "0123456789abcdef"


def _names(found: Findings) -> list[str]:
    return [each.name for each in found.leftovers]


def _sort_out(*sightings: Sighting) -> Findings:
    return sort_out(LeftoverKind.TABLES, sightings, _CUTOFF_S)


class TestAge:
    def test_what_is_older_than_the_limit_is_left_over_the_oldest_first(self) -> None:
        found = _sort_out(Sighting(name="old", newest_s=999.0), Sighting(name="older", newest_s=1.0))
        assert _names(found) == ["older", "old"]
        assert {each.reason for each in found.leftovers} == {REASONS[LeftoverKind.TABLES]}

    def test_what_is_younger_stays(self) -> None:
        assert _names(_sort_out(Sighting(name="young", newest_s=1000.5))) == []

    def test_what_is_kept_stays_at_any_age(self) -> None:
        assert _names(_sort_out(Sighting(name="kept", newest_s=1.0, is_kept=True))) == []

    def test_a_younger_resource_of_its_run_protects_an_old_one(self) -> None:
        found = _sort_out(
            Sighting(name="old", newest_s=1.0, run_key="run-a"),
            Sighting(name="new", newest_s=2000.0, run_key="run-a", is_kept=True),
            Sighting(name="other", newest_s=1.0, run_key="run-b"),
        )
        assert _names(found) == ["other"]
        assert found.runs_at_work == ("run-a",)

    def test_a_young_resource_of_no_run_protects_nothing(self) -> None:
        found = _sort_out(Sighting(name="old", newest_s=1.0), Sighting(name="new", newest_s=2000.0))
        assert _names(found) == ["old"]


def _job(state: JobState, *, created_s: float, ended_s: float | None = None) -> JobStatus:
    ref = JobRef(kind=JobKind.CUSTOM, name="job", run_key="run-a", step="train", segment="3")
    return JobStatus(ref=ref, state=state, created_s=created_s, ended_s=ended_s)


class TestJobs:
    @pytest.mark.parametrize("state", [state for state in JobState if not state.is_final])
    def test_a_job_that_has_not_ended_may_go(self, state: JobState) -> None:
        assert not see_job(_job(state, created_s=1.0)).is_kept

    @pytest.mark.parametrize("state", [state for state in JobState if state.is_final])
    def test_a_job_that_has_ended_is_kept_and_shows_when_its_run_was_at_work(self, state: JobState) -> None:
        seen = see_job(_job(state, created_s=1.0, ended_s=7.0))
        assert seen.is_kept
        assert seen.newest_s == 7.0


class TestObjects:
    def test_rows_of_a_run_are_one_folder_as_young_as_its_youngest_object(self) -> None:
        objects = [("runs/run-a/data/train/0.parquet", 3.0, 10), ("runs/run-a/data/test/0.parquet", 9.0, 5)]
        (seen,) = see_objects("b", objects)
        assert seen == Sighting(name="gs://b/runs/run-a/data/", newest_s=9.0, run_key="run-a", size_bytes=15, count=2)

    @pytest.mark.parametrize(
        "name", ["report.json", "retrain/3/model/model.ubj", "retrain/3/data/odd.csv", "failures/3/gate.json"]
    )
    def test_all_else_of_a_run_is_kept(self, name: str) -> None:
        (seen,) = see_objects("b", [(f"runs/run-a/{name}", 3.0, 10)])
        assert seen.is_kept
        assert seen.run_key == "run-a"

    def test_an_object_in_no_folder_of_a_run_is_not_seen(self) -> None:
        assert see_objects("b", [("runs/notes.txt", 3.0, 10), ("runs/run-a/", 3.0, 0), ("data/x", 3.0, 1)]) == []

    def test_a_new_report_protects_old_rows(self) -> None:
        objects = [("runs/run-a/data/train/0.parquet", 3.0, 10), ("runs/run-a/report.json", 2000.0, 10)]
        assert _names(sort_out(LeftoverKind.ROWS, see_objects("b", objects), _CUTOFF_S)) == []


class TestImages:
    def _image(self, digest: str, made_s: float, tags: tuple[str, ...] = (_TAG,), trainer: str = "xgb") -> ListedImage:
        return ListedImage(
            repository=f"{_HOST}/{trainer}", digest=f"sha256:{digest}", tags=tags, made_s=made_s, size_bytes=1
        )

    def _left_over(
        self, *images: ListedImage, models: Collection[str] = (), jobs: Mapping[str, float] | None = None
    ) -> list[str]:
        seen = see_images(images, frozenset(models), jobs or {})
        names = _names(sort_out(LeftoverKind.IMAGES, seen, _CUTOFF_S))
        return [name.removeprefix(f"{_HOST}/") for name in names]

    def test_the_newest_of_each_trainer_stays(self) -> None:
        images = [self._image("a", 1.0), self._image("b", 2.0), self._image("c", 1.0, trainer="keras")]
        assert self._left_over(*images) == ["xgb@sha256:a"]

    @pytest.mark.parametrize("uri", [f"xgb:{_TAG}", "xgb@sha256:a"])
    def test_one_that_a_model_version_names_stays(self, uri: str) -> None:
        images = [self._image("a", 1.0), self._image("b", 2.0, ("1" * 16,))]
        assert self._left_over(*images, models=[f"{_HOST}/{uri}"]) == []

    def test_one_that_a_job_has_used_since_the_limit_stays(self) -> None:
        images = [self._image("a", 1.0), self._image("b", 2.0, ("1" * 16,))]
        assert self._left_over(*images, jobs={f"{_HOST}/xgb:{_TAG}": 2000.0}) == []
        assert self._left_over(*images, jobs={f"{_HOST}/xgb:{_TAG}": 5.0}) == ["xgb@sha256:a"]

    @pytest.mark.parametrize("tags", [(), ("latest",), (_TAG, "prod"), (_TAG.upper(),), (_TAG + "0",)])
    def test_one_without_our_tag_form_stays(self, tags: tuple[str, ...]) -> None:
        assert self._left_over(self._image("a", 1.0, tags), self._image("b", 2.0)) == []


def test_findings_survive_the_way_through_json() -> None:
    resource = Sighting(name="old", newest_s=1.0, run_key="run-a")
    found = replace(_sort_out(resource), runs_at_work=("run-b",), problem="none")
    assert Findings.from_json(found.to_json()) == found
