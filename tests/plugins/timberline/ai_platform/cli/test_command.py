"""The command that converts and submits v1 training jobs."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.plugins.timberline.ai_platform.training_bodies import IMAGE, SAMPLES, container, package, tuning
from timberline.ai_platform.cli.command import main
from timberline.ai_platform.translate.training import translate_training_job

_ROOT = Path(__file__).parents[5]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return _written(tmp_path, container(args=["--a"]))


def _written(folder: Path, job: dict[str, Any]) -> Path:
    """Write a job as a gcloud configuration file, which has no id."""
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in job.items() if key != "jobId"}), encoding="utf-8")
    return path


def _converted(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["convert", *map(str, arguments)]) == 0
    return dict(yaml.safe_load(capsys.readouterr().out))


def _args(body: dict[str, Any]) -> list[str]:
    return list(body["jobSpec"]["workerPoolSpecs"][0]["containerSpec"].get("args", []))


@pytest.mark.parametrize("job", SAMPLES.values(), ids=list(SAMPLES))
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_is_printed_is_the_body(
    form: str, job: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(_written(tmp_path, job)), "--job-id", "job_1", "--format", form]) == 0
    out = capsys.readouterr().out
    body = json.loads(out) if form == "json" else yaml.safe_load(out)
    assert body == translate_training_job(job).body


def test_notes_go_to_the_standard_error_one_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = container(scaleTier="BASIC_GPU") | {"labels": {"a\nb": "C"}}
    assert main(["convert", str(_written(tmp_path, job)), "--job-id", "job_1"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(translate_training_job(job).notes) > 0
    assert all(line.startswith(("substitution: ", "warning: ")) for line in lines)


def test_a_dash_is_the_standard_input(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(config.read_text(encoding="utf-8")))
    assert _converted(capsys, "-") == _converted(capsys, config)


def test_arguments_after_the_dashes_replace_those_of_the_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _args(_converted(capsys, config)) == ["--a"]
    assert _args(_converted(capsys, config, "--", "--format", "x", "--", "--b")) == ["--format", "x", "--", "--b"]
    assert _args(_converted(capsys, config, "--")) == []


def test_flags_win_over_the_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--scale-tier=basic-gpu", "--master-image-uri=other:1", "--job-dir=gs://bucket/out", "--labels=a=1,b="]
    body = _converted(capsys, config, *flags, "--kms-key=projects/p/locations/l/keyRings/r/cryptoKeys/k")
    (pool,) = body["jobSpec"]["workerPoolSpecs"]
    assert pool["machineSpec"]["acceleratorType"] == "NVIDIA_TESLA_T4"
    assert pool["containerSpec"] == {"imageUri": "other:1", "args": ["--a", "--job-dir", "gs://bucket/out"]}
    assert body["labels"] == {"a": "1", "b": ""}
    assert body["encryptionSpec"]["kmsKeyName"].endswith("/k")


def test_a_cluster_may_be_all_flags(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--scale-tier=custom", "--master-machine-type=n1-standard-8", "--worker-machine-type=n1-standard-4"]
    body = _converted(
        capsys, config, *flags, "--worker-count=2", "--enable-web-access", "--use-chief-in-tf-config=true"
    )
    assert [pool["replicaCount"] for pool in body["jobSpec"]["workerPoolSpecs"]] == [1, 2]
    assert body["jobSpec"]["enableWebAccess"] is True


def test_a_package_may_be_all_flags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _written(tmp_path, package(runtimeVersion="1.15", pythonVersion="3.7"))
    flags = ["--module-name=a.b", "--package-uris=gs://b/1,gs://b/2", f"--executor-image-uri={IMAGE}"]
    (pool,) = _converted(capsys, path, *flags)["jobSpec"]["workerPoolSpecs"]
    assert pool["pythonPackageSpec"] == {
        "executorImageUri": IMAGE,
        "packageUris": ["gs://b/1", "gs://b/2"],
        "pythonModule": "a.b",
    }


def test_a_dry_run_prints_what_convert_prints(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    converted = _converted(capsys, config, "--job-id", "job_1", "--", "--b")
    assert main(["submit", "job_1", "--config", str(config), "--dry-run", "--", "--b"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == converted
    assert converted["displayName"] == "job_1"


def test_a_submission_needs_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--region=us-central1", "--scale-tier=BASIC", f"--master-image-uri={IMAGE}"]
    assert main(["submit", "job_1", "--dry-run", *flags]) == 0
    body = yaml.safe_load(capsys.readouterr().out)
    assert body == translate_training_job(container()).body


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (
            ["convert", "missing.yaml"],
            None,
            "missing.yaml: expected a file that can be read, found: No such file or directory",
        ),
        (["convert", "."], None, ".: expected a file that can be read, found: Is a directory"),
        (["convert", "-"], "a: [", "standard input: not valid YAML: while parsing a flow node"),
        (["convert", "-"], "a: 1\na: 2", "standard input: line 1: the key 'a' occurs twice"),
        (["convert", "-"], "a: 2001-99-99", "standard input: "),
        (["convert", "-"], "a: &a [*a]\n", "a: unknown key"),
        (["convert", "-"], "trainingInput: {args: &a [*a]}", "trainingInput.args[0]: expected a text"),
        (["convert", "-"], "labels: {a: &a {b: *a}}", "labels.a: expected a text"),
        (["convert", "-"], "", "the job: expected a mapping with trainingInput, found None"),
        (
            ["convert", "-"],
            "{trainingInput: {pythonVersion: 3.7}}",
            "trainingInput.pythonVersion: expected a text, found 3",
        ),
        (["convert", "-"], "[" * 5000, "standard input: "),
        (["convert"], None, "the following arguments are required: config"),
        (["submit"], None, "the following arguments are required: JOB_ID"),
        ([], None, "the following arguments are required: action"),
        (["explain", "-"], None, "argument action: invalid choice: 'explain'"),
        (["convert", "-", "--formta=json"], None, "--formta: unknown flag; did you mean '--format'?"),
        (["convert", "-", "--jobdir=x"], None, "--jobdir: unknown flag; did you mean '--job-dir'?"),
        (["convert", "-", "--dry-run"], None, "--dry-run: unknown flag"),
        (["convert", "-", "more"], None, "unexpected argument 'more'; arguments of the trainer stand after --"),
        (["convert", "-", "--region"], None, "argument --region: expected one argument"),
        (["convert", "-", "--format=xml"], None, "argument --format: invalid choice: 'xml'"),
        (
            ["convert", "-", "--labels=a"],
            None,
            "argument --labels: expected key=value,key=value with each key once, found",
        ),
        (
            ["convert", "-", "--labels=a=1,a=2"],
            None,
            "argument --labels: expected key=value,key=value with each key once",
        ),
        (["convert", "-", "--worker-count=x"], None, "argument --worker-count: "),
        (
            ["convert", "-", "--use-chief-in-tf-config=1"],
            None,
            "argument --use-chief-in-tf-config: expected true or false",
        ),
        (["convert", "-", "--package-path=."], None, "--package-path: not supported; upload the package"),
        (["convert", "-", "--stream-logs"], None, "--stream-logs: not supported; leave it out"),
        (["submit", "job-1", "--dry-run"], None, "jobId: expected 1 to 128 letters"),
        (["submit", "job_1", "--dry-run"], None, "trainingInput: expected masterConfig.imageUri, or packageUris"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    arguments: list[str],
    text: str | None,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text or ""))
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_a_file_of_other_bytes_is_one_line_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_bytes(b"\xff\xfe\x00")
    assert main(["convert", str(tmp_path / "config.yaml")]) == 2
    assert "expected YAML in UTF-8" in capsys.readouterr().err


def test_the_command_runs_from_a_checkout_and_loads_neither_airflow_nor_google(tmp_path: Path) -> None:
    path = _written(tmp_path, tuning())
    code = (
        "import runpy, sys\n"
        "before = set(sys.modules)\n"
        "try:\n"
        "    runpy.run_module('timberline.ai_platform', run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    loaded = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "    sys.exit(end.code or sorted(loaded & {'airflow', 'google', 'googleapiclient'}) or 0)\n"
    )
    environment = {**os.environ, "PYTHONPATH": "plugins"}
    command = [sys.executable, "-c", code, "convert", str(path), "--job-id", "job_1"]
    result = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert yaml.safe_load(result.stdout) == translate_training_job(tuning()).body
