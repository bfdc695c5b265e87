"""Where artefacts go."""

import pytest
from trainer.places import Places, find_places
from trainer_common.environment import read_environment
from trainer_common.failures import UserError


def find(job_dir: str | None, *, hptune: bool = False, **variables: str) -> Places:
    return find_places(job_dir, read_environment(variables), hptune=hptune)


def uris(places: Places) -> tuple[str, str | None]:
    return places.model.uri, places.ai_platform and places.ai_platform.uri


@pytest.mark.parametrize("job_dir", ["gs://b/job", "gs://b/job/"])
def test_a_job_folder_has_one_folder_per_layout_and_wins_over_the_environment(job_dir: str) -> None:
    assert uris(find(job_dir, AIP_MODEL_DIR="elsewhere")) == ("gs://b/job/model", "gs://b/job")


def test_the_folder_of_the_service_takes_one_model_file() -> None:
    assert uris(find(None, AIP_MODEL_DIR="gs://b/job/model/")) == ("gs://b/job/model", None)


def test_trials_of_one_job_folder_have_folders_of_their_own() -> None:
    assert find("gs://b/job", hptune=True, CLOUD_ML_TRIAL_ID="3").model.uri == "gs://b/job/3/model"
    assert find("gs://b/job", hptune=True).model.uri == "gs://b/job/model"
    assert find("gs://b/job", CLOUD_ML_TRIAL_ID="3").model.uri == "gs://b/job/model"


def test_without_a_folder_there_is_a_user_error() -> None:
    with pytest.raises(UserError, match="pass --job-dir, or set AIP_MODEL_DIR"):
        find(None)
