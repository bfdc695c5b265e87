"""A v1 job is submitted under its id once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.auth.exceptions import RefreshError

from tests.contract.training import IMAGE, wait_until
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from timberline.ai_platform.cli.command import main
from timberline.ai_platform.hook import AiPlatformJobs, submit_job
from timberline.ai_platform.job_ids import JOB_LABEL, SUBMISSION_LABEL, job_label
from timberline.ai_platform.options import TrainingOptions
from timberline.ai_platform.translate.training import TrainingTranslation, translate_training_job
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.jobs.remote import JobKind, JobStatus
from timberline.jobs.states import JobState
from timberline.run.errors import InputError, ServiceUnavailable, SettingsError
from timberline.run.identity import ATTEMPT_LABEL
from timberline.run.settings import Settings

_CREATE = "aiplatform.projects.locations.customJobs.create"
_TRAINING = {"scaleTier": "BASIC", "region": "europe-west1", "masterConfig": {"imageUri": IMAGE}}
_PARAMETER = {"parameterName": "x", "type": "DOUBLE", "minValue": 0, "maxValue": 1}
_STUDY = {"hyperparameterMetricTag": "score", "params": [_PARAMETER]}


@pytest.fixture
def job_id(request: pytest.FixtureRequest) -> str:
    """An id of each test's own."""
    return "".join(character if character.isalnum() else "_" for character in request.node.name)


@pytest.fixture
def submitter(cloud: LocalCloud, no_pause: Any) -> Iterator[AiPlatformJobs]:
    yield AiPlatformJobs(VertexJobsHook(cloud.project, "europe-west1", CONNECTION, sleep=no_pause))
    cloud.clear_faults()


def _job(job_id: str, **fields: Any) -> TrainingTranslation:
    return translate_training_job(
        {"trainingInput": {**_TRAINING, **fields}, "labels": {"team": "a"}}, options=TrainingOptions(job_id=job_id)
    )


def _ended(submitter: AiPlatformJobs, job_id: str) -> JobStatus:
    (job,) = wait_until(lambda: submitter.with_id(job_id), lambda jobs: jobs[0].state is JobState.SUCCEEDED)
    return job


@pytest.mark.parametrize(
    ("fields", "kind"), [({}, JobKind.CUSTOM), ({"hyperparameters": _STUDY}, JobKind.TUNING)], ids=["custom", "tuning"]
)
def test_a_job_carries_its_id_and_runs(
    fields: dict[str, Any], kind: JobKind, submitter: AiPlatformJobs, settings: Settings, job_id: str
) -> None:
    name = submit_job(_job(job_id, **fields), settings, CONNECTION)
    assert f"/{kind}/" in name
    job = _ended(submitter, job_id)
    assert job.ref.name == name
    assert submitter._jobs.describe(job.ref)["displayName"] == job_id
    assert job.labels.items() >= {"team": "a", **job_label(job_id)}.items()
    assert set(job.labels) == {"team", JOB_LABEL, SUBMISSION_LABEL, ATTEMPT_LABEL}


def test_an_id_is_used_once_even_by_jobs_of_the_other_kind(submitter: AiPlatformJobs, job_id: str) -> None:
    name = submitter.submit_new(_job(job_id))
    with pytest.raises(
        InputError, match=rf"^jobId: expected one that is not used yet, found '{job_id}', which {name} has"
    ):
        submitter.submit_new(_job(job_id, hyperparameters=_STUDY))
    assert [job.ref.name for job in submitter.with_id(job_id)] == [name]


def test_a_job_without_a_region_goes_to_that_of_the_deployment(
    cloud: LocalCloud, settings: Settings, job_id: str
) -> None:
    job = _TRAINING | {"region": ""}
    translation = translate_training_job({"jobId": job_id, "trainingInput": job})
    assert f"/locations/{settings.region}/" in submit_job(translation, settings, CONNECTION)


def test_an_answer_that_is_lost_makes_no_second_job(cloud: LocalCloud, submitter: AiPlatformJobs, job_id: str) -> None:
    fault = cloud.add_fault(_CREATE, "drop", appliesFirst=True)
    name = submitter.submit_new(_job(job_id))
    assert cloud.fault_is_consumed(fault)
    assert [job.ref.name for job in submitter.with_id(job_id)] == [name]


