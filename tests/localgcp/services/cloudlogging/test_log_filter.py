"""Filters of Cloud Logging."""

from typing import Any

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.cloudlogging.log_filter import compile_log_filter

ENTRY: dict[str, Any] = {
    "logName": "projects/p/logs/workerpool0-0",
    "resource": {"type": "ml_job", "labels": {"job_id": "12", "project_id": "p", "task_name": "workerpool0-0"}},
    "labels": {"ml.googleapis.com/trial_id": "3"},
    "timestamp": "2026-03-01T12:00:00.500000Z",
    "severity": "ERROR",
    "jsonPayload": {"message": "Loss went up", "step": 7, "tags": ["a", "b"], "ok": True, "timestamp": 5.5},
}

MATCHING = [
    "",
    "jsonPayload.timestamp>5",
    'resource.type="ml_job" resource.labels.job_id="12" severity>=ERROR timestamp>="2026-03-01T00:00:00Z"',
    'resource.type="ml_job" AND resource.labels.job_id=12',
    '(resource.type="ml_job" OR resource.type="cloudml_job") resource.labels.job_id="12"',
    'resource.labels.task_name=("workerpool0-0" OR "workerpool1-0")',
    'jsonPayload.tags=("a" AND "b")',
    'resource.labels."task_name"="WORKERPOOL0-0"',
    'labels."ml.googleapis.com/trial_id"="3"',
    'logName="projects/p/logs/workerpool0-0"',
    'log_id("workerpool0-0")',
    "severity=error",
    "severity>400 severity<600",
    'severity=("ERROR" OR "CRITICAL")',
    "timestamp<2026-03-02",
    'timestamp!="2026-03-01T12:00:00Z"',
    '"went up"',
    "loss",
    'jsonPayload.message:"WENT"',
    'jsonPayload:"went"',
    "jsonPayload.step:*",
    'jsonPayload.message=~"^Loss .* up$"',
    'jsonPayload.message!~"down"',
    "jsonPayload.step>=7 jsonPayload.step<10",
    "jsonPayload.ok=true",
    "NOT jsonPayload.missing=1",
    "-severity=INFO",
    '-- the failed one\nresource.labels.job_id="12"\n-- and more\nloss',
    "severity=INFO OR severity=ERROR loss",
]
NOT_MATCHING = [
    'resource.labels.job_id="13"',
    "severity<ERROR",
    "jsonPayload.missing!=1",
    "jsonPayload.missing:*",
    'jsonPayload.message=~"loss"',
    'timestamp>"2026-03-02"',
    "gain",
    'labels."ml.googleapis.com/trial_id"=("1" OR "2")',
    'log_id("workerpool0")',
    "NOT loss",
    "textPayload:loss",
]
MALFORMED = [
    "colour=red", "severity>=BAD", 'timestamp>"yesterday"', 'textPayload=~"("', "severity=", "(severity=INFO",
    'resource.labels.job_id=("1" OR', "log_id(", "AND",
]  # fmt: skip


@pytest.mark.parametrize("text", MATCHING)
def test_filter_matches(text: str) -> None:
    wanted = compile_log_filter(text)
    assert wanted.matches(ENTRY)
    assert wanted.could_match(ENTRY)


@pytest.mark.parametrize("text", NOT_MATCHING)
def test_filter_does_not_match(text: str) -> None:
    assert not compile_log_filter(text).matches(ENTRY)


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_filter_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="Invalid filter"):
        compile_log_filter(text)


def test_entry_without_severity_has_the_severity_default() -> None:
    assert compile_log_filter("severity=DEFAULT").matches({"logName": "l", "textPayload": "x"})


def test_shared_fields_of_a_log_can_exclude_all_its_entries() -> None:
    shared = {name: ENTRY[name] for name in ("logName", "resource", "labels")}
    assert not compile_log_filter('loss resource.labels.job_id="13"').could_match(shared)
    assert compile_log_filter('resource.labels.job_id="13" OR loss').could_match(shared)
