"""The services of a deployment are built when they are needed."""

import subprocess
import sys

import pytest

from timberline.hooks.cloud import Cloud
from timberline.run.services import Connection
from timberline.run.settings import Settings, read_settings


@pytest.fixture
def cloud() -> Cloud:
    settings = read_settings({"TIMBERLINE_PROJECT": "p", "TIMBERLINE_REGION": "europe-west1"})
    return Cloud(settings, Connection())


def test_a_hook_is_built_once(cloud: Cloud) -> None:
    assert cloud.storage is cloud.storage


@pytest.mark.parametrize("region", [None, "", "europe-west1"])
def test_the_own_region_is_the_same_cloud(cloud: Cloud, region: str | None) -> None:
    assert cloud.at(region) is cloud


def test_another_region_has_hooks_of_its_own(cloud: Cloud) -> None:
    other = cloud.at("us-east1")
    assert other.bigquery is not cloud.bigquery
    assert isinstance(other.settings, Settings)
    assert (other.settings.region, other.settings.project) == ("us-east1", "p")


def test_building_hooks_loads_no_client_of_google() -> None:
    code = (
        "import sys\n"
        "from timberline.hooks.cloud import Cloud\n"
        "from timberline.run.services import Connection\n"
        "from timberline.run.settings import read_settings\n"
        "cloud = Cloud(read_settings({'TIMBERLINE_PROJECT': 'p'}), Connection())\n"
        "for name in ('bigquery', 'builds', 'endpoints', 'jobs', 'models', 'predictions', 'storage'):\n"
        "    getattr(cloud, name)\n"
        "print(*sys.modules)\n"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert [name for name in output.split() if name.startswith(("google.cloud.", "pandas", "numpy"))] == []
