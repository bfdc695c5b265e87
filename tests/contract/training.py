"""What the tests of builds and jobs share: the tiny trainer as an image, and waiting for a job."""

import io
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.aiplatform_v1 import JobServiceClient
from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient

from tests.local_cloud import LocalCloud

TINY_TRAINER = Path(__file__).with_name("tiny_trainer")
IMAGE = "europe-west1-docker.pkg.dev/test-project/trainers/tiny:1"
ENDED = ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED")
_POLL_S = 0.02
_TIMEOUT_S = 300.0  # an image's environment may have to be made, beside other tests

Thing = TypeVar("Thing")


def rest(cloud: LocalCloud) -> dict[str, Any]:
    """Return the constructor arguments of an official client."""
    return {
        "transport": "rest",
        "credentials": AnonymousCredentials(),
        "client_options": {"api_endpoint": cloud.base_url},
    }


def jobs_client(cloud: LocalCloud) -> JobServiceClient:
    return JobServiceClient(**rest(cloud))


def parent(cloud: LocalCloud) -> str:
    return f"projects/{cloud.project}/locations/europe-west1"


def pack(folder: Path) -> bytes:
    """Return a folder as the source archive of a build."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(folder, ".", filter=lambda member: None if "__pycache__" in member.name else member)
    return packed.getvalue()


def upload(cloud: LocalCloud, name: str, data: bytes) -> None:
    """Store an object in the bucket `sources`, made on the way."""
    client = storage.Client(project=cloud.project, credentials=AnonymousCredentials())
    bucket = client.bucket("sources")
    if not bucket.exists():
        bucket = client.create_bucket("sources")
    bucket.blob(name).upload_from_string(data)


def docker_build(image: str = IMAGE, source: str = "tiny.tgz", args: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a Build in the official client's words."""
    return {
        "source": {"storage_source": {"bucket": "sources", "object_": source}},
        "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", image, *args, "."]}],
        "images": [image],
    }


def build_tiny_image(cloud: LocalCloud) -> str:
    """Build the tiny trainer and return its image."""
    upload(cloud, "tiny.tgz", pack(TINY_TRAINER))
    operation = CloudBuildClient(**rest(cloud)).create_build(project_id=cloud.project, build=docker_build())
    operation.result(timeout=_TIMEOUT_S)
    return IMAGE


def wait_until(read: Callable[[], Thing], holds: Callable[[Thing], bool]) -> Thing:
    """Read again and again until the condition holds."""
    deadline = time.monotonic() + _TIMEOUT_S
    while not holds(found := read()):
        assert time.monotonic() < deadline, f"still {found}"
        time.sleep(_POLL_S)
    return found


def pool(args: list[str], image: str = IMAGE, **container: Any) -> dict[str, Any]:
    """Return a worker pool of one replica."""
    return {
        "machine_spec": {"machine_type": "n1-standard-4"},
        "replica_count": 1,
        "container_spec": {"image_uri": image, "args": args, **container},
    }


def job_spec(args: list[str], image: str = IMAGE, **container: Any) -> dict[str, Any]:
    return {
        "worker_pool_specs": [pool(args, image, **container)],
        "base_output_directory": {"output_uri_prefix": "gs://sources/out"},
    }


X = {"parameter_id": "x", "double_value_spec": {"min_value": 0.0, "max_value": 1.0}}


def tuning_job(args: list[str], **changes: Any) -> dict[str, Any]:
    """Return a tuning job of the tiny trainer; `study_spec` entries are merged into the default ones."""
    study = {"metrics": [{"metric_id": "score", "goal": "MAXIMIZE"}], "parameters": [X]} | changes.pop("study_spec", {})
    return {
        "display_name": "tune",
        "max_trial_count": 4,
        "parallel_trial_count": 2,
        "study_spec": study,
        "trial_job_spec": job_spec(args),
        **changes,
    }
