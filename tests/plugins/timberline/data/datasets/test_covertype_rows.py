"""Where rows come from, and what is refused."""

import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from timberline.data.datasets import covertype_rows
from timberline.data.datasets.covertype_columns import COVER_TYPES, ONE_HOT_COLUMNS, PUBLISHED_CLASS_ROWS
from timberline.data.datasets.covertype_generator import generate
from timberline.data.datasets.covertype_rows import find_rows, write_rows
from timberline.data.datasets.data_set import RowSource
from timberline.run.errors import ColumnError, DataError, InputError
from timberline.run.settings import Settings, read_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(
        {
            "GOOGLE_CLOUD_PROJECT": "p",
            "TIMBERLINE_DATA_DIR": str(tmp_path),
            "TIMBERLINE_CACHE_DIR": str(tmp_path / "cache"),
        }
    )


def _file(settings: Settings, header: str) -> Path:
    assert settings.data_dir is not None
    path = settings.data_dir / "covertype" / "covertype.csv.gz"
    path.parent.mkdir()
    with gzip.open(path, "wt") as file:
        file.write(header + "\n" + ",".join(["1"] * (header.count(",") + 1)) + "\n")
    return path


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(**_options: Any) -> None:
        raise OSError("network is unreachable")

    monkeypatch.setattr("sklearn.datasets.fetch_covtype", fetch)
    monkeypatch.setattr("timberline.data.datasets.covertype_generator.ROWS", 300)


def test_the_given_file_comes_first(settings: Settings) -> None:
    path = _file(settings, ",".join(ONE_HOT_COLUMNS))
    rows = find_rows(settings, "auto")
    assert (rows.path, rows.source, rows.columns) == (path, RowSource.FILE, ONE_HOT_COLUMNS)


def test_equal_content_has_an_equal_digest(settings: Settings) -> None:
    _file(settings, ",".join(ONE_HOT_COLUMNS))
    assert find_rows(settings, "file").digest == find_rows(settings, "file").digest


def test_a_misnamed_column_is_named_with_the_nearest(settings: Settings) -> None:
    _file(settings, ",".join(ONE_HOT_COLUMNS).replace("Elevation", "Elevatoin"))
    with pytest.raises(ColumnError, match=r"'Elevation' \(nearest: 'Elevatoin'\)"):
        find_rows(settings, "auto")


def test_a_column_too_many_is_named(settings: Settings) -> None:
    _file(settings, ",".join([*ONE_HOT_COLUMNS, "Surprise"]))
    with pytest.raises(DataError, match="found also Surprise"):
        find_rows(settings, "file")


def test_a_file_that_is_no_gzip_is_one_clear_message(settings: Settings) -> None:
    _file(settings, "x").write_text("plain")
    with pytest.raises(DataError, match=r"covertype.csv.gz: expected gzipped CSV"):
        find_rows(settings, "file")


def test_a_missing_file_is_named_where_it_was_asked_for(settings: Settings) -> None:
    with pytest.raises(DataError, match=r"covertype.csv.gz does not exist"):
        find_rows(settings, "file")


@pytest.mark.usefixtures("no_network")
def test_without_file_and_network_rows_are_generated(settings: Settings) -> None:
    rows = find_rows(settings, "auto")
    assert rows.source is RowSource.GENERATED
    with gzip.open(rows.path, "rt") as file:
        assert len(file.readlines()) == 301


@pytest.mark.usefixtures("no_network")
def test_no_network_is_an_error_where_the_published_rows_were_asked_for(settings: Settings) -> None:
    with pytest.raises(DataError, match="no download: network is unreachable"):
        find_rows(settings, "published")


def test_a_download_of_another_size_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    class Found:
        data = np.zeros((3, 54))
        target = np.array([1, 2, 3])

    monkeypatch.setattr("sklearn.datasets.fetch_covtype", lambda **_options: Found)
    with pytest.raises(DataError, match=r"class counts \(1, 1, 1, 0, 0, 0, 0\)"):
        find_rows(settings, "published")


def test_a_download_is_made_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    calls = []

    class Found:
        data = np.zeros((7, 54))
        target = np.arange(1, 8)

    monkeypatch.setattr(covertype_rows, "PUBLISHED_CLASS_ROWS", (1,) * 7)
    monkeypatch.setattr("sklearn.datasets.fetch_covtype", lambda **options: calls.append(options) or Found)
    first, second = find_rows(settings, "published"), find_rows(settings, "auto")
    assert len(calls) == 1
    assert (first.digest, second.source) == (second.digest, RowSource.PUBLISHED)


def test_an_unknown_source_gets_the_nearest_one(settings: Settings) -> None:
    with pytest.raises(InputError, match="unknown source 'filee'; did you mean 'file'"):
        find_rows(settings, "filee")


def test_a_file_that_could_not_be_finished_has_no_final_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    def full_disk(*_args: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("pyarrow.csv.write_csv", full_disk)
    path = tmp_path / "rows.csv.gz"
    with pytest.raises(OSError, match="no space left"):
        write_rows(path, {"a": np.zeros(2)})
    assert not path.exists()


def test_published_classes_add_up() -> None:
    assert sum(PUBLISHED_CLASS_ROWS) == 581_012


class TestGenerator:
    def test_equal_calls_give_equal_rows(self) -> None:
        first, second = generate(500), generate(500)
        assert all((first[name] == second[name]).all() for name in first)

    def test_rows_have_the_published_form(self) -> None:
        columns = generate(2000)
        assert tuple(columns) == ONE_HOT_COLUMNS
        for prefix, count in (("Wilderness_Area", 4), ("Soil_Type", 40)):
            assert (sum(columns[f"{prefix}{number}"] for number in range(1, count + 1)) == 1).all()

    def test_every_class_occurs_about_as_often_as_published(self) -> None:
        counts = Counter(generate(60_000)["Cover_Type"].tolist())
        assert set(counts) == set(COVER_TYPES)
        for label, published in enumerate(PUBLISHED_CLASS_ROWS, 1):
            assert counts[label] / 60_000 == pytest.approx(published / 581_012, rel=0.2)
