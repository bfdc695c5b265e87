"""The split of 581,012 rows of 55 columns: the pipeline's BigQuery statement on localgcp against pandas."""

import tempfile
import time
from pathlib import Path

from bench.measure import Result

_ROWS = 581_012
_BUDGET_S = 5.0
_BUCKETS = 10

STATEMENT = """
CREATE OR REPLACE TABLE `bench.rows_split` CLUSTER BY split AS
SELECT *, CASE WHEN bucket <= 7 THEN 'train' WHEN bucket = 8 THEN 'validation' ELSE 'test' END AS split
FROM (
    SELECT t.*, MOD(MOD(FARM_FINGERPRINT(TO_JSON_STRING(t)), 10) + 10, 10) AS bucket FROM `bench.rows` AS t
)
"""


def table(rows: Path, folder: Path) -> Path:
    """Write the sample, repeated to the size of the full set with an id that keeps the rows distinct, as Parquet."""
    import numpy as np
    import pandas as pd

    sample = pd.read_csv(rows)
    repeated = sample.iloc[np.arange(_ROWS) % len(sample)].reset_index(drop=True)
    repeated["Elevation"] += np.arange(_ROWS) // len(sample)
    path = folder / "rows.parquet"
    repeated.to_parquet(path, index=False)
    return path


def _pandas_seconds(path: Path, folder: Path) -> float:
    """Read the rows, hash each, and write one Parquet file per split, as a script does without BigQuery."""
    import pandas as pd

    start = time.perf_counter()
    table = pd.read_parquet(path)
    bucket = pd.util.hash_pandas_object(table, index=False) % _BUCKETS
    for name, chosen in (("train", bucket <= 7), ("validation", bucket == 8), ("test", bucket == 9)):
        table[chosen].to_parquet(folder / f"{name}.parquet", index=False)
    return time.perf_counter() - start


def _statement_seconds(path: Path) -> float:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    client = bigquery.Client(credentials=AnonymousCredentials())
    client.create_dataset("bench", exists_ok=True)
    config = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_TRUNCATE")
    with path.open("rb") as file:
        client.load_table_from_file(file, "bench.rows", job_config=config).result()
    start = time.perf_counter()
    client.query(STATEMENT).result()
    return time.perf_counter() - start


def results(rows: Path) -> list[Result]:
    """Measure the statement and pandas; the environment must point clients to a local cloud."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = table(rows, folder)
        pandas_s = _pandas_seconds(path, folder)
        statement_s = _statement_seconds(path)
    return [
        Result(
            "Split of 581,012 x 55 rows",
            f"BigQuery statement on localgcp {statement_s:.1f} s",
            f"pandas {pandas_s:.1f} s",
            statement_s / pandas_s,
            f"at most {_BUDGET_S:.0f} s",
            statement_s <= _BUDGET_S,
        )
    ]
