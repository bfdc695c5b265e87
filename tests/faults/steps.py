"""The steps of `covertype_xgboost` for one segment, called one after another without Airflow around them.

A fault is tried on each call of a run, and Airflow and XGBoost would cost half a minute a run: here a tiny trainer does
the jobs, and a run takes a second. tests/e2e checks that the DAG makes no calls but these (`METHODS`).
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.contexts import context_of
from tests.tiny_project import JOB_FILE, TRAINER
from timberline.data.datasets.covertype import COVERTYPE
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
from timberline.operators.serve_champions import ServeChampionsOperator
from timberline.operators.smoke_predict import SmokePredictOperator
from timberline.operators.split_rows import BigQuerySplitOperator
from timberline.operators.submit_jobs import SubmitTrainingJobOperator, SubmitTuningJobOperator
from timberline.operators.submit_scoring import SubmitScoringJobOperator
from timberline.pipelines.wait_for import wait_for
from timberline.run.compat import AirflowSkipException
from timberline.run.identity import RunIdentity
from timberline.sensors.jobs import JobsSensor

DAG_ID = "tiny_pipeline"
SEGMENT = "3"
_POLL_S = 0.1
METHODS = frozenset(
    {
        "aiplatform.projects.locations.batchPredictionJobs.list",
        "aiplatform.projects.locations.customJobs.create",
        "aiplatform.projects.locations.customJobs.list",
        "aiplatform.projects.locations.endpoints.create",
        "aiplatform.projects.locations.endpoints.deployModel",
        "aiplatform.projects.locations.endpoints.get",
        "aiplatform.projects.locations.endpoints.list",
        "aiplatform.projects.locations.endpoints.operations.get",
        "aiplatform.projects.locations.endpoints.patch",
        "aiplatform.projects.locations.endpoints.predict",
        "aiplatform.projects.locations.endpoints.undeployModel",
        "aiplatform.projects.locations.hyperparameterTuningJobs.create",
        "aiplatform.projects.locations.hyperparameterTuningJobs.list",
        "aiplatform.projects.locations.models.evaluations.import",
        "aiplatform.projects.locations.models.evaluations.list",
        "aiplatform.projects.locations.models.get",
        "aiplatform.projects.locations.models.listVersions",
        "aiplatform.projects.locations.models.mergeVersionAliases",
        "aiplatform.projects.locations.models.operations.get",
        "aiplatform.projects.locations.models.upload",
        "artifactregistry.projects.locations.repositories.packages.tags.get",
        "bigquery.datasets.get",
        "bigquery.datasets.insert",
        "bigquery.jobs.get",
        "bigquery.jobs.getQueryResults",
        "bigquery.jobs.insert",
        "bigquery.tables.get",
        "cloudbuild.projects.builds.create",
        "cloudbuild.projects.builds.get",
        "cloudbuild.projects.builds.list",
        "storage.buckets.get",
        "storage.objects.get",
        "storage.objects.insert",
        "storage.objects.list",
    }
)
"""What a run calls; `test_every_call.py` tries a fault on each."""


def called_methods(cloud: LocalCloud) -> list[str]:
    """Return every API method that was called, in the order of the first calls; the tests' own bucket apart."""
    called = [call["method"] for call in cloud.requests() if call["status"] == 200]
    return [method for method in dict.fromkeys(called) if method != "storage.buckets.insert"]


