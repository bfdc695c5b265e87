"""Suggestions for misspelt names."""

import pytest

from localgcp.services.bigquery.errors.suggestions import did_you_mean


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("nme", ["id", "name"], "; Did you mean name?"),
        ("NAMES", ["name"], "; Did you mean name?"),
        ("customer_nmae", ["customer_id", "customer_name"], "; Did you mean customer_name?"),
        ("zzz", ["id", "name"], ""),
        ("id", [], ""),
    ],
)
def test_only_a_similar_name_is_suggested(name: str, known: list[str], expected: str) -> None:
    assert did_you_mean(name, known) == expected
