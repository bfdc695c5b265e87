"""The README's tables of methods against the handlers, and the handlers against Google's discovery documents."""

import json
import re
from pathlib import Path

import pytest

import localgcp
from localgcp.cli import coverage, coverage_tables
from localgcp.cli.coverage import Coverage
from localgcp.cli.main import main
from localgcp.core.http.discovery import Method
from localgcp.core.http.routing import Router
from localgcp.core.http.settings import Settings
from localgcp.server.server import Server
from localgcp.services.vertex.endpoints import validation as endpoints
from localgcp.services.vertex.jobs import validation as jobs

README = Path(localgcp.__file__).with_name("README.md").read_text("utf-8")
SHELVES = Coverage(
    api="library", version="v1",
    served=("library.projects.books.get", "library.projects.books.list", "library.shelves.get"),
    missing=(
        "library.books.get", "library.projects.books.pages.get", "library.projects.books.pages.list",
        "library.projects.books.patch", "library.projects.locations.desks.get",
    ),
)  # fmt: skip
SMALL_README = """Books.

<!-- coverage: library books -->

2 of 6 methods:

| methods | supported |
| --- | --- |
| `library.projects.books.list` `library.projects.books.get` | pages |

Not implemented (501): `books.pages` (2), `books.patch`, `library.books.get`.

<!-- end -->

<!-- coverage: library -->

1 of 2 methods:

| methods | supported |
| --- | --- |
| `library.shelves.get` | by its `name` | or its place |

Not implemented (501): `desks` (1).

<!-- end -->

More.
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    server = Server(Settings(state_dir=tmp_path_factory.mktemp("state")))
    server.stop()
    return server


class TestReadme:
    def test_its_tables_hold_the_implemented_methods_and_are_up_to_date(self, server: Server) -> None:
        found = coverage_tables.problems(README, coverage.of_services(server.application.services))
        assert not found, "\n".join(["localgcp/README.md is not what is implemented; run `make coverage`.", *found])

    def test_methods_listed_as_not_implemented_exist_without_a_handler(self, server: Server) -> None:
        router = Router(server.application.services)
        missing = {name for item in coverage.of_services(server.application.services) for name in item.missing}
        answered = {}
        for targets in router._targets.values():
            for target in targets:
                if target.method.id in missing:
                    found, _ = router.resolve(target.method.verb, _example(target.method))
                    if found.handler is not None:
                        answered[target.method.id] = found.method.id
        assert answered == {}

    @pytest.mark.parametrize(
        ("section", "fields"),
        [
            ("## Vertex AI", (*jobs._UNSUPPORTED_SPEC, *jobs._UNSUPPORTED_POOL, *jobs._UNSUPPORTED_METRIC)),
            ("### Endpoints", (*endpoints._UNSUPPORTED_ENDPOINT, *endpoints._UNSUPPORTED_DEPLOYMENT)),
        ],
    )
    def test_fields_listed_as_not_implemented_are_those_of_the_code(
        self, section: str, fields: tuple[str, ...]
    ) -> None:
        _, _, text = README.partition(f"\n{section}")
        # The entry ends with the sentence; what it says of methods behind that is checked above.
        named = re.search(r"^- 501 by field: (.*?)\.\s", text, re.MULTILINE | re.DOTALL)
        assert named is not None
        assert sorted(re.findall(r"`(\w+)`", named[1])) == sorted(fields)


def _example(method: Method) -> str:
    """Return a path that the method's template matches."""

    def value(match: re.Match[str]) -> str:
        pattern = method.parameters.get(match[2], {}).get("pattern", "") if match[1] else ""
        return pattern.removeprefix("^").removesuffix("$").replace("[^/]+", "x").replace(".*", "x") or "x"

    return re.sub(r"\{(\+?)(\w+)\}", value, method.path)


