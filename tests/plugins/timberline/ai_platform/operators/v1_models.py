"""A v1 model of each test's own, with versions that answer who they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from timberline.ai_platform.operators.create_version import MLEngineCreateVersionOperator
from timberline.ai_platform.operators.models import MLEngineCreateModelOperator
from timberline.ai_platform.serving.resource_names import resource_id
from timberline.hooks.endpoints import EndpointsHook
from timberline.hooks.models import ModelsHook
from timberline.hooks.predictions import PredictionsHook
from timberline.hooks.storage import StorageHook
from timberline.release.endpoint_state import ServedEndpoint
from timberline.release.versions import Version
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings

_SERVER = (Path(__file__).parents[4] / "contract" / "tiny_server.py").read_text()


class V1Model:
    """A model by its v1 name, and what Vertex AI has of it."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings = settings
        self.name = name
        self.models = ModelsHook(settings.project, settings.region, CONNECTION)
        self.serving = EndpointsHook(settings.project, settings.region, CONNECTION)
        self.endpoint = self.serving.endpoint_name(resource_id(name))
        self.model = self.models.model_name(resource_id(name))

    def run(self, run_id: str = "1") -> RunIdentity:
        return RunIdentity(f"dag_{self.name}", run_id)

    def create(self, run_id: str = "1", *, serving: str = "endpoint", decision: Any = None, **fields: Any) -> Any:
        operator = MLEngineCreateModelOperator(
            task_id="create_model", model={"name": self.name, **fields}, serving=serving, decision=decision
        )
        return operator.execute(context_of(self.run(run_id)))

    def body(self, name: str, **fields: Any) -> dict[str, Any]:
        """Return a v1 Version whose container answers with its name."""
        uri = f"gs://{self.settings.bucket}/{self.name}/{name}"
        self.leave(f"{uri}/model.joblib")
        env = [{"name": "TINY_NAME", "value": name}]
        return {
            "name": name,
            "deploymentUri": uri,
            "container": {"image": "python:3.11", "command": ["python", "-c", _SERVER], "env": env},
            "routes": {"predict": "/predict", "health": "/health"},
            **fields,
        }

    def operator(self, version: Any, **arguments: Any) -> MLEngineCreateVersionOperator:
        return MLEngineCreateVersionOperator(
            task_id="create_version", model_name=self.name, version=version, **{"deferrable": False, **arguments}
        )

    def add(self, name: str, run_id: str = "1", *, body: Any = None, **arguments: Any) -> dict[str, Any]:
        """Create a version; in a run of its own, as two of a run are not registered twice from one bundle."""
        operator = self.operator(body or self.body(name), **arguments)
        return dict(operator.execute(context_of(self.run(run_id))))

    def leave(self, uri: str) -> None:
        """Write an object."""
        StorageHook(self.settings.project, self.settings.region, CONNECTION).write_json(uri, {})

    def version(self, alias: str) -> Version | None:
        return self.models.version(self.model, alias)

    def named(self, alias: str) -> str | None:
        """Return the id of the version that has an alias."""
        found = self.version(alias)
        return found.version if found else None

    def aliases(self) -> dict[str, set[str]]:
        return {each.version: set(each.aliases) for each in self.models.versions(self.model)}

    def served(self) -> ServedEndpoint | None:
        return self.serving.endpoint(self.endpoint)

    def split(self) -> dict[str, int]:
        """Return the traffic by version; 0 for one that is deployed without any."""
        found = self.served()
        return {} if found is None else {each.version: found.split.get(each.id, 0) for each in found.deployed}

    def answers(self) -> str:
        """Return the name of the version that answers."""
        (answer,) = PredictionsHook(self.settings.region, CONNECTION).predict(self.endpoint, [1]).predictions
        assert isinstance(answer, dict)
        return str(answer["model"])

    @contextmanager
    def asked(self) -> Iterator[list[Exception]]:
        """Ask all the time; yields the failures."""
        failures: list[Exception] = []
        stop = Event()

        def ask() -> None:
            while not stop.is_set():
                try:
                    self.answers()
                except Exception as error:
                    failures.append(error)

        thread = Thread(target=ask)
        thread.start()
        try:
            yield failures
        finally:
            stop.set()
            thread.join()
