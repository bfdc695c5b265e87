"""Registers the package with Airflow; the only file in this folder that Airflow executes by itself."""

from airflow.plugins_manager import AirflowPlugin

from timberline.identity import run_key
from timberline.links import VertexJobLink, VertexModelLink


class TimberlinePlugin(AirflowPlugin):
    """Adds `macros.timberline.run_key(dag_id, run_id)` to templates, and the links of tasks to the web UI."""

    name = "timberline"
    macros = [run_key]
    operator_extra_links = [VertexJobLink(), VertexModelLink()]
