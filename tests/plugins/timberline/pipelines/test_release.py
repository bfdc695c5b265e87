"""The release of every segment is the same chain of four steps."""

import itertools

from airflow.sdk import DAG, task

from timberline.pipelines.release import release


def _dag() -> DAG:
    with DAG(dag_id="some_pipeline", schedule=None) as dag:

        @task
        def wait_score() -> list[dict[str, str]]:
            return []

        release(wait_score(), job_file="some.yaml", segment_label="cover type")
    return dag


def test_a_challenger_is_gated_deployed_tested_and_promoted() -> None:
    dag = _dag()
    order = ["gate", "deploy", "smoke", "promote"]
    for first, second in itertools.pairwise(order):
        assert dag.get_task(f"release.{second}").task_id in dag.get_task(f"release.{first}").downstream_task_ids


def test_segments_are_named_by_their_label() -> None:
    templates = {task.task_id: task.map_index_template for task in _dag().tasks if task.task_id.startswith("release")}
    assert templates["release.gate"] == "cover type {{ task.segment }}: {{ task.verdict }}"
    assert templates["release.promote"] == "cover type {{ task.segment }}"
