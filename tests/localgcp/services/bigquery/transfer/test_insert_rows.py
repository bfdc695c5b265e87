"""The `insertId`s of inserted rows."""

from dataclasses import replace

import pytest

from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.names import TableName
from localgcp.services.bigquery.transfer import insert_rows as module
from localgcp.services.bigquery.transfer.insert_rows import InsertIds

_ENTRY = TableEntry(
    name=TableName("p", "d", "t"),
    fields=(),
    settings={},
    physical="t_1",
    view=None,
    created_ms=1,
    modified_ms=1,
    version=1,
    location="US",
)


class _Clock:
    now_s = 1_000

    def time_ns(self) -> int:
        return self.now_s * 1_000_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    made = _Clock()
    monkeypatch.setattr(module, "CLOCK", made)
    return made


def test_insert_id_is_new_again_after_a_minute(clock: _Clock) -> None:
    seen = InsertIds()
    seen.add(_ENTRY, ["a"])
    clock.now_s += 30
    seen.add(_ENTRY, ["b"])
    found = []
    for _ in range(3):
        found.append(seen.are_new(_ENTRY, ["a", "b"]))
        clock.now_s += 30
    assert found == [[False, False], [True, False], [True, True]]


@pytest.mark.usefixtures("clock")
def test_first_of_equal_ids_and_empty_ids_are_new() -> None:
    assert InsertIds().are_new(_ENTRY, ["a", "a", "", ""]) == [True, False, True, True]


@pytest.mark.usefixtures("clock")
def test_recreated_table_has_no_insert_ids() -> None:
    seen = InsertIds()
    seen.add(_ENTRY, ["a"])
    assert seen.are_new(replace(_ENTRY, created_ms=2), ["a"]) == [True]
