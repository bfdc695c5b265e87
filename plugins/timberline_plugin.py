"""Registers the package with Airflow; the only file in this folder that Airflow executes by itself."""

from airflow.plugins_manager import AirflowPlugin

from timberline.operators.links import VertexJobLink, VertexModelLink
from timberline.run.macros import run_key, step_uri


class TimberlinePlugin(AirflowPlugin):
    """Adds `macros.timberline` to templates (`timberline.run.macros`), and the links of tasks to the web UI."""

    name = "timberline"
    macros = [run_key, step_uri]
    operator_extra_links = [VertexJobLink(), VertexModelLink()]
