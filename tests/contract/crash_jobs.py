"""Writers of Vertex AI resources for the tests of crashes."""

from collections.abc import Callable
from random import Random
from typing import Any

from google.cloud.aiplatform_v1 import EndpointServiceClient, ModelServiceClient

from tests.contract.crashing import Plan, Things, Writer
from tests.contract.serving import container
from tests.contract.training import job_spec, jobs_client, parent, rest

_S = 30
_CALL: dict[str, Any] = {"retry": None, "timeout": _S}


class Jobs(Writer):
    """Creates and cancels custom jobs, which are held; each has a name of its own for ever."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.names: dict[str, str] = {}

    def connect(self) -> None:
        self.client = jobs_client(self.cloud)
        self.parent = parent(self.cloud)

    def plan(self, random: Random, things: Things) -> Plan:
        waiting = [key for key, state in things.items() if state == "waits" and key in self.names]
        if not waiting or random.random() < 0.6:
            return self._create(things)
        key = random.choice(waiting)
        return things | {key: "cancelled"}, lambda: self.client.cancel_custom_job(name=self.names[key], **_CALL)

    def read(self) -> Things:
        found = {}
        for job in self.client.list_custom_jobs(parent=self.parent):
            known = self.names.setdefault(job.display_name, job.name)
            assert known == job.name, "a job has another name than was answered"
            found[job.display_name] = (
                "cancelled" if job.state.name in ("JOB_STATE_CANCELLING", "JOB_STATE_CANCELLED") else "waits"
            )
        assert len(set(self.names.values())) == len(self.names), "a name was used again"
        return found

    def _create(self, things: Things) -> Plan:
        key = f"job-{next(self.numbers)}"
        job = {"display_name": key, "job_spec": job_spec(["-c", ""], image="python:3.11", command=["python"])}

        def call() -> None:
            self.names[key] = self.client.create_custom_job(parent=self.parent, custom_job=job, **_CALL).name

        return things | {key: "waits"}, call


class Models(Writer):
    """Uploads, patches and deletes models and their versions and aliases."""

    def connect(self) -> None:
        self.client = ModelServiceClient(**rest(self.cloud))
        self.parent = parent(self.cloud)

    def plan(self, random: Random, things: Things) -> Plan:
        kinds: list[Callable[[Random, Things], Plan]] = [self._upload]
        if things:
            kinds += [self._add_version, self._patch, self._alias, self._delete]
        return random.choice(kinds)(random, things)

    def read(self) -> Things:
        found = {}
        for model in self.client.list_models(parent=self.parent):
            key = model.name.rpartition("/")[2]
            if key.startswith(self.id):
                versions = self.client.list_model_versions(name=model.name)
                aliases = {item.version_id: sorted(item.version_aliases) for item in versions}
                found[key] = {"n": model.description, "versions": aliases}
        return found

    def _name(self, key: str) -> str:
        return f"{self.parent}/models/{key}"

    def _upload(self, _random: Random, things: Things) -> Plan:
        key = f"{self.id}_{next(self.numbers)}"
        request = {
            "parent": self.parent, "model_id": key,
            "model": {"display_name": "m", "container_spec": container(), "description": "0"},
        }  # fmt: skip
        made = {"n": "0", "versions": {"1": ["default"]}}
        return things | {key: made}, lambda: self.client.upload_model(request, **_CALL).result()

    def _add_version(self, random: Random, things: Things) -> Plan:
        key = random.choice(list(things))
        request = {
            "parent": self.parent, "parent_model": self._name(key),
            "model": {"display_name": "m", "container_spec": container()},
        }  # fmt: skip
        versions = things[key]["versions"] | {str(len(things[key]["versions"]) + 1): []}
        return things | {key: things[key] | {"versions": versions}}, lambda: self.client.upload_model(
            request, **_CALL
        ).result()

    def _patch(self, random: Random, things: Things) -> Plan:
        key, n = random.choice(list(things)), str(next(self.numbers))
        model = {"name": self._name(key), "description": n}
        return things | {key: things[key] | {"n": n}}, lambda: self.client.update_model(
            model=model, update_mask={"paths": ["description"]}, **_CALL
        )

    def _alias(self, random: Random, things: Things) -> Plan:
        key = random.choice(list(things))
        version = random.choice(list(things[key]["versions"]))
        moved = {
            number: sorted({*aliases, "best"} if number == version else {*aliases} - {"best"})
            for number, aliases in things[key]["versions"].items()
        }
        return things | {key: things[key] | {"versions": moved}}, lambda: self.client.merge_version_aliases(
            name=f"{self._name(key)}@{version}", version_aliases=["best"], **_CALL
        )

    def _delete(self, random: Random, things: Things) -> Plan:
        key = random.choice(list(things))
        del things[key]
        return things, lambda: self.client.delete_model(name=self._name(key), **_CALL).result()


class Endpoints(Writer):
    """Creates, patches and deletes endpoints."""

    def connect(self) -> None:
        self.client = EndpointServiceClient(**rest(self.cloud))
        self.parent = parent(self.cloud)

    def plan(self, random: Random, things: Things) -> Plan:
        if not things or random.random() < 0.3:
            key = f"e{next(self.numbers)}"
            request = {"parent": self.parent, "endpoint_id": key, "endpoint": {"display_name": "0"}}
            return things | {key: "0"}, lambda: self.client.create_endpoint(request, **_CALL).result()
        key = random.choice(list(things))
        if random.random() < 0.3:
            del things[key]
            return things, lambda: self.client.delete_endpoint(name=self._name(key), **_CALL).result()
        n = str(next(self.numbers))
        endpoint = {"name": self._name(key), "display_name": n}
        return things | {key: n}, lambda: self.client.update_endpoint(
            endpoint=endpoint, update_mask={"paths": ["display_name"]}, **_CALL
        )

    def read(self) -> Things:
        found = self.client.list_endpoints(parent=self.parent)
        return {item.name.rpartition("/")[2]: item.display_name for item in found}

    def _name(self, key: str) -> str:
        return f"{self.parent}/endpoints/{key}"
