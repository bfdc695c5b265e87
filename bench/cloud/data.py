"""Large data: objects against a file copy, a load job and a statement against DuckDB alone."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from bench import splitting
from bench.cloud import clients
from bench.measure import Result, median_seconds

_OBJECT_MIB = 512
_CSV_SPLIT = """
CREATE OR REPLACE TABLE rows_split AS
SELECT *, CASE WHEN bucket <= 7 THEN 'train' WHEN bucket = 8 THEN 'validation' ELSE 'test' END AS split
FROM (SELECT t.*, hash(to_json(t)::VARCHAR) % 10 AS bucket FROM rows AS t)
"""


def _transfers(folder: Path) -> list[Result]:
    source, copy, back = folder / "source", folder / "copy", folder / "back"
    with source.open("wb") as file:
        for _ in range(_OBJECT_MIB):
            file.write(os.urandom(2**20))
    blob = clients.storage().bucket(clients.BUCKET).blob("large")
    copy_s = median_seconds(lambda: shutil.copyfile(source, copy), 3)
    upload_s = median_seconds(lambda: blob.upload_from_filename(str(source), checksum=None, timeout=600), 3)
    download_s = median_seconds(lambda: blob.download_to_filename(str(back), checksum=None, timeout=600), 3)
    assert source.stat().st_size == back.stat().st_size
    reference = f"a file copy {_OBJECT_MIB / copy_s:.0f} MiB/s"
    return [
        Result(
            f"localgcp, {verb} of {_OBJECT_MIB} MiB",
            f"{_OBJECT_MIB / taken_s:.0f} MiB/s",
            reference,
            taken_s / copy_s,
            f"at most {budget}",
            taken_s <= budget * copy_s,
        )
        for verb, taken_s, budget in (("upload", upload_s, 10), ("download", download_s, 6))
    ]


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _load_and_split(rows: Path, folder: Path) -> list[Result]:
    import duckdb
    import pandas as pd
    from google.cloud import bigquery

    parquet, csv = splitting.table(rows, folder), folder / "rows.csv"
    pd.read_parquet(parquet).to_csv(csv, index=False)
    native = duckdb.connect(str(folder / "native.duckdb"), config={"threads": os.cpu_count() or 1})
    native_load_s = _seconds(lambda: native.execute(f"CREATE TABLE rows AS FROM read_csv('{csv}')"))
    native_split_s = _seconds(lambda: native.execute(_CSV_SPLIT))
    native.close()

    client = clients.bigquery()
    client.create_dataset("bench")
    clients.storage().bucket(clients.BUCKET).blob("rows.csv").upload_from_filename(str(csv))
    config = bigquery.LoadJobConfig(source_format="CSV", autodetect=True, skip_leading_rows=1)
    uri = f"gs://{clients.BUCKET}/rows.csv"
    load_s = _seconds(lambda: client.load_table_from_uri(uri, "bench.rows", job_config=config).result())
    split_s = _seconds(lambda: client.query(splitting.STATEMENT).result())
    return [
        Result(
            "localgcp, load of 581,012 rows of CSV", f"{load_s:.1f} s", f"DuckDB itself {native_load_s:.1f} s",
            load_s / native_load_s, "at most 3", load_s <= 3 * native_load_s,
        ),
        Result(
            "localgcp, split of 581,012 rows", f"{split_s:.1f} s",
            f"DuckDB itself, with its own hash and JSON {native_split_s:.1f} s",
            split_s / native_split_s, "at most 3", split_s <= 3 * native_split_s,
        ),
    ]  # fmt: skip


def results(rows: Path, folder: Path) -> list[Result]:
    """Measure with files in a folder; the clients' variables must be set."""
    return [*_transfers(folder), *_load_and_split(rows, folder)]
