"""The shared parameters make a form that a person can fill in."""

import pytest
from airflow.sdk import Param
from jinja2.nativetypes import NativeEnvironment

from timberline.pipelines.params import (
    SCHEME,
    Params,
    cost_params,
    data_params,
    fan_out_params,
    release_params,
    tuning_params,
)

_ALL: Params = {
    **data_params(scheme="40_10_10"),
    **tuning_params(["full", "quick"]),
    **fan_out_params(),
    **release_params(metric="F1"),
    **cost_params(20),
}


@pytest.mark.parametrize("name", _ALL)
def test_every_parameter_has_a_title_a_description_and_a_section(name: str) -> None:
    schema = _ALL[name].schema
    assert schema["title"]
    assert schema["section"] in ("Data", "Training", "Release", "Limits")
    assert (_ALL[name].description or "").endswith(".")


@pytest.mark.parametrize("name", _ALL)
def test_every_default_is_valid(name: str) -> None:
    _ALL[name].resolve()


def test_titles_are_distinct() -> None:
    titles = [param.schema["title"] for param in _ALL.values()]
    assert len(set(titles)) == len(titles)


def test_the_first_choice_is_the_default() -> None:
    assert release_params(metric="F1", serving=["ephemeral", "none"])["serving"].resolve() == "ephemeral"
    assert tuning_params(["quick", "full"])["preset"].resolve() == "quick"


def test_a_run_without_trials_is_allowed() -> None:
    trials: Param = tuning_params(["full"])["trials"]
    assert trials.resolve(0) == 0


@pytest.mark.parametrize("scheme", ["80_10_10", "lecture", {"train": {"modulus": 10, "residues": [0]}}])
def test_a_scheme_reaches_its_step_as_it_was_given(scheme: object) -> None:
    assert NativeEnvironment().from_string(SCHEME).render(params={"scheme": scheme}) == scheme
