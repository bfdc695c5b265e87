"""The settings of a deployment: project, region, bucket. Read from the environment when a task needs them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from timberline.run.errors import SettingsError

_DEFAULT_REGION = "europe-west1"
_DEFAULT_DATASET = "timberline"
_DEFAULT_CACHE = "~/.cache/timberline"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings of a deployment.

    Attributes:
        project: the Google Cloud project that holds everything.
        region: where jobs, builds, images and tables are.
        bucket: the bucket that runs write to.
        dataset: the BigQuery dataset that runs create tables in.
        image_repository: the repository of trainer images, e.g. `europe-west1-docker.pkg.dev/<project>/timberline`.
        data_dir: a folder with data sets to load rows from; None without such a folder.
        cache_dir: keeps a published data set after its download.
    """

    project: str
    region: str
    bucket: str
    dataset: str
    image_repository: str
    data_dir: Path | None
    cache_dir: Path


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that the environment holds at this moment.

    Args:
        environment: the variables to read; None for the variables of this process. An empty value counts as not set.

    Raises:
        SettingsError: no project is set.
    """
    found = os.environ if environment is None else environment

    def get(name: str, default: str) -> str:
        return found.get(name) or default

    project = get("TIMBERLINE_PROJECT", get("GOOGLE_CLOUD_PROJECT", get("GCP_PROJECT", "")))
    if not project:
        raise SettingsError(
            "no project: set TIMBERLINE_PROJECT or GOOGLE_CLOUD_PROJECT to the id of a Google Cloud project"
        )
    region = get("TIMBERLINE_REGION", _DEFAULT_REGION)
    data_dir = found.get("TIMBERLINE_DATA_DIR")
    return Settings(
        project=project,
        region=region,
        bucket=get("TIMBERLINE_BUCKET", f"{project}-timberline"),
        dataset=get("TIMBERLINE_DATASET", _DEFAULT_DATASET),
        image_repository=get("TIMBERLINE_IMAGE_REPOSITORY", f"{region}-docker.pkg.dev/{project}/timberline"),
        data_dir=Path(data_dir) if data_dir else None,
        cache_dir=Path(get("TIMBERLINE_CACHE_DIR", _DEFAULT_CACHE)).expanduser(),
    )
