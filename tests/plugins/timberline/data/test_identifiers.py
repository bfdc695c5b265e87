"""Names that go into statements hold nothing that could end the quotes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.data.identifiers import TableName, bucket_name, column_name, parse_table_name, split_gs_uri
from timberline.run.errors import IdentifierError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rows", "my-project.work.rows"),
        ("other.rows", "my-project.other.rows"),
        ("their-project.other.rows", "their-project.other.rows"),
        ("their-project:other.rows", "their-project.other.rows"),
    ],
)
def test_a_short_name_is_completed(text: str, expected: str) -> None:
    assert str(parse_table_name(text, "my-project", "work")) == expected


@pytest.mark.parametrize(
    "text", ["", ".", "a.b.c.d.e", "x`; DROP TABLE y", "work.rows`", "..rows", "work.", "project one.work.rows"]
)
def test_what_is_no_table_name_is_refused(text: str) -> None:
    with pytest.raises(IdentifierError, match="expected"):
        parse_table_name(text, "my-project", "work")


@given(st.text())
def test_an_accepted_name_needs_no_escape(text: str) -> None:
    try:
        name = TableName("my-project", "work", text)
    except IdentifierError:
        return
    assert not set("`'\"\\\n") & set(str(name))


@given(st.text())
def test_an_accepted_column_is_an_identifier(text: str) -> None:
    with contextlib.suppress(IdentifierError):
        assert column_name(text).isidentifier()


def test_a_uri_is_taken_apart() -> None:
    assert split_gs_uri("gs://my-bucket/runs/a/data.csv") == ("my-bucket", "runs/a/data.csv")


@pytest.mark.parametrize(
    "uri", ["", "gs://", "gs://b", "gs://bucket", "s3://bucket/x", "gs://bucket/it's", "gs://BUCKET/x"]
)
def test_what_is_no_uri_is_refused(uri: str) -> None:
    with pytest.raises(IdentifierError, match="expected"):
        split_gs_uri(uri)


def test_a_bucket_name_is_checked() -> None:
    with pytest.raises(IdentifierError, match="is not a bucket name"):
        bucket_name("My Bucket")
