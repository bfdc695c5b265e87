"""A v1 training job runs on Vertex AI once, as its body, its file or its parameters say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.training import IMAGE, wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.contexts import context_of
from tests.plugins.timberline.jobs_bodies import status_of
from timberline.ai_platform.hook import AiPlatformJobs
from timberline.ai_platform.job_ids import job_label
from timberline.ai_platform.operators.training import MLEngineStartTrainingJobOperator
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobKind, JobRef
from timberline.jobs.states import JobState
from timberline.run.compat import AirflowFailException, TaskDeferred
from timberline.run.identity import RunIdentity, short_hash
from timberline.run.settings import Settings
from timberline.triggers.jobs import JobsTrigger

_CREATE_CUSTOM = "aiplatform.projects.locations.customJobs.create"
_CREATE_TUNING = "aiplatform.projects.locations.hyperparameterTuningJobs.create"
_PARAMETER = {"parameterName": "x", "type": "DOUBLE", "minValue": 0, "maxValue": 1}
_STUDY = {"hyperparameterMetricTag": "score", "params": [_PARAMETER], "maxTrials": 2}
_INPUT = {"scaleTier": "BASIC", "masterConfig": {"imageUri": IMAGE}, "args": ["--steps=2"]}
_FILE = f"""
labels: {{team: forest}}
trainingInput:
  scaleTier: BASIC
  masterConfig: {{imageUri: "{IMAGE}"}}
  args: [--steps=3]
"""

pytestmark = pytest.mark.usefixtures("hook")


@pytest.fixture(autouse=True)
def include(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "include" / "sql").mkdir(parents=True)
    (tmp_path / "include" / "jobs").mkdir()
    (tmp_path / "include" / "jobs" / "config.yaml").write_text(_FILE)
    (tmp_path / "include" / "jobs" / "empty.yaml").write_text("trainingInput:\n")
    monkeypatch.setenv("TIMBERLINE_INCLUDE_DIR", str(tmp_path / "include"))


@pytest.fixture
def job_id(run: RunIdentity) -> str:
    """An id of each test's own."""
    return f"job_{short_hash(run.run_id)}"


@pytest.fixture
def operator(job_id: str) -> Callable[..., MLEngineStartTrainingJobOperator]:
    """Makes operators that do not wait, unless they are told to."""

    def make(training_input: Any = None, **changes: Any) -> MLEngineStartTrainingJobOperator:
        arguments = {"job_id": job_id, "wait_for_completion": False, "deferrable": False, **changes}
        return MLEngineStartTrainingJobOperator(task_id="train", training_input=training_input, **arguments)

    return make


@pytest.fixture
def start(operator: Callable[..., Any], run: RunIdentity) -> Callable[..., dict[str, Any]]:
    return lambda *given, **changes: dict(operator(*given, **changes).execute(context_of(run)))


def _job(hook: VertexJobsHook, returned: dict[str, Any]) -> Any:
    ref = JobRef.from_json(returned)
    return hook._get(ref)


def _ended(hook: VertexJobsHook, returned: dict[str, Any]) -> JobRef:
    ref = JobRef.from_json(returned)
    wait_until(lambda: status_of(hook, ref), lambda status: status.state.is_final)
    return ref


def _args(job: Any) -> list[str]:
    return list(job.job_spec.worker_pool_specs[0].container_spec.args)


