"""Executes one run in a process of its own, which a test may kill: `python -m tests.faults.one_run NAME`."""

import sys

from airflow.sdk.bases.operator import ExecutorSafeguard

from tests.faults.steps import Run

if __name__ == "__main__":
    ExecutorSafeguard.test_mode = True
    Run(sys.argv[1]).go()
