"""Read the fields of a cluster description; an error names the variable and the field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from trainer_common.cluster.place import Address, ClusterPlace, Role
from trainer_common.failures import UserError

_LARGEST_PORT = 65535


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterFormat:
    """How an environment variable describes a cluster: JSON with the objects `cluster` and `task`."""

    variable: str
    """The name of the variable."""
    roles: Mapping[str, Role]
    """The role of each key of `cluster` and value of `task.type`."""
    unlisted: frozenset[Role] = frozenset()
    """The roles whose replicas `cluster` may leave out."""

    def parse(self, text: str) -> ClusterPlace:
        """Return the place that the variable describes; that of a single process where `cluster` is empty.

        Unknown fields are ignored: services add fields.

        Raises:
            UserError: The text is not such a description; the message names the field.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._error("", "JSON", text) from error
        if not isinstance(document, dict):
            raise self._error("", "an object with `cluster` and `task`", document)
        addresses = self._addresses(document.get("cluster", {}))
        task = document.get("task", {})
        if not isinstance(task, dict):
            raise self._error("task", "an object with `type` and `index`", task)
        role, index = Role.CHIEF, 0
        if addresses or task.keys() & {"type", "index"}:
            role = self._role("task.type", task.get("type"))
            index = self._index(task.get("index"), role, len(addresses.get(role, ())))
        return ClusterPlace(
            role=role,
            index=index,
            addresses=addresses,
            trial=self._trial(task.get("trial")),
            environment=self._environment(document.get("environment")),
            job=self._job(document.get("job")),
        )

    def _addresses(self, cluster: object) -> dict[Role, tuple[Address, ...]]:
        if not isinstance(cluster, dict):
            raise self._error("cluster", "an object of lists of addresses", cluster)
        found: dict[Role, tuple[Address, ...]] = {}
        for name, replicas in cluster.items():
            role = self._role("cluster", name)
            place = f"cluster.{name}"
            if role in found:
                raise self._error(place, f"one list for the role {role}", name)
            if not isinstance(replicas, list):
                raise self._error(place, "a list of addresses", replicas)
            if role is Role.CHIEF and len(replicas) != 1:
                raise self._error(place, "exactly one address", replicas)
            found[role] = tuple(self._address(f"{place}[{i}]", each) for i, each in enumerate(replicas))
        return {role: replicas for role, replicas in found.items() if replicas}

    def _role(self, place: str, name: object) -> Role:
        role = self.roles.get(name) if isinstance(name, str) else None
        if role is None:
            raise self._error(place, f"one of {', '.join(self.roles)}", name)
        return role

    def _index(self, index: object, role: Role, count: int) -> int:
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            raise self._error("task.index", "a whole number from 0", index)
        if index >= count and (count or role not in self.unlisted):
            raise self._error("task.index", f"less than {count}, the number of addresses of its type", index)
        return index

    def _address(self, place: str, text: object) -> Address:
        host, _, port = text.rpartition(":") if isinstance(text, str) else ("", "", "")
        if not (host and port.isascii() and port.isdigit() and 0 < int(port) <= _LARGEST_PORT):
            raise self._error(place, "host:port", text)
        return Address(host, int(port))

    def _trial(self, trial: object) -> str | None:
        """Return the trial as text; an empty text stands for no trial."""
        if trial is not None and (not isinstance(trial, str | int) or isinstance(trial, bool)):
            raise self._error("task.trial", "text", trial)
        return str(trial) if trial not in (None, "") else None

    def _environment(self, environment: object) -> str | None:
        if environment is not None and not isinstance(environment, str):
            raise self._error("environment", "text", environment)
        return environment or None

    def _job(self, job: object) -> Mapping[str, object]:
        """Return the specification, which comes as an object or as JSON text."""
        try:
            found = json.loads(job) if isinstance(job, str) and job else job or {}
        except (ValueError, RecursionError) as error:
            raise self._error("job", "an object, or JSON text of one", job) from error
        if not isinstance(found, dict):
            raise self._error("job", "an object, or JSON text of one", job)
        return found

    def _error(self, field: str, expected: str, found: object) -> UserError:
        shown = repr(found) if not isinstance(found, str) else json.dumps(found)
        place = f"{self.variable}: {field}" if field else self.variable
        return UserError(
            f"{place}: expected {expected}, found {shown[:100]}; the training service sets this variable: unset it to "
            "train in one process"
        )
