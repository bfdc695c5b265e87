"""Reads the wanted columns of Parquet and CSV shards into one Arrow table."""

import difflib
from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from trainer_common.failures import UserError
from trainer_common.filesystem import list_shards, resolve

# One thread: a trial owns one core, and its siblings run on the others.
_ONE_THREAD = pa.csv.ReadOptions(use_threads=False)


def read_table(locations: Sequence[str], columns: Sequence[str], texts: Collection[str] = ()) -> pa.Table:
    """Reads data sets and puts their rows one after another, in the order given and shards sorted by name.

    Args:
        locations: Files, folders or patterns (see `list_shards`).
        columns: The names to read; no other column is decoded.
        texts: Those of them that hold text, even where all values of a CSV shard look like numbers ("4758").

    Returns:
        A table with exactly `columns`, in that order, shape (n_rows, n_columns), n_rows > 0.

    Raises:
        UserError: Nothing is there, a column is missing, a shard is not readable or the shards disagree on a type, or
            there are no rows.
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
    """Reads one shard, in the format that its name tells."""
    filesystem, path = resolve(uri)
    try:
        if path.endswith(".parquet"):
            # Coalesced reads: on an object store each column chunk would be a request of its own.
            with filesystem.open_input_file(path) as file, pa.parquet.ParquetFile(file, pre_buffer=True) as parquet:
                require_columns(parquet.schema_arrow.names, columns, uri)
                return parquet.read(columns=columns, use_threads=False).select(columns)
        with filesystem.open_input_stream(path, compression="detect") as stream:
            # Blank fields are missing values in columns of text too, as they are in a BigQuery export.
            types = dict.fromkeys(texts, pa.string())
            convert = pa.csv.ConvertOptions(strings_can_be_null=True, column_types=types)
            table = pa.csv.read_csv(stream, read_options=_ONE_THREAD, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise UserError(f"cannot read {uri}: expected Parquet, or CSV with a header line; {error}") from error
    require_columns(table.column_names, columns, uri)
    return table.select(columns)


def require_columns(found: Sequence[str], expected: Sequence[str], source: str) -> None:
    """Checks that all columns are there.

    Args:
        found: The names that `source` has.
        expected: The names that are wanted.
        source: What the message calls the data.

    Raises:
        UserError: At least one is missing; the message names each with the nearest name found.
    """
    missing = [name for name in expected if name not in found]
    if not missing:
        return
    hints = []
    for name in missing:
        folded = {other.casefold(): other for other in found}
        near = difflib.get_close_matches(name.casefold(), folded, n=1)
        hints.append(f"{name!r}" + (f" (nearest: {folded[near[0]]!r})" if near else ""))
    raise UserError(
        f"{source} lacks column {', '.join(hints)}: expected {', '.join(expected)}; found {', '.join(found) or 'none'}"
        "; rename the column in the query that writes the data, or correct the flag"
    )
