"""The part of Airflow's context that the steps read, without an Airflow."""

from types import SimpleNamespace
from typing import Any

from timberline.identity import RunIdentity


def context_of(run: RunIdentity) -> Any:
    """Return the context of a task of a run."""
    return {"ti": SimpleNamespace(dag_id=run.dag_id), "run_id": run.run_id}
