"""An Airflow DAG: one tuned XGBoost model per forest cover type.

Rows go to BigQuery, are split repeatably, and one tuning job per cover type searches for the best parameters on
Vertex AI, all at once. Each model is fitted again on train + validation with its best parameters, and judged on the
test lot, which no trial has seen. `report.json` in the run's folder of the bucket has all figures; the last task logs
them as a table.

- Another table: `{"source": "table", "table": "project.dataset.table"}`. It needs the 13 columns of
  `timberline.datasets.covertype.COLUMNS`.
- A first look: `{"preset": "quick", "cover_types": [3, 4]}`.
- The same run again makes nothing twice: jobs, tables and files are found by the run's name. A cover type that failed
  is tried again by clearing its `tune` task with all that follows.
- The search space and the machines are in `include/jobs/covertype_xgboost.yaml`.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param, chain

from timberline.datasets.covertype import COVERTYPE
from timberline.operators.build_trainer_image import BuildTrainerImageOperator
from timberline.operators.evaluate import EvaluateOperator
from timberline.operators.load_table import LoadTableOperator
from timberline.operators.pick_best_parameters import PickBestParametersOperator
from timberline.operators.plan_segments import PlanSegmentsOperator
from timberline.operators.split_rows import BigQuerySplitOperator
from timberline.operators.submit_jobs import SubmitTrainingJobOperator, SubmitTuningJobOperator
from timberline.operators.write_report import WriteReportOperator
from timberline.sensors.jobs import JobsSensor

JOB_FILE = "covertype_xgboost.yaml"
JOB_TIMEOUT_S = 2 * 3600

PARAMS = {
    "cover_types": Param(
        [1, 2, 3, 4, 5, 6, 7],
        description="The cover types to train a model for.",
        type="array",
        items={"type": "integer", "minimum": 1, "maximum": 7},
        minItems=1,
        uniqueItems=True,
    ),
    "preset": Param("full", description="A preset of the job file.", type="string", enum=["full", "quick"]),
    "trials": Param(None, description="Trials per cover type; empty: by preset.", type=["null", "integer"], minimum=1),
    "parallel_trials": Param(
        None, description="Trials of a cover type at a time; empty: by preset.", type=["null", "integer"], minimum=1
    ),
    "source": Param(
        "auto",
        description="Where rows come from; auto is the first of file, published and generated that can be had.",
        type="string",
        enum=["auto", "file", "published", "generated", "table"],
    ),
    "table": Param(None, description="An existing table, with the source table.", type=["null", "string"]),
    "scheme": Param(
        "lecture",
        description="How rows are split: lecture, lab, taxifare, criteo, or modulus and residues of each lot.",
        type=["string", "object"],
    ),
    "min_success": Param(
        None, description="Cover types that have to succeed; empty for all.", type=["null", "integer"], minimum=1
    ),
}  # fmt: skip

with DAG(
    dag_id="covertype_xgboost",
    description="One tuned XGBoost model per forest cover type",
    doc_md=__doc__,
    schedule=None,
    params=PARAMS,
    tags=["training", "covertype", "xgboost"],
    max_active_runs=2,
    render_template_as_native_obj=True,
    dagrun_timeout=timedelta(hours=8),
    default_args={
        "owner": "ml-platform",
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=1),
    },
) as dag:
    plan = PlanSegmentsOperator(
        task_id="plan",
        data_set=COVERTYPE,
        segments="{{ params.cover_types }}",
        scheme="{{ params.scheme }}",
        job_file=JOB_FILE,
        preset="{{ params.preset }}",
        trials="{{ params.trials }}",
        parallel_trials="{{ params.parallel_trials }}",
        min_success="{{ params.min_success }}",
    )
    load = LoadTableOperator(
        task_id="load", data_set=COVERTYPE, source="{{ params.source }}", table="{{ params.table }}"
    )
    split = BigQuerySplitOperator(
        task_id="split",
        data_set=COVERTYPE,
        table=load.output["table"],
        location=load.output["location"],
        segments=plan.output,
        scheme="{{ params.scheme }}",
    )
    build = BuildTrainerImageOperator(task_id="build", trainer="covertype_xgboost")

    tune = SubmitTuningJobOperator.partial(
        task_id="tune",
        job_file=JOB_FILE,
        preset="{{ params.preset }}",
        max_trial_count="{{ params.trials }}",
        parallel_trial_count="{{ params.parallel_trials }}",
        image_uri=build.output,
        lot_uris=split.output["uris"],
        map_index_template="cover type {{ task.segment }}",
    ).expand(segment=plan.output)
    # Both waits let the cover types that succeeded go on; the report fails the run if they are too few.
    wait_tune = JobsSensor(
        task_id="wait_tune", jobs=tune.output, job_timeout_s=JOB_TIMEOUT_S, min_success=1, noun=COVERTYPE.noun
    )
    best = PickBestParametersOperator.partial(
        task_id="best", noun=COVERTYPE.noun, map_index_template="cover type {{ task.job['segment'] }}"
    ).expand(job=wait_tune.output)

    retrain = SubmitTrainingJobOperator.partial(
        task_id="retrain",
        job_file=JOB_FILE,
        image_uri=build.output,
        lot_uris=split.output["uris"],
        map_index_template="cover type {{ task.segment }}",
    ).expand(best=best.output)
    wait_retrain = JobsSensor(
        task_id="wait_retrain", jobs=retrain.output, job_timeout_s=JOB_TIMEOUT_S, min_success=1, noun=COVERTYPE.noun
    )
    evaluate = EvaluateOperator(task_id="evaluate", jobs=wait_retrain.output, split="test", noun=COVERTYPE.noun)
    report = WriteReportOperator(
        task_id="report",
        data_set=COVERTYPE,
        segments=plan.output,
        load=load.output,
        split=split.output,
        best=best.output,
        evaluations=evaluate.output,
        tune_step="tune",
        train_step="retrain",
        min_success="{{ params.min_success }}",
    )

    chain(plan, load, split, build, tune, wait_tune, best, retrain, wait_retrain, evaluate, report)
