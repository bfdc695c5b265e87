"""Reads Avro files block by block."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import duckdb
import fastavro
from fastavro.schema import expand_schema

from localgcp.core.conventions.errors import ApiError
from localgcp.services.bigquery.engine import Cursor
from localgcp.services.bigquery.errors.messages import message_of
from localgcp.services.bigquery.formats.arrow_rows import ArrowRows, batches_of
from localgcp.services.bigquery.formats.avro_schema import AvroOptions, Column, columns_of
from localgcp.services.bigquery.formats.bad_records import LoadError
from localgcp.services.bigquery.formats.matching import Found, adopted, select_columns
from localgcp.services.bigquery.formats.source_file import SourceFile
from localgcp.services.bigquery.types.schema import Field, quote


class AvroSource:
    """The records of Avro files."""

    def __init__(
        self,
        load: dict[str, Any],
        files: Sequence[SourceFile],
        fields: Sequence[Field],
        known: Sequence[Field],
        reference: SourceFile | None,
    ) -> None:
        """Read the schema.

        Args:
            load: the load configuration.
            fields: the schema of the job; empty means the schema of the files.
            known: the columns of the destination table.
            reference: the file whose schema applies; by default the last file by name.

        Raises:
            ApiError: 400 for a file that is not Avro, or a schema that BigQuery does not support.
        """
        self._files = files
        self._ignores_unknown = bool(load.get("ignoreUnknownValues"))
        options = AvroOptions(bool(load.get("useAvroLogicalTypes")), load.get("decimalTargetTypes") or ("NUMERIC",))
        self._columns = _columns(reference or max(files, key=lambda file: file.uri), options)
        self._found = [Found(column.field, quote(column.field.name)) for column in self._columns]
        self.fields = tuple(fields) or adopted(self._found, known)
        self._rows: ArrowRows | None = None

    def select(self, cursor: Cursor) -> str:
        """Return the query for the rows.

        Raises:
            ApiError: 400 where the columns do not match the schema.
        """
        fields = [column.field for column in self._columns]
        self._rows = ArrowRows(fields, batches_of(fields, self._records()))
        return select_columns(
            self._found,
            self.fields,
            f"({self._rows.select(cursor)}) AS records",
            self._files[0],
            ignore_unknown=self._ignores_unknown,
        )

    def explain(self, error: duckdb.Error, _cursor: Cursor) -> ApiError:
        """Return the error of the job after its query failed."""
        failure = self._rows.failure if self._rows is not None else None
        if isinstance(failure, ApiError):
            return failure
        return LoadError(f"{failure or message_of(error)};", self._files[0])

    def _records(self) -> Iterator[list[Any]]:
        readers = [(column.field.name, column.read) for column in self._columns]
        for file in self._files:
            with file.path.open("rb") as raw:
                try:
                    for record in cast("Iterator[dict[str, Any]]", fastavro.reader(raw)):
                        yield [read(record.get(name)) for name, read in readers]
                except (ValueError, EOFError, TypeError, IndexError) as error:
                    raise LoadError(
                        f"The Apache Avro library failed to read data with the following error: {error};", file
                    ) from error


def _columns(file: SourceFile, options: AvroOptions) -> list[Column]:
    with file.path.open("rb") as raw:
        try:
            schema = fastavro.reader(raw).writer_schema
            expanded = expand_schema(schema)
        except (ValueError, EOFError, TypeError, KeyError, IndexError) as error:
            raise LoadError(
                f"The Apache Avro library failed to parse the header with the following error: {error};", file
            ) from error
    return columns_of(expanded, options)
