"""The registry nearest to a region."""

import pytest

from timberline.ai_platform.registries import prebuilt_registry


@pytest.mark.parametrize(
    ("region", "continent"),
    [("europe-west1", "europe"), ("me-central1", "europe"), ("asia-east1", "asia"), ("us-east1", "us"), (None, "us")],
)
def test_images_come_from_the_nearest_continent(region: str | None, continent: str) -> None:
    assert prebuilt_registry(region, "training") == f"{continent}-docker.pkg.dev/vertex-ai/training"
