"""Registers the package with Airflow; the only file in this folder that Airflow executes by itself."""

from airflow.plugins_manager import AirflowPlugin

from timberline.identity import run_key


class TimberlinePlugin(AirflowPlugin):
    """Adds `macros.timberline.run_key(dag_id, run_id)` to templates."""

    name = "timberline"
    macros = [run_key]
