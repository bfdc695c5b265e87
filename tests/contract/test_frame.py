"""The parts that all services share, over HTTP."""

import http.client
import json
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands import localgcp as run_localgcp
from tests.local_cloud import LocalCloud

_ROOT = Path(__file__).parents[2]


def _get(cloud: LocalCloud, path: str, headers: dict[str, str]) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", cloud.port)) as connection:
        connection.putrequest("GET", path, skip_host=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Host": "localhost", "Origin": "http://localhost"},
        {"Host": "localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_web_pages_are_refused(localgcp: LocalCloud, headers: dict[str, str]) -> None:
    assert _get(localgcp, "/localgcp/status", headers) == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:80"])
def test_programs_on_this_machine_are_answered(localgcp: LocalCloud, host: str) -> None:
    assert _get(localgcp, "/localgcp/status", {"Host": host}) == 200


def _post(cloud: LocalCloud, path: str, body: object) -> tuple[int, dict]:
    with closing(http.client.HTTPConnection("127.0.0.1", cloud.port)) as connection:
        connection.request("POST", path, json.dumps(body))
        reply = connection.getresponse()
        return reply.status, json.load(reply)


def test_method_that_is_not_implemented_is_named(localgcp: LocalCloud) -> None:
    status, body = _post(localgcp, "/v1/projects/p/locations/l/featurestores", {})
    assert status == 501
    assert "aiplatform.projects.locations.featurestores.create" in body["error"]["message"]


def test_unknown_field_is_refused_by_name_and_place(localgcp: LocalCloud) -> None:
    status, body = _post(localgcp, "/bigquery/v2/projects/p/jobs", {"configuration": {"query": {"qurey": "SELECT 1"}}})
    assert status == 400
    assert "Unknown name \"qurey\" at 'configuration.query'" in body["error"]["message"]


def test_unknown_query_parameter_is_refused_by_name(localgcp: LocalCloud) -> None:
    status, body = _post(localgcp, "/bigquery/v2/projects/p/jobs?dryrun=1", {})
    assert status == 400
    assert '"dryrun"' in body["error"]["message"]


def test_fault_answers_with_its_status_as_often_as_asked_and_then_no_more(localgcp: LocalCloud) -> None:
    fault = localgcp.add_fault("storage.buckets.get", "error", status=503, count=2)
    assert [_get(localgcp, "/storage/v1/b/none", {"Host": "localhost"}) for _ in range(3)] == [503, 503, 404]
    assert localgcp.fault_is_consumed(fault)


def test_drop_cuts_the_connection_after_the_work_is_done(localgcp: LocalCloud) -> None:
    localgcp.add_fault("storage.buckets.insert", "drop", appliesFirst=True)
    with pytest.raises(ConnectionError):
        _post(localgcp, "/storage/v1/b?project=p", {"name": "made-before-the-drop"})
    assert _get(localgcp, "/storage/v1/b/made-before-the-drop", {"Host": "localhost"}) == 200


def test_fault_on_unknown_method_is_refused(localgcp: LocalCloud) -> None:
    status, body = _post(localgcp, "/localgcp/faults", {"method": "storage.bucket.get", "action": "error"})
    assert status == 400
    assert "storage.bucket.get" in body["error"]["message"]


def test_port_in_use_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_localgcp("serve", "--state", str(tmp_path), "--port", str(port))
    assert result.returncode == 2
    assert result.stderr.strip().splitlines() == [
        f"localgcp: Port {port} is in use by another program."
        " Stop it, or name another port (--port 0 takes a free one)."
    ]


def test_state_folder_in_use_names_the_folder_and_the_process(localgcp: LocalCloud) -> None:
    result = run_localgcp("serve", "--state", str(localgcp.state_dir))
    assert result.returncode == 2
    assert str(localgcp.state_dir) in result.stderr
    assert f"process {localgcp.pid}" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_googles_high_level_sdks_work_under_run(tmp_path: Path) -> None:
    """A program that uses nothing but google-cloud-aiplatform, -bigquery and -storage."""
    script = _ROOT / "tests" / "contract" / "sdk_script.py"
    command = [sys.executable, "-m", "localgcp", "run", "--state", str(tmp_path), "--", sys.executable, str(script)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=_ROOT, check=False)
    assert result.returncode == 0, result.stderr[-3000:]


def test_run_passes_the_environment_and_the_exit_code_on(tmp_path: Path) -> None:
    script = (
        "import os, sys; sys.exit(7 if os.environ['BIGQUERY_EMULATOR_HOST'].startswith('http://127.0.0.1:') else 1)"
    )
    assert run_localgcp("run", "--state", str(tmp_path), "--", sys.executable, "-c", script).returncode == 7
