"""An Airflow DAG: finds what dead or finished runs left behind on Google Cloud, reports it, and deletes it if told to.

A run cleans up behind itself. One that was killed, or whose project had a bad day, may not: this DAG looks once a day
for what is older than `ttl_hours`, by the labels and names that runs give to everything they make. It is a dry run
unless told otherwise: `{"dry_run": false}` deletes what the report lists; for each scheduled run, change the default
of `dry_run` below.

| kind | what is left over |
| --- | --- |
| jobs | jobs of runs that have not ended: they are cancelled. Ended jobs are records that cost nothing, and stay. |
| endpoints | endpoints that were made for the time of a run, with all that is deployed on them |
| deployments | versions on the endpoints of pipelines that get no requests, since `ttl_hours` at least |
| tables | the split tables of runs |
| rows | the rows that runs exported: `runs/<run_key>/data/` in the bucket; models, reports and decisions stay |
| archives | the source of images: `builds/*.tar.gz` in the bucket |
| images | trainer images that no registered model version uses; the newest of each trainer stays |

- A run counts as at work while anything of it is younger than `ttl_hours`: a job, a table, an object. Nothing of it is
  touched then, so `ttl_hours` has to be longer than the longest pause of a run. With 0 everything is left over: for a
  deployment where nothing runs.
- A task of an old run that is cleared finds no rows any more: clear its `split` too, and they are made anew.
- The task `report` logs a table; `janitor/<run_key>.json` in the bucket has all of it. What is deleted is what is
  there; something that was made anew, or got requests, in the meantime is left alone.
- A service that cannot be asked does not keep the others from being cleaned: its `delete` task fails at the end and
  says why. Only if jobs cannot be looked at, all that belongs to single runs is kept.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param, TriggerRule, chain

from timberline.janitor.rules import LeftoverKind
from timberline.notifiers.alert import AlertNotifier
from timberline.operators.clean_leftovers import (
    DeleteLeftoversOperator,
    FindLeftoversOperator,
    ReportLeftoversOperator,
)
from timberline.run.compat import results_of

KINDS = [str(kind) for kind in LeftoverKind]

PARAMS = {
    "dry_run": Param(True, description="Only report; nothing is deleted.", type="boolean"),
    "ttl_hours": Param(
        72, description="The age in hours from which something is left over; longer than any job.", type="number",
        minimum=0,
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
    default_args={
        "owner": "ml-platform",
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=1),
        "on_failure_callback": AlertNotifier(),
    },
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
