"""Reads Parquet and ORC files with DuckDB and pyarrow."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.errors.messages import message_of
from localgcp.services.bigquery.formats.bad_records import LoadError
from localgcp.services.bigquery.formats.matching import Found, adopted, select_columns
from localgcp.services.bigquery.formats.parquet_schema import ParquetOptions, found_columns
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.types.json_text import literal
from localgcp.services.bigquery.types.schema import Field


class ParquetSource:
    """The rows of Parquet files."""

    def __init__(
        self,
        load: dict[str, Any],
        files: Sequence[SourceFile],
        fields: Sequence[Field],
        known: Sequence[Field],
        reference: SourceFile | None,
    ) -> None:
        """Store the options.

        Args:
            load: the load configuration.
            fields: the schema of the job; empty means the schema of the files.
            known: the columns of the destination table.
            reference: the file whose schema applies; by default the last file by name.
        """
        self._load = load
        self._files = files
        self._known = known
        self.fields = tuple(fields)
        self._reference = reference or max(files, key=lambda file: file.uri)

    def select(self, cursor: Cursor) -> str:
        """Return the query for the rows.

        Raises:
            ApiError: 400 where the columns do not match the schema, or a file has another format.
        """
        relation, described = self._relation(cursor)
        found = self._found(cursor, described)
        self.fields = self.fields or adopted(found, self._known)
        ignores_unknown = bool(self._load.get("ignoreUnknownValues"))
        return select_columns(found, self.fields, relation, self._files[0], ignore_unknown=ignores_unknown)

    def _relation(self, cursor: Cursor) -> tuple[str, str]:
        """Return the relation of all files, and that of the file whose schema applies."""
        del cursor
        paths = ", ".join(literal(str(file.path)) for file in self._files)
        return f"read_parquet([{paths}], union_by_name = true)", f"read_parquet({literal(str(self._reference.path))})"

    def _found(self, cursor: Cursor, described: str) -> list[Found]:
        try:
            relation = cursor.sql(f"SELECT * FROM {described}")
        except duckdb.Error as error:
            raise LoadError(f"{message_of(error)};", self._reference) from error
        options = ParquetOptions.from_json(self._load)
        return found_columns(relation, self._physical(), options)

    def _physical(self) -> Any:
        read: Any = pq.read_metadata
        return read(self._reference.path).schema

    def explain(self, error: duckdb.Error, _cursor: Cursor) -> ApiError:
        """Return the error of the job after its query failed."""
        return LoadError(f"{message_of(error)};", self._files[0])


class OrcSource(ParquetSource):
    """The rows of ORC files, read stripe by stripe."""

    def _relation(self, cursor: Cursor) -> tuple[str, str]:
        name = f"rows_{uuid4().hex}"
        schema = self._opened(self._reference).schema
        cursor.register(name, pa.RecordBatchReader.from_batches(schema, self._stripes(schema)))
        empty = f"empty_{uuid4().hex}"
        cursor.register(empty, schema.empty_table())
        return name, empty

    def _physical(self) -> Any:
        return None

    def _stripes(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for file in self._files:
            opened = self._opened(file)
            for index in range(opened.nstripes):
                stripe = opened.read_stripe(index)
                columns = [stripe.column(item.name).cast(item.type) for item in schema]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)

    @staticmethod
    def _opened(file: SourceFile) -> Any:
        make: Any = orc.ORCFile
        try:
            return make(file.path)
        except (pa.ArrowException, OSError) as error:
            raise LoadError(f"The file is not a valid ORC file ({error});", file) from error
