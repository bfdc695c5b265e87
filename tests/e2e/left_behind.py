"""Creates the leftovers of dead runs beside resources that must stay, and lists the resources by kind."""

import io
import tarfile
from functools import cached_property
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient

from tests.contract.serving import deploy, new_endpoint, upload_model
from tests.contract.training import TINY_TRAINER, docker_build, jobs_client, parent, rest, upload, wait_until
from tests.e2e.cloud_state import CloudState
from tests.local_cloud import LocalCloud

RUN_KEY = "covertype-xgboost-abcdefghijkl"
LABELS = {"timberline-run": RUN_KEY, "timberline-step": "tune"}
LIVE = ("JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_QUEUED")

Inventory = dict[str, set[str]]


class LeftBehind:
    """Resources of every kind that the janitor looks at, in a cloud of the test's own."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._repository = f"europe-west1-docker.pkg.dev/{cloud.project}/timberline"

    @cached_property
    def bucket(self) -> storage.Bucket:
        client = storage.Client(project=self._cloud.project, **self._options)
        return client.bucket(f"{self._cloud.project}-timberline")

    @cached_property
    def _bigquery(self) -> bigquery.Client:
        return bigquery.Client(project=self._cloud.project, **self._options)

    @property
    def _options(self) -> dict[str, Any]:
        return {
            "credentials": AnonymousCredentials(),
            "client_options": {"api_endpoint": self._cloud.base_url},
        }

    def make(self) -> Inventory:
        """Create leftovers of each kind, and beside them resources that must stay; return the leftovers."""
        return {
            "jobs": self._jobs(),
            "endpoints": {self._run_endpoint()},
            "deployments": {self._idle_deployment()},
            "tables": self._tables(),
            "rows": self._objects(),
            "archives": {self._archive()},
            "images": {self._images()},
        }

    def inventory(self) -> Inventory:
        """Return the present resources by kind: unfinished jobs, tags of images, and all of the other kinds."""
        state = CloudState(self._cloud)
        registry = ArtifactRegistryClient(**rest(self._cloud))
        images = registry.list_docker_images(parent=f"{parent(self._cloud)}/repositories/timberline")
        names = {blob.name for blob in self.bucket.list_blobs()}
        return {
            "jobs": {job.name for job in state.jobs() if job.state.name in LIVE},
            "endpoints": {each.name for each in state.endpoints()},
            "deployments": {
                f"{each.name}/deployedModels/{deployed.id}"
                for each in state.endpoints()
                for deployed in each.deployed_models
            },
            "tables": {each.table_id for each in self._bigquery.list_tables("timberline")},
            "rows": {name for name in names if name.startswith("runs/")},
            "archives": {name for name in names if name.startswith("builds/")},
            "images": {tag for image in images for tag in image.tags},
        }

    def _jobs(self) -> set[str]:
        """Create a job that hangs, and one that ends; the janitor keeps the ended job as a record."""
        hanging, ending = self._job("import signal; signal.pause()"), self._job("pass")
        client = jobs_client(self._cloud)
        wait_until(lambda: client.get_custom_job(name=ending), lambda job: job.state.name == "JOB_STATE_SUCCEEDED")
        return {hanging}

    def _job(self, source: str) -> str:
        container = {"image_uri": "python:3.11", "command": ["python", "-c", source]}
        pool = {
            "machine_spec": {"machine_type": "n1-standard-4"},
            "replica_count": 1,
            "container_spec": container,
        }
        job = {"display_name": "job", "labels": LABELS, "job_spec": {"worker_pool_specs": [pool]}}
        return str(jobs_client(self._cloud).create_custom_job(parent=parent(self._cloud), custom_job=job).name)

    def _run_endpoint(self) -> str:
        endpoint = new_endpoint(self._cloud, "of-one-run", labels=LABELS)
        deploy(self._cloud, endpoint, upload_model(self._cloud), "1", {"0": 100})
        return endpoint

    def _idle_deployment(self) -> str:
        endpoint = new_endpoint(self._cloud, "of-a-pipeline", labels={"timberline-pipeline": "covertype_xgboost"})
        serving = deploy(self._cloud, endpoint, upload_model(self._cloud), "1", {"0": 100})
        idle = deploy(self._cloud, endpoint, upload_model(self._cloud), "2", {serving.id: 100, "0": 0})
        return f"{endpoint}/deployedModels/{idle.id}"

    def _tables(self) -> set[str]:
        self._bigquery.create_dataset("timberline")
        self._bigquery.query_and_wait("CREATE TABLE timberline.covertype_loaded AS SELECT 1 AS one")
        split = f"covertype_split_{RUN_KEY.replace('-', '_')}"
        options = f"OPTIONS (labels = [('timberline-run', '{RUN_KEY}')])"
        self._bigquery.query_and_wait(f"CREATE TABLE timberline.{split} {options} AS SELECT 1 AS one")
        return {split}

    def _objects(self) -> set[str]:
        rows = {f"runs/{RUN_KEY}/data/{split}/000.parquet" for split in ("train", "validation", "test")}
        for name in (*rows, f"runs/{RUN_KEY}/report.json", f"runs/{RUN_KEY}/retrain/3/model/model.ubj"):
            self.bucket.blob(name).upload_from_string("{}")
        return rows

    def _archive(self) -> str:
        for name in ("builds/tiny-0.tar.gz", "builds/notes.txt"):
            self.bucket.blob(name).upload_from_string("source")
        return "builds/tiny-0.tar.gz"

    def _images(self) -> str:
        """Build four images in turn: an unused one, one that a model uses, one with a person's tag, and the newest."""
        tags = ["0" * 16, "1" * 16, "by-hand", "2" * 16]
        for tag in tags:
            upload(self._cloud, "tiny.tgz", _tiny_source(tag))
            build = docker_build(f"{self._repository}/tiny:{tag}")
            CloudBuildClient(**rest(self._cloud)).create_build(project_id=self._cloud.project, build=build).result()
        upload_model(self._cloud, image_uri=f"{self._repository}/tiny:{tags[1]}")
        return tags[0]


def _tiny_source(note: str) -> bytes:
    """Return the tiny trainer's source with a note in it, so that each note gives another image."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(TINY_TRAINER, ".", filter=lambda member: None if "__pycache__" in member.name else member)
        member = tarfile.TarInfo("trainer/note.py")
        text = f"NOTE = {note!r}\n".encode()
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return packed.getvalue()
