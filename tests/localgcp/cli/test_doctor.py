"""What the doctor finds."""

import os
import sys
from pathlib import Path

import pytest

from localgcp.cli import doctor
from localgcp.cli.doctor import Finding, credentials, examine, proxy
from localgcp.core.http.settings import Settings
from localgcp.core.state.state import State


def found(tmp_path: Path, check: str, environment: dict[str, str] | None = None) -> Finding:
    settings = Settings(state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")
    return next(one for one in examine(settings, environment or {}) if one.check == check)


def test_healthy_machine_has_no_problem_and_is_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What a machine has of these is not what is tested.
    monkeypatch.setenv("LOCALGCP_UV", sys.executable)
    monkeypatch.setattr(doctor, "_LEAST_FREE_BYTES", 0)
    settings = Settings(state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")
    assert [one.line() for one in examine(settings, {}) if not one.is_ok] == []
    assert list(tmp_path.iterdir()) == []


def test_state_folder_in_use_names_the_process(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    finding = found(tmp_path, "state folder")
    state.close()
    assert f"in use by process {os.getpid()}" in finding.text
    assert not finding.is_ok


def test_state_folder_below_a_file_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    assert "is not a folder" in found(tmp_path, "state folder").text


def test_missing_uv_comes_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALGCP_UV", str(tmp_path / "none"))
    assert "LOCALGCP_UV" in found(tmp_path, "uv").advice


def test_full_disk_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_LEAST_FREE_BYTES", 1 << 60)
    assert not found(tmp_path, "state disk").is_ok


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_found", lambda _module: None)
    assert "google-api-python-client" in found(tmp_path, "discovery").advice
    assert "google-cloud-aiplatform" in found(tmp_path, "messages").advice


@pytest.mark.parametrize(
    ("environment", "is_ok"),
    [
        ({}, True),
        ({"GOOGLE_APPLICATION_CREDENTIALS": "key.json"}, False),
        ({"GOOGLE_APPLICATION_CREDENTIALS": "key.json", "STORAGE_EMULATOR_HOST": "x"}, False),
        (
            {
                "GOOGLE_APPLICATION_CREDENTIALS": "key.json",
                "STORAGE_EMULATOR_HOST": "x",
                "BIGQUERY_EMULATOR_HOST": "x",
            },
            True,
        ),
    ],
)
def test_credentials_without_an_emulator_are_a_problem(environment: dict[str, str], is_ok: bool) -> None:
    assert credentials(environment).is_ok == is_ok


@pytest.mark.parametrize(
    ("environment", "is_ok"),
    [
        ({"HTTPS_PROXY": ""}, True),
        ({"HTTPS_PROXY": "http://proxy"}, False),
        ({"http_proxy": "http://proxy", "NO_PROXY": "example.org"}, False),
        ({"http_proxy": "http://proxy", "no_proxy": "example.org, 127.0.0.1"}, True),
        ({"http_proxy": "http://proxy", "NO_PROXY": "*"}, True),
    ],
)
def test_proxy_for_calls_to_loopback_is_a_problem(environment: dict[str, str], is_ok: bool) -> None:
    assert proxy(environment).is_ok == is_ok


def test_a_problem_is_one_line_with_what_to_do() -> None:
    assert Finding(check="uv", text="not found", advice="Install it.").line().split() == [
        "problem", "uv", "not", "found.", "Install", "it.",
    ]  # fmt: skip
