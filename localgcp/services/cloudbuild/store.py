"""Builds: creates, returns, lists and cancels them, and runs up to two at a time in the background."""

import shutil
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from localgcp.core.control.status import BuildStatus
from localgcp.core.conventions.errors import ApiError, not_found
from localgcp.core.conventions.filters import compile_filter
from localgcp.core.conventions.paging import page
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation
from localgcp.core.state.states import BUILD_MOVES, BuildState, check_move, is_final
from localgcp.processes.images.commands import Cancelled, tail
from localgcp.processes.images.resources import ImageVersion
from localgcp.processes.images.store import ImageStore
from localgcp.services.cloudbuild.engine import BuildFailed, build_image, unpack
from localgcp.services.cloudbuild.resources import BuildRequest
from localgcp.services.storage.store import StorageStore

Build = dict[str, Any]

_LARGEST_PAGE = 1000
_AT_ONCE = 2
_METADATA = "type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata"
_BUILD = "type.googleapis.com/google.devtools.cloudbuild.v1.Build"
_OUTPUT_ONLY = frozenset(
    {"id", "name", "status", "statusDetail", "results", "createTime", "startTime", "finishTime", "failureInfo"}
)


class BuildStore:
    """The builds of all projects."""

    def __init__(self, context: Context, storage: StorageStore, images: ImageStore) -> None:
        self.operations = context.operations
        self._storage = storage
        self._images = images
        self._builds = context.state.collection("cloudbuild.builds")
        self._builds.records(_check_stored)
        self._lock = context.state.lock
        self._folder = context.state.folder("builds")
        self._cancelled: dict[str, threading.Event] = {}
        self._workers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="localgcp-build")
        self._is_closing = False

    def start(self) -> None:
        """Restart the builds that an earlier server did not finish."""
        for build in self._builds.values():
            state = BuildState(build["status"])
            if not is_final(state, BUILD_MOVES):
                if state is BuildState.WORKING:
                    self._move(build["id"], BuildState.QUEUED)
                self._submit(build["id"])

    def stop(self) -> None:
        """Stop the running builds; the next server restarts them."""
        self._is_closing = True
        for event in list(self._cancelled.values()):
            event.set()
        self._workers.shutdown(cancel_futures=True)

    def create(self, project: str, location: str, raw: Mapping[str, Any]) -> Operation:
        """Queue a build and return its operation.

        Raises:
            ApiError: 400 for a build that Cloud Build refuses, 501 for one that localgcp does not implement.
        """
        build_id = str(uuid4())
        self._request(raw, project, location, build_id)
        parent = f"projects/{project}/locations/{location}"
        build: Build = {
            **{name: value for name, value in raw.items() if name not in _OUTPUT_ONLY},
            "id": build_id,
            "projectId": project,
            "name": f"{parent}/builds/{build_id}",
            "status": BuildState.QUEUED.value,
            "createTime": CLOCK.text(),
            "logUrl": (self._folder / f"{build_id}.log").as_uri(),
        }
        operation = self.operations.create(parent, {"@type": _METADATA, "build": build}, operation_id=build_id)
        self._builds.put(build_id, build)
        self._submit(build_id)
        return operation

    def get(self, build_id: str) -> Build:
        """Return a build.

        Raises:
            ApiError: 404.
        """
        found = self._builds.get(build_id)
        if found is None:
            raise not_found(f"Build {build_id} not found.")
        return found

    def list_builds(self, project: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        """Return one page of the builds of a project, newest first.

        Args:
            query: `filter`, `pageSize` and `pageToken`.

        Raises:
            ApiError: 400 for a malformed filter or page token.
        """
        matches = compile_filter(query.get("filter") or "")
        found = [build for build in reversed(self._builds.values()) if build["projectId"] == project and matches(build)]
        builds, token = page(found, int(query.get("pageSize") or 0), query.get("pageToken"), limit=_LARGEST_PAGE)
        return {"builds": list(builds)} | ({"nextPageToken": token} if token else {})

    def cancel(self, build_id: str) -> Build:
        """Cancel a build; a build that has ended stays unchanged.

        Raises:
            ApiError: 404.
        """
        with self._lock:
            if not is_final(BuildState(self.get(build_id)["status"]), BUILD_MOVES):
                self._finish(build_id, BuildState.CANCELLED, "The build was cancelled.")
        if build_id in self._cancelled:
            self._cancelled[build_id].set()
        return self.get(build_id)

    def status(self) -> list[dict[str, Any]]:
        """Return all builds for the status of the server."""
        return [self._status(build).to_json() for build in self._builds.values()]

    def _status(self, build: Build) -> BuildStatus:
        lines = tail(self._folder / f"{build['id']}.log").splitlines()
        return BuildStatus(
            id=build["id"], state=build["status"], images=build.get("images", []), create_time=build["createTime"],
            end_time=build.get("finishTime", ""), error=build.get("statusDetail", ""), log_tail=lines,
        )  # fmt: skip

    def _request(self, raw: Mapping[str, Any], project: str, location: str, build_id: str) -> BuildRequest:
        return BuildRequest.from_json(raw, {"PROJECT_ID": project, "BUILD_ID": build_id, "LOCATION": location})

    def _submit(self, build_id: str) -> None:
        self._cancelled[build_id] = threading.Event()
        self._workers.submit(self._run, build_id)

    def _run(self, build_id: str) -> None:
        try:
            with self._lock:
                if BuildState(self.get(build_id)["status"]) is not BuildState.QUEUED:
                    return
                self._move(build_id, BuildState.WORKING, {"startTime": CLOCK.text()})
            self._work(build_id)
        finally:
            self._cancelled.pop(build_id, None)

    def _work(self, build_id: str) -> None:
        build = self.get(build_id)
        event = self._cancelled[build_id]
        location = build["name"].split("/")[3]
        try:
            request = self._request(build, build["projectId"], location, build_id)
        except Exception as error:  # whatever is wrong with a stored build ends that build alone
            self._finish(build_id, BuildState.FAILURE, f"The stored build cannot be read: {error}")
            return
        alarm = CLOCK.alarm(request.timeout_s, lambda: self._time_out(build_id))
        try:
            versions = self._build(request, build_id, event)
        except Cancelled:
            return
        except BuildFailed as error:
            self._finish(build_id, BuildState.FAILURE, str(error))
        except ApiError as error:
            self._finish(build_id, BuildState.FAILURE, f"The source cannot be read. {error.message}")
        else:
            pushed = [{"name": image.tagged, "digest": versions[image.tagged].digest} for image in request.images]
            self._finish(build_id, BuildState.SUCCESS, "", {"results": {"images": pushed}})
        finally:
            alarm.cancel()

    def _build(self, request: BuildRequest, build_id: str, event: threading.Event) -> dict[str, ImageVersion]:
        source = self._folder / build_id
        shutil.rmtree(source, ignore_errors=True)
        try:
            stored = self._storage.get_object(request.bucket, request.object_name)
            unpack(self._storage.content_path(stored), source)
            versions: dict[str, ImageVersion] = {}
            for step in request.steps:
                version = build_image(self._images, source, step, self._folder / f"{build_id}.log", event)
                versions |= {tag.tagged: version for tag in step.tags}
            return versions
        finally:
            shutil.rmtree(source, ignore_errors=True)

    def _time_out(self, build_id: str) -> None:
        self._finish(build_id, BuildState.TIMEOUT, "The build took longer than its timeout.")
        self._cancelled[build_id].set()

    def _finish(self, build_id: str, state: BuildState, detail: str, extra: Mapping[str, Any] | None = None) -> None:
        """End a build and its operation, unless the build has ended or the server is stopping."""
        with self._lock:
            if self._is_closing or is_final(BuildState(self.get(build_id)["status"]), BUILD_MOVES):
                return
            failure = (
                {"statusDetail": detail, "failureInfo": {"type": "USER_BUILD_STEP", "detail": detail}} if detail else {}
            )
            build = self._move(build_id, state, {"finishTime": CLOCK.text(), **failure, **(extra or {})})
            name = f"{build['name'].rpartition('/builds/')[0]}/operations/{build_id}"
            metadata = {"@type": _METADATA, "build": build}
            if state is BuildState.SUCCESS:
                self.operations.succeed(name, {"@type": _BUILD, **build}, metadata)
            else:
                self.operations.fail(
                    name, ApiError(500, "UNKNOWN", f"Build {state}: {detail}", "buildFailed"), metadata
                )

    def _move(self, build_id: str, state: BuildState, changes: Mapping[str, Any] | None = None) -> Build:
        build = self.get(build_id)
        check_move(BuildState(build["status"]), state, BUILD_MOVES)
        moved = {**build, "status": state.value, **(changes or {})}
        self._builds.put(build_id, moved)
        return moved


def _check_stored(build: Build) -> None:
    """Raise an error for a stored build without the fields that each build needs."""
    _ = build["id"], build["projectId"], build["createTime"], build["name"].split("/")[3], BuildState(build["status"])
