"""The failure notes of a run, in its folder of the bucket: `failures/<segment>/<step>.json`."""

from logging import getLogger

from timberline.hooks.storage import StorageHook
from timberline.run.failure_notes import FailureNote
from timberline.run.identity import RunIdentity
from timberline.run.transience import brief

_log = getLogger(__name__)


def write_failure_note(storage: StorageHook, run: RunIdentity, bucket: str, note: FailureNote) -> None:
    """Write a note. A later note of the same step and segment replaces it."""
    storage.write_json(run.failure_uri(bucket, note.segment, note.step), note.to_json())


def remove_failure_note(storage: StorageHook, run: RunIdentity, bucket: str, segment: str, step: str) -> None:
    """Remove a note after a later try of the step succeeded."""
    storage.remove(run.failure_uri(bucket, segment, step))


def read_failure_notes(storage: StorageHook, run: RunIdentity, bucket: str) -> list[FailureNote]:
    """Return all notes of a run, the latest last. A note that cannot be read is logged and left out."""
    notes = []
    for uri in storage.names(f"{run.failures_uri(bucket)}/"):
        try:
            notes.append(FailureNote.from_json(storage.read_json(uri)))
        except Exception as error:  # an unreadable note must not fail the report
            _log.warning("the failure note %s cannot be read (%s)", uri, brief(error))
    return sorted(notes, key=lambda note: note.at_s)
