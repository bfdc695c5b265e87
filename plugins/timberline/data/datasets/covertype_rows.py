"""Where Covertype rows come from: a file of the deployment, the published set, or a generator."""

import gzip
import hashlib
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timberline.data.columns import check_columns
from timberline.data.datasets.covertype_columns import ONE_HOT_COLUMNS, PUBLISHED_CLASS_ROWS, TARGET
from timberline.data.datasets.data_set import RowFile, RowSource
from timberline.run.errors import DataError, InputError
from timberline.run.settings import Settings
from timberline.run.wording import did_you_mean

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_log = getLogger(__name__)
_FILE = Path("covertype") / "covertype.csv.gz"
_NETWORK_TIMEOUT_S = 5.0
_CHUNK_BYTES = 1 << 20


def find_rows(settings: Settings, source: str) -> RowFile:
    """Return a file with rows in the published one-hot form.

    Args:
        settings: where to look, and where to keep a download.
        source: a value of `RowSource` other than TABLE.

    Raises:
        InputError: `source` is another value.
        DataError: the rows cannot be had from there.
        ColumnError: a column is missing or misnamed.
    """
    finders: dict[str, Callable[[Settings], Path]] = {
        RowSource.FILE: _given_file,
        RowSource.PUBLISHED: _published_file,
        RowSource.GENERATED: _generated_file,
    }
    if source == RowSource.AUTO:
        return _row_file(*_first_available(settings, finders))
    if source not in finders:
        raise InputError(f"unknown source {source!r}; {did_you_mean(source, [*finders, RowSource.AUTO])}")
    return _row_file(finders[source](settings), RowSource(source))


def _first_available(settings: Settings, finders: dict[str, Callable[[Settings], Path]]) -> tuple[Path, RowSource]:
    if settings.data_dir is not None and (settings.data_dir / _FILE).is_file():
        return _given_file(settings), RowSource.FILE
    try:
        return finders[RowSource.PUBLISHED](settings), RowSource.PUBLISHED
    except DataError as error:
        _log.warning("the published rows cannot be had (%s); generating rows of the same form", error)
    return finders[RowSource.GENERATED](settings), RowSource.GENERATED


def _given_file(settings: Settings) -> Path:
    if settings.data_dir is None:
        raise DataError("TIMBERLINE_DATA_DIR is not set: expected a folder that holds covertype/covertype.csv.gz")
    path = settings.data_dir / _FILE
    if not path.is_file():
        raise DataError(f"{path} does not exist: expected the Covertype rows; put them there, or choose another source")
    return path


def _published_file(settings: Settings) -> Path:
    """Download through scikit-learn's loader, which checks the file's hash; kept afterwards."""
    path = settings.cache_dir / "covertype" / "published.csv.gz"
    if path.is_file():
        return path
    try:
        from sklearn.datasets import fetch_covtype

        with _short_network_timeout():
            found = fetch_covtype(data_home=str(settings.cache_dir / "scikit-learn"), n_retries=1, delay=0.1)
    except ImportError:
        raise DataError("scikit-learn, whose loader fetches them, is not installed here") from None
    except OSError as error:  # URLError and timeouts are OSErrors
        raise DataError(f"no download: {error}") from None
    counts = tuple(int((found.target == number).sum()) for number in range(1, len(PUBLISHED_CLASS_ROWS) + 1))
    if counts != PUBLISHED_CLASS_ROWS or len(found.target) != sum(counts):
        raise DataError(f"the download has the class counts {counts}; expected {PUBLISHED_CLASS_ROWS}")
    features = {name: found.data[:, place] for place, name in enumerate(ONE_HOT_COLUMNS[:-1])}
    write_rows(path, features | {TARGET: found.target})
    return path


def _generated_file(settings: Settings) -> Path:
    from timberline.data.datasets import covertype_generator as generator

    path = settings.cache_dir / "covertype" / f"generated-{generator.VERSION}-{generator.ROWS}.csv.gz"
    if not path.is_file():
        write_rows(path, generator.generate(generator.ROWS))
    return path


def write_rows(path: Path, columns: "Mapping[str, npt.NDArray[np.generic]]") -> None:
    """Write columns of whole numbers as gzipped CSV; the file appears under its name only when it is complete."""
    import pyarrow as pa
    from pyarrow.csv import WriteOptions, write_csv  # type: ignore[attr-defined]

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    table = pa.table({name: values.astype("int32") for name, values in columns.items()})
    with (
        partial.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0, compresslevel=4) as packed,
    ):
        write_csv(table, packed, WriteOptions(quoting_style="none"))
    partial.replace(path)


def _row_file(path: Path, source: RowSource) -> RowFile:
    try:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as text:
            header = text.readline()
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise DataError(f"{path}: expected gzipped CSV, cannot read it: {error}") from None
    columns = tuple(name.strip().strip('"') for name in header.split(","))
    check_columns(columns, ONE_HOT_COLUMNS, str(path))
    unknown = sorted(set(columns) - set(ONE_HOT_COLUMNS))
    if unknown or len(columns) != len(set(columns)):
        listed = ", ".join(unknown) or "a column twice"
        raise DataError(f"{path}: expected each of the {len(ONE_HOT_COLUMNS)} columns once, found also {listed}")
    return RowFile(path, source, tuple((name, "INTEGER") for name in columns), _digest(path))


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            found.update(chunk)
    return found.hexdigest()[:16]


@contextmanager
def _short_network_timeout() -> Iterator[Any]:
    """Without a network a download shall fail in seconds, and the loader takes no timeout."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_NETWORK_TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
