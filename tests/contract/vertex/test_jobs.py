"""Vertex AI custom jobs and tuning jobs through the official client."""

import json
from pathlib import Path
from typing import Any

import psutil
import pytest
from google.api_core.exceptions import BadRequest, MethodNotImplemented, NotFound
from google.cloud.aiplatform_v1 import CustomJob, HyperparameterTuningJob, JobServiceClient

from tests.contract.training import (
    ENDED,
    X,
    build_tiny_image,
    job_spec,
    jobs_client,
    parent,
    pool,
    tuning_job,
    wait_until,
)
from tests.local_cloud import LocalCloud


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> JobServiceClient:
    build_tiny_image(localgcp)
    return jobs_client(localgcp)


def finish_custom(client: JobServiceClient, job: CustomJob) -> CustomJob:
    return wait_until(lambda: client.get_custom_job(name=job.name), lambda found: found.state.name in ENDED)


def run_custom(client: JobServiceClient, cloud: LocalCloud, spec: dict[str, Any], **fields: Any) -> CustomJob:
    job = {"display_name": "job", "job_spec": spec, **fields}
    return finish_custom(client, client.create_custom_job(parent=parent(cloud), custom_job=job))


def run_tuning(client: JobServiceClient, cloud: LocalCloud, job: dict[str, Any]) -> HyperparameterTuningJob:
    created = client.create_hyperparameter_tuning_job(parent=parent(cloud), hyperparameter_tuning_job=job)
    return finish_tuning(client, created.name)


def finish_tuning(client: JobServiceClient, name: str) -> HyperparameterTuningJob:
    return wait_until(lambda: client.get_hyperparameter_tuning_job(name=name), lambda found: found.state.name in ENDED)


def printed(cloud: LocalCloud, name: str, log: str = "workerpool0-0.log") -> dict[str, Any]:
    """Return what the tiny trainer printed first."""
    text = (cloud.state_dir / "vertex" / name.rpartition("/")[2] / log).read_text()
    return dict(json.loads(text.splitlines()[0]))


