"""Fields: which names are refused, and reading what was stored."""

import pytest

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.types.schema import Field, check_names

_BAD = "_PARTITIONTIME"


def _record(name: str, *fields: Field) -> Field:
    return Field(name=name, type="RECORD", fields=fields)


def _integer(name: str) -> Field:
    return Field(name=name, type="INTEGER")


@pytest.mark.parametrize("name", [_BAD, "_file_name", "x" * 301, "a.b", "a\nb", "\ud800", ""])
@pytest.mark.parametrize("is_nested", [False, True])
def test_name_that_no_table_may_have_is_refused_at_any_depth(name: str, is_nested: bool) -> None:
    field = _record("r", _record("s", _integer(name))) if is_nested else _integer(name)
    with pytest.raises(ApiError, match="Invalid field name"):
        check_names([field])


def test_flexible_names_are_accepted() -> None:
    check_names([_integer("x" * 300), _integer("total <%>"), _integer("größe-1")])


def test_fields_of_a_record_that_differ_in_case_alone_are_refused() -> None:
    with pytest.raises(ApiError, match="Duplicate column names"):
        check_names([_record("r", _integer("a"), _integer("A"))])


def test_name_that_the_table_has_already_is_not_checked_again() -> None:
    known = [_integer(_BAD), _record("r", _integer(_BAD))]
    check_names([*known, _integer("new")], known)
    with pytest.raises(ApiError, match="Invalid field name"):
        check_names([_record("r", _integer(_BAD), _integer("_FILE_x"))], known)


def test_stored_fields_are_read_without_the_rules_for_requests() -> None:
    field = Field(name="r", type="RECORD", mode="REPEATED", fields=(_integer(_BAD),), extra={"description": "d"})
    assert Field.from_stored(field.to_json()) == field
    with pytest.raises(ApiError, match="Invalid field name"):
        Field.from_json(field.to_json())
