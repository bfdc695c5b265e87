"""Airflow's console log, read as records."""

from local.airflow_log import TRACEBACK, Record, last_words, records

OURS = "airflow.task.operators.timberline.operators.load_table.LoadTableOperator"


def line(message: str, logger: str = OURS, level: str = "info") -> str:
    """Return a record as Airflow 3.1 writes it to a file."""
    return f"2026-11-21T02:45:18.170887Z [{level:<9}] {message} [{logger}] loc=some_module.py:68 ti_id=01a1\n"


def started(task_id: str, map_index: int = -1) -> str:
    return line(f"[DAG TEST] starting task_id={task_id} map_index={map_index}", "airflow.sdk.definitions.dag")


FAILURE = [
    line("Task failed with exception", "task", "error"),
    "Traceback (most recent call last):\n",
    '  File "task_runner.py", line 1068, in run\n',
    "    result = _execute_task(context=context, ti=ti, log=log)\n",
    "google.api_core.exceptions.Forbidden: 403 Access Denied: Table t\n",
    "and a second line of the message\n",
]


class TestRecords:
    def test_record_has_level_logger_and_message(self) -> None:
        assert list(records([line("all is well", "some.logger", "warning")])) == [
            Record("warning", "some.logger", "all is well")
        ]

    def test_padding_before_the_logger_is_dropped(self) -> None:
        assert next(records([line("Pushing xcom                  ", "task")])).message == "Pushing xcom"

    def test_lines_of_one_message_are_joined(self) -> None:
        table = "\ntype  F1\n----  --\n3     0.9\n\nreport: gs://b/report.json"
        assert list(records([*line(table).splitlines(keepends=True)])) == [Record("info", OURS, table)]

    def test_lines_outside_of_records_are_left_out(self) -> None:
        noise = ["/venv/file.py:49 UserWarning: no graphviz\n", "You might install it.\n", "DagRun failed\n", "\n"]
        found = records([*noise, line("one"), *noise, line("two"), *noise])
        assert [record.message for record in found] == ["one", "two"]

    def test_brackets_within_a_message_are_not_a_logger(self) -> None:
        text = "rates [0.1]\nand splits [1]\nare read"
        assert [record.message for record in records(line(text).splitlines(keepends=True))] == [text]

    def test_record_that_is_cut_off_does_not_swallow_the_next(self) -> None:
        cut = "2026-11-21T02:45:18.170887Z [info     ] no logger follows\n"
        assert [record.message for record in records([cut, line("whole")])] == ["whole"]

    def test_exception_after_an_error_is_a_record(self) -> None:
        found = list(records([*FAILURE, line("later")]))
        assert [record.logger for record in found] == ["task", TRACEBACK, OURS]
        assert found[1].message == "google.api_core.exceptions.Forbidden: 403 Access Denied: Table t"

    def test_exception_at_the_end_of_the_log_is_a_record(self) -> None:
        assert list(records(FAILURE))[-1].logger == TRACEBACK

    def test_last_of_chained_exceptions_counts(self) -> None:
        during = "\nDuring handling of the above exception, another exception occurred:\n\n".splitlines(keepends=True)
        second = ["Traceback (most recent call last):\n", '  File "x.py", line 1\n', "ValueError: the last\n"]
        assert [record.message for record in records([*FAILURE, *during, *second])][1:] == ["ValueError: the last"]

    def test_exception_after_a_warning_is_not_a_failure(self) -> None:
        handled = [line("polled again", level="warning"), *FAILURE[1:], line("later")]
        assert TRACEBACK not in [record.logger for record in records(handled)]


def test_a_log_that_ends_in_a_traceback_gives_the_error_without_its_frames() -> None:
    log = [
        "2026-01-02T03:04:05.000000Z [info     ] Filling up the DagBag [airflow] loc=dagbag.py:593",
        "Traceback (most recent call last):",
        '  File "param.py", line 200, in __setitem__',
        "    raise ParamValidationError(...)",
        "ParamValidationError: Invalid input for param cover_types: 9 is greater than the maximum of 7",
        "",
        "On instance[0]:",
        "    9",
    ]
    assert last_words(log) == [
        "ParamValidationError: Invalid input for param cover_types: 9 is greater than the maximum of 7",
        "On instance[0]:",
        "    9",
    ]


def test_a_log_without_a_traceback_ends_with_its_last_plain_lines() -> None:
    record = "2026-01-02T03:04:05.000000Z [info     ] Filling up the DagBag [airflow] loc=dagbag.py:593"
    assert last_words(["a warning", record, "", "no such DAG"]) == ["a warning", "no such DAG"]