class TestCustomJob:
    def test_runs_the_image_with_its_args(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_custom(client, localgcp, job_spec(["--x=0.5", "--steps", "2"]))
        assert job.state.name == "JOB_STATE_SUCCEEDED"
        assert printed(localgcp, job.name)["argv"] == ["--x=0.5", "--steps", "2"]

    def test_times_are_in_order(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_custom(client, localgcp, job_spec([]))
        assert job.create_time <= job.start_time <= job.end_time
        assert job.update_time == job.end_time

    def test_environment_is_that_of_vertex(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        names = [
            "AIP_MODEL_DIR",
            "AIP_CHECKPOINT_DIR",
            "AIP_TENSORBOARD_LOG_DIR",
            "CLOUD_ML_JOB_ID",
            "CLOUD_ML_TRIAL_ID",
        ]
        names += ["STORAGE_EMULATOR_HOST", "OMP_NUM_THREADS", "TINY_GREETING", "MINE", "CLUSTER_SPEC"]
        job = run_custom(client, localgcp, job_spec(["--show", *names], env=[{"name": "MINE", "value": "yes"}]))
        env = printed(localgcp, job.name)["env"]
        cluster = json.loads(env.pop("CLUSTER_SPEC"))
        assert env == {
            "AIP_MODEL_DIR": "gs://sources/out/model/",
            "AIP_CHECKPOINT_DIR": "gs://sources/out/checkpoints/",
            "AIP_TENSORBOARD_LOG_DIR": "gs://sources/out/logs/",
            "CLOUD_ML_JOB_ID": job.name.rpartition("/")[2],
            "CLOUD_ML_TRIAL_ID": None,
            "STORAGE_EMULATOR_HOST": localgcp.base_url,
            "OMP_NUM_THREADS": "1",
            "TINY_GREETING": "hello from the image",
            "MINE": "yes",
        }
        assert cluster["task"] == {"type": "workerpool0", "index": 0, "trial": ""}

    def test_variables_of_the_server_do_not_leak_into_a_job(
        self, client: JobServiceClient, localgcp: LocalCloud
    ) -> None:
        job = run_custom(client, localgcp, job_spec(["--show", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST"]))
        assert set(printed(localgcp, job.name)["env"].values()) == {None}

    def test_command_replaces_the_entrypoint(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_custom(client, localgcp, job_spec(["in the shell"], command=["/bin/echo", "printed"]))
        log = localgcp.state_dir / "vertex" / job.name.rpartition("/")[2] / "workerpool0-0.log"
        assert log.read_text() == "printed in the shell\n"

    def test_crash_fails_with_the_last_lines_of_the_log(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_custom(client, localgcp, job_spec(["--crash"]))
        assert job.state.name == "JOB_STATE_FAILED"
        assert "The replica workerpool0-0 exited with a non-zero status of 1." in job.error.message
        assert "RuntimeError: the trainer crashed as it was told to" in job.error.message
        assert "forkserver" not in job.error.message

    def test_exit_code_is_reported(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_custom(client, localgcp, job_spec(["--exit=3"]))
        assert "workerpool0-0 exited with a non-zero status of 3." in job.error.message

    def test_death_by_signal_is_reported(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_custom(client, localgcp, job_spec(["--die"]))
        assert "non-zero status of 137 (SIGKILL)" in job.error.message

    @pytest.mark.parametrize(
        ("scheduling", "starts"),
        [
            ({"restart_job_on_worker_restart": True}, 3),
            ({"restart_job_on_worker_restart": True, "disable_retries": True}, 1),
            ({"strategy": "SPOT", "max_wait_duration": {"seconds": 60}}, 1),
        ],
    )
    def test_job_is_run_again_on_request_when_a_replica_is_killed(
        self, client: JobServiceClient, localgcp: LocalCloud, tmp_path: Path, scheduling: dict[str, Any], starts: int
    ) -> None:
        """It is killed twice; the third time it succeeds."""
        script = (
            f"[ $(ls {tmp_path} | wc -l) = 2 ] && mktemp -p {tmp_path} && exit; mktemp -p {tmp_path}; kill -KILL $$"
        )
        spec = job_spec(["-c", script], image="python:3.11-slim", command=["/bin/sh"]) | {"scheduling": scheduling}
        job = run_custom(client, localgcp, spec)
        assert len(list(tmp_path.iterdir())) == starts
        assert job.state.name == ("JOB_STATE_SUCCEEDED" if starts == 3 else "JOB_STATE_FAILED")
        kept = {name: getattr(job.job_spec.scheduling, name) for name in scheduling}
        assert CustomJob(job_spec={"scheduling": kept}) == CustomJob(job_spec={"scheduling": scheduling})

    def test_missing_command_fails_as_in_a_container(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_custom(client, localgcp, job_spec([], command=["no-such-program"]))
        assert "non-zero status of 127" in job.error.message
        assert "no-such-program" in job.error.message

    def test_unknown_image_fails_the_job(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_custom(client, localgcp, job_spec([], image="europe-west1-docker.pkg.dev/p/r/never-built:1"))
        assert job.state.name == "JOB_STATE_FAILED"
        assert job.error.message.startswith("Image europe-west1-docker.pkg.dev/p/r/never-built:1 not found.")

    def test_stock_python_runs_a_command(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        command = ["python", "-c", "import sys; print(sys.version_info[:2])"]
        job = run_custom(client, localgcp, job_spec([], image="python:3.11-slim", command=command))
        log = localgcp.state_dir / "vertex" / job.name.rpartition("/")[2] / "workerpool0-0.log"
        assert (job.state.name, log.read_text()) == ("JOB_STATE_SUCCEEDED", "(3, 11)\n")

    def test_processes_left_behind_end_with_the_job(
        self, client: JobServiceClient, localgcp: LocalCloud, tmp_path: Path
    ) -> None:
        pid_file = tmp_path / "pids"
        run_custom(client, localgcp, job_spec(["--child", f"--pid-file={pid_file}"]))
        wait_until(lambda: [pid for pid in pids(pid_file) if psutil.pid_exists(pid)], lambda alive: not alive)

    def test_timeout_cancels(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_custom(client, localgcp, job_spec(["--hang"]) | {"scheduling": {"timeout": {"seconds": 1}}})
        assert job.state.name == "JOB_STATE_CANCELLED"
        assert "timeout of 1 seconds" in job.error.message

    def test_every_replica_runs_and_knows_the_others(
        self, client: JobServiceClient, localgcp: LocalCloud, tmp_path: Path
    ) -> None:
        gate = tmp_path / "gate"
        names = ["CLUSTER_SPEC", "TF_CONFIG"]
        workers = pool(["--hang", "--show", *names]) | {"replica_count": 2}
        spec = {"worker_pool_specs": [pool([f"--wait-for={gate}", "--show", *names]), workers]}
        created = client.create_custom_job(
            parent=parent(localgcp), custom_job={"display_name": "wide", "job_spec": spec}
        )
        folder = localgcp.state_dir / "vertex" / created.name.rpartition("/")[2]
        wait_until(lambda: [log for log in folder.glob("*.log") if log.stat().st_size], lambda logs: len(logs) == 3)
        gate.touch()
        job = finish_custom(client, created)
        assert job.state.name == "JOB_STATE_SUCCEEDED"
        logs = [f"workerpool{number}.log" for number in ("0-0", "1-0", "1-1")]
        shown = [printed(localgcp, job.name, log)["env"] for log in logs]
        clusters = [json.loads(env["CLUSTER_SPEC"]) for env in shown]
        assert clusters[0]["cluster"] == clusters[2]["cluster"]
        assert [len(hosts) for hosts in clusters[0]["cluster"].values()] == [1, 2]
        assert json.loads(shown[2]["TF_CONFIG"])["task"] == {"type": "worker", "index": 1}


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


class TestCancelAndDelete:
    def test_cancel_ends_the_processes_first(
        self, client: JobServiceClient, localgcp: LocalCloud, tmp_path: Path
    ) -> None:
        pid_file = tmp_path / "pids"
        job = start_hanging(client, localgcp, pid_file)
        client.cancel_custom_job(name=job.name)
        ended = finish_custom(client, job)
        assert ended.state.name == "JOB_STATE_CANCELLED"
        assert not any(psutil.pid_exists(pid) for pid in pids(pid_file))

    def test_cancelling_a_finished_job_changes_nothing(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_custom(client, localgcp, job_spec([]))
        client.cancel_custom_job(name=job.name)
        assert client.get_custom_job(name=job.name) == job

    def test_cancelled_tuning_job_keeps_finished_trials(
        self, client: JobServiceClient, localgcp: LocalCloud, tmp_path: Path
    ) -> None:
        job = tuning_job([f"--wait-for={tmp_path / 'never'}"], parallel_trial_count=1)
        created = client.create_hyperparameter_tuning_job(parent=parent(localgcp), hyperparameter_tuning_job=job)
        wait_until(
            lambda: client.get_hyperparameter_tuning_job(name=created.name),
            lambda found: any(trial.state.name == "ACTIVE" for trial in found.trials),
        )
        client.cancel_hyperparameter_tuning_job(name=created.name)
        ended = finish_tuning(client, created.name)
        assert ended.state.name == "JOB_STATE_CANCELLED"
        assert [trial.state.name for trial in ended.trials] == ["INFEASIBLE"]

    def test_running_job_cannot_be_deleted(
        self, client: JobServiceClient, localgcp: LocalCloud, tmp_path: Path
    ) -> None:
        job = start_hanging(client, localgcp, tmp_path / "pids")
        with pytest.raises(BadRequest, match="Cancel it"):
            client.delete_custom_job(name=job.name)
        client.cancel_custom_job(name=job.name)

    def test_deleted_job_is_gone(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_custom(client, localgcp, job_spec([]))
        client.delete_custom_job(name=job.name).result(timeout=10)
        with pytest.raises(NotFound, match=job.name):
            client.get_custom_job(name=job.name)


def start_hanging(client: JobServiceClient, cloud: LocalCloud, pid_file: Path) -> CustomJob:
    job = {"display_name": "hang", "job_spec": job_spec(["--hang", f"--pid-file={pid_file}"])}
    created = client.create_custom_job(parent=parent(cloud), custom_job=job)
    wait_until(lambda: pids(pid_file), bool)
    return created


class TestList:
    def test_labels_state_and_name_filter(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        mine = run_custom(client, localgcp, job_spec([]), labels={"timberline-run": "r1"}, display_name="listed")
        run_custom(client, localgcp, job_spec([]), labels={"timberline-run": "r2"}, display_name="listed")
        text = 'labels.timberline-run="r1" AND state="JOB_STATE_SUCCEEDED" AND display_name="listed"'
        found = list(client.list_custom_jobs(request={"parent": parent(localgcp), "filter": text}))
        assert found == [mine]

    def test_newest_comes_first_and_pages_join(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        names = [run_custom(client, localgcp, job_spec([]), labels={"page": "yes"}).name for _ in range(3)]
        request = {"parent": parent(localgcp), "filter": "labels.page=yes", "page_size": 2}
        pages = [[job.name for job in page.custom_jobs] for page in client.list_custom_jobs(request=request).pages]
        assert pages == [[names[2], names[1]], [names[0]]]

    def test_read_mask_leaves_the_rest_out(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        run_custom(client, localgcp, job_spec([]), labels={"masked": "yes"})
        request = {"parent": parent(localgcp), "filter": "labels.masked=yes", "read_mask": "name,state"}
        (job,) = client.list_custom_jobs(request=request)
        assert job.name
        assert not job.display_name

    def test_other_locations_do_not_show(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        run_custom(client, localgcp, job_spec([]))
        assert not list(client.list_custom_jobs(parent=f"projects/{localgcp.project}/locations/us-central1"))

    def test_bad_filter_is_refused(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        with pytest.raises(BadRequest, match="colour"):
            list(client.list_custom_jobs(request={"parent": parent(localgcp), "filter": "colour=red"}))


class TestTuningJob:
    def test_finds_the_optimum(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_tuning(client, localgcp, tuning_job([], max_trial_count=20))
        assert job.state.name == "JOB_STATE_SUCCEEDED"
        assert sorted(int(trial.id) for trial in job.trials) == list(range(1, 21))
        best = max(job.trials, key=lambda trial: trial.final_measurement.metrics[0].value)
        assert best.parameters[0].value == pytest.approx(0.3, abs=0.1)

    def test_same_job_suggests_the_same(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = tuning_job([], parallel_trial_count=1, max_trial_count=6)
        first, second = (run_tuning(client, localgcp, job) for _ in range(2))
        assert [trial.parameters[0].value for trial in first.trials] == [
            trial.parameters[0].value for trial in second.trials
        ]

    def test_trial_environment_and_flags(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        parameters = [
            {"parameter_id": "x", "double_value_spec": {"min_value": 0.5, "max_value": 0.5}},
            {"parameter_id": "steps", "integer_value_spec": {"min_value": 2, "max_value": 2}},
            {"parameter_id": "batch", "discrete_value_spec": {"values": [64]}},
            {"parameter_id": "booster", "categorical_value_spec": {"values": ["gbtree"]}},
        ]
        args = ["--show", "AIP_MODEL_DIR", "CLOUD_ML_TRIAL_ID"]
        job = run_tuning(
            client, localgcp,
            tuning_job(args, max_trial_count=1, parallel_trial_count=1, study_spec={"parameters": parameters}),
        )  # fmt: skip
        shown = printed(localgcp, job.name, "trial-1/workerpool0-0.log")
        assert shown["argv"][-4:] == ["--x=0.5", "--steps=2", "--batch=64.0", "--booster=gbtree"]
        assert shown["env"] == {"AIP_MODEL_DIR": "gs://sources/out/1/model/", "CLOUD_ML_TRIAL_ID": "1"}
        values = {parameter.parameter_id: parameter.value for parameter in job.trials[0].parameters}
        assert values == {"x": 0.5, "steps": 2.0, "batch": 64.0, "booster": "gbtree"}
        assert job.trials[0].final_measurement.step_count == 2

    def test_trial_without_metric_is_infeasible(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_tuning(client, localgcp, tuning_job(["--metric=accuracy"], max_trial_count=1, parallel_trial_count=1))
        assert job.trials[0].state.name == "INFEASIBLE"
        assert "without reporting the metric score. It reported accuracy." in job.trials[0].infeasible_reason
        assert job.state.name == "JOB_STATE_FAILED"

    def test_nan_is_infeasible(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = run_tuning(client, localgcp, tuning_job(["--value=nan"], max_trial_count=1, parallel_trial_count=1))
        assert "not a finite number" in job.trials[0].infeasible_reason

    def test_failed_trials_up_to_the_limit_fail_the_job(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = tuning_job(["--exit=4"], max_trial_count=6, parallel_trial_count=1, max_failed_trial_count=2)
        ended = run_tuning(client, localgcp, job)
        assert ended.state.name == "JOB_STATE_FAILED"
        assert len(ended.trials) == 2
        assert "non-zero status of 4" in ended.error.message

    def test_median_rule_stops_a_hopeless_trial(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        # A grid, so that the bad value comes last; its trial would never end by itself.
        study = {
            "algorithm": "GRID_SEARCH",
            "parameters": [{"parameter_id": "x", "discrete_value_spec": {"values": [0.1, 0.2, 0.3, 0.9]}}],
            "median_automated_stopping_spec": {},
        }
        job = tuning_job(["--hang-when-bad"], parallel_trial_count=1, study_spec=study)
        ended = run_tuning(client, localgcp, job)
        assert ended.state.name == "JOB_STATE_SUCCEEDED"
        assert [trial.state.name for trial in ended.trials] == ["SUCCEEDED"] * 4
        assert ended.trials[3].final_measurement.metrics[0].value == pytest.approx(-0.36)

    def test_grid_ends_with_its_points(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        parameters = [{"parameter_id": "steps", "integer_value_spec": {"min_value": 1, "max_value": 3}}]
        study = {"algorithm": "GRID_SEARCH", "parameters": parameters}
        job = run_tuning(client, localgcp, tuning_job([], max_trial_count=10, study_spec=study))
        assert job.state.name == "JOB_STATE_SUCCEEDED"
        assert sorted(trial.parameters[0].value for trial in job.trials) == [1.0, 2.0, 3.0]

    def test_trial_timeout_makes_it_infeasible(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        spec = job_spec(["--hang"]) | {"scheduling": {"timeout": {"seconds": 1}}}
        job = run_tuning(
            client, localgcp, tuning_job([], max_trial_count=1, parallel_trial_count=1, trial_job_spec=spec)
        )
        assert "timeout of 1 seconds" in job.trials[0].infeasible_reason


class TestRestart:
    @pytest.fixture
    def cloud(self, fresh_localgcp: LocalCloud) -> LocalCloud:
        build_tiny_image(fresh_localgcp)
        return fresh_localgcp

    def test_restarted_server_resumes_a_tuning_job(self, cloud: LocalCloud, tmp_path: Path) -> None:
        gate, pid_file = tmp_path / "gate", tmp_path / "pids"
        client = jobs_client(cloud)
        # The first two trials end at once; those with the higher x wait for the gate.
        parameters = [{"parameter_id": "x", "discrete_value_spec": {"values": [0.1, 0.2, 0.3]}}]
        args = [f"--wait-for={gate}", f"--pid-file={pid_file}", "--child"]
        study = {"algorithm": "GRID_SEARCH", "parameters": parameters}
        job = tuning_job(args, max_trial_count=3, parallel_trial_count=1, study_spec=study)
        created = client.create_hyperparameter_tuning_job(parent=parent(cloud), hyperparameter_tuning_job=job)
        wait_until(lambda: pids(pid_file), bool)

        cloud.restart(kill=True)

        wait_until(lambda: [pid for pid in pids(pid_file)[:2] if psutil.pid_exists(pid)], lambda alive: not alive)
        running = wait_until(
            lambda: jobs_client(cloud).get_hyperparameter_tuning_job(name=created.name),
            lambda found: len(pids(pid_file)) == 4,
        )
        assert running.state.name == "JOB_STATE_RUNNING"
        gate.touch()
        ended = finish_tuning(jobs_client(cloud), created.name)
        assert ended.state.name == "JOB_STATE_SUCCEEDED"
        assert [(trial.id, trial.parameters[0].value) for trial in ended.trials] == [("1", 0.1), ("2", 0.2), ("3", 0.3)]

    def test_finished_trials_are_not_run_again(self, cloud: LocalCloud, tmp_path: Path) -> None:
        pid_file = tmp_path / "pids"
        parameters = [{"parameter_id": "x", "discrete_value_spec": {"values": [0.1, 0.9]}}]
        study = {"algorithm": "GRID_SEARCH", "parameters": parameters}
        job = tuning_job(
            ["--hang-when-bad", f"--pid-file={pid_file}"], max_trial_count=2, parallel_trial_count=1, study_spec=study
        )
        created = jobs_client(cloud).create_hyperparameter_tuning_job(
            parent=parent(cloud), hyperparameter_tuning_job=job
        )
        wait_until(lambda: pids(pid_file), lambda found: len(found) == 2)
        before = jobs_client(cloud).get_hyperparameter_tuning_job(name=created.name).trials[0]

        cloud.restart(kill=True)

        wait_until(lambda: pids(pid_file), lambda found: len(found) == 3)
        client = jobs_client(cloud)
        assert client.get_hyperparameter_tuning_job(name=created.name).trials[0] == before
        client.cancel_hyperparameter_tuning_job(name=created.name)
        assert finish_tuning(client, created.name).state.name == "JOB_STATE_CANCELLED"

    def test_orderly_stop_leaves_no_process(self, cloud: LocalCloud, tmp_path: Path) -> None:
        pid_file = tmp_path / "pids"
        job = start_hanging(jobs_client(cloud), cloud, pid_file)
        cloud.stop()
        assert not any(psutil.pid_exists(pid) for pid in pids(pid_file))
        cloud.start()
        assert jobs_client(cloud).get_custom_job(name=job.name).state.name in ("JOB_STATE_RUNNING", "JOB_STATE_PENDING")


def no_pool(job: dict[str, Any]) -> dict[str, Any]:
    return job | {"trial_job_spec": {}}


REFUSED = {
    "display_name": tuning_job([], display_name=""),
    "max_trial_count": tuning_job([], max_trial_count=0),
    "parallel_trial_count": tuning_job([], max_trial_count=2, parallel_trial_count=3),
    "trial_job_spec.worker_pool_specs": no_pool(tuning_job([])),
    "trial_job_spec.worker_pool_specs[0].container_spec.image_uri": tuning_job(
        [], trial_job_spec=job_spec([], image="")
    ),
    "study_spec.parameters": tuning_job([], study_spec={"parameters": []}),
    "study_spec.metrics[0].goal": tuning_job([], study_spec={"metrics": [{"metric_id": "score"}]}),
    "study_spec.parameters[0].double_value_spec: min_value 2": tuning_job(
        [], study_spec={"parameters": [{"parameter_id": "x", "double_value_spec": {"min_value": 2, "max_value": 1}}]}
    ),
    "study_spec.parameters[0].scale_type": tuning_job(
        [], study_spec={"parameters": [X | {"scale_type": "UNIT_LOG_SCALE"}]}
    ),
    "study_spec.parameters[0].discrete_value_spec.values": tuning_job(
        [], study_spec={"parameters": [{"parameter_id": "x", "discrete_value_spec": {"values": []}}]}
    ),
    "GRID_SEARCH": tuning_job([], study_spec={"algorithm": "GRID_SEARCH"}),
    "more than once": tuning_job([], study_spec={"parameters": [X, X]}),
}


class TestRefusals:
    @pytest.mark.parametrize("named", REFUSED)
    def test_wrong_tuning_job_is_refused_by_field(
        self, client: JobServiceClient, localgcp: LocalCloud, named: str
    ) -> None:
        with pytest.raises(BadRequest) as caught:
            client.create_hyperparameter_tuning_job(parent=parent(localgcp), hyperparameter_tuning_job=REFUSED[named])
        assert named in caught.value.message

    def test_unsupported_field_is_501(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        job = {"display_name": "j", "job_spec": job_spec([]) | {"persistent_resource_id": "mine"}}
        with pytest.raises(MethodNotImplemented, match=r"job_spec\.persistent_resource_id"):
            client.create_custom_job(parent=parent(localgcp), custom_job=job)

    def test_unknown_job_is_not_found(self, client: JobServiceClient, localgcp: LocalCloud) -> None:
        with pytest.raises(NotFound, match="customJobs/1 does not exist"):
            client.get_custom_job(name=f"{parent(localgcp)}/customJobs/1")
