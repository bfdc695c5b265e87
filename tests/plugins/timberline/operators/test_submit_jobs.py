"""Jobs are what the job file says, and are submitted once."""

from pathlib import Path

import pytest

from tests.contract.training import IMAGE
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.tuned import retrain, tune, write_include
from timberline.hooks.vertex_jobs import VertexJobsHook
from timberline.run.compat import AirflowFailException, AirflowSkipException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings


@pytest.fixture(autouse=True)
def include(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_include(tmp_path, monkeypatch)


def test_a_tuning_job_is_what_the_job_file_says(hook: VertexJobsHook, run: RunIdentity, settings: Settings) -> None:
    ref = tune(run)
    job = hook.client.get_hyperparameter_tuning_job(name=ref.name)
    container = job.trial_job_spec.worker_pool_specs[0].container_spec
    assert (job.max_trial_count, job.parallel_trial_count) == (2, 2)
    assert list(container.args) == ["--segment=3", "--train=gs://bucket/train"]
    assert container.image_uri == IMAGE
    folder = job.trial_job_spec.base_output_directory.output_uri_prefix
    assert folder.rstrip("/") == run.step_uri(settings.bucket, "tune", "3")


def test_the_counts_of_the_run_win(hook: VertexJobsHook, run: RunIdentity) -> None:
    ref = tune(run, max_trial_count=3, parallel_trial_count=1)
    job = hook.client.get_hyperparameter_tuning_job(name=ref.name)
    assert (job.max_trial_count, job.parallel_trial_count) == (3, 1)


def test_a_run_without_trials_submits_no_tuning_job(run: RunIdentity) -> None:
    with pytest.raises(AirflowSkipException, match="no tuning"):
        tune(run, max_trial_count=0)


def test_submitting_twice_gives_one_job(hook: VertexJobsHook, run: RunIdentity) -> None:
    assert tune(run) == tune(run)


def test_a_training_job_gets_the_best_parameters_as_arguments(hook: VertexJobsHook, run: RunIdentity) -> None:
    ref = retrain(run, {"segment": "3", "parameters": {"x": 0.25, "steps": 2}})
    job = hook.client.get_custom_job(name=ref.name)
    assert list(job.job_spec.worker_pool_specs[0].container_spec.args)[-2:] == ["--x=0.25", "--steps=2"]


def test_an_unknown_preset_is_one_clear_message(run: RunIdentity, cloud: LocalCloud) -> None:
    with pytest.raises(AirflowFailException, match="unknown preset 'fast'"):
        tune(run, preset="fast")
