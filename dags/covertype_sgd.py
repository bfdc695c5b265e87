"""An Airflow DAG: a linear model of all forest cover types, tuned and served with the job files of AI Platform.

AI Platform Training and Prediction (`ml` v1) were shut down; Vertex AI does the work. `include/jobs/covertype_sgd.yaml`
is a config file of `gcloud ai-platform jobs submit training`, and the operators have v1's parameters. Rows are split by
their fingerprint and written as CSV. A tuning job searches for `alpha` and `max_iter`; its `trainingOutput` names the
best trial, and a second job trains with these parameters on training and validation rows. A gate compares the model
with the version in service on the test split. A model that passes becomes a version of `forest_cover_classifier`, is
deployed beside the former version, must answer test rows as the trainer did, and takes over. Then the endpoint predicts
the instances of `include/instances/covertype_sgd.json`, as `gcloud ai-platform predict --json-instances` did.

- Which DAG for AI Platform becomes which: `docs/ai-platform.md`.
- The split of the course and that of its lab: `{"scheme": "80_10_10"}`, `{"scheme": "40_10_10"}`.
- An endpoint for the time of the run: `{"serving": "ephemeral"}`.
- The gate's thresholds, the scoring job and the serving container are in `include/jobs/covertype_sgd_release.yaml`.
"""

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
from timberline.operators.serve_champions import ServeChampionsOperator
from timberline.operators.smoke_predict import SmokePredictOperator
from timberline.operators.split_rows import BigQuerySplitOperator
from timberline.operators.submit_scoring import SubmitScoringJobOperator
from timberline.operators.write_report import ReportedSteps, WriteReportOperator
from timberline.pipelines.defaults import training_defaults
from timberline.pipelines.params import SCHEME, cost_params, data_params, release_params
from timberline.pipelines.wait_for import wait_for
from timberline.report.summary import Summary
from timberline.run.identity import ALL_SEGMENTS

JOB_FILE = "covertype_sgd.yaml"
RELEASE_FILE = "covertype_sgd_release.yaml"
MODEL = {"name": "forest_cover_classifier", "labels": {"task": "classifier", "domain": "forestry"}}
MODEL_NAME, MODEL_ID = MODEL["name"], resource_id(MODEL["name"])
JOB_ID = "{{ macros.timberline.run_key(dag.dag_id, run_id) }}"  # v1 takes a job id once: each run has its own
LABEL = "model"
SERVING = "{{ params.serving }}"
ALERTS = [AlertNotifier()]

PARAMS = {
    **data_params(scheme="40_10_10"),
    "version_name": Param(
        "v01", title="Name of the version", description="The version's name in v1's terms.", section="Release",
        type="string", pattern="^[A-Za-z][A-Za-z0-9_]*$",
    ),
    "replace_existing_version": Param(
        True, title="Replace a version of this name", description="Take the name from the version that has it.",
        section="Release", type="boolean",
    ),
    **release_params(metric="accuracy", serving=["endpoint", "ephemeral"]),
    **cost_params(max_cost_usd=20),
}  # fmt: skip