class TestBody:
    @pytest.mark.parametrize(
        "given", [_INPUT, {"trainingInput": _INPUT}, {"jobId": "another", "trainingInput": _INPUT}]
    )
    def test_an_input_and_a_job_around_it_are_the_same(
        self, given: dict[str, Any], hook: VertexJobsHook, start: Callable[..., Any], job_id: str
    ) -> None:
        job = _job(hook, start(given))
        assert (job.display_name, _args(job)) == (job_id, ["--steps=2"])
        assert job.job_spec.worker_pool_specs[0].container_spec.image_uri == IMAGE

    def test_a_file_is_found_by_its_name(self, hook: VertexJobsHook, start: Callable[..., Any]) -> None:
        job = _job(hook, start("config.yaml"))
        assert _args(job) == ["--steps=3"]
        assert job.labels["team"] == "forest"

    def test_parameters_alone_make_a_job(self, hook: VertexJobsHook, start: Callable[..., Any]) -> None:
        job = _job(
            hook,
            start(
                scale_tier="CUSTOM",
                master_type="n1-highmem-8",
                package_uris=["gs://sources/trainer-0.1.tar.gz"],
                training_python_module="trainer.task",
                training_args=["--steps", 2],
                runtime_version="2.11",
                python_version="3.10",
                executor_image_uri=IMAGE,
                service_account="trainer@test-project.iam.gserviceaccount.com",
                scheduling={"maxRunningTime": "600s"},
                labels={"team": "forest"},
            ),
        )
        (pool,) = job.job_spec.worker_pool_specs
        package = pool.python_package_spec
        assert pool.machine_spec.machine_type == "n1-highmem-8"
        assert (package.executor_image_uri, package.python_module) == (IMAGE, "trainer.task")
        assert (list(package.package_uris), list(package.args)) == (
            ["gs://sources/trainer-0.1.tar.gz"],
            ["--steps", "2"],
        )
        assert job.job_spec.service_account == "trainer@test-project.iam.gserviceaccount.com"
        assert job.job_spec.scheduling.timeout.seconds == 600
        assert job.labels["team"] == "forest"

    def test_parameters_win_over_the_body(self, hook: VertexJobsHook, start: Callable[..., Any]) -> None:
        job = _job(
            hook,
            start(
                "config.yaml",
                training_args=["--steps=1"],
                labels={"team": "tree"},
                scale_tier="custom",
                master_type="n1-standard-8",
            ),
        )
        assert _args(job) == ["--steps=1"]
        assert job.labels["team"] == "tree"
        assert job.job_spec.worker_pool_specs[0].machine_spec.machine_type == "n1-standard-8"

    def test_an_image_given_apart_leaves_the_rest_of_the_masters_configuration(
        self, hook: VertexJobsHook, start: Callable[..., Any]
    ) -> None:
        body = {**_INPUT, "masterConfig": {"imageUri": "gcr.io/p/old:1", "diskConfig": {"bootDiskSizeGb": 200}}}
        (pool,) = _job(hook, start(body, master_config={"imageUri": IMAGE})).job_spec.worker_pool_specs
        assert (pool.container_spec.image_uri, pool.disk_spec.boot_disk_size_gb) == (IMAGE, 200)

    def test_hyperparameters_make_a_tuning_job(self, hook: VertexJobsHook, start: Callable[..., Any]) -> None:
        returned = start(_INPUT, hyperparameters=_STUDY)
        assert returned["kind"] == JobKind.TUNING
        assert _job(hook, returned).max_trial_count == 2

    def test_the_hyperparameters_of_a_trial_become_flags(self, hook: VertexJobsHook, start: Callable[..., Any]) -> None:
        trial = {"alpha": "0.001", "max_iter": "200"}
        job = _job(hook, start("config.yaml", training_args=["--nohptune"], trial=trial))
        assert _args(job) == ["--nohptune", "--alpha=0.001", "--max_iter=200"]

    def test_empty_hyperparameters_take_the_search_away(self, start: Callable[..., Any]) -> None:
        body = {**_INPUT, "hyperparameters": _STUDY}
        assert start(body, hyperparameters={})["kind"] == JobKind.CUSTOM
        assert body["hyperparameters"] == _STUDY

    def test_the_users_labels_stand_beside_the_runs(
        self, hook: VertexJobsHook, start: Callable[..., Any], run: RunIdentity, job_id: str
    ) -> None:
        labels = dict(_job(hook, start(_INPUT, labels={"Team": "Forest"})).labels)
        assert labels == {
            "team": "forest",
            **job_label(job_id),
            **run.labels("train", "all"),
            "timberline-attempt": "1",
        }

    def test_a_dry_run_logs_the_job_and_submits_nothing(
        self, start: Callable[..., Any], cloud: LocalCloud, logged: Callable[[], str]
    ) -> None:
        before = len(cloud.requests(_CREATE_CUSTOM))
        assert start(_INPUT, mode="DRY_RUN") == {}
        assert len(cloud.requests(_CREATE_CUSTOM)) == before
        assert IMAGE in logged()


