"""A hook whose waits cost nothing, on a local cloud that has the tiny trainer's image."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.training import build_tiny_image
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from timberline.hooks.jobs import JobsHook


@pytest.fixture(scope="module")
def cloud(localgcp: LocalCloud) -> LocalCloud:
    build_tiny_image(localgcp)
    return localgcp


@pytest.fixture
def make_hook(cloud: LocalCloud, no_pause: Any) -> Callable[[], JobsHook]:
    return lambda: JobsHook(cloud.project, "europe-west1", CONNECTION, sleep=no_pause)


@pytest.fixture
def hook(make_hook: Callable[[], JobsHook]) -> JobsHook:
    return make_hook()
