"""The typed build request."""

from typing import Any

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.cloudbuild.resources import BuildRequest, substitute


def build(args: list[str], **step: Any) -> dict[str, Any]:
    steps = [{"name": "gcr.io/cloud-builders/docker", "args": args, **step}]
    return {"source": {"storageSource": {"bucket": "b", "object": "o"}}, "steps": steps}


def test_tags_and_dockerfile_are_read_from_the_options() -> None:
    (step,) = BuildRequest.from_json(
        build(["build", "-t", "a:1", "--tag=a:2", "--file", "x/Dockerfile", "ctx"]), {}
    ).steps
    assert [tag.tagged for tag in step.tags] == ["a:1", "a:2"]
    assert (step.dockerfile, step.context) == ("x/Dockerfile", "ctx")


def test_default_dockerfile_lies_in_the_context() -> None:
    (step,) = BuildRequest.from_json(build(["build", "-t", "a", "ctx"]), {}).steps
    assert step.dockerfile == "ctx/Dockerfile"


def test_paths_are_relative_to_the_dir_of_a_step() -> None:
    (step,) = BuildRequest.from_json(build(["build", "-t", "a", "-f", "D", "."], dir="sub"), {}).steps
    assert (step.dockerfile, step.context) == ("sub/D", "sub/.")


def test_substitutions_are_replaced_and_unknown_names_stay() -> None:
    values = {"PROJECT_ID": "p", "_A": "1"}
    assert substitute("$PROJECT_ID/${_A}/$$X/$UNKNOWN", values) == "p/1/$X/$UNKNOWN"


@pytest.mark.parametrize("args", [["push", "a"], []])
def test_other_docker_commands_are_a_501(args: list[str]) -> None:
    with pytest.raises(ApiError) as caught:
        BuildRequest.from_json(build(args), {})
    assert caught.value.code == 501


def test_error_names_the_unknown_option_and_its_step() -> None:
    with pytest.raises(ApiError, match=r"steps\[0\]: docker build: .*--squash"):
        BuildRequest.from_json(build(["build", "--squash", "-t", "a", "."]), {})
