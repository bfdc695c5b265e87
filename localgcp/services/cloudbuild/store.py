"""The builds of all projects: creates, returns, lists and cancels them."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from localgcp.core.control.status import BuildStatus
from localgcp.core.conventions.filters import compile_filter
from localgcp.core.conventions.paging import page
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation
from localgcp.core.state.states import BuildState
from localgcp.processes.images.commands import tail
from localgcp.processes.images.store import ImageStore
from localgcp.services.cloudbuild.records import Build, BuildRecords
from localgcp.services.cloudbuild.resources import BuildRequest
from localgcp.services.cloudbuild.runner import BuildRunner
from localgcp.services.storage.store import StorageStore

_LARGEST_PAGE = 1000
_OUTPUT_ONLY = frozenset(
    {"id", "name", "status", "statusDetail", "results", "createTime", "startTime", "finishTime", "failureInfo"}
)


class BuildStore:
    """The builds of all projects."""

    def __init__(self, context: Context, storage: StorageStore, images: ImageStore) -> None:
        self.operations = context.operations
        self._records = BuildRecords(context)
        self._runner = BuildRunner(self._records, storage, images, context.state.folder("builds"))

    def start(self) -> None:
        """Restart the builds that an earlier server did not finish."""
        for build in self._records.unfinished():
            self._records.queue_again(build["id"])
            self._runner.submit(build["id"])

    def stop(self) -> None:
        """Stop the running builds; the next server restarts them."""
        self._runner.stop()

    def create(self, project: str, location: str, raw: Mapping[str, Any]) -> Operation:
        """Queue a build and return its operation.

        Raises:
            ApiError: 400 for a build that Cloud Build refuses, 501 for one that localgcp does not implement.
        """
        build_id = str(uuid4())
        BuildRequest.of_build(raw, project, location, build_id)
        parent = f"projects/{project}/locations/{location}"
        build: Build = {
            **{name: value for name, value in raw.items() if name not in _OUTPUT_ONLY},
            "id": build_id,
            "projectId": project,
            "name": f"{parent}/builds/{build_id}",
            "status": BuildState.QUEUED.value,
            "createTime": CLOCK.text(),
            "logUrl": self._runner.log(build_id).as_uri(),
        }
        operation = self._records.add(parent, build)
        self._runner.submit(build_id)
        return operation

    def get(self, build_id: str) -> Build:
        """Return a build.

        Raises:
            ApiError: 404.
        """
        return self._records.get(build_id)

    def list_builds(self, project: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        """Return one page of the builds of a project, newest first.

        Args:
            query: `filter`, `pageSize` and `pageToken`.

        Raises:
            ApiError: 400 for a malformed filter or page token.
        """
        matches = compile_filter(query.get("filter") or "")
        found = [build for build in reversed(self._records.all()) if build["projectId"] == project and matches(build)]
        builds, token = page(found, int(query.get("pageSize") or 0), query.get("pageToken"), limit=_LARGEST_PAGE)
        return {"builds": list(builds)} | ({"nextPageToken": token} if token else {})

    def cancel(self, build_id: str) -> Build:
        """Cancel a build; a build that has ended stays unchanged.

        Raises:
            ApiError: 404.
        """
        self._records.finish(build_id, BuildState.CANCELLED, "The build was cancelled.")
        self._runner.cancel(build_id)
        return self.get(build_id)

    def status(self) -> list[dict[str, Any]]:
        """Return all builds for the status of the server."""
        return [self._status(build).to_json() for build in self._records.all()]

    def _status(self, build: Build) -> BuildStatus:
        lines = tail(self._runner.log(build["id"])).splitlines()
        return BuildStatus(
            id=build["id"], state=build["status"], images=build.get("images", []), create_time=build["createTime"],
            end_time=build.get("finishTime", ""), error=build.get("statusDetail", ""), log_tail=lines,
        )  # fmt: skip
