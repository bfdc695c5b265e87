"""An Airflow DAG: the trials of a tuning job by its AI Platform job id, best first.

Trigger it with the id under which the job was submitted, by an operator or by the command of
`timberline.ai_platform`.
The log of the task has the trials; its XComs have the job as AI Platform answered it (`job`, with `trainingOutput`) and
the parameters of the best trial (`hyperparameters`). On a terminal: `python -m timberline.ai_platform best JOB_ID`.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param

from timberline.ai_platform.operators.output import MLEngineGetTrainingOutputOperator
from timberline.pipelines.defaults import task_defaults

with DAG(
    dag_id="ai_platform_best_trial",
    description="The best trial of a tuning job, by its AI Platform job id",
    doc_md=__doc__,
    schedule=None,
    params={"job_id": Param("", description="The id under which the job was submitted.", type="string")},
    tags=["ai-platform"],
    default_args=task_defaults(execution_timeout=timedelta(minutes=10), on_failure_callback=None),
) as dag:
    best = MLEngineGetTrainingOutputOperator(task_id="best", job_id="{{ params.job_id }}")
