"""Scripts parsed into statements and control structures, with their places."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.parsing.parser import parse_script
from localgcp.services.bigquery.parsing.tree import Assert, Block, Branch, Declare, Execute, Loop, Node, Simple


def only(sql: str) -> Node:
    (node,) = parse_script(sql)
    return node


def test_semicolons_separate_statements_and_may_repeat() -> None:
    assert [type(node) for node in parse_script("SELECT ';';; SELECT 2;")] == [Simple, Simple]


def test_place_is_from_the_first_to_the_last_character() -> None:
    place = parse_script("SELECT 1;\n  SELECT\n 22")[1].place
    assert (place.line, place.column, place.end_line, place.end_column) == (2, 3, 3, 3)
    assert (place.text, str(place)) == ("SELECT\n 22", "[2:3]")


def test_script_keywords_can_be_names_in_expressions() -> None:
    node = only("IF IF(a, b, c) AND CASE WHEN d THEN e ELSE f END THEN SELECT CASE x WHEN 1 THEN 2 END; END IF")
    assert isinstance(node, Branch)
    ((condition, block),) = node.branches
    assert condition is not None
    assert condition.sql("bigquery") == "IF(a, b, c) AND CASE WHEN d THEN e ELSE f END"
    assert len(block.body) == 1


def test_declare_has_a_type_or_a_default() -> None:
    node = only("DECLARE a, b ARRAY<STRUCT<x INT64, y STRING>> DEFAULT []")
    assert isinstance(node, Declare)
    assert (node.names, node.kind is not None, node.default is not None) == (("a", "b"), True, True)


def test_blocks_nest() -> None:
    node = only("BEGIN LOOP BEGIN BREAK; END; END LOOP; EXCEPTION WHEN ERROR THEN RAISE; END")
    assert isinstance(node, Block)
    assert isinstance(node.body[0], Loop)
    assert node.handler is not None


def test_assert_and_execute_take_their_clauses() -> None:
    claim, execute = parse_script("ASSERT a = 1 AS 'text'; EXECUTE IMMEDIATE 'SELECT 1' INTO x, y USING 1 AS a, b")
    assert isinstance(claim, Assert)
    assert claim.description == "text"
    assert isinstance(execute, Execute)
    assert (execute.into, [name for name, _ in execute.using]) == (("x", "y"), ["a", ""])


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("  ", "Unexpected end of statement"),
        ("WHILE a; SELECT 1; END WHILE", r"Expected keyword DO but got \";\" at \[1:8\]"),
        ("DECLARE x", "Expected a type or DEFAULT but got end of script"),
        ("SET 5 = 1", r"Expected a name but got \"5\" at \[1:5\]"),
        ("LOOP\nBREAK\nEND LOOP", r"Expected \";\" but got \"END\" at \[3:1\]"),
        ("SELECT 'x", "Syntax error"),
        ("CALL d.p(1", r"Expected \",\" but got end of script"),
        ("CREATE PROCEDURE d.p() LANGUAGE PYTHON AS 'x'", "procedures that are not written in SQL"),
    ],
)
def test_invalid_script_is_a_syntax_error(sql: str, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        parse_script(sql)
