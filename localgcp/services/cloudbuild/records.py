"""The stored builds, their states, and their long-running operations."""

from collections.abc import Mapping
from typing import Any

from localgcp.core.conventions.errors import ApiError, not_found
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation
from localgcp.core.state.states import BUILD_MOVES, BuildState, check_move, is_final

Build = dict[str, Any]

_METADATA = "type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata"
_BUILD = "type.googleapis.com/google.devtools.cloudbuild.v1.Build"


class BuildRecords:
    """The stored builds of all projects."""

    def __init__(self, context: Context) -> None:
        """Load the builds."""
        self._operations = context.operations
        self._lock = context.state.lock
        self._builds = context.state.collection("cloudbuild.builds")
        self._builds.records(_check_stored)

    def add(self, parent: str, build: Build) -> Operation:
        """Store a new build and return its operation.

        Args:
            parent: `projects/P/locations/L`.
        """
        metadata = {"@type": _METADATA, "build": build}
        operation = self._operations.create(parent, metadata, operation_id=build["id"])
        self._builds.put(build["id"], build)
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

    def all(self) -> list[Build]:
        """Return all builds, oldest first."""
        return self._builds.values()

    def unfinished(self) -> list[Build]:
        """Return the builds that have not ended, oldest first."""
        return [build for build in self.all() if not _has_ended(build)]

    def queue_again(self, build_id: str) -> None:
        """Set a build that an earlier server was working on back to QUEUED."""
        if self.get(build_id)["status"] == BuildState.WORKING:
            self._move(build_id, BuildState.QUEUED)

    def begin(self, build_id: str) -> bool:
        """Set a queued build to WORKING, and return whether it was queued."""
        with self._lock:
            if self.get(build_id)["status"] != BuildState.QUEUED:
                return False
            self._move(build_id, BuildState.WORKING, {"startTime": CLOCK.text()})
            return True

    def finish(self, build_id: str, state: BuildState, detail: str, results: Mapping[str, Any] | None = None) -> None:
        """End a build and its operation; a build that has ended stays unchanged.

        Args:
            detail: the reason of a state other than SUCCESS.
            results: the `results` of a build that succeeded.
        """
        with self._lock:
            if _has_ended(self.get(build_id)):
                return
            failure = (
                {"statusDetail": detail, "failureInfo": {"type": "USER_BUILD_STEP", "detail": detail}} if detail else {}
            )
            added = {"results": results} if results is not None else {}
            build = self._move(build_id, state, {"finishTime": CLOCK.text(), **failure, **added})
            self._finish_operation(build, state, detail)

    def _finish_operation(self, build: Build, state: BuildState, detail: str) -> None:
        name = f"{build['name'].rpartition('/builds/')[0]}/operations/{build['id']}"
        metadata = {"@type": _METADATA, "build": build}
        if state is BuildState.SUCCESS:
            self._operations.succeed(name, {"@type": _BUILD, **build}, metadata)
        else:
            self._operations.fail(name, ApiError(500, "UNKNOWN", f"Build {state}: {detail}", "buildFailed"), metadata)

    def _move(self, build_id: str, state: BuildState, changes: Mapping[str, Any] | None = None) -> Build:
        build = self.get(build_id)
        check_move(BuildState(build["status"]), state, BUILD_MOVES)
        moved = {**build, "status": state.value, **(changes or {})}
        self._builds.put(build_id, moved)
        return moved


def _has_ended(build: Build) -> bool:
    return is_final(BuildState(build["status"]), BUILD_MOVES)


def _check_stored(build: Build) -> None:
    """Raise an error for a stored build without the fields that each build needs."""
    _ = build["id"], build["projectId"], build["createTime"], build["name"].split("/")[3], BuildState(build["status"])
