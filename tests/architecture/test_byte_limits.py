"""No query without a limit of what it may cost."""

import ast
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

from timberline.hooks.bigquery import Query

_PACKAGE = Path(__file__).parents[2] / "plugins" / "timberline"
_LIMIT = "maximum_bytes_billed"


def _calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(_PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
                if name in names:
                    yield f"{path.relative_to(_PACKAGE)}:{node.lineno}", node


def test_every_query_has_a_byte_limit() -> None:
    found = list(_calls("Query", "QueryJobConfig"))
    assert len(found) >= 3
    assert [place for place, call in found if _LIMIT not in {each.arg for each in call.keywords}] == []
    assert next(field for field in fields(Query) if field.name == _LIMIT).default is MISSING


def test_queries_are_made_by_one_hook_with_its_limits() -> None:
    """Anything else that could run a statement would run it without."""
    makers = list(_calls("query", "query_and_wait", "insert_job"))
    assert {place.split(":")[0] for place, _ in makers} == {"hooks/bigquery.py"}
    assert all("job_config" in {each.arg for each in call.keywords} for _, call in makers)