with DAG(
    dag_id="covertype_sgd",
    description="A linear model of all forest cover types, by the job files of AI Platform",
    doc_md=__doc__,
    schedule=None,
    params=PARAMS,
    tags=["training", "covertype", "scikit-learn", "ai-platform"],
    **training_defaults(),
) as dag:
    plan = PlanSegmentsOperator(
        task_id="plan", data_set=COVERTYPE_MULTICLASS, segments=ALL_SEGMENTS, scheme=SCHEME, job_file=RELEASE_FILE,
        max_cost_usd="{{ params.max_cost_usd }}",
    )  # fmt: skip
    load = LoadTableOperator(
        task_id="load", data_set=COVERTYPE_MULTICLASS, source="{{ params.source }}", table="{{ params.table }}"
    )
    split = BigQuerySplitOperator(
        task_id="split", data_set=COVERTYPE_MULTICLASS, table=load.output["table"], location=load.output["location"],
        segments=plan.output, scheme=SCHEME, export=False,
    )  # fmt: skip
    export = ExportCsvOperator(
        task_id="export", data_set=COVERTYPE_MULTICLASS, table=split.output["table"], location=load.output["location"],
        multiple_outputs=True,
    )  # fmt: skip
    build = BuildTrainerImageOperator(task_id="build", trainer="covertype_sgd")

    rows = [
        f"--training_dataset_path={export.output['train']}",
        f"--validation_dataset_path={export.output['validation']}",
    ]
    tune = MLEngineStartTrainingJobOperator(
        task_id="tune", job_id=f"{JOB_ID}_tune", training_input=JOB_FILE, master_config={"imageUri": build.output},
        training_args=[*rows, "--hptune"], wait_for_completion=False,
    )  # fmt: skip
    wait_tune = wait_for("tune", tune.output, segment_label=LABEL)
    best = MLEngineGetTrainingOutputOperator(task_id="best", job_id=f"{JOB_ID}_tune", job=tune.output)

    # The same job without its search space, with the parameters of the best trial.
    retrain = MLEngineStartTrainingJobOperator(
        task_id="retrain", job_id=f"{JOB_ID}_retrain", training_input=JOB_FILE, wait_for_completion=False,
        master_config={"imageUri": build.output}, hyperparameters={}, trial=best.output["hyperparameters"],
        training_args=[*rows, f"--test_dataset_path={export.output['test']}", "--nohptune"],
        job_dir="{{ macros.timberline.step_uri(dag.dag_id, run_id, 'retrain') }}",
    )  # fmt: skip
    wait_retrain = wait_for("retrain", retrain.output, segment_label=LABEL)
    evaluate = EvaluateOperator(task_id="evaluate", jobs=wait_retrain.output, split="test", segment_label=LABEL)

    register = RegisterModelOperator(
        task_id="register", data_set=COVERTYPE_MULTICLASS, evaluation=evaluate.output, job_file=RELEASE_FILE,
        image_uri=build.output, model_id=MODEL_ID, multiple_outputs=True,
    )  # fmt: skip
    score = SubmitScoringJobOperator(
        task_id="score", challenger=register.output, split_uris=export.output, image_uri=build.output,
        job_file=RELEASE_FILE,
    )  # fmt: skip
    wait_score = wait_for("score", score.output, segment_label=LABEL)
    gate = GateOperator(
        task_id="gate", scoring=wait_score.output, register_step="register", job_file=RELEASE_FILE,
        floor="{{ params.floor }}", min_gain="{{ params.min_gain }}", segment_label=LABEL, model_id=MODEL_ID,
        notifiers=ALERTS,
    )  # fmt: skip
    decision, challenger = gate.output["decision"], gate.output["challenger"]
    create_model = MLEngineCreateModelOperator(
        task_id="create_model", model=MODEL, decision=decision, serving=SERVING, multiple_outputs=True
    )
    create_version = MLEngineCreateVersionOperator(
        task_id="create_version", model_name=MODEL_NAME,
        version={
            "name": "{{ params.version_name }}", "deploymentUri": register.output["artifact_uri"],
            "machineType": "n1-standard-2", "manualScaling": {"nodes": 1},
        },
        container=RELEASE_FILE, image_uri=build.output, endpoint=create_model.output["endpoint"], decision=decision,
        replace_existing_version="{{ params.replace_existing_version }}", canary_percent="{{ params.canary_percent }}",
    )  # fmt: skip
    smoke = SmokePredictOperator(task_id="smoke", deployment=create_version.output["deployment"], challenger=challenger)
    set_default = PromoteModelOperator(
        task_id="set_default", decision=decision, challenger=challenger, deployment=create_version.output["deployment"],
        smoke=smoke.output, serving=SERVING, aliases=[create_version.output["alias"]], notifiers=ALERTS,
    )  # fmt: skip
    predict = MLEnginePredictOperator(
        task_id="predict", model_name=MODEL_NAME, version_name="{{ params.version_name }}",
        json_instances="instances/covertype_sgd.json", endpoint=create_model.output["endpoint"],
    )  # fmt: skip

    champions = ServeChampionsOperator(
        task_id="champions", segments=plan.output, job_file=RELEASE_FILE, serving=SERVING, model_id=MODEL_ID,
        segment_label=LABEL, display_name=MODEL_NAME, labels=MODEL["labels"], trigger_rule=TriggerRule.ALL_DONE,
    )  # fmt: skip
    report = WriteReportOperator(
        task_id="report", data_set=COVERTYPE_MULTICLASS, job_file=RELEASE_FILE, serving=SERVING,
        steps=ReportedSteps(best_key="best", gate="gate", smoke="smoke", promote="set_default"),
        summary=Summary(name="macro_f1", title="macro F1", metric="f1_macro"), trigger_rule=TriggerRule.ALL_DONE,
    )  # fmt: skip
    cleanup = CleanupRunOperator(
        task_id="cleanup", segments=plan.output, keep_versions="{{ params.keep_versions }}", model_id=MODEL_ID
    ).as_teardown()

    chain(plan, load, split, export, build, tune, wait_tune, best, retrain, wait_retrain, evaluate)
    chain(evaluate, register, score, wait_score, gate, create_model, create_version, smoke, set_default, predict)
    chain(predict, [champions, report], cleanup)
