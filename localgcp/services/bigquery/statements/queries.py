"""Statements that read: SELECT and EXPORT DATA."""

from sqlglot import exp

from localgcp.services.bigquery.compiler.compiler import CompiledQuery
from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.formats.avro_export import AvroTypes
from localgcp.services.bigquery.jobs.query_cache import cache_key, is_streamed
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.scripts.outcome import StatementOutcome, outcome_of
from localgcp.services.bigquery.scripts.query_call import QueryCall, check_limit
from localgcp.services.bigquery.statements.ddl import export_options
from localgcp.services.bigquery.statements.parts import Parts
from localgcp.services.bigquery.tables.entry import now_ms, table_settings
from localgcp.services.bigquery.tables.names import decorated
from localgcp.services.bigquery.transfer.export import ExportOptions
from localgcp.services.bigquery.transfer.sink import Target

_EXPORT_OPTIONS = {"uri", "format", "compression", "header", "field_delimiter", "overwrite", "use_avro_logical_types"}


class Queries:
    """Runs SELECT and EXPORT DATA."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def select(self, statement: exp.Expr, call: QueryCall, scope: Scope) -> StatementOutcome:
        """Run a SELECT or set operation.

        Raises:
            ApiError: the error that the statement fails with.
        """
        query = self._parts.compiler.query(statement, scope)
        key = self._cache_key(query, call, scope)
        if key and (known := self._parts.cache.find(key)) is not None:
            return StatementOutcome(
                statistics={"statementType": "SELECT"}, fields=query.fields, result=known, is_cached=True
            )
        check_limit(query, call)
        outcome = outcome_of(query, "SELECT")
        outcome.fields = query.fields
        if call.is_dry_run:
            return outcome
        raw_target = call.query.get("destinationTable")
        if raw_target and not raw_target.get("datasetId", "").startswith("_"):
            name, partition = decorated(raw_target, call.project)
            target = Target(
                name=name,
                partition=partition,
                create=call.query.get("createDisposition") or "CREATE_IF_NEEDED",
                write=call.query.get("writeDisposition") or "WRITE_EMPTY",
                settings=table_settings(call.query),
                may_add_fields="ALLOW_FIELD_ADDITION" in (call.query.get("schemaUpdateOptions") or ()),
            )
            self._parts.sink.write(target, query.fields, query.sql, call.cursor)
            outcome.result = target.name
        else:
            outcome.result = self._parts.results.new_name(call.project)
            self._parts.results.write(outcome.result, query.fields, call.cursor, query.sql)
            if key:
                self._parts.cache.store(key, outcome.result)
        return outcome

    def _cache_key(self, query: CompiledQuery, call: QueryCall, scope: Scope) -> str:
        """Return the key of a query in the cache, or an empty string if BigQuery would not cache its result."""
        config, catalog = call.query, self._parts.catalog
        is_asked = config.get("useQueryCache", True) and not config.get("destinationTable")
        if not is_asked or call.is_dry_run or not call.is_single or scope.found.uncacheable:
            return ""
        read = {entry.name: entry for entry in scope.found.entries.values()}
        for name in scope.found.referenced:
            if name not in read and (entry := catalog.find(name)) is not None:
                read[name] = entry
        if is_streamed(read, catalog.streamed_ms, now_ms()):
            return ""
        return cache_key(config, call.project, query.sql, read.values())

    def export(self, statement: exp.Export, call: QueryCall, scope: Scope) -> StatementOutcome:
        """Run EXPORT DATA.

        Raises:
            ApiError: the error that the statement fails with.
        """
        raw = export_options(statement)
        if unknown := set(raw) - _EXPORT_OPTIONS:
            raise invalid_query(f"Unknown option: {sorted(unknown)[0]}")
        if "uri" not in raw or "format" not in raw:
            raise invalid_query("EXPORT DATA needs the options uri and format.")
        if "*" not in raw["uri"]:
            raise invalid_query("Option 'uri' value must be a wild card URI: it needs one *.")
        file_format = str(raw["format"]).upper()
        is_logical = bool(raw.get("use_avro_logical_types", True))
        options = ExportOptions(
            uri=raw["uri"],
            format={"JSON": "NEWLINE_DELIMITED_JSON"}.get(file_format, file_format),
            compression=str(raw.get("compression", "")).upper(),
            header=bool(raw.get("header", False)),
            delimiter=str(raw.get("field_delimiter", ",")),
            overwrite=bool(raw.get("overwrite", False)),
            avro_types=AvroTypes(dates=is_logical, timestamps=is_logical),
        )
        self._parts.exporter.check(options)
        query = self._parts.compile(statement.this, call, scope)
        outcome = outcome_of(query, "EXPORT_DATA")
        if not call.is_dry_run:
            rows, files = self._parts.exporter.run(query.sql, query.fields, options, call.cursor)
            outcome.statistics["exportDataStatistics"] = {"rowCount": str(rows), "fileCount": str(files)}
        return outcome
