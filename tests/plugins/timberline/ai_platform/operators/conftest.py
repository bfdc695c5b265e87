"""A v1 model of each test's own."""

from collections.abc import Iterator

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.ai_platform.operators.v1_models import V1Model
from timberline.run.identity import short_hash
from timberline.run.settings import Settings


@pytest.fixture
def v1_model(localgcp: LocalCloud, settings: Settings, request: pytest.FixtureRequest) -> Iterator[V1Model]:
    model = V1Model(settings, f"trees_{short_hash(request.node.nodeid)}")
    yield model
    localgcp.clear_faults()
    model.serving.delete_endpoint(model.endpoint)  # its servers would run till the end of the module