class Run:
    """One run of one segment.

    Attributes:
        results: what each step returned, by its name; a skipped one returned {}.
    """

    def __init__(
        self, name: str, *, serving: str = "endpoint", floor: float | None = None, min_gain: float = -1.0
    ) -> None:
        """Args: min_gain: below any difference, so that a challenger passes unless a test wants otherwise."""
        self.identity = RunIdentity(DAG_ID, name)
        self.results: dict[str, Any] = {}
        self._serving = serving
        self._floor = floor
        self._min_gain = min_gain

    def go(self, *, after: str = "", before: str = "") -> "Run":
        """Take the steps after one and before another; all of them without any, the clean-up included."""
        names = list(self._steps)
        begin = names.index(after) + 1 if after else 0
        end = names.index(before) if before else len(names)
        for name in names[begin:end]:
            self.step(name)
        return self

    def step(self, name: str) -> Any:
        """Take one step, again where it was taken before."""
        operator = self._steps[name]()
        if isinstance(operator, JobsSensor):
            self.results[name] = self._wait(operator)
            return self.results[name]
        try:
            self.results[name] = operator.execute(context_of(self.identity)) or {}
        except AirflowSkipException:
            self.results[name] = {}
        return self.results[name]

    def _wait(self, sensor: JobsSensor) -> Any:
        while True:
            found = sensor.poke(context_of(self.identity))
            if found.is_done:
                return found.xcom_value
            time.sleep(_POLL_S)

    @property
    def _steps(self) -> Mapping[str, Callable[[], Any]]:
        r = self.results
        return {
            "plan": lambda: PlanSegmentsOperator(
                task_id="plan", data_set=COVERTYPE, segments=[int(SEGMENT)], scheme="lecture", job_file=JOB_FILE,
                preset="full", trials=1,
            ),
            "load": lambda: LoadTableOperator(task_id="load", data_set=COVERTYPE, source="auto"),
            "split": lambda: BigQuerySplitOperator(
                task_id="split", data_set=COVERTYPE, table=r["load"]["table"], segments=r["plan"]
            ),
            "build": lambda: BuildTrainerImageOperator(task_id="build", trainer=TRAINER),
            "tune": lambda: SubmitTuningJobOperator(
                task_id="tune", preset="full", max_trial_count=1, segment=SEGMENT, **self._job
            ),
            "wait_tune": lambda: self._sensor("tune"),
            "best": lambda: PickBestParametersOperator(
                task_id="best", jobs=r["wait_tune"], segments=r["plan"], job_file=JOB_FILE
            ),
            "retrain": lambda: SubmitTrainingJobOperator(task_id="retrain", best=r["best"][0], **self._job),
            "wait_retrain": lambda: self._sensor("retrain"),
            "evaluate": lambda: EvaluateOperator(task_id="evaluate", jobs=r["wait_retrain"]),
            "register": lambda: RegisterModelOperator(
                task_id="register", data_set=COVERTYPE, evaluation=r["evaluate"][0], job_file=JOB_FILE,
                image_uri=r["build"],
            ),
            "score": lambda: SubmitScoringJobOperator(task_id="score", challenger=r["register"], **self._job),
            "wait_score": lambda: self._sensor("score"),
            "gate": lambda: GateOperator(
                task_id="gate", scoring=r["wait_score"][0], register_step="register", job_file=JOB_FILE,
                floor=self._floor, min_gain=self._min_gain,
            ),
            "deploy": lambda: DeployModelOperator(
                task_id="deploy", job_file=JOB_FILE, serving=self._serving, deferrable=False, **self._gated
            ),
            "smoke": lambda: SmokePredictOperator(
                task_id="smoke", deployment=r["deploy"], challenger=r["gate"]["challenger"]
            ),
            "promote": lambda: PromoteModelOperator(
                task_id="promote", deployment=r["deploy"], smoke=r["smoke"], serving=self._serving, **self._gated
            ),
            "champions": lambda: ServeChampionsOperator(
                task_id="champions", segments=r["plan"], job_file=JOB_FILE, serving=self._serving, deferrable=False
            ),
            "cleanup": lambda: CleanupRunOperator(task_id="cleanup", segments=[SEGMENT]),
        }  # fmt: skip

    @property
    def _job(self) -> dict[str, Any]:
        return {"job_file": JOB_FILE, "image_uri": self.results["build"], "split_uris": self.results["split"]["uris"]}

    @property
    def _gated(self) -> dict[str, Any]:
        return {"decision": self.results["gate"]["decision"], "challenger": self.results["gate"]["challenger"]}

    def _sensor(self, step: str) -> JobsSensor:
        return wait_for(
            step, [self.results[step]], segment_label=COVERTYPE.segment_label, job_timeout_s=600, deferrable=False
        )
