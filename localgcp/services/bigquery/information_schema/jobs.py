"""The rows of INFORMATION_SCHEMA.JOBS, JOBS_BY_PROJECT and JOBS_BY_USER.

https://cloud.google.com/bigquery/docs/information-schema-jobs: the jobs of the last 180 days, including those of a
script's statements. NULL is what localgcp does not measure: slots, stages, reservations, the use of indexes.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from localgcp.services.bigquery.information_schema.parts import NUMBER, TIME, TRUTH, Columns, Row, kinds, time_text
from localgcp.services.bigquery.jobs.resources import Job
from localgcp.services.bigquery.tables.entry import now_ms

VIEWS = ("JOBS", "JOBS_BY_PROJECT", "JOBS_BY_USER")
_KEPT_MS = 180 * 86_400_000
_TABLE = "STRUCT(project_id VARCHAR, dataset_id VARCHAR, table_id VARCHAR)"
_REASONS = "STRUCT(code VARCHAR, message VARCHAR)[]"
_ERROR = ("reason", "location", "debug_info", "message")
COLUMNS: Columns = kinds(
    "bi_engine_statistics cache_hit creation_time destination_table dml_statistics end_time error_result "
    "job_creation_reason job_id job_stages job_type labels parent_job_id principal_subject priority project_id "
    "project_number query referenced_tables reservation_id edition session_info start_time state statement_type "
    "timeline total_bytes_billed total_bytes_processed total_modified_partitions total_slot_ms "
    "total_services_sku_slot_ms transaction_id user_email query_info transferred_bytes "
    "materialized_view_statistics metadata_cache_statistics search_statistics query_dialect continuous "
    "continuous_query_info vector_search_statistics",
    bi_engine_statistics=f"STRUCT(bi_engine_mode VARCHAR, bi_engine_reasons {_REASONS})",
    cache_hit=TRUTH,
    creation_time=TIME,
    destination_table=_TABLE,
    dml_statistics="STRUCT(inserted_row_count BIGINT, deleted_row_count BIGINT, updated_row_count BIGINT)",
    end_time=TIME,
    error_result="STRUCT(reason VARCHAR, location VARCHAR, debug_info VARCHAR, message VARCHAR)",
    job_creation_reason="STRUCT(code VARCHAR)",
    job_stages="STRUCT(name VARCHAR, id BIGINT, start_ms BIGINT, end_ms BIGINT, slot_ms BIGINT, records_read BIGINT, "
    "records_written BIGINT, shuffle_output_bytes BIGINT, status VARCHAR)[]",
    labels="STRUCT(key VARCHAR, value VARCHAR)[]",
    project_number=NUMBER,
    referenced_tables=f"{_TABLE}[]",
    session_info="STRUCT(session_id VARCHAR)",
    start_time=TIME,
    timeline="STRUCT(elapsed_ms BIGINT, total_slot_ms BIGINT, pending_units BIGINT, completed_units BIGINT, "
    "active_units BIGINT)[]",
    total_bytes_billed=NUMBER,
    total_bytes_processed=NUMBER,
    total_modified_partitions=NUMBER,
    total_slot_ms=NUMBER,
    total_services_sku_slot_ms=NUMBER,
    query_info="STRUCT(resource_warning VARCHAR, query_hashes STRUCT(normalized_literals VARCHAR), "
    "performance_insights STRUCT(avg_previous_execution_ms BIGINT))",
    transferred_bytes=NUMBER,
    materialized_view_statistics=f"STRUCT(materialized_view STRUCT(table_reference {_TABLE}, chosen BOOLEAN)[])",
    metadata_cache_statistics=f"STRUCT(table_metadata_cache_usage STRUCT(table_reference {_TABLE})[])",
    search_statistics=f"STRUCT(index_usage_mode VARCHAR, index_unused_reasons {_REASONS})",
    continuous=TRUTH,
    continuous_query_info="STRUCT(output_watermark TIMESTAMP WITH TIME ZONE)",
    vector_search_statistics=f"STRUCT(index_usage_mode VARCHAR, index_unused_reasons {_REASONS})",
)


def rows(jobs: Sequence[Job], location: str) -> Iterator[Row]:
    """Yield the rows of jobs.

    Args:
        jobs: the jobs of a project.
        location: the location whose jobs are wanted, in upper case.
    """
    oldest = now_ms() - _KEPT_MS
    for job in jobs:
        if job.location.upper() == location and job.created_ms >= oldest:
            known = _common(job) | (_of_query(job) if job.kind == "query" else {})
            yield [known.get(name) for name, _ in COLUMNS]


def _common(job: Job) -> dict[str, Any]:
    target = job.configuration[job.kind].get("destinationTable")
    return {
        "creation_time": time_text(job.created_ms),
        "start_time": time_text(job.started_ms) if job.started_ms else None,
        "end_time": time_text(job.ended_ms) if job.ended_ms else None,
        "destination_table": _table(target, job) if target else None,
        "error_result": {key: job.error.get(key) for key in _ERROR} if job.error else None,
        "job_id": job.job_id,
        "job_stages": [],
        "job_type": job.kind.upper(),
        "labels": [{"key": key, "value": value} for key, value in (job.configuration.get("labels") or {}).items()],
        "parent_job_id": job.parent_id or None,
        "project_id": job.project,
        "project_number": 0,
        "referenced_tables": [],
        "state": job.state,
        "timeline": [],
        "total_bytes_processed": job.statistics.get("totalBytesProcessed"),
        "user_email": job.user,
    }


def _of_query(job: Job) -> dict[str, Any]:
    query, statistics = job.configuration["query"], job.statistics.get("query", {})
    session = job.statistics.get("sessionInfo")
    counts = statistics.get("dmlStats")
    names = {"insertedRowCount": "inserted_row_count", "deletedRowCount": "deleted_row_count"}
    names["updatedRowCount"] = "updated_row_count"
    return {
        # The job of a script has NULL here; the jobs of its statements have the values.
        "cache_hit": None if "numChildJobs" in job.statistics else statistics.get("cacheHit"),
        "dml_statistics": {new: counts.get(old, "0") for old, new in names.items()} if counts else None,
        "priority": query.get("priority") or "INTERACTIVE",
        "query": query.get("query"),
        "query_dialect": "GOOGLE_SQL",
        "referenced_tables": [_table(raw, job) for raw in statistics.get("referencedTables", ())],
        "session_info": {"session_id": session["sessionId"]} if session else None,
        "statement_type": statistics.get("statementType"),
        "total_bytes_billed": statistics.get("totalBytesBilled"),
        "transaction_id": job.statistics.get("transactionInfo", {}).get("transactionId"),
    }


def _table(raw: dict[str, Any], job: Job) -> dict[str, Any]:
    return {
        "project_id": raw.get("projectId") or job.project,
        "dataset_id": raw.get("datasetId"),
        "table_id": raw.get("tableId"),
    }
