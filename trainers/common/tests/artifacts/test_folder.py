"""Where artefacts go, and how they are written."""

from pathlib import Path

import pytest
from trainer_common.artifacts.folder import ArtifactFolder, find_folder
from trainer_common.environment import read_environment
from trainer_common.failures import UserError


def test_job_dir_wins_over_the_environment() -> None:
    environment = read_environment({"AIP_MODEL_DIR": "gs://bucket/from-service"})
    assert find_folder("gs://bucket/from-flag/", environment).uri == "gs://bucket/from-flag"
    assert find_folder(None, environment).uri == "gs://bucket/from-service"


def test_without_a_folder_the_message_names_the_flag_and_the_variable() -> None:
    with pytest.raises(UserError, match=r"--job-dir.*AIP_MODEL_DIR"):
        find_folder(None, read_environment({}))


def test_a_number_that_json_cannot_express_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        ArtifactFolder(str(tmp_path)).save_json("metrics.json", {"value": float("nan")})
    assert list(tmp_path.iterdir()) == []
