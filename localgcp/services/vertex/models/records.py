"""Models and their versions on disk."""

from collections import defaultdict
from dataclasses import dataclass, field

from localgcp.core.conventions.errors import not_found
from localgcp.core.state.state import State
from localgcp.services.vertex.models.resources import ModelName, RegisteredModel, Resource


@dataclass(kw_only=True)
class ModelRecords:
    """The stored models under their resource names, and the versions of each under their ids."""

    state: State
    _models: dict[str, RegisteredModel] = field(default_factory=dict)
    _versions_of: dict[str, dict[str, Resource]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        self._stored = self.state.collection("models.models")
        self._stored_versions = self.state.collection("models.versions")
        models = self._stored.records(RegisteredModel.from_json)
        for name, version in self._stored_versions.records(_readable_version).items():
            self._versions_of[name.rpartition("@")[0]][version["versionId"]] = version
        for name, model in models.items():
            if model.default_version in self._versions_of[name]:
                self._models[name] = model
            else:
                error = LookupError(f"its default version {model.default_version} cannot be read")
                self.state.log_unreadable("models.models", name, error)

    def __contains__(self, name: str) -> bool:
        return name in self._models

    def model(self, name: str) -> RegisteredModel:
        """Return a model.

        Raises:
            ApiError: 404.
        """
        found = self._models.get(name)
        if found is None:
            raise not_found(f"The Model {name} does not exist.")
        return found

    def models(self, parent: str) -> list[RegisteredModel]:
        """Return the models of a location, oldest first."""
        with self.state.lock:
            return [model for name, model in self._models.items() if name.startswith(f"{parent}/models/")]

    def version_id(self, name: ModelName) -> str:
        """Return the id of the version that a name means: by id, by alias, or the default version.

        Raises:
            ApiError: 404.
        """
        model = self.model(name.model)
        if not name.names_version:
            return model.default_version
        version_id = model.aliases.get(name.suffix, name.suffix)
        if version_id not in self._versions_of[name.model]:
            raise not_found(
                f"The Model {name.model} has no version or alias {name.suffix}. Its versions:"
                f" {', '.join(self._versions_of[name.model])}; its aliases: {', '.join(model.aliases)}."
            )
        return version_id

    def version(self, name: str, version_id: str) -> Resource:
        """Return a version that exists."""
        return self._versions_of[name][version_id]

    def versions(self, name: str) -> list[Resource]:
        """Return the versions of a model, oldest first."""
        with self.state.lock:
            return list(self._versions_of[name].values())

    def put(self, model: RegisteredModel, version: Resource | None = None) -> None:
        """Store a model, and one of its versions."""
        with self.state.lock:
            if version is not None:
                self._stored_versions.put(f"{model.name}@{version['versionId']}", version)
                self._versions_of[model.name][version["versionId"]] = version
            self._stored.put(model.name, model.to_json())
            self._models[model.name] = model

    def remove_version(self, name: str, version_id: str) -> None:
        """Delete one version."""
        with self.state.lock:
            self._stored_versions.delete(f"{name}@{version_id}")
            self._versions_of[name].pop(version_id)

    def remove(self, name: str) -> None:
        """Delete a model with its versions."""
        with self.state.lock:
            self._stored.delete(name)
            self._models.pop(name)
            for version_id in self._versions_of.pop(name, {}):
                self._stored_versions.delete(f"{name}@{version_id}")


def _readable_version(version: Resource) -> Resource:
    """Return a stored version; an exception leaves it out.

    Raises:
        KeyError: a field is missing that a deployment of the version needs.
    """
    for field_name in ("versionId", "containerSpec"):
        version[field_name]
    return version
