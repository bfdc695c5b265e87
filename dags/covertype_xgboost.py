"""An Airflow DAG: one tuned XGBoost model per forest cover type, released if it is no worse than the one in service.

Rows go to BigQuery, are split repeatably, and one tuning job per cover type searches for the best parameters on
Vertex AI, all at once. Each model is fitted again on train + validation with its best parameters, and judged on the
test split, which no trial has seen. It becomes a version of its cover type's model. A gate compares it with the version
in service on the same rows; what passes is deployed beside it with a small share of the requests, has to answer test
rows as the trainer did, and then takes over, or is rolled back. `report.json` in the run's folder of the bucket has all
figures; the task `report` logs them as tables.

- Another table: `{"source": "table", "table": "project.dataset.table"}`. It needs the 13 columns of
  `timberline.data.datasets.covertype.COLUMNS`.
- A first look: `{"preset": "quick", "cover_types": [3, 4]}`.
- No endpoints: `{"serving": "none"}`; endpoints for the time of the run: `{"serving": "ephemeral"}`.
- The same run again makes nothing twice: jobs, tables, versions and deployments are found by the run's name. A cover
  type that failed is tried again by clearing its failed task with all that follows; the others stay as they are.
- The search space, the machines and the gate's thresholds are in `include/jobs/covertype_xgboost.yaml`.
- A channel for alerts: `TIMBERLINE_ALERT_CONN_ID` names an HTTP connection of Airflow that takes `{"text": ...}`.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param, TriggerRule, chain, task_group

from timberline.data.datasets.covertype import COVERTYPE
from timberline.notifiers.alert import AlertNotifier
from timberline.operators.build_trainer_image import BuildTrainerImageOperator
from timberline.operators.cleanup_run import CleanupRunOperator
from timberline.operators.deploy_model import DeployModelOperator
from timberline.operators.evaluate import EvaluateOperator
from timberline.operators.gate_challenger import GateOperator
from timberline.operators.load_table import LoadTableOperator
from timberline.operators.pick_best_parameters import PickBestParametersOperator
from timberline.operators.plan_segments import PlanSegmentsOperator
from timberline.operators.promote_model import PromoteModelOperator
from timberline.operators.register_model import RegisterModelOperator
from timberline.operators.smoke_predict import SmokePredictOperator
from timberline.operators.split_rows import BigQuerySplitOperator
from timberline.operators.submit_jobs import SubmitTrainingJobOperator, SubmitTuningJobOperator
from timberline.operators.submit_scoring import SubmitScoringJobOperator
from timberline.operators.write_report import WriteReportOperator
from timberline.report.summary import Summary
from timberline.sensors.jobs import JobsSensor

JOB_FILE = "covertype_xgboost.yaml"
JOB_TIMEOUT_S = 2 * 3600
ALERTS = AlertNotifier()

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
        "80_10_10",
        description="How rows are split: 80_10_10, 40_10_10, taxifare, or modulus and residues of each split.",
        type=["string", "object"],
    ),
    "min_success": Param(
        None, description="Cover types that have to succeed; empty for all.", type=["null", "integer"], minimum=1
    ),
    "fail_fast": Param(
        False, description="End the run at the first job that fails, and cancel the others.", type="boolean"
    ),
    "serving": Param(
        "endpoint",
        description="endpoint: one per cover type, kept; ephemeral: for the time of the run; none: only registered.",
        type="string",
        enum=["endpoint", "ephemeral", "none"],
    ),
    "canary_percent": Param(
        10, description="Share of the requests until a version is promoted.", type="integer", minimum=1, maximum=100
    ),
    "floor": Param(
        None, description="F1 that a challenger has to reach; empty: by the job file.", type=["null", "number"]
    ),
    "min_gain": Param(
        None, description="F1 above the version in service; empty: by the job file.", type=["null", "number"]
    ),
    "keep_versions": Param(5, description="Versions kept of each model.", type="integer", minimum=1),
    "max_cost_usd": Param(
        100, description="The run is refused if it could cost more; empty for no limit.", type=["null", "number"],
        exclusiveMinimum=0,
    ),
}  # fmt: skip

with DAG(
    dag_id="covertype_xgboost",
    description="One tuned XGBoost model per forest cover type",
    doc_md=__doc__,
    schedule=None,
    params=PARAMS,
    tags=["training", "covertype", "xgboost"],
    max_active_runs=1,  # two promotions of one model must not overlap
    render_template_as_native_obj=True,
    dagrun_timeout=timedelta(hours=8),
    default_args={
        "owner": "ml-platform",
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=1),
        "on_failure_callback": ALERTS,
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
        split_uris=split.output["uris"],
        map_index_template="cover type {{ task.segment }}",
    ).expand(segment=plan.output)
    # A cover type that fails leaves the others alone, here and below; the report fails the run if too few succeed.
    wait_tune = JobsSensor(
        task_id="wait_tune",
        jobs=tune.output,
        job_timeout_s=JOB_TIMEOUT_S,
        min_success=1,
        fail_fast="{{ params.fail_fast }}",
        segment_label=COVERTYPE.segment_label,
        trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
    )
    best = PickBestParametersOperator.partial(
        task_id="best", segment_label=COVERTYPE.segment_label, map_index_template="cover type {{ task.job['segment'] }}"
    ).expand(job=wait_tune.output)

    retrain = SubmitTrainingJobOperator.partial(
        task_id="retrain",
        job_file=JOB_FILE,
        image_uri=build.output,
        split_uris=split.output["uris"],
        map_index_template="cover type {{ task.segment }}",
        trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
    ).expand(best=best.output)
    wait_retrain = JobsSensor(
        task_id="wait_retrain",
        jobs=retrain.output,
        job_timeout_s=JOB_TIMEOUT_S,
        min_success=1,
        fail_fast="{{ params.fail_fast }}",
        segment_label=COVERTYPE.segment_label,
        trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
    )
    evaluate = EvaluateOperator(
        task_id="evaluate", jobs=wait_retrain.output, split="test", segment_label=COVERTYPE.segment_label
    )

    register = RegisterModelOperator.partial(
        task_id="register",
        job_file=JOB_FILE,
        image_uri=build.output,
        data_set=COVERTYPE,
        map_index_template="cover type {{ task.segment }}",
    ).expand(evaluation=evaluate.output)
    score = SubmitScoringJobOperator.partial(
        task_id="score",
        job_file=JOB_FILE,
        image_uri=build.output,
        split_uris=split.output["uris"],
        map_index_template="cover type {{ task.segment }}",
        trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
    ).expand(challenger=register.output)
    wait_score = JobsSensor(
        task_id="wait_score",
        jobs=score.output,
        job_timeout_s=JOB_TIMEOUT_S,
        min_success=1,
        fail_fast="{{ params.fail_fast }}",
        segment_label=COVERTYPE.segment_label,
        trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
    )

    @task_group(group_id="release")
    def release(scoring):  # type: ignore[no-untyped-def]
        """Each cover type goes its own way: a rejected one is skipped, a failed one stops alone."""
        gate = GateOperator(
            task_id="gate",
            scoring=scoring,
            register_step="register",
            job_file=JOB_FILE,
            floor="{{ params.floor }}",
            min_gain="{{ params.min_gain }}",
            segment_label=COVERTYPE.segment_label,
            notifiers=[ALERTS],
            map_index_template="cover type {{ task.segment }}: {{ task.verdict }}",
        )
        deploy = DeployModelOperator(
            task_id="deploy",
            decision=gate.output["decision"],
            challenger=gate.output["challenger"],
            serving="{{ params.serving }}",
            canary_percent="{{ params.canary_percent }}",
            job_file=JOB_FILE,
            map_index_template="cover type {{ task.segment }}",
        )
        smoke = SmokePredictOperator(
            task_id="smoke",
            deployment=deploy.output,
            challenger=gate.output["challenger"],
            map_index_template="cover type {{ task.segment }}",
        )
        promote = PromoteModelOperator(
            task_id="promote",
            decision=gate.output["decision"],
            challenger=gate.output["challenger"],
            deployment=deploy.output,
            smoke=smoke.output,
            serving="{{ params.serving }}",
            notifiers=[ALERTS],
            map_index_template="cover type {{ task.segment }}",
        )
        chain(gate, deploy, smoke, promote)

    released = release.expand(scoring=wait_score.output)
    report = WriteReportOperator(
        task_id="report",
        data_set=COVERTYPE,
        job_file=JOB_FILE,
        summary=Summary(name="macro_f1", title="macro F1", metric="f1"),
        serving="{{ params.serving }}",
        min_success="{{ params.min_success }}",
        trigger_rule=TriggerRule.ALL_DONE,
    )
    cleanup = CleanupRunOperator(
        task_id="cleanup", segments=plan.output, keep_versions="{{ params.keep_versions }}"
    ).as_teardown()

    chain(plan, load, split, build, tune, wait_tune, best, retrain, wait_retrain, evaluate)
    chain(evaluate, register, score, wait_score, released, report, cleanup)
