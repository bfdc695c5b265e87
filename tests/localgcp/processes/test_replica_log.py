"""The log of one replica."""

from pathlib import Path

import pytest

from localgcp.processes.replica_log import ReplicaLog, read_lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "workerpool0-0.log"


def write(log: ReplicaLog, stream: str, text: str) -> None:
    with log.stream(stream).open("a") as file:
        file.write(text)


def read(path: Path) -> list[tuple[str, str]]:
    return [(line.stream, line.text) for line in read_lines(path)]


def test_log_has_the_lines_of_both_streams_in_order(path: Path) -> None:
    log = ReplicaLog(path)
    write(log, "stderr", "first\n")
    log.collect()
    write(log, "stdout", "second\nthird\n")
    log.collect()
    assert read(path) == [("stderr", "first"), ("stdout", "second"), ("stdout", "third")]
    assert path.read_text() == "first\nsecond\nthird\n"


def test_times_and_offsets_grow(path: Path) -> None:
    log = ReplicaLog(path)
    write(log, "stdout", "a\nb\nc\n")
    log.finish()
    lines = list(read_lines(path))
    assert [line.offset for line in lines] == [0, 2, 4]
    assert lines[0].time_ns < lines[1].time_ns < lines[2].time_ns


def test_line_is_logged_when_it_is_complete(path: Path) -> None:
    log = ReplicaLog(path)
    write(log, "stdout", "half ")
    log.collect()
    assert read(path) == []
    write(log, "stdout", "a line\nand")
    log.collect()
    assert read(path) == [("stdout", "half a line")]
    log.finish()
    assert path.read_text() == "half a line\nand\n"


def test_long_incomplete_line_is_split(path: Path) -> None:
    log = ReplicaLog(path)
    write(log, "stdout", "x" * 100_000)
    log.collect()
    assert path.stat().st_size == 100_001


def test_progress_bar_is_one_line_for_each_carriage_return(path: Path) -> None:
    log = ReplicaLog(path)
    write(log, "stderr", "10 %\r20 %\rdone\n")
    log.finish()
    assert [text for _, text in read(path)] == ["10 %", "20 %", "done"]


def test_next_server_logs_the_rest_of_a_killed_one_once(path: Path) -> None:
    log = ReplicaLog(path)
    write(log, "stdout", "taken\n")
    log.collect()
    write(log, "stdout", "left\n")
    after = ReplicaLog(path)
    write(after, "stdout", "again\n")
    after.finish()
    assert path.read_text() == "taken\nleft\nagain\n"
    assert not after.stream("stdout").exists()


def test_lines_without_a_record_are_logged_once_after_a_kill(path: Path) -> None:
    log = ReplicaLog(path)
    write(log, "stdout", "taken\n")
    log.collect()
    write(log, "stdout", "left\n")
    with path.open("a") as file:
        file.write("le")
    ReplicaLog(path)
    assert read(path) == [("stdout", "taken"), ("stdout", "left")]


def test_rest_of_a_split_line_is_complete_after_a_kill(path: Path) -> None:
    log = ReplicaLog(path)
    write(log, "stdout", "x" * 100_000)
    log.collect()
    write(log, "stdout", "end\n")
    ReplicaLog(path)
    assert read(path)[-1] == ("stdout", "end")


def test_kill_before_the_end_record_loses_no_line_of_the_next_run(path: Path) -> None:
    log = ReplicaLog(path)
    write(log, "stdout", "first\n")
    log.collect()
    log.stream("stdout").unlink()
    again = ReplicaLog(path)
    write(again, "stdout", "again\n")
    again.finish()
    assert read(path) == [("stdout", "first"), ("stdout", "again")]


def test_missing_log_has_no_lines(path: Path) -> None:
    assert read(path) == []
