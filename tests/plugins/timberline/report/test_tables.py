"""The tables that a person reads at the end of a run."""

from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.timberline.fares import ZONES
from tests.plugins.timberline.run_results import (
    changed_steps,
    run_results,
    run_results_of_all,
    run_results_of_fares,
)
from timberline.jobs.selection import BestParameters
from timberline.report.document import GENERATED_NOTE, build_report
from timberline.report.tables import render_report

_URI = "gs://bucket/runs/x/report.json"


def _cells(text: str, first: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.startswith(first)]


def _headings(text: str, first: str) -> list[list[str]]:
    return [line.split("  ") for line in text.splitlines() if line.startswith(first)]


def test_there_is_a_line_per_segment_and_the_totals() -> None:
    text = render_report(build_report(run_results()), _URI)
    assert _cells(text, "1  ")[0] == [
        "1", "Spruce/Fir", "100", "2/3", "0.7500", "0.8000", "0.9000", "21", "max_depth=9", "eta=0.25",
    ]  # fmt: skip
    assert (
        "failed: 3 (Ponderosa Pine): hyperparameterTuningJobs/3 is FAILED: too many trials failed\n  KeyError" in text
    )
    assert "macro F1 on the test split: 0.8000" in text
    assert "cost on Google Cloud: at most 12.50 USD" in text
    assert "total time: 1:15 min" in text
    assert f"report: {_URI}" in text


def test_a_decision_has_a_line_with_both_figures_and_the_smoke_test() -> None:
    text = render_report(build_report(run_results()), _URI)
    assert "release (serving: endpoint)" in text
    line = _cells(text, "1  ")[1]
    assert line[:10] == ["1", "4", "promoted", "f1-score", "0.8000", "0.7500", "(version", "3)", "20", "2.0e-09"]


def test_answers_stand_beside_the_true_class() -> None:
    text = render_report(build_report(run_results()), _URI)
    assert _cells(text, "1  ")[2] == ["1", "Spruce/Fir", "Spruce/Fir", "Spruce/Fir", "0.900"]


def test_a_run_without_any_release_has_one_table() -> None:
    results = changed_steps(run_results(), decisions=[], smokes=[], outcomes=[])
    text = render_report(build_report(results), _URI)
    assert "release" not in text
    assert "predictions of" not in text


def test_the_columns_are_the_summarys_metric_and_the_gates() -> None:
    of_classes = render_report(build_report(run_results()), _URI)
    assert "test f1" in of_classes
    assert "test accuracy" in of_classes
    of_all = render_report(build_report(run_results_of_all()), _URI)
    assert "test f1_macro" in of_all
    assert "test accuracy" in of_all


def test_a_regression_shows_its_segments_and_values_as_they_are() -> None:
    text = render_report(build_report(run_results_of_fares()), _URI)
    assert _cells(text, "North East  ")[0] == ["North", "East", "100", "-", "-", "3.5000", "1.9000", "10", "-"]
    assert _cells(text, f"{ZONES[0]}  ")[2] == ["Airport", "12.5", "11.875", "-"]
    assert "zone" in text
    assert "test rmse" in text
    assert "mean rmse on the test split: 3.5000" in text


def test_a_run_with_default_parameters_says_so() -> None:
    best = [BestParameters(segment=zone, parameters={"depth": 6}) for zone in ZONES]
    text = render_report(build_report(changed_steps(run_results_of_fares(), best=best)), _URI)
    assert "no tuning: trained with the job file's default parameters" in text.splitlines()


def test_the_views_of_the_segments_are_named() -> None:
    views = {"1": "p.d.rows_1", "2": "p.d.rows_2"}
    text = render_report(build_report(changed_steps(run_results(), views=views)), _URI)
    assert "data set of each segment, for queries: p.d.rows_1 to\n  p.d.rows_2" in text


def test_generated_rows_are_called_so_in_one_plain_line() -> None:
    assert GENERATED_NOTE in render_report(build_report(run_results("generated")), _URI).splitlines()
    assert GENERATED_NOTE not in render_report(build_report(run_results("file")), _URI)


def test_one_model_of_all_classes_has_a_line_with_its_mean_f1() -> None:
    text = render_report(build_report(run_results_of_all()), _URI)
    assert _cells(text, "all  ")[0] == [
        "all", "100", "2/3", "0.7000", "0.5000", "0.7100", "21", "max_depth=9", "eta=0.25",
    ]  # fmt: skip
    assert "macro F1 on the test split: 0.5000" in text


_NAMES = {1: "Spruce/Fir", 2: "Lodgepole Pine", 3: "Ponderosa Pine"}


@given(st.integers(1, 3), st.booleans())
def test_the_answers_of_one_model_are_classes_by_name_without_a_probability(predicted: int, is_float: bool) -> None:
    answer = float(predicted) if is_float else predicted
    text = render_report(build_report(run_results_of_all(answer)), _URI)
    (line,) = [each for each in text.splitlines() if each.startswith("all ") and "Spruce/Fir" in each]
    assert line.split("  ")[-1].strip() == "-"
    assert _NAMES[predicted] in line


def test_an_answer_that_is_no_class_is_shown_as_it_is() -> None:
    assert "  9.0  " in render_report(build_report(run_results_of_all(9.0)), _URI)


def test_an_answer_between_two_classes_is_none_of_them() -> None:
    assert "  1.6  " in render_report(build_report(run_results_of_all(1.6)), _URI)
