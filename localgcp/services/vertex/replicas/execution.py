"""Runs the replicas of one custom job, or of one trial, from start to end."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from localgcp.processes.images.commands import tail
from localgcp.processes.images.resources import Environment
from localgcp.processes.launcher import ProcessLauncher
from localgcp.processes.ports import free_port
from localgcp.processes.process import Command, Exit
from localgcp.processes.replica_log import ReplicaLog
from localgcp.processes.warm_servers import Process
from localgcp.services.vertex.replicas.replica import ReplicaPlace, command_line, variables
from localgcp.services.vertex.replicas.resources import JobSpec

_TAIL_LINES = 10
_COLLECT_S = 0.25
PRIMARY_LOG = "workerpool0-0.log"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecutionResult:
    """How an execution ended.

    Attributes:
        replica: the replica that decided the result: the primary one, or the first one that failed.
        exit: how that replica ended.
        was_stopped: `Execution.stop` ended the execution.
        message: the failure in Vertex AI's words, with the last lines of the log; empty for a success.
        cpu_s: CPU time of all replicas in seconds.
    """

    replica: str
    exit: Exit
    was_stopped: bool
    message: str
    cpu_s: float


@dataclass(kw_only=True)
class Execution:
    """One run of the replicas of a job or a trial.

    Attributes:
        folder: the folder for the logs, and for the working directories while the replicas run.
        environments: the environment of each worker pool, in the order of the pools.
        parameters: the values of a trial's flags, by name.
    """

    spec: JobSpec
    job_id: str
    folder: Path
    environments: Sequence[Environment]
    trial_id: str = ""
    metric_file: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    _processes: dict[str, Process] = field(default_factory=dict)
    _logs: list[ReplicaLog] = field(default_factory=list)
    _was_stopped: bool = False
    _ending: list["asyncio.Future[Exit]"] = field(default_factory=list)

    async def run(self, launcher: ProcessLauncher) -> ExecutionResult:
        """Start all replicas, wait until the primary one has succeeded or any one has failed, and end all others.

        When it is cancelled, this method ends the processes before it raises.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        collecting = asyncio.ensure_future(self._collect())
        try:
            for name, (environment, command) in self._commands(launcher.client).items():
                command.cwd.mkdir(parents=True, exist_ok=True)
                self._processes[name] = process = await launcher.launch(environment, command)
                if self._was_stopped:
                    self._end_early(process)
            name, ended = await self._first_decisive()
        finally:
            # Also after a cancellation: the replicas end before the job is reported as CANCELLED.
            await asyncio.shield(self._end_all())
            collecting.cancel()
            for log in self._logs:
                log.finish()
            shutil.rmtree(self.folder / "work", ignore_errors=True)
        cpu_s = sum(process.exit.result().cpu_s for process in self._processes.values())
        message = "" if ended.code == 0 or self._was_stopped else self._failure(name, ended)
        return ExecutionResult(replica=name, exit=ended, was_stopped=self._was_stopped, message=message, cpu_s=cpu_s)

    def stop(self) -> None:
        """End the replicas early; the metrics reported so far are kept."""
        if not self._was_stopped:
            self._was_stopped = True
            for process in self._processes.values():
                self._end_early(process)

    def _end_early(self, process: Process) -> None:
        self._ending.append(asyncio.ensure_future(process.end()))

    async def _first_decisive(self) -> tuple[str, Exit]:
        waiting = {process.exit: name for name, process in self._processes.items()}
        while True:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                name = waiting.pop(ended)
                if name == "workerpool0-0" or ended.result().code != 0:
                    return name, ended.result()

    async def _collect(self) -> None:
        while True:
            await asyncio.sleep(_COLLECT_S)
            for log in self._logs:
                log.collect()

    async def _end_all(self) -> None:
        await asyncio.gather(*(process.end() for process in self._processes.values()))

    def _commands(self, client: Mapping[str, str]) -> dict[str, tuple[Environment, Command]]:
        addresses = {
            pool.number: [f"127.0.0.1:{free_port()}" for _ in range(pool.replica_count)] for pool in self.spec.pools
        }
        found = {}
        for pool, environment in zip(self.spec.pools, self.environments, strict=True):
            number = pool.number
            for index in range(pool.replica_count):
                place = ReplicaPlace(
                    job_id=self.job_id, pool=number, index=index, cwd=self.folder / "work" / f"{number}-{index}",
                    addresses=addresses, trial_id=self.trial_id, metric_file=self.metric_file,
                )  # fmt: skip
                log = ReplicaLog(self.folder / f"{place.name}.log")
                self._logs.append(log)
                found[place.name] = (
                    environment,
                    Command(
                        argv=command_line(pool, environment, self.parameters),
                        env=variables(self.spec, pool, environment, place, client),
                        cwd=place.cwd,
                        log=log.stream("stdout"),
                        errors=log.stream("stderr"),
                    ),
                )
        return found

    def _failure(self, name: str, ended: Exit) -> str:
        log = self.folder / f"{name}.log"
        by_signal = f" ({ended.signal_name})" if ended.signal_name else ""
        return (
            f"The replica {name} exited with a non-zero status of {ended.code}{by_signal}. Termination reason: Error.\n"
            f"{tail(log, lines=_TAIL_LINES)}\nThe whole log: {log}"
        )
