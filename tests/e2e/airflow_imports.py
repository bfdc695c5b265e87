"""What a run of a DAG loads in Airflow, in Google's clients and in the product; a fork of this process has it at once.

Half of what a short run costs is spent on this, and on the in-process API server that Airflow builds for its tasks.
"""

from importlib import import_module

from airflow.sdk.execution_time.supervisor import in_process_api_server

from tests.e2e.one_dag_run import DagBag
from tests.forks import ROOT

for _module in (
    "airflow.cli.cli_parser",
    "airflow.cli.commands.dag_command",
    "airflow.models.serialized_dag",
    "google.cloud.aiplatform_v1",
    "google.cloud.artifactregistry_v1",
    "google.cloud.bigquery",
    "google.cloud.devtools.cloudbuild_v1",
    "google.cloud.storage",
    "timberline.hooks.leftovers",
):
    import_module(_module)

DagBag(str(ROOT / "dags"))  # for the modules that the DAGs import
_ = in_process_api_server().app
