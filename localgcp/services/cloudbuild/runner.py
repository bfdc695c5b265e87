"""Runs builds in the background, up to two at a time."""

import shutil
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from localgcp.core.conventions.errors import ApiError
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.states import BuildState
from localgcp.processes.images.commands import Cancelled
from localgcp.processes.images.resources import ImageVersion
from localgcp.processes.images.store import ImageStore
from localgcp.services.cloudbuild.engine import BuildFailed, build_image, unpack
from localgcp.services.cloudbuild.records import BuildRecords
from localgcp.services.cloudbuild.resources import BuildRequest
from localgcp.services.storage.store import StorageStore

_AT_ONCE = 2


class BuildRunner:
    """Runs the builds of one server."""

    def __init__(self, records: BuildRecords, storage: StorageStore, images: ImageStore, folder: Path) -> None:
        """Prepare the runner.

        Args:
            folder: the folder for logs and unpacked sources.
        """
        self._records = records
        self._storage = storage
        self._images = images
        self._folder = folder
        self._cancelled: dict[str, threading.Event] = {}
        self._workers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="localgcp-build")
        self._is_stopping = False

    def log(self, build_id: str) -> Path:
        """Return the path of the log of a build."""
        return self._folder / f"{build_id}.log"

    def submit(self, build_id: str) -> None:
        """Run a queued build as soon as a worker is free."""
        self._cancelled[build_id] = threading.Event()
        self._workers.submit(self._run, build_id)

    def cancel(self, build_id: str) -> None:
        """Stop a build, if it is running."""
        if event := self._cancelled.get(build_id):
            event.set()

    def stop(self) -> None:
        """Stop all work; the builds keep their states, so that the next server restarts them."""
        self._is_stopping = True
        for event in list(self._cancelled.values()):
            event.set()
        self._workers.shutdown(cancel_futures=True)

    def _run(self, build_id: str) -> None:
        try:
            if self._records.begin(build_id):
                self._work(build_id)
        finally:
            self._cancelled.pop(build_id, None)

    def _work(self, build_id: str) -> None:
        build = self._records.get(build_id)
        try:
            request = BuildRequest.of_build(build, build["projectId"], build["name"].split("/")[3], build_id)
        except Exception as error:  # an error in a stored build ends only that build
            self._finish(build_id, BuildState.FAILURE, f"The stored build cannot be read: {error}")
            return
        alarm = CLOCK.alarm(request.timeout_s, lambda: self._time_out(build_id))
        try:
            versions = self._build(request, build_id)
        except Cancelled:
            return
        except BuildFailed as error:
            self._finish(build_id, BuildState.FAILURE, str(error))
        except ApiError as error:
            self._finish(build_id, BuildState.FAILURE, f"The source cannot be read. {error.message}")
        else:
            pushed = [{"name": image.tagged, "digest": versions[image.tagged].digest} for image in request.images]
            self._finish(build_id, BuildState.SUCCESS, "", {"images": pushed})
        finally:
            alarm.cancel()

    def _build(self, request: BuildRequest, build_id: str) -> dict[str, ImageVersion]:
        event, source = self._cancelled[build_id], self._folder / build_id
        shutil.rmtree(source, ignore_errors=True)
        try:
            stored = self._storage.get_object(request.bucket, request.object_name)
            unpack(self._storage.content_path(stored), source)
            versions: dict[str, ImageVersion] = {}
            for step in request.steps:
                version = build_image(self._images, source, step, self.log(build_id), event)
                versions |= {tag.tagged: version for tag in step.tags}
            return versions
        finally:
            shutil.rmtree(source, ignore_errors=True)

    def _time_out(self, build_id: str) -> None:
        self._finish(build_id, BuildState.TIMEOUT, "The build took longer than its timeout.")
        self.cancel(build_id)

    def _finish(self, build_id: str, state: BuildState, detail: str, results: Mapping[str, Any] | None = None) -> None:
        if not self._is_stopping:  # the next server restarts the build
            self._records.finish(build_id, state, detail, results)
