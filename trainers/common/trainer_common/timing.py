"""Measures how long the steps of a run take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Timings:
    """Seconds by name, in the order in which the steps ended."""

    def __init__(self) -> None:
        """Starts without any."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def measure(self, name: str, *, with_cpu: bool = False) -> Iterator[None]:
        """Times the block.

        Args:
            name: The step; its figure is called `<name>_s`.
            with_cpu: Count this process's CPU time too, all threads together: then the figures are `<name>_cpu_s` and
                `<name>_wall_s`.
        """
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        if with_cpu:
            self.seconds[f"{name}_cpu_s"] = time.process_time() - cpu
        self.seconds[f"{name}_wall_s" if with_cpu else f"{name}_s"] = time.perf_counter() - wall
