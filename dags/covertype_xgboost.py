"""An Airflow DAG: one tuned XGBoost model per forest cover type, released if it is no worse than the one in service.

Rows go to BigQuery and are split repeatably. One tuning job per cover type searches for the best parameters on Vertex
AI, all at the same time. Each model is trained again on train + validation with its best parameters, and measured on
the test split, which no trial has seen. It becomes a version of its cover type's model. A gate compares it with the
version in service on the same rows. A version that passes is deployed beside the one in service with a small share of
the requests, must answer test rows as the trainer did, and then takes over; otherwise it is rolled back. The task
`report` logs all figures as tables; `report.json` in the run's folder of the bucket has them for machines.

- Another table: `{"source": "table", "table": "project.dataset.table"}`. It needs the 13 columns of
  `timberline.data.datasets.covertype.COLUMNS`.
- A first look: `{"preset": "quick", "cover_types": [3, 4]}`.
- No tuning: `{"trials": 0}` trains with the default parameters of the job file.
- No endpoints: `{"serving": "none"}`; endpoints for the time of the run: `{"serving": "ephemeral"}`.
- One data set per cover type, for queries: the views that the task `views` logs, with the 0/1 column `label`.
- The same run again makes nothing twice: it finds jobs, tables, versions and deployments by the run's name. To repeat a
  failed cover type, clear its failed task with everything downstream; the other cover types stay as they are.
- The search space, the machines and the gate's thresholds are in `include/jobs/covertype_xgboost.yaml`.
- A channel for alerts: `TIMBERLINE_ALERT_CONN_ID` names an HTTP connection of Airflow that takes `{"text": ...}`.
"""

from airflow.sdk import DAG, Param, TriggerRule, chain

from timberline.data.datasets.covertype import COVERTYPE
from timberline.operators.build_trainer_image import BuildTrainerImageOperator
from timberline.operators.cleanup_run import CleanupRunOperator
from timberline.operators.create_views import CreateViewsOperator
from timberline.operators.evaluate import EvaluateOperator
from timberline.operators.load_table import LoadTableOperator
from timberline.operators.pick_best_parameters import PickBestParametersOperator
from timberline.operators.plan_segments import PlanSegmentsOperator
from timberline.operators.register_model import RegisterModelOperator
from timberline.operators.serve_champions import ServeChampionsOperator
from timberline.operators.split_rows import BigQuerySplitOperator
from timberline.operators.submit_jobs import SubmitTrainingJobOperator, SubmitTuningJobOperator
from timberline.operators.submit_scoring import SubmitScoringJobOperator
from timberline.operators.write_report import ReportedSteps, WriteReportOperator
from timberline.pipelines.defaults import training_defaults
from timberline.pipelines.params import SCHEME, cost_params, data_params, fan_out_params, release_params, tuning_params
from timberline.pipelines.release import release
from timberline.pipelines.wait_for import wait_for
from timberline.report.summary import Summary

JOB_FILE = "covertype_xgboost.yaml"
LABEL = COVERTYPE.segment_label
SEGMENT = "cover type {{ task.segment }}"

PARAMS = {
    "cover_types": Param(
        [1, 2, 3, 4, 5, 6, 7],
        title="Cover types",
        description="The cover types to train a model for.",
        section="Data",
        type="array",
        items={"type": "integer", "minimum": 1, "maximum": 7},
        minItems=1,
        uniqueItems=True,
    ),
    **data_params(scheme="80_10_10"),
    **tuning_params(presets=["full", "quick"]),
    **release_params(metric="F1"),
    **fan_out_params(),
    **cost_params(max_cost_usd=100),
}

with DAG(
    dag_id="covertype_xgboost",
    description="One tuned XGBoost model per forest cover type",
    doc_md=__doc__,
    schedule=None,
    params=PARAMS,
    tags=["training", "covertype", "xgboost"],
    **training_defaults(),
) as dag:
    plan = PlanSegmentsOperator(
        task_id="plan",
        data_set=COVERTYPE,
        segments="{{ params.cover_types }}",
        scheme=SCHEME,
        job_file=JOB_FILE,
        preset="{{ params.preset }}",
        trials="{{ params.trials }}",
        parallel_trials="{{ params.parallel_trials }}",
        min_success="{{ params.min_success }}",
        max_cost_usd="{{ params.max_cost_usd }}",
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
        scheme=SCHEME,
    )
    views = CreateViewsOperator(
        task_id="views", data_set=COVERTYPE, table=split.output["table"], location=load.output["location"],
        segments=plan.output,
    )  # fmt: skip
    build = BuildTrainerImageOperator(task_id="build", trainer="covertype_xgboost")

    job = {"job_file": JOB_FILE, "image_uri": build.output, "split_uris": split.output["uris"]}
    tune = SubmitTuningJobOperator.partial(
        task_id="tune",
        preset="{{ params.preset }}",
        max_trial_count="{{ params.trials }}",
        parallel_trial_count="{{ params.parallel_trials }}",
        map_index_template=SEGMENT,
        **job,
    ).expand(segment=plan.output)
    # A failed cover type does not affect the others, here and below. The report fails the run if too few succeed.
    wait_tune = wait_for("tune", tune.output, segment_label=LABEL, fail_fast="{{ params.fail_fast }}")
    # Without tuning, this step returns the default parameters of the job file.
    best = PickBestParametersOperator(
        task_id="best", jobs=wait_tune.output, segments=plan.output, job_file=JOB_FILE, preset="{{ params.preset }}",
        segment_label=LABEL, trigger_rule=TriggerRule.NONE_FAILED,
    )  # fmt: skip

    retrain = SubmitTrainingJobOperator.partial(task_id="retrain", map_index_template=SEGMENT, **job).expand(
        best=best.output
    )
    wait_retrain = wait_for("retrain", retrain.output, segment_label=LABEL, fail_fast="{{ params.fail_fast }}")
    evaluate = EvaluateOperator(task_id="evaluate", jobs=wait_retrain.output, split="test", segment_label=LABEL)

    register = RegisterModelOperator.partial(
        task_id="register", data_set=COVERTYPE, job_file=JOB_FILE, image_uri=build.output, map_index_template=SEGMENT
    ).expand(evaluation=evaluate.output)
    score = SubmitScoringJobOperator.partial(
        task_id="score", map_index_template=SEGMENT, trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS, **job
    ).expand(challenger=register.output)
    wait_score = wait_for("score", score.output, segment_label=LABEL, fail_fast="{{ params.fail_fast }}")

    # gate, deploy, smoke, promote: once per cover type
    released = release(wait_score.output, job_file=JOB_FILE, segment_label=LABEL)
    champions = ServeChampionsOperator(
        task_id="champions",
        segments=plan.output,
        job_file=JOB_FILE,
        serving="{{ params.serving }}",
        segment_label=LABEL,
        trigger_rule=TriggerRule.ALL_DONE,
    )
    report = WriteReportOperator(
        task_id="report",
        data_set=COVERTYPE,
        job_file=JOB_FILE,
        steps=ReportedSteps(views="views"),
        summary=Summary(name="macro_f1", title="macro F1", metric="f1"),
        serving="{{ params.serving }}",
        min_success="{{ params.min_success }}",
        trigger_rule=TriggerRule.ALL_DONE,
    )
    cleanup = CleanupRunOperator(
        task_id="cleanup", segments=plan.output, keep_versions="{{ params.keep_versions }}"
    ).as_teardown()

    chain(plan, load, split, views, build, tune, wait_tune, best, retrain, wait_retrain, evaluate)
    chain(evaluate, register, score, wait_score, released, [champions, report], cleanup)
