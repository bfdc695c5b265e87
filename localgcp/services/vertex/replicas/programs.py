"""The environments of worker pools: that of a container, or of an executor image with Python packages."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from threading import Event

from localgcp.core.conventions.errors import ApiError, RpcCode
from localgcp.processes.images.environments import hash_files
from localgcp.processes.images.resources import Environment
from localgcp.processes.images.store import ImageStore, ImageUnavailable
from localgcp.processes.jobs.context import JobFailed
from localgcp.services.storage.store import StorageStore
from localgcp.services.vertex.replicas.resources import JobSpec, WorkerPool


class Programs:
    """Finds or creates environments; a call may take as long as an installation."""

    def __init__(self, images: ImageStore, storage: StorageStore) -> None:
        self._images = images
        self._storage = storage

    async def environments(self, spec: JobSpec) -> list[Environment]:
        """Return the environment of each worker pool of a job; missing environments are created.

        Raises:
            JobFailed: an image does not exist, or a package cannot be installed.
        """
        cancelled = Event()
        try:
            return [await asyncio.to_thread(self.environment, pool, cancelled) for pool in spec.pools]
        except ImageUnavailable as error:
            raise JobFailed(str(error), RpcCode.NOT_FOUND) from error
        finally:
            cancelled.set()

    def environment(self, pool: WorkerPool, cancelled: Event) -> Environment:
        """Return the environment of a worker pool.

        Raises:
            ImageUnavailable: the image or a package does not exist, or cannot be installed.
            Cancelled: the event was set.
        """
        if pool.package is None:
            return self._images.resolve(pool.image_uri, cancelled)
        with tempfile.TemporaryDirectory(prefix="localgcp-packages-") as folder:
            archives = [self._fetch(uri, Path(folder)) for uri in pool.package.uris]
            content, _ = hash_files(Path(folder), archives)
            return self._images.with_packages(pool.image_uri, archives, content, cancelled)

    def _fetch(self, uri: str, folder: Path) -> Path:
        """Copy a package under its own file name, from which the installer reads its name and version."""
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        try:
            stored = self._storage.get_object(bucket, name)
        except ApiError as error:
            raise ImageUnavailable(f"The Python package {uri} cannot be read. {error.message}") from error
        target = folder / name.rpartition("/")[2]
        shutil.copyfile(self._storage.content_path(stored), target)
        return target
