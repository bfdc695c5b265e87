"""Replicas from their start to their end."""

import asyncio
from pathlib import Path
from typing import Any

from localgcp.processes.images.resources import Environment, Startup
from localgcp.processes.process import Exit
from localgcp.processes.warm_servers import Process
from localgcp.services.vertex.replicas.execution import Execution
from localgcp.services.vertex.replicas.resources import JobSpec, WorkerPool

_WAIT_S = 5.0


class SlowLauncher:
    """Starts processes that end only by a signal, and stops their execution while the first one starts."""

    def __init__(self, execution: Execution) -> None:
        self.client: dict[str, str] = {}
        self._execution = execution
        self._processes: dict[str, Process] = {}

    async def launch(self, environment: Environment, command: Any) -> Process:
        self._execution.stop()
        process = Process("1", self)  # type: ignore[arg-type]
        self._processes["1"] = process
        return process

    def request(self, message: dict[str, Any]) -> None:
        self._processes[message["to"]].exit.set_result(Exit(code=128 + message["signal"], signal_name="SIGTERM"))


def test_replica_that_was_starting_when_its_trial_was_stopped_is_ended(tmp_path: Path) -> None:
    pool = WorkerPool(replica_count=1, image_uri="i", command=("sleep", "60"), args=(), env={})
    environment = Environment(key="k", python=Path("/env/bin/python"), startup=Startup())

    async def run() -> bool:
        execution = Execution(
            spec=JobSpec(pools=(pool,), base_output_uri="", timeout_s=60), job_id="1", folder=tmp_path,
            environments=[environment],
        )  # fmt: skip
        async with asyncio.timeout(_WAIT_S):
            result = await execution.run(SlowLauncher(execution))  # type: ignore[arg-type]
        return result.was_stopped and not result.message

    assert asyncio.run(run())
