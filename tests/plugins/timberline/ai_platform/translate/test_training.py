"""What a v1 training job becomes on Vertex AI."""

import copy
from typing import Any

import pytest
from google.cloud import aiplatform_v1
from google.protobuf.json_format import ParseDict

from tests.plugins.timberline.ai_platform.training_bodies import IMAGE, SAMPLES, container, custom, package, tuning
from timberline.ai_platform.notes import NoteKind
from timberline.ai_platform.options import TrainingOptions
from timberline.ai_platform.translate.training import TrainingTranslation, translate_training_job
from timberline.jobs.remote import JobKind
from timberline.run.errors import AiPlatformError


def _spec(job: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return the CustomJobSpec of a job."""
    body = translate_training_job(job, options=TrainingOptions(**options)).body
    return dict(body.get("jobSpec") or body["trialJobSpec"])


def _pools(job: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    return list(_spec(job, **options)["workerPoolSpecs"])


def _notes(translation: TrainingTranslation, field: str) -> list[str]:
    return [str(note) for note in translation.notes if note.field == field]


@pytest.mark.parametrize("job", SAMPLES.values(), ids=list(SAMPLES))
def test_every_sample_is_a_message_of_vertex_ai(job: dict[str, Any]) -> None:
    translation = translate_training_job(job)
    message: Any = {
        JobKind.CUSTOM: aiplatform_v1.CustomJob,
        JobKind.TUNING: aiplatform_v1.HyperparameterTuningJob,
    }[translation.kind]()
    ParseDict(translation.body, type(message).pb(message))
    assert message.display_name == "job_1"


def test_hyperparameters_make_it_a_tuning_job() -> None:
    assert translate_training_job(tuning()).kind is JobKind.TUNING
    assert translate_training_job(container()).kind is JobKind.CUSTOM


def test_a_gcloud_config_without_an_id_has_no_display_name_and_says_so() -> None:
    job = container()
    del job["jobId"]
    translation = translate_training_job(job)
    assert "displayName" not in translation.body
    assert _notes(translation, "jobId")


def test_what_a_service_says_about_a_job_is_left_out_with_a_note() -> None:
    translation = translate_training_job(container() | {"state": "SUCCEEDED", "etag": "x"})
    assert {note.field for note in translation.notes if note.kind is NoteKind.WARNING} == {"state", "etag"}


# --- What runs ---


def test_every_pool_names_its_image_as_nothing_is_inherited() -> None:
    images = [pool["containerSpec"]["imageUri"] for pool in _pools(container(scaleTier="STANDARD_1"))]
    assert images == [IMAGE] * 3
    workers = custom(workerType="n1-standard-4", workerCount=1, workerConfig={"imageUri": "other"})
    assert [pool["containerSpec"]["imageUri"] for pool in _pools(workers)] == [IMAGE, "other"]


def test_a_container_has_its_command_and_its_own_arguments() -> None:
    (pool,) = _pools(
        container(masterConfig={"imageUri": IMAGE, "containerCommand": ["sh", "run.sh"], "containerArgs": ["--a"]})
    )
    assert pool["containerSpec"] == {"imageUri": IMAGE, "command": ["sh", "run.sh"], "args": ["--a"]}


def test_all_pools_have_the_arguments_of_the_job() -> None:
    pools = _pools(custom(workerType="n1-standard-4", workerCount=1, args=["--a", "1"]))
    assert [pool["containerSpec"]["args"] for pool in pools] == [["--a", "1"]] * 2


def test_a_package_runs_in_a_prebuilt_image() -> None:
    (pool,) = _pools(package(args=["--a"]))
    assert pool["pythonPackageSpec"] == {
        "executorImageUri": "us-docker.pkg.dev/vertex-ai/training/tf-cpu.2-17.py310:latest",
        "packageUris": ["gs://bucket/trainer-0.1.tar.gz"],
        "pythonModule": "trainer.task",
        "args": ["--a"],
    }


def test_an_executor_image_of_ones_own_replaces_a_runtime_that_is_gone() -> None:
    job = package(runtimeVersion="1.15", pythonVersion="3.7")
    translation = translate_training_job(job, options=TrainingOptions(executor_image_uri=IMAGE))
    (pool,) = translation.body["jobSpec"]["workerPoolSpecs"]
    assert pool["pythonPackageSpec"]["executorImageUri"] == IMAGE
    assert _notes(translation, "trainingInput.runtimeVersion")
    assert _notes(translation, "trainingInput.pythonVersion")


def test_the_job_dir_is_the_output_folder_and_an_argument_after_those_of_the_user() -> None:
    spec = _spec(container(jobDir="gs://bucket/out", args=["--a"]))
    assert spec["baseOutputDirectory"] == {"outputUriPrefix": "gs://bucket/out"}
    assert spec["workerPoolSpecs"][0]["containerSpec"]["args"] == ["--a", "--job-dir", "gs://bucket/out"]


@pytest.mark.parametrize("given", [["--job-dir", "gs://bucket/mine"], ["--job-dir=gs://bucket/mine"]])
def test_a_job_dir_that_the_user_gives_is_not_given_again(given: list[str]) -> None:
    translation = translate_training_job(container(jobDir="gs://bucket/out", args=given))
    assert translation.body["jobSpec"]["workerPoolSpecs"][0]["containerSpec"]["args"] == given
    assert any("not added again" in note for note in _notes(translation, "trainingInput.jobDir"))


def test_trials_that_share_a_job_dir_are_warned_of() -> None:
    job = tuning()
    job["trainingInput"]["jobDir"] = "gs://bucket/out"
    assert any("CLOUD_ML_TRIAL_ID" in note for note in _notes(translate_training_job(job), "trainingInput.jobDir"))


# --- Where and when ---


def test_the_region_is_told_and_its_absence_noted() -> None:
    assert translate_training_job(container()).region == "us-central1"
    translation = translate_training_job(container(region=None))
    assert translation.region is None
    assert _notes(translation, "trainingInput.region")


def test_the_account_network_and_web_access_are_those_of_the_spec() -> None:
    spec = _spec(SAMPLES["everything about the job"])
    assert spec["serviceAccount"] == "trainer@project.iam.gserviceaccount.com"
    assert spec["network"] == "projects/12345/global/networks/default"
    assert spec["enableWebAccess"] is True


def test_the_key_is_that_of_the_whole_job() -> None:
    body = translate_training_job(SAMPLES["everything about the job"]).body
    assert body["encryptionSpec"] == {"kmsKeyName": "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k"}
    assert "encryptionSpec" not in body["jobSpec"]


def test_disks_are_those_of_their_pools() -> None:
    pools = _pools(SAMPLES["CUSTOM"])
    assert [pool.get("diskSpec") for pool in pools] == [
        None,
        {"bootDiskType": "pd-standard", "bootDiskSizeGb": 200},
        None,
        None,
    ]


@pytest.mark.parametrize(("chief", "kind"), [(True, NoteKind.SUBSTITUTION), (False, NoteKind.WARNING)])
def test_the_name_of_the_first_replica_is_noted(chief: bool, kind: NoteKind) -> None:
    notes = translate_training_job(container(useChiefInTfConfig=chief)).notes
    assert [note.kind for note in notes if note.field == "trainingInput.useChiefInTfConfig"] == [kind]


def test_several_containers_are_warned_that_none_of_them_is_called_master() -> None:
    assert _notes(translate_training_job(container(scaleTier="STANDARD_1")), "trainingInput.useChiefInTfConfig")
    assert not _notes(translate_training_job(container()), "trainingInput.useChiefInTfConfig")
    assert not _notes(translate_training_job(package(scaleTier="STANDARD_1")), "trainingInput.useChiefInTfConfig")


# --- What is given stays as it is ---


@pytest.mark.parametrize("job", SAMPLES.values(), ids=list(SAMPLES))
def test_a_translation_changes_nothing_that_it_is_given_and_shares_nothing_with_it(job: dict[str, Any]) -> None:
    before = copy.deepcopy(job)
    translation = translate_training_job(job)
    for pool in (translation.body.get("jobSpec") or translation.body["trialJobSpec"])["workerPoolSpecs"]:
        for spec in pool.values():
            if isinstance(spec, dict):
                spec.setdefault("args", []).append("--changed")
    assert job == before


def test_a_field_below_the_top_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(AiPlatformError, match=r"^trainingInput\.masterConfig\.imageUrl: unknown key; did you mean"):
        translate_training_job(container(masterConfig={"imageUrl": IMAGE}))
