"""Log entries from the logs of replicas: https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Never

from localgcp.processes.replica_log import Line, read_lines
from localgcp.services.cloudlogging.log_filter import SEVERITIES
from localgcp.services.vertex.jobs.log_sources import LogSource

Entry = dict[str, Any]

_SEVERITY_OF = {"stdout": "INFO", "stderr": "ERROR"}


def shared_fields(source: LogSource, project: str) -> Entry:
    """Return the fields that all entries of a log have in common: `logName`, `resource` and `labels`."""
    labels = {"ml.googleapis.com/job_id/log_area": "root"}
    if source.trial_id:
        labels |= {"ml.googleapis.com/trial_id": source.trial_id}
    resource = {"job_id": source.job_id, "project_id": project, "task_name": source.task}
    return {
        "logName": f"projects/{project}/logs/{source.task}",
        "resource": {"type": "ml_job", "labels": resource},
        "labels": labels,
    }


def entries(source: LogSource, shared: Entry) -> Iterator[Entry]:
    """Yield an entry for each line of a log, oldest first.

    Args:
        shared: the `shared_fields` of the log.
    """
    tail = "-".join(filter(None, (source.job_id, source.trial_id, source.task)))
    for line in read_lines(source.path):
        time = rfc3339(datetime.fromtimestamp(line.time_ns // 1000 / 1_000_000, UTC))
        yield {
            **shared, "timestamp": time, "receiveTimestamp": time, "insertId": f"{line.offset:012d}-{tail}",
            **_payload(line),
        }  # fmt: skip


def rfc3339(time: datetime) -> str:
    """Return a time in the format of all entries, whose alphabetical order is the order of the times."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _payload(line: Line) -> Entry:
    """Return payload and severity of a line; a JSON object becomes a `jsonPayload`, and may contain the severity."""
    if line.text.startswith("{"):
        try:
            fields = json.loads(line.text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            fields = None
        if isinstance(fields, dict):
            named = str(fields.get("severity") or fields.get("levelname") or "").upper()
            severity = named if named in SEVERITIES else _SEVERITY_OF[line.stream]
            kept = {name: value for name, value in fields.items() if name != "severity" or named != severity}
            return {"severity": severity, "jsonPayload": kept}
    return {"severity": _SEVERITY_OF[line.stream], "textPayload": line.text}


def _refuse_constant(name: str) -> Never:
    # Python reads NaN and Infinity, but a response that contains them is not JSON.
    raise ValueError(f"{name} is not JSON")
