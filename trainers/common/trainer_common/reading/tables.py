"""Read the wanted columns of Parquet and CSV shards into one Arrow table."""

from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from trainer_common.failures import UserError
from trainer_common.reading.columns import require_columns
from trainer_common.storage.filesystem import resolve
from trainer_common.storage.shards import list_shards

# One thread: a trial has one core, and the other trials use the others.
_ONE_THREAD = pa.csv.ReadOptions(use_threads=False)


def read_table(locations: Sequence[str], columns: Sequence[str], texts: Collection[str] = ()) -> pa.Table:
    """Return the rows of data sets, one after another: locations in the order given, the shards of each by name.

    Args:
        locations: Files, folders or patterns (see `list_shards`).
        columns: The names to read; no other column is decoded.
        texts: The columns that are text even where all values of a CSV shard look like numbers, such as "4758".

    Returns:
        A table with exactly `columns`, in that order, shape (n_rows, n_columns), n_rows > 0.

    Raises:
        UserError: A location has no shards, a column is missing, a shard is not readable, the shards disagree on a
            type, or there are no rows.
    """
    shards = [shard for location in locations for shard in list_shards(location)]
    tables = [_read_shard(shard, list(columns), texts) for shard in shards]
    try:
        table = pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise UserError(f"the shards of {', '.join(locations)} disagree on a column's type: {error}") from error
    if table.num_rows == 0:
        raise UserError(
            f"no rows in {', '.join(locations)} ({len(shards)} shards): expected at least one; check the split's "
            "conditions, and that the source table is not empty"
        )
    return table


def _read_shard(uri: str, columns: list[str], texts: Collection[str]) -> pa.Table:
    """Read one shard; the suffix of its name gives the format."""
    filesystem, path = resolve(uri)
    try:
        if path.endswith(".parquet"):
            # Buffered: otherwise each column chunk would be a request of its own to an object store.
            with filesystem.open_input_file(path) as file, pa.parquet.ParquetFile(file, pre_buffer=True) as parquet:
                require_columns(parquet.schema_arrow.names, columns, uri)
                return parquet.read(columns=columns, use_threads=False).select(columns)
        with filesystem.open_input_stream(path, compression="detect") as stream:
            # An empty field of a text column is a missing value too, as it is in BigQuery exports.
            types = dict.fromkeys(texts, pa.string())
            convert = pa.csv.ConvertOptions(strings_can_be_null=True, column_types=types)
            table = pa.csv.read_csv(stream, read_options=_ONE_THREAD, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise UserError(f"cannot read {uri}: expected Parquet, or CSV with a header line; {error}") from error
    require_columns(table.column_names, columns, uri)
    return table.select(columns)