def test_a_service_that_is_away_for_a_while_is_asked_again(
    cloud: LocalCloud, submitter: AiPlatformJobs, job_id: str
) -> None:
    fault = cloud.add_fault(_CREATE, "error", status=503, count=2)
    assert submitter.submit_new(_job(job_id))
    assert cloud.fault_is_consumed(fault)


def test_a_service_that_stays_away_is_a_retryable_error(
    cloud: LocalCloud, submitter: AiPlatformJobs, job_id: str
) -> None:
    cloud.add_fault(_CREATE, "error", status=503, count=50)
    with pytest.raises(ServiceUnavailable, match=rf"^jobId {job_id}: Vertex AI did not answer"):
        submitter.submit_new(_job(job_id))


def test_what_the_service_refuses_is_told_in_its_words(submitter: AiPlatformJobs, job_id: str) -> None:
    translation = _job(job_id)
    translation.body["jobSpec"]["workerPoolSpecs"][0]["replicaCount"] = 2
    with pytest.raises(InputError, match=rf"^jobId {job_id}: Vertex AI refuses the job: .*primary replica"):
        submitter.submit_new(translation)


def test_of_two_that_race_the_later_one_takes_its_job_back(
    submitter: AiPlatformJobs, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    winner = submitter.submit_new(_job(job_id))
    look, first = submitter.with_id, iter([True])  # the first look came before the winner's job
    monkeypatch.setattr(submitter, "with_id", lambda job_id: [] if next(first, False) else look(job_id))
    with pytest.raises(InputError, match=f"which {winner} has"):
        submitter.submit_new(_job(job_id))
    losers = [job.state for job in look(job_id) if job.ref.name != winner]
    assert set(losers) <= {JobState.CANCELLING, JobState.CANCELLED}


def test_the_command_prints_the_name_and_refuses_the_id_the_second_time(
    submitter: AiPlatformJobs,
    settings: Settings,
    job_id: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"trainingInput": _TRAINING}), encoding="utf-8")
    assert main(["submit", job_id, "--config", str(path)]) == 0
    name = capsys.readouterr().out.rstrip("\n")
    assert [job.ref.name for job in submitter.with_id(job_id)] == [name]
    assert main(["submit", job_id, "--config", str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert name in err


def test_a_body_without_an_id_is_not_submitted(submitter: AiPlatformJobs) -> None:
    with pytest.raises(InputError, match=r"^jobId: expected an id to submit the job under, found none"):
        submitter.submit_new(translate_training_job({"trainingInput": _TRAINING}))


def test_the_label_of_the_id_is_the_documented_one() -> None:
    assert JOB_LABEL == "ai-platform-job"


@pytest.mark.parametrize(
    "where", ["timberline.hooks.vertex.endpoint", "timberline.ai_platform.hook.AiPlatformJobs.with_id"]
)
def test_credentials_that_do_not_work_are_one_line(
    where: str, settings: Settings, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RefreshError("The account is gone")  # type: ignore[no-untyped-call]

    monkeypatch.setattr(where, fail)
    with pytest.raises(
        SettingsError, match=r"^connection google_cloud_default: .*The account is gone.*AIRFLOW_CONN_GOOGLE"
    ):
        submit_job(_job(job_id), settings, CONNECTION)


def test_a_call_that_is_forbidden_is_told_in_the_services_words(
    cloud: LocalCloud, submitter: AiPlatformJobs, job_id: str
) -> None:
    cloud.add_fault("aiplatform.projects.locations.customJobs.list", "error", status=403)
    with pytest.raises(InputError, match=rf"^jobId {job_id}: Vertex AI refuses the job: "):
        submitter.submit_new(_job(job_id))


def test_a_job_is_read_again_by_its_id_as_v1_answered(
    submitter: AiPlatformJobs, settings: Settings, job_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    submit_job(_job(job_id, hyperparameters={**_STUDY, "maxTrials": 2}), settings, CONNECTION)
    _ended(submitter, job_id)
    assert main(["describe", job_id]) == 0
    job = yaml.safe_load(capsys.readouterr().out)
    assert (job["jobId"], job["state"]) == (job_id, "SUCCEEDED")
    values = [trial["finalMetric"]["objectiveValue"] for trial in job["trainingOutput"]["trials"]]
    assert values == sorted(values, reverse=True)
    assert len(values) == 2
    assert main(["best", job_id]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == job["trainingOutput"]["trials"][0]


def test_an_id_that_no_job_has_is_one_line(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["best", "nobody"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("job_id: expected the id of a job in projects/")
    assert err.count("\n") == 1
