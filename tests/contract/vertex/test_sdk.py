"""The same jobs through google-cloud-aiplatform's high-level classes."""

from collections.abc import Iterator

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform
from google.cloud.aiplatform import hyperparameter_tuning as hpt
from google.cloud.aiplatform import jobs

from tests.contract.training import build_tiny_image, pool, wait_until
from tests.local_cloud import LocalCloud


@pytest.fixture(scope="module", autouse=True)
def _sdk(localgcp: LocalCloud) -> Iterator[None]:
    build_tiny_image(localgcp)
    aiplatform.init(
        project=localgcp.project,
        location="europe-west1",
        staging_bucket="gs://sources",
        api_transport="rest",
        api_endpoint=localgcp.base_url,
        credentials=AnonymousCredentials(),
    )
    with pytest.MonkeyPatch.context() as patch:
        # The SDK polls every five seconds.
        patch.setattr(jobs, "_JOB_WAIT_TIME", 0.02)
        yield


def custom_job(args: list[str], name: str = "sdk") -> aiplatform.CustomJob:
    return aiplatform.CustomJob(display_name=name, worker_pool_specs=[pool(args)], labels={"by": "sdk"})


def test_custom_job_runs_and_is_listed_by_label() -> None:
    job = custom_job([])
    job.run()
    assert job.state.name == "JOB_STATE_SUCCEEDED"
    assert job.resource_name in [found.resource_name for found in aiplatform.CustomJob.list(filter='labels.by="sdk"')]


def test_failed_job_raises_with_the_trainers_words() -> None:
    with pytest.raises(RuntimeError, match="the trainer crashed as it was told to"):
        custom_job(["--crash"]).run()


def test_tuning_job_has_its_trials() -> None:
    job = aiplatform.HyperparameterTuningJob(
        display_name="sdk",
        custom_job=custom_job([]),
        metric_spec={"score": "maximize"},
        parameter_spec={
            "x": hpt.DoubleParameterSpec(min=0.001, max=1, scale="log"),
            "steps": hpt.IntegerParameterSpec(min=1, max=4, scale="linear"),
            "batch": hpt.DiscreteParameterSpec(values=[16, 32], scale="linear"),
            "booster": hpt.CategoricalParameterSpec(values=["gbtree", "dart"]),
        },
        max_trial_count=4,
        parallel_trial_count=2,
        labels={"by": "sdk"},
    )
    job.run()
    assert [trial.state.name for trial in job.trials] == ["SUCCEEDED"] * 4
    assert {parameter.parameter_id for parameter in job.trials[0].parameters} == {"x", "steps", "batch", "booster"}


def test_submitted_job_is_cancelled_and_deleted() -> None:
    job = custom_job(["--hang"], name="cancelled")
    job.submit()
    job.cancel()
    wait_until(lambda: job.state.name, lambda state: state == "JOB_STATE_CANCELLED")
    job.delete()
    assert not aiplatform.CustomJob.list(filter='display_name="cancelled"')


def test_no_call_left_version_one(localgcp: LocalCloud) -> None:
    custom_job([]).run()
    assert not [call for call in localgcp.requests() if "/v1beta1/" in call["path"]]
