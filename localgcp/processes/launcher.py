"""Starts the processes of all services: one event loop in a thread of its own, warm servers, CPU slots."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from localgcp.processes.images.resources import Environment
from localgcp.processes.process import Command
from localgcp.processes.slots import SlotPool
from localgcp.processes.warm_servers import Process, WarmServers


class ProcessLauncher:
    """Starts processes for all services. The `async` methods run on its event loop, the others in any thread.

    Attributes:
        client: the variables by which clients find this server; every process gets them.
        slots: the CPU slots that all jobs share.
    """

    def __init__(self, log_folder: Path, cpu_slots: int) -> None:
        """Prepare; no process can be started before `start`.

        Args:
            log_folder: the folder for the logs of the warm servers.
            cpu_slots: how many single-threaded programs may run at once.
        """
        self.client: dict[str, str] = {}
        self.slots = SlotPool(cpu_slots)
        self._warm_servers = WarmServers(log_folder)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="localgcp-processes", daemon=True)
        self._tasks: set[asyncio.Task[Any]] = set()

    def set_client(self, variables: Mapping[str, str]) -> None:
        """Set the variables by which clients find this server."""
        self.client.update(variables)

    def start(self) -> None:
        """Start the event loop."""
        self._thread.start()

    def stop(self) -> None:
        """Kill every process and stop the event loop; tasks that still run are cancelled."""
        if self._thread.is_alive():
            self.wait_for(self.kill_all())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        else:
            self._loop.close()

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Call a function on the event loop, without waiting; before `start` the call waits for the loop."""
        self._loop.call_soon_threadsafe(function, *args)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine on the event loop, without waiting."""
        self.call(self._spawn, work)

    def wait_for(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine on the event loop to its end; a loop that was never started has nothing to do."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(work, self._loop).result()
        else:
            work.close()

    async def launch(self, environment: Environment, command: Command) -> Process:
        """Start a process."""
        return await self._warm_servers.launch(environment, command)

    async def kill_all(self) -> None:
        """Kill every process, and wait until all processes have ended."""
        await self._warm_servers.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)  # the loop itself holds tasks by weak references
        task.add_done_callback(self._tasks.discard)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()
