"""The report of one run."""

from trainer_common.report.document import MetricReport
from trainer_common.report.metric import Goal, Metric


def make_report() -> MetricReport:
    return MetricReport(
        metrics=[
            Metric(name="f1-score", value=0.5, goal=Goal.MAXIMIZE, split="test", rows=1000),
            Metric(name="roc-auc", value=None, goal=Goal.MAXIMIZE, split="test", rows=1000, reason="one class"),
        ],
        timings={"read_s": 0.12345},
        parameters={"max_depth": 6},
        train_rows=8,
    )


def test_the_document_has_a_reason_where_a_value_is_null() -> None:
    assert make_report().to_json() == {
        "metrics": [
            {"name": "f1-score", "value": 0.5, "goal": "MAXIMIZE", "split": "test", "rows": 1000},
            {
                "name": "roc-auc",
                "value": None,
                "goal": "MAXIMIZE",
                "split": "test",
                "rows": 1000,
                "reason": "one class",
            },
        ],
        "train_rows": 8,
        "parameters": {"max_depth": 6},
        "timings": {"read_s": 0.1235},
    }


def test_the_table_has_a_column_per_split_and_a_dash_for_null() -> None:
    assert make_report().to_text().split() == ["test", "f1-score", "0.5000", "roc-auc", "-", "rows", "1,000"]


def test_a_report_without_metrics_is_printable() -> None:
    assert (
        MetricReport(metrics=[], timings={}, parameters={}, train_rows=8).to_text() == "no metrics: no split to judge"
    )
