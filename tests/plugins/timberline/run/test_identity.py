"""Names of a run: deterministic, distinct, and allowed where they are used."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.run.identity import LABEL_LIMIT, RunIdentity, label_value, run_key

_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_text = st.text(max_size=300)


@given(_text, _text)
def test_run_key_is_a_label_value(dag_id: str, run_id: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]*", run_key(dag_id, run_id))
    assert len(run_key(dag_id, run_id)) <= 40


@given(_text, _text, _text, _text)
def test_two_runs_never_share_a_key(dag: str, run: str, other_dag: str, other_run: str) -> None:
    assert (run_key(dag, run) == run_key(other_dag, other_run)) == ((dag, run) == (other_dag, other_run))


def test_moving_characters_between_dag_id_and_run_id_changes_the_key() -> None:
    assert run_key("ab", "c") != run_key("a", "bc")


def test_run_key_does_not_change_between_releases() -> None:
    assert run_key("covertype_xgboost", "manual__2026-01-01T00:00:00+00:00") == "covertype-xgboost-t7rypq3onxhh"


@given(_text, _text)
def test_label_values_are_allowed_and_distinct(first: str, second: str) -> None:
    assert _LABEL.fullmatch(label_value(first))
    assert (label_value(first) == label_value(second)) == (first == second)


@pytest.mark.parametrize("text", ["tune", "3", "a-b_c", "x" * LABEL_LIMIT])
def test_a_valid_label_value_is_kept(text: str) -> None:
    assert label_value(text) == text


def test_a_hashed_value_cannot_be_forged() -> None:
    assert label_value(label_value("Grün")) != label_value("Grün")


@given(_text, _text, _text, _text)
def test_labels_differ_where_step_or_segment_do(step: str, segment: str, other_step: str, other_segment: str) -> None:
    run = RunIdentity("dag", "run")
    same = (step, segment) == (other_step, other_segment)
    assert (run.labels(step, segment) == run.labels(other_step, other_segment)) == same
    assert (run.step_uri("bucket", step, segment) == run.step_uri("bucket", other_step, other_segment)) == same


@given(_text, _text)
def test_labels_carry_run_step_and_segment(step: str, segment: str) -> None:
    run = RunIdentity("dag", "run")
    labels = run.labels(step, segment)
    assert list(labels) == ["timberline-run", "timberline-step", "timberline-segment"]
    assert labels["timberline-run"] == run.run_key
    assert all(_LABEL.fullmatch(value) for value in labels.values())


def test_labels_of_all_segments_name_none() -> None:
    assert list(RunIdentity("dag", "run").labels("split")) == ["timberline-run", "timberline-step"]


@given(_text, _text, _text)
def test_names_for_bigquery_have_its_characters(dag_id: str, run_id: str, step: str) -> None:
    run = RunIdentity(dag_id, run_id)
    assert re.fullmatch(r"[A-Za-z0-9_]{1,1024}", run.table_name("rows"))
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,1024}", run.job_id(step, "SELECT 1"))


def test_another_statement_gets_another_job_id() -> None:
    run = RunIdentity("dag", "run")
    assert run.job_id("split", "SELECT 1") != run.job_id("split", "SELECT 2")


@given(_text, _text)
def test_display_name_is_within_its_limit(step: str, segment: str) -> None:
    assert 0 < len(RunIdentity("d" * 200, "r" * 200).display_name(step, segment)) <= 128


def test_uris_lie_in_the_folder_of_the_run() -> None:
    run = RunIdentity("dag", "run")
    folder = f"gs://bucket/runs/{run.run_key}"
    assert run.data_uri("bucket", "train") == f"{folder}/data/train"
    assert run.step_uri("bucket", "tune", "3") == f"{folder}/tune/3"
    assert run.report_uri("bucket") == f"{folder}/report.json"
    assert run.failure_uri("bucket", "3", "tune") == f"{folder}/failures/3/tune.json"
    assert run.failure_uri("bucket", "3", "tune").startswith(f"{run.failures_uri('bucket')}/")