class TestTables:
    def test_a_readme_that_is_up_to_date_has_no_problem_and_stays(self) -> None:
        assert coverage_tables.problems(SMALL_README, [SHELVES]) == []
        assert coverage_tables.renew(SMALL_README, [SHELVES]) == SMALL_README

    def test_a_method_without_a_row_is_a_problem_and_gets_one_that_asks_for_a_text(self) -> None:
        without = SMALL_README.replace(" `library.projects.books.get`", "")
        assert coverage_tables.problems(without, [SHELVES]) == [
            "library.projects.books.get is implemented and in no table."
        ]
        renewed = coverage_tables.renew(without, [SHELVES])
        assert f"| `library.projects.books.get` | {coverage_tables.UNDESCRIBED} |" in renewed
        assert coverage_tables.problems(renewed, [SHELVES]) == [
            "library.projects.books.get: the README does not say what of it is supported."
        ]

    def test_a_row_of_a_method_that_is_not_implemented_is_a_problem_and_goes(self) -> None:
        claimed = SMALL_README.replace("`library.shelves.get`", "`library.shelves.get` `library.shelves.burn`")
        assert coverage_tables.problems(claimed, [SHELVES]) == [
            "library.shelves.burn is in a table and not implemented."
        ]
        assert coverage_tables.renew(claimed, [SHELVES]) == SMALL_README

    def test_a_method_in_two_rows_is_a_problem(self) -> None:
        row = "| `library.shelves.get` | by its `name` | or its place |"
        twice = SMALL_README.replace(row, f"{row}\n{row}")
        assert coverage_tables.problems(twice, [SHELVES]) == ["library.shelves.get is in 2 rows."]

    @pytest.mark.parametrize(("old", "new"), [("1 of 2 methods", "2 of 2 methods"), ("`books.patch`, ", "")])
    def test_changed_generated_text_is_a_problem_and_is_restored(self, old: str, new: str) -> None:
        stale = SMALL_README.replace(old, new)
        assert len(coverage_tables.problems(stale, [SHELVES])) == 1
        assert coverage_tables.renew(stale, [SHELVES]) == SMALL_README

    def test_a_method_in_another_resources_table_moves_with_its_text(self) -> None:
        row = "| `library.shelves.get` | by its `name` | or its place |\n"
        first = "| `library.projects.books.list` `library.projects.books.get` | pages |\n"
        misplaced = SMALL_README.replace(row, "").replace(first, first + row)
        assert coverage_tables.renew(misplaced, [SHELVES]) == SMALL_README

    def test_a_marker_of_an_api_that_is_not_served_is_named(self) -> None:
        with pytest.raises(ValueError, match="coverage: archive"):
            coverage_tables.renew("<!-- coverage: archive -->\n<!-- end -->", [SHELVES])


class TestCommand:
    def test_text_counts_and_lists_every_method_of_the_api(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["coverage", "--api", "bigquery"]) == 0
        head, *lines = capsys.readouterr().out.splitlines()
        served = [line for line in lines if line.startswith("  supported ")]
        assert head == f"bigquery v2: {len(served)} of {len(lines)} methods"
        assert "  not implemented  bigquery.models.list" in lines

    def test_json_says_of_each_method_whether_it_is_supported(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["coverage", "--format", "json"]) == 0
        methods = {item["api"]: item["methods"] for item in json.loads(capsys.readouterr().out)}
        assert methods["storage"]["storage.objects.get"] == "supported"
        assert methods["cloudbuild"]["cloudbuild.projects.locations.builds.retry"] == "not implemented"

    def test_markdown_equals_the_tables_of_the_readme(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["coverage", "--api", "cloudbuild", "--format", "markdown"]) == 0
        _, _, table = capsys.readouterr().out.partition("\n\n")
        assert table.strip() in README

    def test_unknown_api_is_a_wrong_call_that_names_the_served_ones(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["coverage", "--api", "pubsub"]) == 2
        assert "pubsub is not served; served are storage, bigquery" in capsys.readouterr().err

    def test_update_writes_the_tables_and_fails_while_a_text_is_missing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "README.md"
        path.write_text(README.replace("| `storage.batch` |", "| `storage.never` |"), "utf-8")
        assert main(["coverage", "--update", str(path)]) == 1
        assert "storage.batch: the README does not say" in capsys.readouterr().err
        path.write_text(path.read_text("utf-8").replace(coverage_tables.UNDESCRIBED, "some calls"), "utf-8")
        assert main(["coverage", "--update", str(path)]) == 0
