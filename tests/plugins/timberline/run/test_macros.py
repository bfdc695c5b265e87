"""What templates can call."""

import pytest

from timberline.run.identity import RunIdentity
from timberline.run.macros import run_key, step_uri
from timberline_plugin import TimberlinePlugin


def test_a_template_names_the_folder_that_a_step_writes_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMBERLINE_PROJECT", "p")
    monkeypatch.setenv("TIMBERLINE_BUCKET", "bucket")
    run = RunIdentity("dag", "run")
    assert step_uri("dag", "run", "retrain") == run.step_uri("bucket", "retrain", "all")
    assert step_uri("dag", "run", "retrain", "3") == run.step_uri("bucket", "retrain", "3")


def test_a_template_names_the_run() -> None:
    assert run_key("dag", "run") == RunIdentity("dag", "run").run_key


def test_the_plugin_offers_them() -> None:
    assert [macro.__name__ for macro in TimberlinePlugin.macros] == ["run_key", "step_uri"]
    assert TimberlinePlugin.name == "timberline"