class TestFolder:
    def test_a_job_dir_is_the_folder_and_the_trainer_is_told_it(
        self, hook: VertexJobsHook, start: Callable[..., Any]
    ) -> None:
        job = _job(hook, start(_INPUT, job_dir="gs://sources/jobs/one"))
        assert job.job_spec.base_output_directory.output_uri_prefix.rstrip("/") == "gs://sources/jobs/one"
        assert _args(job) == ["--steps=2", "--job-dir", "gs://sources/jobs/one"]

    def test_without_one_it_is_the_runs_and_only_the_environment_tells_it(
        self, hook: VertexJobsHook, start: Callable[..., Any], run: RunIdentity, settings: Settings
    ) -> None:
        job = _job(hook, start(_INPUT, segment="3"))
        folder = run.step_uri(settings.bucket, "train", "3")
        assert job.job_spec.base_output_directory.output_uri_prefix.rstrip("/") == folder
        assert _args(job) == ["--steps=2"]

    def test_trials_have_their_folders_below_the_runs(
        self, hook: VertexJobsHook, start: Callable[..., Any], run: RunIdentity, settings: Settings
    ) -> None:
        job = _job(hook, start(_INPUT, hyperparameters=_STUDY))
        folder = run.step_uri(settings.bucket, "train", "all")
        assert job.trial_job_spec.base_output_directory.output_uri_prefix.rstrip("/") == folder


class TestIds:
    def test_what_v1_does_not_take_becomes_an_underscore(
        self, hook: VertexJobsHook, start: Callable[..., Any], job_id: str
    ) -> None:
        assert _job(hook, start(_INPUT, job_id=f"1-{job_id}")).display_name == f"z_1_{job_id}"

    def test_the_same_run_again_finds_its_job(
        self, hook: VertexJobsHook, start: Callable[..., Any], cloud: LocalCloud, run: RunIdentity
    ) -> None:
        before = len(cloud.requests(_CREATE_CUSTOM))
        assert start(_INPUT) == start(_INPUT)
        assert len(cloud.requests(_CREATE_CUSTOM)) == before + 1
        assert len(hook.find(run.labels("train"), [JobKind.CUSTOM])) == 1

    def test_an_answer_that_is_lost_makes_no_second_job(
        self, hook: VertexJobsHook, start: Callable[..., Any], cloud: LocalCloud, run: RunIdentity
    ) -> None:
        fault = cloud.add_fault(_CREATE_CUSTOM, "drop", appliesFirst=True)
        start(_INPUT)
        assert cloud.fault_is_consumed(fault)
        assert len(hook.find(run.labels("train"), [JobKind.CUSTOM])) == 1

    @pytest.mark.parametrize("hyperparameters", [None, _STUDY], ids=["custom", "tuning"])
    def test_the_id_of_another_run_is_refused_in_one_message(
        self, hyperparameters: Any, start: Callable[..., Any], operator: Callable[..., Any], job_id: str
    ) -> None:
        name = start(_INPUT)["name"]
        with pytest.raises(AirflowFailException) as raised:
            operator(_INPUT, hyperparameters=hyperparameters).execute(context_of(RunIdentity("test_dag", "another")))
        assert str(raised.value) == (
            f"jobId: expected one that is not used yet, found {job_id!r}, which {name} has; choose another"
        )

    def test_of_two_runs_that_race_the_later_one_takes_its_job_back(
        self,
        hook: VertexJobsHook,
        start: Callable[..., Any],
        operator: Callable[..., Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        winner = start(_INPUT, training_args=["--hang"])["name"]
        other = RunIdentity("test_dag", f"another than {winner}")
        look, first = AiPlatformJobs.with_id, iter([True])  # the first look came before the winner's job
        monkeypatch.setattr(
            AiPlatformJobs, "with_id", lambda jobs, job_id: [] if next(first, False) else look(jobs, job_id)
        )
        with pytest.raises(AirflowFailException, match=f"which {winner} has; choose another"):
            operator(_INPUT, training_args=["--hang"]).execute(context_of(other))
        states = {job.state for job in hook.find(other.labels("train"), [JobKind.CUSTOM])}
        assert states <= {JobState.CANCELLING, JobState.CANCELLED}

    def test_the_id_of_another_step_of_the_run_is_refused(
        self, start: Callable[..., Any], run: RunIdentity, job_id: str
    ) -> None:
        start(_INPUT)
        other = MLEngineStartTrainingJobOperator(
            task_id="retrain", training_input=_INPUT, job_id=job_id, wait_for_completion=False
        )
        with pytest.raises(AirflowFailException, match="expected one that is not used yet"):
            other.execute(context_of(run))

    def test_a_job_that_failed_is_followed_by_another_one(
        self, hook: VertexJobsHook, start: Callable[..., Any]
    ) -> None:
        failed = _ended(hook, start(_INPUT, training_args=["--crash"]))
        assert start(_INPUT)["name"] != failed.name


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"region": "us-east1"}, "region: expected europe-west1, where this deployment works, found us-east1"),
            ({"project_id": "other"}, "project_id: expected test-project, where this deployment works, found other"),
            ({"training_input": {**_INPUT, "region": "us-east1"}}, "trainingInput.region: expected europe-west1"),
            ({"training_input": {**_INPUT, "scaleTeir": "BASIC"}}, "scaleTeir: .*did you mean 'scaleTier'"),
            ({"training_input": {"trainingInputs": _INPUT}}, "trainingInputs: .*did you mean 'trainingInput'"),
            ({"training_input": {**_INPUT, "scaleTier": "CUSTOM"}}, "masterType"),
            ({"training_input": {**_INPUT, "masterConfig": "image"}}, "trainingInput.masterConfig: expected"),
            ({"training_input": {**_INPUT, "hyperparameters": {}}, "hyperparameters": {"params": []}}, "params"),
            ({"training_input": {"trainingInput": None}}, "trainingInput: expected a mapping, found"),
            ({"training_input": "empty.yaml"}, "trainingInput: expected a mapping, found"),
            ({"training_input": "config1.yaml"}, "no job file 'config1.yaml' .*did you mean 'config.yaml'"),
            ({"training_input": 5}, "expected a mapping with trainingInput, found 5"),
            ({"training_args": "--steps=2"}, "trainingInput.args: expected"),
            ({"job_id": "-"}, "job_id: expected 1 to 128 letters"),
            ({"mode": "DRYRUN"}, "mode: expected PRODUCTION or DRY_RUN, found 'DRYRUN'"),
            ({"training_input": {"scaleTier": "BASIC"}}, "trainingInput"),
        ],
    )
    def test_what_cannot_be_done_is_one_message_and_no_job(
        self, changes: dict[str, Any], words: str, start: Callable[..., Any], cloud: LocalCloud
    ) -> None:
        before = [len(cloud.requests(method)) for method in (_CREATE_CUSTOM, _CREATE_TUNING)]
        with pytest.raises(AirflowFailException, match=words):
            start(**{"training_input": _INPUT, **changes})
        assert [len(cloud.requests(method)) for method in (_CREATE_CUSTOM, _CREATE_TUNING)] == before

    def test_what_the_service_refuses_is_told_in_its_words(self, start: Callable[..., Any], cloud: LocalCloud) -> None:
        cloud.add_fault(_CREATE_CUSTOM, "error", status=403)
        with pytest.raises(AirflowFailException, match="train all: Vertex AI refuses the job: "):
            start(_INPUT)


