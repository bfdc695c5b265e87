"""Log entries from the lines of a replica."""

from pathlib import Path

import pytest

from localgcp.processes.replica_log import ReplicaLog
from localgcp.services.cloudlogging.entries import entries
from localgcp.services.vertex.jobs.log_sources import LogSource


@pytest.mark.parametrize("line", ['{"loss": NaN}', '{"a": ' * 9_000, '{"a": 1', "[1]"])
def test_line_that_is_not_a_json_object_is_a_text_payload(tmp_path: Path, line: str) -> None:
    source = LogSource("1", "", "workerpool0-0", str(tmp_path))
    log = ReplicaLog(source.path)
    log.stream("stdout").write_text(f"{line}\n")
    log.finish()
    (found,) = entries(source, {})
    assert found["textPayload"] == line
