"""Airflow's settings hook on a laptop. `make run` puts this folder on PYTHONPATH; Composer does not get it.

`airflow dags test` of Airflow 3.1 builds a new in-process API server for each task, which costs about two seconds of
CPU per task (https://github.com/apache/airflow/issues/65235). This module has it built once, as later releases do.
"""

from functools import lru_cache

from airflow import __version__
from airflow.sdk.execution_time import supervisor

if __version__.startswith("3.1."):
    supervisor.in_process_api_server = lru_cache(maxsize=1)(supervisor.in_process_api_server)

__all__: list[str] = []  # this module overrides no setting of airflow.settings
