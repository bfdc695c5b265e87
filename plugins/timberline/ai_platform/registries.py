"""The registries of Google's prebuilt images. Pure."""

# https://cloud.google.com/vertex-ai/docs/training/pre-built-containers: one registry each in the US, Europe and Asia.
_CONTINENTS = {"europe": "europe", "me": "europe", "africa": "europe", "asia": "asia", "australia": "asia"}


def prebuilt_registry(region: str | None, use: str) -> str:
    """Return the registry of prebuilt images nearest to a region.

    Args:
        region: e.g. `europe-west1`; None if it is unknown.
        use: `training` or `prediction`.
    """
    continent = _CONTINENTS.get((region or "").partition("-")[0], "us")
    return f"{continent}-docker.pkg.dev/vertex-ai/{use}"
