"""The modules and documents that a server loads at its start or later; a fork of this process has them at once."""

from importlib import import_module

from localgcp.core.http.discovery import document_of

for _module in (
    "localgcp.cli.main",
    "google.cloud.aiplatform_v1",
    "optuna.integration",
    "optuna.pruners",
    "pandas",
    "pyarrow.dataset",
    "sqlglot.generators.duckdb",
    "sqlglot.parsers.duckdb",
):
    import_module(_module)

for _api, _version in (
    ("aiplatform", "v1"),
    ("artifactregistry", "v1"),
    ("bigquery", "v2"),
    ("cloudbuild", "v1"),
    ("logging", "v2"),
    ("storage", "v1"),
):
    for _method in document_of(_api, _version).methods():
        _ = _method.pattern, _method.specificity  # compiled once