class TestWaiting:
    def test_a_worker_waits_for_the_end(
        self, hook: VertexJobsHook, start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses: list[float] = []

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            (job,) = hook.find({"team": "waiting"}, [JobKind.CUSTOM])
            wait_until(lambda: status_of(hook, job.ref), lambda status: status.state.is_final)

        monkeypatch.setattr("timberline.ai_platform.operators.jobs.time.sleep", pause)
        returned = start(_INPUT, labels={"team": "waiting"}, wait_for_completion=True)
        assert status_of(hook, JobRef.from_json(returned)).state is JobState.SUCCEEDED
        assert all(seconds > 0 for seconds in pauses)

    def test_the_triggerer_waits_and_the_service_is_asked_again(
        self, hook: VertexJobsHook, operator: Callable[..., Any], run: RunIdentity, tmp_path: Path
    ) -> None:
        gate = tmp_path / "ends"
        task = operator(
            _INPUT, training_args=["--wait-for", str(gate)], wait_for_completion=True, deferrable=True,
            job_timeout_s=600,
        )  # fmt: skip
        with pytest.raises(TaskDeferred) as deferred:
            task.execute(context_of(run))
        trigger, passed = deferred.value.trigger, deferred.value.kwargs or {}
        assert isinstance(trigger, JobsTrigger)
        (ref,) = trigger.watched.refs
        assert trigger.watched.deadline_s == pytest.approx((status_of(hook, ref).created_s or 0) + 600)
        with pytest.raises(TaskDeferred):
            task.execute_complete(context_of(run), {"reason": "finished"}, **passed)
        gate.touch()
        _ended(hook, ref.to_json())
        assert task.execute_complete(context_of(run), {"reason": "finished"}, **passed) == ref.to_json()

    def test_a_trigger_that_could_not_see_fails_the_task(self, operator: Callable[..., Any], run: RunIdentity) -> None:
        with pytest.raises(AirflowFailException, match="the job cannot be watched: 403 no"):
            operator(_INPUT).execute_complete(context_of(run), {"reason": "error", "message": "403 no"})

    def test_a_job_that_failed_meanwhile_is_told_with_the_end_of_its_log_and_not_submitted_again(
        self, hook: VertexJobsHook, operator: Callable[..., Any], run: RunIdentity, cloud: LocalCloud, tmp_path: Path
    ) -> None:
        gate = tmp_path / "ends"
        args = ["--exit=1", "--wait-for", str(gate)]
        task = operator(_INPUT, training_args=args, wait_for_completion=True, deferrable=True)
        with pytest.raises(TaskDeferred) as deferred:
            task.execute(context_of(run))
        gate.touch()
        passed = deferred.value.kwargs or {}
        _ended(hook, passed["job"])
        before = len(cloud.requests(_CREATE_CUSTOM))
        with pytest.raises(AirflowFailException, match=r'(?s)job all: .*status of 1.*"argv": \["--exit=1"'):
            task.execute_complete(context_of(run), {"reason": "finished"}, **passed)
        assert len(cloud.requests(_CREATE_CUSTOM)) == before

    def test_a_later_try_of_a_task_whose_job_failed_submits_another(
        self, hook: VertexJobsHook, operator: Callable[..., Any], run: RunIdentity, tmp_path: Path
    ) -> None:
        gate = tmp_path / "ends"
        args = ["--exit=1", "--wait-for", str(gate)]
        task = operator(_INPUT, training_args=args, wait_for_completion=True, deferrable=True)
        names = set()
        for _ in range(2):
            gate.unlink(missing_ok=True)
            with pytest.raises(TaskDeferred) as deferred:
                task.execute(context_of(run))
            gate.touch()
            passed = deferred.value.kwargs or {}
            names.add(passed["job"]["name"])
            _ended(hook, passed["job"])
            with pytest.raises(AirflowFailException):
                task.execute_complete(context_of(run), {"reason": "finished"}, **passed)
        assert len(names) == 2

    def test_a_job_that_fails_while_a_worker_waits_is_told_with_the_end_of_its_log(
        self, hook: VertexJobsHook, start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def pause(_seconds: float) -> None:
            (job,) = hook.find({"team": "failing"}, [JobKind.CUSTOM])
            _ended(hook, job.ref.to_json())

        monkeypatch.setattr("timberline.ai_platform.operators.jobs.time.sleep", pause)
        with pytest.raises(AirflowFailException, match="the trainer crashed as it was told to"):
            start(_INPUT, training_args=["--crash"], labels={"team": "failing"}, wait_for_completion=True)

    def test_a_passed_deadline_cancels_the_job(
        self, hook: VertexJobsHook, operator: Callable[..., Any], run: RunIdentity
    ) -> None:
        task = operator(_INPUT, training_args=["--hang"], wait_for_completion=True, job_timeout_s=0)
        with pytest.raises(AirflowFailException, match="not finished 0 s after submission; cancelled"):
            task.execute(context_of(run))
        assert task._submitted is not None
        wait_until(lambda: status_of(hook, task._submitted), lambda status: status.state is JobState.CANCELLED)

    @pytest.mark.parametrize(
        ("changes", "cancelled"),
        [({}, True), ({"cancel_on_kill": False}, False), ({"wait_for_completion": False}, False)],
        ids=["waiting", "kept", "not waiting"],
    )
    def test_stopping_a_task_that_waits_cancels_its_job(
        self,
        changes: dict[str, Any],
        cancelled: bool,
        hook: VertexJobsHook,
        operator: Callable[..., Any],
        run: RunIdentity,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        class Stopped(BaseException):
            """A person stops the task here."""

        def stop(_seconds: float) -> None:
            raise Stopped

        monkeypatch.setattr("timberline.ai_platform.operators.jobs.time.sleep", stop)
        task = operator(_INPUT, **{"training_args": ["--hang"], "wait_for_completion": True, **changes})
        try:
            task.execute(context_of(run))
        except Stopped:
            task.on_kill()
        else:
            task.on_kill()
        state = status_of(hook, task._submitted).state
        assert (state in (JobState.CANCELLING, JobState.CANCELLED)) is cancelled
