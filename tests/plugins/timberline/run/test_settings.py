"""Settings come from the environment, when they are asked for."""

from pathlib import Path

import pytest

from timberline.run.errors import SettingsError
from timberline.run.settings import read_settings


def test_defaults_follow_from_the_project() -> None:
    settings = read_settings({"GOOGLE_CLOUD_PROJECT": "my-project"})
    assert (settings.region, settings.bucket) == ("europe-west1", "my-project-timberline")
    assert settings.image_repository == "europe-west1-docker.pkg.dev/my-project/timberline"
    assert settings.data_dir is None


def test_a_variable_of_our_own_wins() -> None:
    settings = read_settings(
        {"GOOGLE_CLOUD_PROJECT": "a", "TIMBERLINE_PROJECT": "b", "TIMBERLINE_BUCKET": "c", "TIMBERLINE_DATA_DIR": "/d"}
    )
    assert (settings.project, settings.bucket, settings.data_dir) == ("b", "c", Path("/d"))


def test_an_empty_variable_is_not_set() -> None:
    assert read_settings({"GOOGLE_CLOUD_PROJECT": "a", "TIMBERLINE_REGION": ""}).region == "europe-west1"


def test_no_project_is_one_clear_message() -> None:
    with pytest.raises(SettingsError, match="TIMBERLINE_PROJECT or GOOGLE_CLOUD_PROJECT"):
        read_settings({})
