"""An Airflow DAG: a linear model of all forest cover types, tuned and served as on AI Platform, which is no more.

The jobs are those of AI Platform Training (`ml` v1): `include/jobs/covertype_sgd.yaml` is a config file of
`gcloud ai-platform jobs submit training`, the operators have v1's parameters, and Vertex AI does the work. Rows are
split by their fingerprint and written as CSV; a tuning job searches for `alpha` and `max_iter`; its `trainingOutput`
names the best trial, and one more job fits with its parameters on training and validation rows. A gate compares the
model with the version in service on the test split; what passes becomes a version of the model
`forest_cover_classifier`, is deployed beside the former version, has to answer test rows as the trainer did, and takes
over. Then the instances of `include/instances/covertype_sgd.json` are asked for, as
`gcloud ai-platform predict --json-instances` did.

- Which DAG for AI Platform becomes which: `docs/ai-platform.md`.
- The splits of the course and of its lab: `{"scheme": "lecture"}`, `{"scheme": "lab"}`.
- An endpoint for the time of the run: `{"serving": "ephemeral"}`.
- The gate's thresholds, the scoring job and the serving container are in `include/jobs/covertype_sgd_release.yaml`.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param, TriggerRule, chain

from timberline.ai_platform.operators.create_version import MLEngineCreateVersionOperator
from timberline.ai_platform.operators.models import MLEngineCreateModelOperator
from timberline.ai_platform.operators.output import MLEngineGetTrainingOutputOperator
from timberline.ai_platform.operators.predict import MLEnginePredictOperator
from timberline.ai_platform.operators.training import MLEngineStartTrainingJobOperator
from timberline.ai_platform.serving.resource_names import resource_id
from timberline.data.datasets.covertype import COVERTYPE_MULTICLASS
from timberline.notifiers.alert import AlertNotifier
from timberline.operators.build_trainer_image import BuildTrainerImageOperator
from timberline.operators.cleanup_run import CleanupRunOperator
from timberline.operators.evaluate import EvaluateOperator
from timberline.operators.export_csv import ExportCsvOperator
from timberline.operators.gate_challenger import GateOperator
from timberline.operators.load_table import LoadTableOperator
from timberline.operators.plan_segments import PlanSegmentsOperator
from timberline.operators.promote_model import PromoteModelOperator
from timberline.operators.register_model import RegisterModelOperator
from timberline.operators.smoke_predict import SmokePredictOperator
from timberline.operators.split_rows import BigQuerySplitOperator
from timberline.operators.submit_scoring import SubmitScoringJobOperator
from timberline.operators.write_report import ReportedSteps, WriteReportOperator
from timberline.report.summary import Summary
from timberline.run.identity import ALL_SEGMENTS
from timberline.sensors.jobs import JobsSensor

JOB_FILE = "covertype_sgd.yaml"
RELEASE_FILE = "covertype_sgd_release.yaml"
MODEL_NAME = "forest_cover_classifier"
MODEL_ID = resource_id(MODEL_NAME)
SEGMENT_LABEL = "model"
JOB_TIMEOUT_S = 2 * 3600
# v1's job ids are used once: each run has its own.
JOB_ID = "{{ macros.timberline.run_key(dag.dag_id, run_id) }}"
ALERTS = AlertNotifier()

PARAMS = {
    "source": Param(
        "auto",
        description="Where rows come from; auto is the first of file, published and generated that can be had.",
        type="string",
        enum=["auto", "file", "published", "generated", "table"],
    ),
    "table": Param(None, description="An existing table, with the source table.", type=["null", "string"]),
    "scheme": Param(
        "40_10_10",
        description="How rows are split: 80_10_10, 40_10_10, or modulus and residues of each split.",
        type=["string", "object"],
    ),
    "version_name": Param(
        "v01", description="The version's name in v1's terms.", type="string", pattern="^[A-Za-z][A-Za-z0-9_]*$"
    ),
    "replace_existing_version": Param(
        True, description="Take the name from the version that has it.", type="boolean"
    ),
    "serving": Param(
        "endpoint",
        description="endpoint: kept; ephemeral: for the time of the run.",
        type="string",
        enum=["endpoint", "ephemeral"],
    ),
    "canary_percent": Param(
        10, description="Share of the requests until the version is promoted.", type="integer", minimum=1, maximum=100
    ),
    "floor": Param(
        None, description="Accuracy that the model has to reach; empty: by the release file.", type=["null", "number"]
    ),
    "min_gain": Param(
        None, description="Accuracy above the version in service; empty: by the release file.", type=["null", "number"]
    ),
    "keep_versions": Param(5, description="Versions kept of the model.", type="integer", minimum=1),
    "max_cost_usd": Param(
        20, description="The run is refused if it could cost more; empty for no limit.", type=["null", "number"],
        exclusiveMinimum=0,
    ),
}  # fmt: skip

with DAG(
    dag_id="covertype_sgd",
    description="A linear model of all forest cover types, by the job files of AI Platform",
    doc_md=__doc__,
    schedule=None,
    params=PARAMS,
    tags=["training", "covertype", "scikit-learn", "ai-platform"],
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
        data_set=COVERTYPE_MULTICLASS,
        segments=ALL_SEGMENTS,
        scheme="{{ params.scheme }}",
        job_file=RELEASE_FILE,
        max_cost_usd="{{ params.max_cost_usd }}",
    )
    load = LoadTableOperator(
        task_id="load", data_set=COVERTYPE_MULTICLASS, source="{{ params.source }}", table="{{ params.table }}"
    )
    split = BigQuerySplitOperator(
        task_id="split",
        data_set=COVERTYPE_MULTICLASS,
        table=load.output["table"],
        location=load.output["location"],
        segments=plan.output,
        scheme="{{ params.scheme }}",
        export=False,
    )
    export = ExportCsvOperator(
        task_id="export", data_set=COVERTYPE_MULTICLASS, table=split.output["table"], location=load.output["location"]
    )
    build = BuildTrainerImageOperator(task_id="build", trainer="covertype_sgd")

    tune = MLEngineStartTrainingJobOperator(
        task_id="tune",
        job_id=f"{JOB_ID}_tune",
        training_input=JOB_FILE,
        master_config={"imageUri": build.output},
        training_args=[
            "--training_dataset_path={{ ti.xcom_pull('export')['train'] }}",
            "--validation_dataset_path={{ ti.xcom_pull('export')['validation'] }}",
            "--hptune",
        ],
        wait_for_completion=False,
    )
    wait_tune = JobsSensor(
        task_id="wait_tune", jobs=tune.output, job_timeout_s=JOB_TIMEOUT_S, segment_label=SEGMENT_LABEL
    )
    best = MLEngineGetTrainingOutputOperator(task_id="best", job_id=f"{JOB_ID}_tune", job=tune.output)

    # The same job without its search space, with the parameters of the best trial.
    retrain = MLEngineStartTrainingJobOperator(
        task_id="retrain",
        job_id=f"{JOB_ID}_retrain",
        training_input=JOB_FILE,
        hyperparameters={},
        master_config={"imageUri": build.output},
        job_dir="{{ macros.timberline.step_uri(dag.dag_id, run_id, 'retrain') }}",
        training_args=[
            "--training_dataset_path={{ ti.xcom_pull('export')['train'] }}",
            "--validation_dataset_path={{ ti.xcom_pull('export')['validation'] }}",
            "--test_dataset_path={{ ti.xcom_pull('export')['test'] }}",
            "--alpha={{ ti.xcom_pull('best', key='hyperparameters')['alpha'] }}",
            "--max_iter={{ ti.xcom_pull('best', key='hyperparameters')['max_iter'] }}",
            "--nohptune",
        ],
        wait_for_completion=False,
    )
    wait_retrain = JobsSensor(
        task_id="wait_retrain", jobs=retrain.output, job_timeout_s=JOB_TIMEOUT_S, segment_label=SEGMENT_LABEL
    )
    evaluate = EvaluateOperator(task_id="evaluate", jobs=wait_retrain.output, split="test", segment_label=SEGMENT_LABEL)

    register = RegisterModelOperator(
        task_id="register",
        evaluation="{{ ti.xcom_pull('evaluate')[0] }}",
        job_file=RELEASE_FILE,
        image_uri=build.output,
        data_set=COVERTYPE_MULTICLASS,
        model_id=MODEL_ID,
    )
    score = SubmitScoringJobOperator(
        task_id="score",
        job_file=RELEASE_FILE,
        image_uri=build.output,
        split_uris=export.output,
        challenger=register.output,
    )
    wait_score = JobsSensor(
        task_id="wait_score", jobs=score.output, job_timeout_s=JOB_TIMEOUT_S, segment_label=SEGMENT_LABEL
    )
    gate = GateOperator(
        task_id="gate",
        scoring="{{ ti.xcom_pull('wait_score')[0] }}",
        register_step="register",
        job_file=RELEASE_FILE,
        floor="{{ params.floor }}",
        min_gain="{{ params.min_gain }}",
        segment_label=SEGMENT_LABEL,
        model_id=MODEL_ID,
        notifiers=[ALERTS],
    )
    create_model = MLEngineCreateModelOperator(
        task_id="create_model",
        model={"name": MODEL_NAME, "labels": {"task": "classifier", "domain": "forestry"}},
        decision=gate.output["decision"],
        serving="{{ params.serving }}",
    )
    create_version = MLEngineCreateVersionOperator(
        task_id="create_version",
        model_name=MODEL_NAME,
        version={
            "name": "{{ params.version_name }}",
            "deploymentUri": "{{ ti.xcom_pull('evaluate')[0]['model_uri'] }}",
            "machineType": "n1-standard-2",
            "manualScaling": {"nodes": 1},
        },
        container=RELEASE_FILE,
        image_uri=build.output,
        endpoint="{{ ti.xcom_pull('create_model')['endpoint'] }}",
        replace_existing_version="{{ params.replace_existing_version }}",
        canary_percent="{{ params.canary_percent }}",
        decision=gate.output["decision"],
    )
    smoke = SmokePredictOperator(
        task_id="smoke", deployment=create_version.output["deployment"], challenger=gate.output["challenger"]
    )
    set_default = PromoteModelOperator(
        task_id="set_default",
        decision=gate.output["decision"],
        challenger=gate.output["challenger"],
        deployment=create_version.output["deployment"],
        smoke=smoke.output,
        serving="{{ params.serving }}",
        aliases="{{ [ti.xcom_pull('create_version', key='alias')] }}",
        notifiers=[ALERTS],
    )
    predict = MLEnginePredictOperator(
        task_id="predict",
        model_name=MODEL_NAME,
        version_name="{{ params.version_name }}",
        json_instances="instances/covertype_sgd.json",
        endpoint="{{ ti.xcom_pull('create_model')['endpoint'] }}",
    )

    report = WriteReportOperator(
        task_id="report",
        data_set=COVERTYPE_MULTICLASS,
        job_file=RELEASE_FILE,
        steps=ReportedSteps(best_key="best", gate="gate", smoke="smoke", promote="set_default"),
        summary=Summary(name="macro_f1", title="macro F1", metric="f1_macro"),
        serving="{{ params.serving }}",
        trigger_rule=TriggerRule.ALL_DONE,
    )
    cleanup = CleanupRunOperator(
        task_id="cleanup",
        segments=plan.output,
        keep_versions="{{ params.keep_versions }}",
        model_id=MODEL_ID,
    ).as_teardown()

    chain(plan, load, split, export, build, tune, wait_tune, best, retrain, wait_retrain, evaluate)
    chain(evaluate, register, score, wait_score, gate, create_model, create_version, smoke, set_default, predict)
    chain(predict, report, cleanup)
