"""Airflow's settings hook on a laptop (this folder is on PYTHONPATH in `make run`; Composer never sees it).

`airflow dags test` of Airflow 3.1 builds its in-process API server anew for each task, which costs about two seconds of
CPU per task (https://github.com/apache/airflow/issues/65235). Building it once is what later releases do.
"""

from functools import lru_cache

from airflow import __version__
from airflow.sdk.execution_time import supervisor

if __version__.startswith("3.1."):
    supervisor.in_process_api_server = lru_cache(maxsize=1)(supervisor.in_process_api_server)

__all__: list[str] = []  # nothing here overrides a setting of airflow.settings
