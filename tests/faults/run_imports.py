"""The modules that a run's process loads at its start or later; a fork of this process has them at once."""

from importlib import import_module

for _module in (
    "tests.faults.one_run",
    "google.cloud.aiplatform_v1",
    "google.cloud.artifactregistry_v1",
    "google.cloud.bigquery",
    "google.cloud.devtools.cloudbuild_v1",
    "google.cloud.storage",
    "timberline.hooks.vertex_jobs",
):
    import_module(_module)
