"""What other services ask of the registry in the same process: where artifacts lie, what is deployed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.core.http.context import Context
from localgcp.core.http.settings import Settings
from localgcp.core.state.operations import Operations
from localgcp.core.state.state import State
from localgcp.services.storage.objects.targets import ObjectSource
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex.models.store import ModelStore

PARENT = "projects/p/locations/europe-west1"
NAME = f"{PARENT}/models/forest"
ENDPOINT = f"{PARENT}/endpoints/7"


class Registry:
    """A registry on a state folder, with a bucket that holds a trained model."""

    def __init__(self, root: Path) -> None:
        self.state = State(root)
        settings = Settings(state_dir=root)
        context = Context(settings=settings, state=self.state, operations=Operations(self.state))
        self.storage = StorageStore(context)
        self.models = ModelStore(context, self.storage)

    def upload(self, **fields: Any) -> dict[str, Any]:
        model = {"displayName": "forest", "containerSpec": {"imageUri": "image"}, "artifactUri": "gs://trained/run/"}
        taken = {"parentModel": NAME} if self.models.list_models(PARENT, {})["models"] else {"modelId": "forest"}
        return self.models.upload(PARENT, {"model": model | fields, **taken})


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = Registry(tmp_path)
    registry.storage.create_bucket("trained")
    registry.storage.put_bytes("trained", "run/model.bst", b"trees")
    registry.storage.put_bytes("trained", "run/parts/columns.json", b"[]")
    yield registry
    registry.state.close()


def copied(registry: Registry, name: str) -> dict[str, bytes]:
    """Return the files of a version's copy by their path."""
    bucket, _, folder = registry.models.storage_uri(name).removeprefix("gs://").partition("/")
    found = registry.storage.list_objects(bucket, f"{folder}/")
    return {item.name.removeprefix(f"{folder}/"): registry.storage.content_path(item).read_bytes() for item in found}


def test_artifacts_outlive_the_folder_they_came_from(registry: Registry) -> None:
    registry.upload()
    for name in ("run/model.bst", "run/parts/columns.json"):
        registry.storage.delete_object(ObjectSource(bucket="trained", name=name))
    assert copied(registry, NAME) == {"model.bst": b"trees", "parts/columns.json": b"[]"}


def test_each_version_keeps_its_own_artifacts(registry: Registry) -> None:
    registry.upload()
    registry.storage.put_bytes("trained", "run/model.bst", b"better trees")
    registry.upload()
    assert [copied(registry, f"{NAME}@{number}")["model.bst"] for number in (1, 2)] == [b"trees", b"better trees"]


def test_deleted_version_frees_its_copy(registry: Registry) -> None:
    registry.upload()
    registry.upload()
    bucket, _, folder = registry.models.storage_uri(f"{NAME}@2").removeprefix("gs://").partition("/")
    registry.models.delete_version(f"{NAME}@2")
    assert not registry.storage.list_objects(bucket, folder)
    assert copied(registry, NAME)


def test_model_without_artifacts_has_no_copy(registry: Registry) -> None:
    registry.upload(artifactUri="")
    assert registry.models.storage_uri(NAME) == ""


def test_resolve_names_the_version(registry: Registry) -> None:
    registry.upload(versionAliases=["golden"])
    for name in (NAME, f"{NAME}@1", f"{NAME}@golden", f"{NAME}@default"):
        assert registry.models.resolve(name)["name"] == f"{NAME}@1"


class TestDeployed:
    @pytest.fixture(autouse=True)
    def _deploy_second(self, registry: Registry) -> None:
        for _ in range(3):
            registry.upload()
        place = {"endpoint": ENDPOINT, "deployedModelId": "9"}
        registry.models.deployed_on = lambda name: [place] if name == f"{NAME}@2" else []

    def test_deployed_model_names_its_endpoint(self, registry: Registry) -> None:
        versions = registry.models.list_versions(NAME, {})["models"]
        assert [version.get("deployedModels") for version in versions] == [
            None,
            [{"endpoint": ENDPOINT, "deployedModelId": "9"}],
            None,
        ]

    @pytest.mark.parametrize("method", ["delete", "delete_version"])
    def test_deployed_model_is_not_deleted(self, registry: Registry, method: str) -> None:
        name = NAME if method == "delete" else f"{NAME}@2"
        with pytest.raises(ApiError, match=f"{NAME}@2 is deployed on {ENDPOINT}") as refused:
            getattr(registry.models, method)(name)
        assert refused.value.status == "FAILED_PRECONDITION"
        assert len(registry.models.list_versions(NAME, {})["models"]) == 3

    def test_other_versions_are_deleted(self, registry: Registry) -> None:
        registry.models.delete_version(f"{NAME}@3")
        assert [model["versionId"] for model in registry.models.list_versions(NAME, {})["models"]] == ["1", "2"]


def test_version_without_a_model_is_ignored(registry: Registry, tmp_path: Path) -> None:
    registry.upload()
    registry.state.save("models.versions", f"{NAME}@2", {"versionId": "2"})
    registry.state.close()
    reopened = Registry(tmp_path)
    assert [model["versionId"] for model in reopened.models.list_versions(NAME, {})["models"]] == ["1"]
    registry.state = reopened.state
