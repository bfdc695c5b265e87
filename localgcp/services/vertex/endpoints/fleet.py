"""The model servers that run, by endpoint and deployed model."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from localgcp.processes.images.resources import Environment
from localgcp.processes.images.store import ImageStore, ImageUnavailable
from localgcp.processes.launcher import ProcessLauncher
from localgcp.services.vertex.endpoints.container import Container
from localgcp.services.vertex.endpoints.model_server import ModelServer, NotServing

Key = tuple[str, str]


class Fleet:
    """Starts and ends model servers. `async` methods run on the launcher's event loop, the others in any thread."""

    def __init__(self, launcher: ProcessLauncher, images: ImageStore, folder: Path, timeout_s: float) -> None:
        """Prepare, without starting a server.

        Args:
            folder: the folder for the logs and working directories of the servers.
            timeout_s: how long a server may take to become healthy.
        """
        self._launcher = launcher
        self._images = images
        self._folder = folder
        self._timeout_s = timeout_s
        self._servers: dict[Key, ModelServer] = {}
        self._watchers: dict[ModelServer, asyncio.Task[None]] = {}
        self._lock = threading.Lock()

    async def prepare(self, container: Container, folder_name: str) -> ModelServer:
        """Return a server that is not started yet; the environment of its image is created if needed.

        Raises:
            NotServing: the image does not exist, or its environment cannot be created.
        """
        environment = await self._environment(container.image_uri)
        return ModelServer(self._launcher, container, environment, self._folder / folder_name, self._timeout_s)

    def add(self, key: Key, server: ModelServer) -> None:
        """Add a server for requests, and restart it whenever its process ends; call this on the event loop."""
        with self._lock:
            self._servers[key] = server
        self._watchers[server] = asyncio.get_running_loop().create_task(server.keep_serving())

    def remove(self, key: Key) -> ModelServer | None:
        """Remove a server, so that it takes no further requests, and return it; None if the key has no server."""
        with self._lock:
            return self._servers.pop(key, None)

    async def drain(self, server: ModelServer) -> None:
        """End a server after it has answered the requests under way."""
        await server.drain()
        await self.end(server)

    async def end_all(self) -> None:
        """End all servers at once."""
        with self._lock:
            self._servers.clear()
        await asyncio.gather(*(self.end(server) for server in list(self._watchers)))

    @contextmanager
    def reserve(self, key: Key) -> Iterator[ModelServer | None]:
        """Reserve a server for one request; None if the key has no server."""
        with self._lock:
            server = self._servers.get(key)
            if server is not None:
                server.begin_request()
        try:
            yield server
        finally:
            if server is not None:
                server.end_request()

    async def end(self, server: ModelServer) -> None:
        """End a server at once."""
        if watcher := self._watchers.pop(server, None):
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        await server.end()

    async def _environment(self, image_uri: str) -> Environment:
        cancelled = Event()
        try:
            return await asyncio.to_thread(self._images.resolve, image_uri, cancelled)
        except ImageUnavailable as error:
            raise NotServing(str(error)) from error
        finally:
            cancelled.set()
