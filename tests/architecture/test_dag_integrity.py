"""What every DAG of the repository has."""

import runpy
from pathlib import Path

import pytest
from airflow.sdk import DAG

_DAG_FILES = sorted((Path(__file__).parents[2] / "dags").glob("*.py"))


def _dag(path: Path) -> DAG:
    found = [value for value in runpy.run_path(str(path)).values() if isinstance(value, DAG)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("path", _DAG_FILES, ids=lambda path: path.stem)
def test_dag_is_named_after_its_file_and_documented(path: Path) -> None:
    dag = _dag(path)
    assert dag.dag_id == path.stem
    assert dag.doc_md
    assert dag.tags


@pytest.mark.parametrize("path", _DAG_FILES, ids=lambda path: path.stem)
def test_every_task_has_an_owner_retries_and_a_deadline(path: Path) -> None:
    for task in _dag(path).tasks:
        arguments = getattr(task, "partial_kwargs", None) or {
            name: getattr(task, name) for name in ("owner", "retries", "execution_timeout")
        }
        assert arguments["owner"] not in ("", "airflow"), task.task_id
        assert arguments["retries"] >= 1, task.task_id
        assert arguments["execution_timeout"] is not None, task.task_id


@pytest.mark.parametrize("path", _DAG_FILES, ids=lambda path: path.stem)
def test_every_param_is_described_and_its_default_is_valid(path: Path) -> None:
    params = _dag(path).params
    params.validate()
    for name in params:
        assert params.get_param(name).schema.get("description") or params.get_param(name).description, name


@pytest.mark.parametrize("path", _DAG_FILES, ids=lambda path: path.stem)
def test_airflow_discovers_the_file(path: Path) -> None:
    """Airflow skips files whose text lacks these words (might_contain_dag)."""
    text = path.read_text(encoding="utf-8").lower()
    assert "dag" in text
    assert "airflow" in text


@pytest.mark.parametrize("path", _DAG_FILES, ids=lambda path: path.stem)
def test_steps_pass_results_by_their_outputs_alone(path: Path) -> None:
    """`x.output`, or `results_of` for the instances of a mapped group: no template pulls XComs itself."""
    assert "xcom_pull" not in path.read_text(encoding="utf-8")


_PIPELINES = [path for path in _DAG_FILES if "PlanSegmentsOperator" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", _PIPELINES, ids=lambda path: path.stem)
def test_nothing_is_paid_for_before_the_plan(path: Path) -> None:
    """The plan refuses parameters that cannot be used and a run that could cost too much."""
    tasks = _dag(path).tasks
    assert [task.task_id for task in tasks if "plan" not in task.get_flat_relative_ids(upstream=True)] == ["plan"]
