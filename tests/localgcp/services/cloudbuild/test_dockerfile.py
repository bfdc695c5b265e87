"""The instructions of a Dockerfile that matter."""

import pytest

from localgcp.services.cloudbuild.dockerfile import DockerfileError, parse_dockerfile


def test_entrypoint_cmd_and_env_are_read() -> None:
    found = parse_dockerfile(
        '# comment\nFROM python:3.11-slim\n\nENV A=1 B="two words"\nENV C three four\nWORKDIR /app\n'
        'RUN pip \\\n    install . \\\n    --quiet\nENTRYPOINT ["python", "-m", "trainer.task"]\nCMD ["--help"]\n'
    )
    assert found.base == "python:3.11-slim"
    assert found.startup.entrypoint == ("python", "-m", "trainer.task")
    assert found.startup.cmd == ("--help",)
    assert found.startup.env == {"A": "1", "B": "two words", "C": "three four"}


def test_shell_form_runs_in_a_shell() -> None:
    assert parse_dockerfile("FROM python:3.11\nCMD python app.py").startup.cmd == ("/bin/sh", "-c", "python app.py")


def test_entrypoint_drops_an_earlier_cmd() -> None:
    assert parse_dockerfile('FROM python:3.11\nCMD ["a"]\nENTRYPOINT ["b"]').startup.cmd == ()


def test_image_is_the_last_stage() -> None:
    found = parse_dockerfile('FROM python:3.12 AS build\nENV A=1\nFROM --platform=linux/amd64 python:3.11\nCMD ["x"]')
    assert (found.base, found.startup.env) == ("python:3.11", {})


def test_stage_inherits_from_an_earlier_stage() -> None:
    found = parse_dockerfile("FROM python:3.11 AS build\nENV A=1\nFROM build\nENV B=2")
    assert (found.base, found.startup.env) == ("python:3.11", {"A": "1", "B": "2"})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no FROM"),
        ("RUN x", "RUN comes before FROM"),
        ("FROM python:3.11\nRUNN x", "line 2: RUNN"),
        ('FROM python:3.11\nCMD ["x"', "line 2"),
        ("FROM python:3.11\nENV A='", "line 2"),
    ],
)
def test_error_names_the_line(text: str, problem: str) -> None:
    with pytest.raises(DockerfileError, match=problem):
        parse_dockerfile(text)
