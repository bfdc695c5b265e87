"""Deploys models on endpoints, undeploys them, and starts them again after a restart of the server."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from localgcp.core.conventions.errors import ApiError, already_exists, failed_precondition, internal
from localgcp.core.conventions.masks import mask_paths
from localgcp.core.http import messages
from localgcp.core.http.context import Context
from localgcp.core.state.clock import CLOCK
from localgcp.core.state.operations import Operation
from localgcp.processes.launcher import ProcessLauncher
from localgcp.services.vertex.endpoints.container import Container, ServingPlace
from localgcp.services.vertex.endpoints.fleet import Fleet
from localgcp.services.vertex.endpoints.model_server import ModelServer, NotServing
from localgcp.services.vertex.endpoints.records import Change, EndpointRecords, Resource, deployed_ids
from localgcp.services.vertex.endpoints.resources import (
    find,
    mutated_model,
    new_deployed_model,
    split_without,
    version_name,
)
from localgcp.services.vertex.endpoints.traffic import check_split
from localgcp.services.vertex.endpoints.validation import check_deployed_model
from localgcp.services.vertex.models.store import ModelStore
from localgcp.services.vertex.operations import TYPE, operation_metadata

_log = logging.getLogger(__name__)
_NEW = "0"  # the id of the new model in the traffic split of a deployment


class Deployments:
    """The models on all endpoints. `async` methods run on the launcher's event loop, the others in any thread."""

    def __init__(
        self, context: Context, records: EndpointRecords, models: ModelStore, fleet: Fleet, launcher: ProcessLauncher
    ) -> None:
        self._operations = context.operations
        self._records = records
        self._models = models
        self._fleet = fleet
        self._launcher = launcher
        self._tasks: dict[str, asyncio.Task[None]] = {}
        models.deployed_on = self.deployed_on

    def deployed_on(self, version: str) -> list[Resource]:
        """Return the DeployedModelRefs of a version (`.../models/ID@VERSION`) that is deployed or being deployed."""
        there = [
            (endpoint["name"], deployed)
            for endpoint in self._records.endpoints()
            for deployed in endpoint.get("deployedModels", ())
        ]
        there += [(change.endpoint, change.deployed_model) for change in self._records.changes() if not change.is_end]
        return [
            {"endpoint": name, "deployedModelId": deployed["id"]}
            for name, deployed in there
            if version_name(deployed) == version
        ]

    def deploy(self, name: str, raw: Mapping[str, Any]) -> Operation:
        """Begin a deployment; when the model serves, the endpoint changes and the operation is done.

        Raises:
            ApiError: 404 for the endpoint or the model, 409 for an id that is taken, 400 for a deployment or a traffic
                split that Vertex AI would refuse.
        """
        request = messages.parse("DeployModelRequest", raw)
        asked = request.get("deployedModel", {})
        split = request.get("trafficSplit", {})
        with self._records.lock:
            endpoint = self._records.endpoint(name)
            model = self._models.resolve(asked.get("model", ""))
            check_deployed_model(asked, model)
            taken = [*deployed_ids(endpoint), *self._being_deployed(name)]
            if asked.get("id") in taken:
                raise already_exists(
                    f"The Endpoint {name} has a DeployedModel {asked['id']} already, or one is being deployed."
                )
            # The split is checked again when it takes effect: other deployments may have ended by then.
            check_split(split, [*taken, _NEW])
            operation = self._operations.create(
                name, operation_metadata("DeployModelOperationMetadata", deploymentStage="STARTING_DEPLOYMENT")
            )
            change = Change(
                operation=operation["name"], endpoint=name, deployed_model=new_deployed_model(asked, model),
                traffic_split=split,
            )  # fmt: skip
            self._records.begin(change)
        self._launcher.call(self._begin, change)
        return operation

    def undeploy(self, name: str, raw: Mapping[str, Any]) -> Operation:
        """Remove a model from its endpoint at once; the operation is done when its last requests are answered.

        Raises:
            ApiError: 404 for the endpoint or the model; 400 for a model that has traffic, or an invalid split.
        """
        request = messages.parse("UndeployModelRequest", raw)
        deployed_id = request.get("deployedModelId", "")
        with self._records.lock:
            endpoint = self._records.endpoint(name)
            deployed = find(endpoint, deployed_id)
            rest = [other for other in endpoint["deployedModels"] if other is not deployed]
            split = split_without(endpoint, deployed_id, request.get("trafficSplit", {}))
            operation = self._operations.create(name, operation_metadata("UndeployModelOperationMetadata"))
            change = Change(operation=operation["name"], endpoint=name, deployed_model=deployed, is_end=True)
            self._records.begin(change)
            self._records.put(endpoint | {"deployedModels": rest, "trafficSplit": split})
        self._launcher.call(self._begin, change)
        return operation

    def mutate(self, name: str, raw: Mapping[str, Any]) -> Operation:
        """Change the number of replicas of a deployed model, without effect here; return the completed operation.

        Raises:
            ApiError: 404; 400 for a field that cannot be changed.
        """
        request = messages.parse("MutateDeployedModelRequest", raw)
        asked = request.get("deployedModel", {})
        with self._records.lock:
            endpoint = self._records.endpoint(name)
            deployed = find(endpoint, asked.get("id", ""))
            mutated = mutated_model(deployed, asked, mask_paths(request.get("updateMask", "")))
            models = [mutated if other is deployed else other for other in endpoint["deployedModels"]]
            self._records.put(endpoint | {"deployedModels": models})
        operation = self._operations.create(name, operation_metadata("MutateDeployedModelOperationMetadata"))
        response = {"@type": f"{TYPE}.MutateDeployedModelResponse", "deployedModel": mutated}
        return self._operations.succeed(operation["name"], response)

    def start(self) -> None:
        """Start the models that were deployed when the earlier server ended, and resume the unfinished changes."""
        self._launcher.call(self._resume)

    async def stop(self) -> None:
        """End all model servers; the next server starts them again and resumes unfinished changes."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._fleet.end_all()

    def _being_deployed(self, name: str) -> list[str]:
        return [change.deployed_model["id"] for change in self._records.changes(name) if not change.is_end]

    def _resume(self) -> None:
        for endpoint in self._records.endpoints():
            for deployed in endpoint.get("deployedModels", ()):
                place = f"{endpoint['name']} {deployed['id']}"
                self._spawn(place, self._restore(endpoint["name"], deployed))
        for change in self._records.changes():
            self._begin(change)

    def _begin(self, change: Change) -> None:
        if change.operation not in self._tasks:
            work: Callable[[Change], Coroutine[Any, Any, None]] = self._undeploy if change.is_end else self._deploy
            self._spawn(change.operation, work(change))

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[name] = task
        task.add_done_callback(lambda _task: self._tasks.pop(name, None))

    async def _restore(self, endpoint: str, deployed: Resource) -> None:
        try:
            server = await self._prepare(endpoint, deployed)
        except (NotServing, ApiError):
            _log.exception("%s: the DeployedModel %s could not be started again", endpoint, deployed["id"])
            return
        with self._records.lock:
            # The model may have been undeployed in the meantime.
            if endpoint in self._records and deployed["id"] in deployed_ids(self._records.endpoint(endpoint)):
                self._fleet.add((endpoint, deployed["id"]), server)

    async def _deploy(self, change: Change) -> None:
        server = None
        try:
            # If an earlier server was killed before it ended the operation, the change is applied already.
            if not self._is_applied(change):
                server = await self._prepare(change.endpoint, change.deployed_model)
                await server.start()
            self._apply(change, server)
        except NotServing as error:
            self._fail(change, failed_precondition(str(error)))
        except ApiError as error:
            if server is not None:
                await server.end()
            self._fail(change, error)
        except Exception as error:
            _log.exception("%s failed", change.operation)
            self._fail(change, internal(f"localgcp failed to deploy the model: {error!r}"))

    async def _undeploy(self, change: Change) -> None:
        server = self._fleet.remove((change.endpoint, change.deployed_model["id"]))
        if server is not None:
            await self._fleet.drain(server)
        with self._records.lock:
            self._operations.succeed(change.operation, {"@type": f"{TYPE}.UndeployModelResponse"})
            self._records.finish(change)

    async def _prepare(self, endpoint: str, deployed: Resource) -> ModelServer:
        version = version_name(deployed)
        model = self._models.resolve(version)
        parts = endpoint.split("/")
        machine = deployed.get("dedicatedResources", {}).get("machineSpec", {})
        place = ServingPlace(
            endpoint_id=parts[5], deployed_model_id=deployed["id"], project=parts[1],
            storage_uri=self._models.storage_uri(version), machine_type=machine.get("machineType", ""),
            accelerator_type=machine.get("acceleratorType", ""),
        )  # fmt: skip
        container = Container.from_json(model["containerSpec"], place)
        return await self._fleet.prepare(container, f"{parts[3]}-{parts[5]}-{deployed['id']}")

    def _is_applied(self, change: Change) -> bool:
        return change.deployed_model["id"] in deployed_ids(self._records.endpoint(change.endpoint))

    def _apply(self, change: Change, server: ModelServer | None) -> None:
        """Add a model to its endpoint; the server of the model is healthy."""
        deployed = change.deployed_model
        with self._records.lock:
            if server is not None:
                endpoint = self._records.endpoint(change.endpoint)
                split = {
                    deployed["id"] if name == _NEW else name: share for name, share in change.traffic_split.items()
                }
                check_split(split, [*deployed_ids(endpoint), deployed["id"]])
                self._fleet.add((change.endpoint, deployed["id"]), server)
                there = [*endpoint.get("deployedModels", ()), deployed]
                split = split or endpoint.get("trafficSplit", {})
                self._records.put(endpoint | {"deployedModels": there, "trafficSplit": split})
            self._operations.succeed(
                change.operation,
                {"@type": f"{TYPE}.DeployModelResponse", "deployedModel": deployed},
                self._stage(change, "SUCCESSFULLY_DEPLOYED"),
            )
            self._records.finish(change)
        _log.info("%s serves the DeployedModel %s", change.endpoint, deployed["id"])

    def _fail(self, change: Change, error: ApiError) -> None:
        with self._records.lock:
            self._operations.fail(change.operation, error, self._stage(change, "FAILED_TO_DEPLOY"))
            self._records.finish(change)
        _log.info("%s failed: %s", change.operation, error.message)

    def _stage(self, change: Change, stage: str) -> Resource:
        metadata = self._operations.get(change.operation)["metadata"]
        generic = metadata["genericMetadata"] | {"updateTime": CLOCK.text()}
        return dict(metadata | {"genericMetadata": generic, "deploymentStage": stage})
