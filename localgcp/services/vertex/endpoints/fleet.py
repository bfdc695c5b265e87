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
    """Starts and ends model servers. What is `async` runs on the launcher's event loop, the rest in any thread."""

    def __init__(self, launcher: ProcessLauncher, images: ImageStore, folder: Path, timeout_s: float) -> None:
        """Prepare; nothing runs yet.

        Args:
            folder: for the servers' logs and working directories.
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
        """Return a server that is not started yet; the environment of its image is made if there is none.

        Raises:
            NotServing: there is no such image, or its environment cannot be made.
        """
        environment = await self._environment(container.image_uri)
        return ModelServer(self._launcher, container, environment, self._folder / folder_name, self._timeout_s)

    def join(self, key: Key, server: ModelServer) -> None:
        """Let a server take requests, and start it whenever it does not run; on the loop."""
        with self._lock:
            self._servers[key] = server
        self._watchers[server] = asyncio.get_running_loop().create_task(server.keep_serving())

    def leave(self, key: Key) -> ModelServer | None:
        """Let a server take no further requests, and return it; None where there is none."""
        with self._lock:
            return self._servers.pop(key, None)

    async def retire(self, server: ModelServer) -> None:
        """End a server once it has answered what it was asked."""
        await server.drain()
        await self.end(server)

    async def end_all(self) -> None:
        """End all servers at once."""
        with self._lock:
            self._servers.clear()
        await asyncio.gather(*(self.end(server) for server in list(self._watchers)))

    @contextmanager
    def borrow(self, key: Key) -> Iterator[ModelServer | None]:
        """Hold a server for one request; None where there is none."""
        with self._lock:
            server = self._servers.get(key)
            if server is not None:
                server.take()
        try:
            yield server
        finally:
            if server is not None:
                server.give_back()

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
