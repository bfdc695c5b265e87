"""Measure how long the steps of a run take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Timings:
    """The duration of each step.

    Attributes:
        seconds: Durations by name, in the order in which the steps ended.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def measure(self, name: str, *, with_cpu: bool = False) -> Iterator[None]:
        """Measure the block.

        Args:
            name: The step; its duration is called `<name>_s`.
            with_cpu: Measure the CPU time of all threads of this process too; the durations are then called
                `<name>_cpu_s` and `<name>_wall_s`.
        """
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        if with_cpu:
            self.seconds[f"{name}_cpu_s"] = time.process_time() - cpu
        self.seconds[f"{name}_wall_s" if with_cpu else f"{name}_s"] = time.perf_counter() - wall
