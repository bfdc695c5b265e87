"""v1 bodies against the discovery document."""

from typing import Any

import pytest

from timberline.ai_platform.schema import check_body, schema, schemas
from timberline.run.errors import AiPlatformError


def test_the_document_has_what_a_job_is_made_of() -> None:
    assert schema("TrainingInput") is schemas()["GoogleCloudMlV1__TrainingInput"]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"workerCount": "3"},
        {"workerCount": 3},
        {"workerCount": 3.0},
        {"args": ("--a",)},
        {"scheduling": {"maxRunningTime": "1.5s"}},
        {"hyperparameters": {"maxTrials": 5, "params": [{"minValue": 1}, {"minValue": 0.5}, {"minValue": "1e-5"}]}},
    ],
)
def test_what_googles_json_parser_takes_is_taken(value: dict[str, Any]) -> None:
    check_body(value, "TrainingInput", "t")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "t: expected a mapping, found []"),
        (None, "t: expected a mapping, found none"),
        ({"args": "--a"}, "t.args: expected a list, found '--a'"),
        ({"args": ["--a", 1]}, "t.args[1]: expected a text, found 1; put it between quotes: '1'"),
        ({"args": [True]}, "t.args[0]: expected a text, found True; put it between quotes: 'true'"),
        ({"jobDir": None}, "t.jobDir: expected a text, found none"),
        ({"jobDir": []}, "t.jobDir: expected a text, found []"),
        (
            {"runtimeVersion": 2.1},
            "t.runtimeVersion: expected a text, found 2.1; put it between quotes: '2.1' (YAML reads 2.10 as 2.1)",
        ),
        ({"workerCount": 1.5}, "t.workerCount: expected a whole number of 64 bits, found 1.5"),
        ({"workerCount": True}, "t.workerCount: expected a whole number of 64 bits, found True"),
        ({"workerCount": 2**63}, f"t.workerCount: expected a whole number of 64 bits, found {2**63}"),
        (
            {"hyperparameters": {"maxTrials": 2**31}},
            f"t.hyperparameters.maxTrials: expected a whole number of 32 bits, found {2**31}",
        ),
        ({"enableWebAccess": "yes"}, "t.enableWebAccess: expected true or false, found 'yes'"),
        (
            {"hyperparameters": {"params": [{"minValue": "few"}]}},
            "t.hyperparameters.params[0].minValue: expected a number, found 'few'",
        ),
        (
            {"hyperparameters": {"params": [{"minValue": float("inf")}]}},
            "t.hyperparameters.params[0].minValue: expected a number, found inf",
        ),
        (
            {"scheduling": {"maxRunningTime": 3600}},
            "t.scheduling.maxRunningTime: expected a duration in seconds, as in '3600s', found 3600",
        ),
        (
            {"scheduling": {"maxRunningTime": "999999999999999s"}},
            "t.scheduling.maxRunningTime: expected a duration in seconds, as in '3600s', found '999999999999999s'",
        ),
        ({"hyperparameters": {"goal": "MAX"}}, "t.hyperparameters.goal: unknown value 'MAX'; did you mean 'MAXIMIZE'?"),
        ({"scale_tier": "BASIC"}, "t.scale_tier: unknown key; did you mean 'scaleTier'?"),
        ({7: "x"}, "t.7: unknown key; expected one of args, "),
    ],
)
def test_anything_else_is_one_line_with_its_path(value: object, message: str) -> None:
    with pytest.raises(AiPlatformError) as caught:
        check_body(value, "TrainingInput", "t")
    assert str(caught.value).startswith(message)
