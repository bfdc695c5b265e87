"""The columns that a statement refers to."""

import pytest

from localgcp.services.bigquery.planner import Planner, Shape
from localgcp.services.bigquery.types.schema import Field


@pytest.fixture(scope="module")
def planner() -> Planner:
    fields = tuple(Field(name=name, type=kind) for name, kind in (("a", "INTEGER"), ("b", "STRING"), ("c d", "FLOAT")))
    made = Planner()
    made.add_tables([Shape("t_1", fields), Shape("t_2", fields)])
    return made


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT count(*) FROM t_1", {"t_1": set()}),
        ("SELECT a FROM (SELECT * FROM t_1) WHERE b = 'x'", {"t_1": {"a", "b"}}),
        ("SELECT min(a) FROM t_1 WHERE false", {"t_1": {"a"}}),
        ('SELECT "c d" FROM t_1 ORDER BY a LIMIT 1', {"t_1": {"a", "c d"}}),
        ("WITH q AS NOT MATERIALIZED (FROM t_1) SELECT q.a, z.b FROM q JOIN q AS z USING (a)", {"t_1": {"a", "b"}}),
        ("SELECT a, (SELECT max(b) FROM t_2 WHERE t_2.a = t_1.a) FROM t_1", {"t_1": {"a"}, "t_2": {"a", "b"}}),
    ],
)
def test_scanned_columns(planner: Planner, sql: str, expected: dict[str, set[str]]) -> None:
    assert planner.scanned(sql) == expected


def test_table_with_a_changed_schema_is_created_again(planner: Planner) -> None:
    planner.add_tables([Shape("t_3", (Field(name="x", type="INTEGER"),))])
    planner.add_tables([Shape("t_3", (Field(name="y", type="STRING"),))])
    assert [name for name, _ in planner.columns("SELECT * FROM t_3")] == ["y"]
