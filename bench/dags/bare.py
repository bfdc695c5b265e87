"""A DAG file that uses airflow.sdk alone: the shortest possible parse time."""

from airflow.sdk import DAG, Param, task

with DAG("bare", schedule=None, params={"cover_types": Param([1, 2, 3], type="array")}) as dag:

    @task
    def segments(params: dict[str, list[int]]) -> list[int]:
        """Return the cover types."""
        return params["cover_types"]

    @task
    def tune(segment: int) -> int:
        """Return without work; stands for the submission of a job."""
        return segment

    tune.expand(segment=segments())
