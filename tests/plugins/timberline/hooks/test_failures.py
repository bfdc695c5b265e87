"""What failed steps leave behind is found again, the latest last."""

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from timberline.hooks.failures import read_failure_notes, remove_failure_note, write_failure_note
from timberline.hooks.storage import StorageHook
from timberline.run.errors import DataError
from timberline.run.failure_notes import FailureNote, failure_note
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings


@pytest.fixture
def storage(localgcp: LocalCloud, settings: Settings) -> StorageHook:
    return StorageHook(settings.project, settings.region, CONNECTION)


def _note(step: str, segment: str = "3", at_s: float = 1.0) -> FailureNote:
    return failure_note(step, segment, DataError(f"{step} has no rows"), at_s)


def test_notes_are_read_in_the_order_of_their_time(storage: StorageHook, settings: Settings, run: RunIdentity) -> None:
    notes = [_note("tune", at_s=3.0), _note("retrain", at_s=2.0), _note("tune", "4", at_s=1.0)]
    for note in notes:
        write_failure_note(storage, run, settings.bucket, note)
    assert read_failure_notes(storage, run, settings.bucket) == notes[::-1]


def test_a_later_note_of_the_same_step_replaces_the_former(
    storage: StorageHook, settings: Settings, run: RunIdentity
) -> None:
    for at_s in (1.0, 2.0):
        write_failure_note(storage, run, settings.bucket, _note("tune", at_s=at_s))
    assert read_failure_notes(storage, run, settings.bucket) == [_note("tune", at_s=2.0)]


def test_another_run_has_notes_of_its_own(storage: StorageHook, settings: Settings, run: RunIdentity) -> None:
    write_failure_note(storage, run, settings.bucket, _note("tune"))
    assert read_failure_notes(storage, RunIdentity("other", run.run_id), settings.bucket) == []


def test_a_note_that_is_taken_back_is_gone_and_may_be_taken_back_again(
    storage: StorageHook, settings: Settings, run: RunIdentity
) -> None:
    write_failure_note(storage, run, settings.bucket, _note("tune"))
    for _ in range(2):
        remove_failure_note(storage, run, settings.bucket, "3", "tune")
    assert read_failure_notes(storage, run, settings.bucket) == []


def test_a_note_that_cannot_be_read_is_left_out(storage: StorageHook, settings: Settings, run: RunIdentity) -> None:
    storage.write_json(f"{run.failures_uri(settings.bucket)}/3/odd.json", {"step": "odd"})
    write_failure_note(storage, run, settings.bucket, _note("tune"))
    assert read_failure_notes(storage, run, settings.bucket) == [_note("tune")]
