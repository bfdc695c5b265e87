"""An Airflow DAG: finds what failed or finished runs left behind on Google Cloud, reports it, and can delete it.

A run removes its resources itself, unless it was killed or a service failed at the wrong moment. Once a day this DAG
looks for resources older than `ttl_hours`, by the labels and names that runs give to all their resources. By default it
only reports: `{"dry_run": false}` deletes what the report lists. To delete in scheduled runs too, change the default of
`dry_run` below.

| kind | what is left over |
| --- | --- |
| jobs | jobs that have not ended: they are cancelled. Ended jobs are records that cost nothing, and stay. |
| endpoints | endpoints that were made for one run, with everything deployed on them |
| deployments | versions that are deployed on the endpoint of a pipeline, and got no requests for `ttl_hours` |
| tables | the split tables of runs, and the views of their segments |
| rows | the rows that runs exported: `runs/<run_key>/data/` in the bucket; models, reports and decisions stay |
| archives | the source of images: `builds/*.tar.gz` in the bucket |
| images | trainer images that no registered model version uses; the newest image of each trainer stays |

- A run counts as active while one of its jobs, tables or objects is younger than `ttl_hours`. Nothing of an active run
  is deleted, so `ttl_hours` must be longer than the longest pause of a run. With 0 everything is left over: use it only
  in a deployment where nothing runs.
- A cleared task of an old run finds no rows any more: clear the run's `split` too, which makes them again.
- The task `report` logs a table; `janitor/<run_key>.json` in the bucket has all details. A resource that was made again
  or got requests after the report is not deleted.
- If one service does not answer, the others are cleaned all the same; the `delete` task of that service fails and says
  why. Only if the jobs cannot be listed, everything that belongs to single runs is kept.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param, TriggerRule, chain

from timberline.janitor.rules import LeftoverKind
from timberline.operators.clean_leftovers import (
    DeleteLeftoversOperator,
    FindLeftoversOperator,
    ReportLeftoversOperator,
)
from timberline.pipelines.defaults import task_defaults
from timberline.run.compat import results_of

KINDS = [str(kind) for kind in LeftoverKind]

PARAMS = {
    "dry_run": Param(True, title="Dry run", description="Report only; delete nothing.", type="boolean"),
    "ttl_hours": Param(
        72, title="Age in hours", description="What is older may be deleted. Must be longer than any job.",
        type="number", minimum=0,
    ),
}  # fmt: skip

with DAG(
    dag_id="resource_janitor",
    description="What dead or finished runs left behind",
    doc_md=__doc__,
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    params=PARAMS,
    tags=["operations"],
    max_active_runs=1,
    render_template_as_native_obj=True,
    dagrun_timeout=timedelta(hours=4),
    default_args=task_defaults(),
) as dag:
    find = FindLeftoversOperator.partial(
        task_id="find", ttl_hours="{{ params.ttl_hours }}", map_index_template="{{ task.kind }}"
    ).expand(kind=KINDS)
    report = ReportLeftoversOperator(
        task_id="report",
        found=results_of("find"),
        is_dry_run="{{ params.dry_run }}",
        ttl_hours="{{ params.ttl_hours }}",
        trigger_rule=TriggerRule.ALL_DONE,
    )
    delete = DeleteLeftoversOperator.partial(
        task_id="delete", report_uri=report.output, map_index_template="{{ task.kind }}"
    ).expand(kind=KINDS)

    chain(find, report, delete)
