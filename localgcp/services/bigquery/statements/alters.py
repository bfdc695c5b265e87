"""ALTER TABLE, VIEW, MATERIALIZED VIEW and SCHEMA."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from localgcp.core.conventions.errors import already_exists
from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.parsing.statements import parse
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.scripts.outcome import StatementOutcome, ddl_outcome
from localgcp.services.bigquery.scripts.query_call import QueryCall
from localgcp.services.bigquery.statements.ddl import options_of
from localgcp.services.bigquery.statements.parts import Parts
from localgcp.services.bigquery.tables.entry import TableChange, TableEntry, merged_settings
from localgcp.services.bigquery.tables.names import DatasetName, TableName, check_table_id
from localgcp.services.bigquery.types.coercion import coercible
from localgcp.services.bigquery.types.constraints import stored
from localgcp.services.bigquery.types.declarations import column_of, field_of
from localgcp.services.bigquery.types.schema import Field, check_unique, parse_fields, quote

# Forms that sqlglot does not parse. Their options are parsed as those of ALTER TABLE.
_SCHEMA = re.compile(r"\s*SCHEMA\s+(IF\s+EXISTS\s+)?(\S+)\s+(SET\s+OPTIONS.*)", re.IGNORECASE | re.DOTALL)
_COLUMN = re.compile(
    r"\s*TABLE\s+(IF\s+EXISTS\s+)?(\S+)\s+ALTER\s+COLUMN\s+(IF\s+EXISTS\s+)?(\S+)\s+(SET\s+OPTIONS.*)",
    re.IGNORECASE | re.DOTALL,
)
_MATERIALIZED = re.compile(r"\s*MATERIALIZED\s+(VIEW\s.*)", re.IGNORECASE | re.DOTALL)
Action = Callable[[TableEntry, Any, QueryCall], TableEntry]


class Alters:
    """Runs ALTER statements."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._actions: dict[type[exp.Expr], Action] = {
            exp.ColumnDef: self._add_column,
            exp.Drop: self._drop_column,
            exp.RenameColumn: self._rename_column,
            exp.AlterColumn: self._alter_column,
            exp.AlterSet: self._set_options,
            exp.AddConstraint: self._add_keys,
        }

    def run(self, statement: exp.Alter | exp.Command, call: QueryCall, scope: Scope) -> StatementOutcome:
        """Run one ALTER statement.

        Raises:
            ApiError: the error that the statement fails with.
        """
        if isinstance(statement, exp.Alter):
            return self._table(statement, call, scope)
        text = str(statement.args["expression"])
        if match := _SCHEMA.fullmatch(text):
            return self._schema(match[2], match[3], call, may_miss=bool(match[1]))
        if match := _COLUMN.fullmatch(text):
            (altered,) = parse(f"ALTER TABLE {match[1] or ''}{match[2]} {match[5]}")
            assert isinstance(altered, exp.Alter)
            return self._table(altered, call, scope, column=match[4].strip("`"))
        if match := _MATERIALIZED.fullmatch(text):
            (altered,) = parse(f"ALTER {match[1]}")
            if isinstance(altered, exp.Alter):
                return self._table(altered, call, scope)
        raise unsupported(f"the statement ALTER{text[:40]}")

    def _schema(self, name: str, options: str, call: QueryCall, *, may_miss: bool) -> StatementOutcome:
        (altered,) = parse(f"ALTER TABLE {name} {options}")
        table = altered.this
        dataset = DatasetName(table.db or call.project, table.name)
        outcome = StatementOutcome(statistics={"statementType": "ALTER_SCHEMA", "ddlOperationPerformed": "ALTER"})
        if may_miss and dataset not in self._parts.catalog.datasets:
            outcome.statistics["ddlOperationPerformed"] = "SKIP"
        elif call.is_dry_run:
            self._parts.catalog.datasets.get(dataset)
        else:
            settings = options_of(altered.args["actions"][0], {}, of_schema=True)
            self._parts.catalog.datasets.change(dataset, settings, replace_all=False)
        return outcome

    def _table(self, statement: exp.Alter, call: QueryCall, scope: Scope, column: str = "") -> StatementOutcome:
        name = scope.name_of(statement.this)
        kind = str(statement.args.get("kind") or "TABLE").upper()
        if statement.args.get("exists") and self._parts.catalog.find(name) is None:
            return ddl_outcome(f"ALTER_{kind}", name, "SKIP")
        with self._parts.writing(name, call):
            entry = scope.entry_of(statement.this)
            if (entry.view is not None) != (kind == "VIEW"):
                raise invalid_query(f"{name} is not a {kind.lower()}; use ALTER {'VIEW' if entry.view else 'TABLE'}.")
            actions = statement.args["actions"]
            if isinstance(actions[0], exp.AlterRename):
                self._rename(entry, actions[0], call)
            elif call.is_dry_run:
                self._acted(entry, actions, call, column)
            else:
                with self._parts.catalog.changing(entry, call.cursor) as changing:
                    changed = self._acted(entry, actions, call, column)
                    changing.changes |= {"fields": changed.fields, "settings": changed.settings}
        return ddl_outcome(f"ALTER_{kind}", name, "ALTER")

    def _acted(self, entry: TableEntry, actions: Sequence[Any], call: QueryCall, column: str) -> TableEntry:
        for action in actions:
            if column:
                entry = self._set_column_options(entry, action, call, column)
            elif type(action) in self._actions:
                entry = self._actions[type(action)](entry, action, call)
            else:
                raise unsupported(f"{action.sql('bigquery')} in ALTER TABLE")
        return entry

    @staticmethod
    def _changed(entry: TableEntry, call: QueryCall, sql: str = "", **changes: Any) -> TableEntry:
        if sql and not call.is_dry_run:
            call.cursor.execute(f"ALTER TABLE {quote(entry.physical)} {sql}")
        return TableChange(entry, changes).result()

    def _with_field(self, entry: TableEntry, old: Field, new: Field, call: QueryCall, sql: str = "") -> TableEntry:
        fields = tuple(new if field is old else field for field in entry.fields)
        check_unique([field.name for field in fields])
        return self._changed(entry, call, sql, fields=fields)

    def _add_column(self, entry: TableEntry, action: exp.ColumnDef, call: QueryCall) -> TableEntry:
        (field,) = parse_fields([column_of(action)])
        if any(old.name.lower() == field.name.lower() for old in entry.fields):
            if action.args.get("exists"):
                return entry
            raise invalid_query(f"Column already exists: {field.name}")
        if field.mode == "REQUIRED":
            raise invalid_query(f"Cannot add required columns to an existing schema. (field: {field.name})")
        if field.default:
            raise invalid_query(
                f"Adding a column with DEFAULT ({field.name}) to a table is not supported; "
                "add the column first, then use ALTER COLUMN SET DEFAULT."
            )
        sql = f"ADD COLUMN {quote(field.name)} {field.duckdb_type}{' DEFAULT []' if field.mode == 'REPEATED' else ''}"
        return self._changed(entry, call, sql, fields=(*entry.fields, field))

    def _drop_column(self, entry: TableEntry, action: exp.Drop, call: QueryCall) -> TableEntry:
        kind = str(action.args.get("kind") or "").upper()
        if kind != "COLUMN":
            return self._drop_keys(entry, action, call)
        field = _find(entry, action.this.name, may_miss=bool(action.args.get("exists")))
        if field is None:
            return entry
        if field.name in _layout(entry):
            raise invalid_query(f"Column {field.name} is used for partitioning or clustering and cannot be dropped")
        if len(entry.fields) == 1:
            raise invalid_query("ALTER TABLE DROP COLUMN cannot drop the only column of a table")
        fields = tuple(item for item in entry.fields if item is not field)
        return self._changed(entry, call, f"DROP COLUMN {quote(field.name)}", fields=fields)

    def _drop_keys(self, entry: TableEntry, action: exp.Drop, call: QueryCall) -> TableEntry:
        keys = dict(entry.settings.get("tableConstraints") or {})
        if "PRIMARY KEY" not in action.sql("bigquery").upper():
            raise unsupported(f"{action.sql('bigquery')} in ALTER TABLE")
        keys.pop("primaryKey", None)
        return self._changed(entry, call, settings=merged_settings(entry.settings, {"tableConstraints": keys or None}))

    def _rename_column(self, entry: TableEntry, action: exp.RenameColumn, call: QueryCall) -> TableEntry:
        field = _found(entry, action.this.name)
        new = action.args["to"].name
        if field.name in _layout(entry):
            raise invalid_query(f"Column {field.name} is used for partitioning or clustering and cannot be renamed")
        sql = f"RENAME COLUMN {quote(field.name)} TO {quote(new)}" if new != field.name else ""
        return self._with_field(entry, field, replace(field, name=new), call, sql)

    def _rename(self, entry: TableEntry, action: exp.AlterRename, call: QueryCall) -> None:
        if action.this.args.get("db"):
            raise invalid_query("ALTER TABLE RENAME TO takes a table name without a dataset")
        name = TableName(entry.name.project, entry.name.dataset, action.this.name)
        check_table_id(name.table)
        if self._parts.catalog.find(name) is not None:
            raise already_exists(f"Already Exists: Table {name}")
        if not call.is_dry_run:
            self._parts.catalog.rename(entry, name)

    def _alter_column(self, entry: TableEntry, action: exp.AlterColumn, call: QueryCall) -> TableEntry:
        field = _found(entry, action.this.name)
        if action.args.get("dtype") is not None:
            return self._set_type(entry, field, action.args["dtype"], call)
        if action.args.get("allow_null"):
            sql = f"ALTER COLUMN {quote(field.name)} DROP NOT NULL" if field.mode == "REQUIRED" else ""
            mode = field.mode if field.mode == "REPEATED" else "NULLABLE"
            return self._with_field(entry, field, replace(field, mode=mode), call, sql)
        extra = {key: value for key, value in field.extra.items() if key != "defaultValueExpression"}
        if action.args.get("default") is not None:
            extra["defaultValueExpression"] = action.args["default"].sql("bigquery")
        return self._with_field(entry, field, replace(field, extra=extra), call)

    def _set_type(self, entry: TableEntry, field: Field, kind: exp.DataType, call: QueryCall) -> TableEntry:
        wanted = field_of(kind)
        kept = {key: value for key, value in field.extra.items() if key not in ("maxLength", "precision", "scale")}
        new = replace(
            wanted,
            name=field.name,
            mode=wanted.mode if wanted.mode == "REPEATED" else field.mode,
            extra={**kept, **wanted.extra},
        )
        if not coercible(field, new) or not _is_wider(field, new):
            raise invalid_query(
                f"ALTER TABLE ALTER COLUMN SET DATA TYPE requires that the existing column type "
                f"({field.declared_type}) is assignable to the new type ({new.declared_type})"
            )
        using = stored(new.element, f"CAST({quote(field.name)} AS {new.duckdb_type})")
        sql = f"ALTER COLUMN {quote(field.name)} SET DATA TYPE {new.duckdb_type} USING {using}"
        return self._with_field(entry, field, new, call, sql if new.duckdb_type != field.duckdb_type else "")

    def _set_options(self, entry: TableEntry, action: exp.AlterSet, call: QueryCall) -> TableEntry:
        return self._changed(entry, call, settings=merged_settings(entry.settings, options_of(action, entry.settings)))

    def _set_column_options(self, entry: TableEntry, action: exp.AlterSet, call: QueryCall, name: str) -> TableEntry:
        field = _found(entry, name)
        given = {item.name.lower(): item.args["value"] for item in action.find_all(exp.Property)}
        if unknown := sorted(set(given) - {"description"}):
            raise invalid_query(f"Unknown option: {unknown[0]}")
        text = {key: None if isinstance(value, exp.Null) else value.name for key, value in given.items()}
        extra = {key: value for key, value in {**field.extra, **text}.items() if value is not None}
        return self._with_field(entry, field, replace(field, extra=extra), call)

    def _add_keys(self, entry: TableEntry, action: exp.AddConstraint, call: QueryCall) -> TableEntry:
        for key in action.find_all(exp.PrimaryKey):
            columns = {"columns": [_found(entry, item.name).name for item in key.expressions]}
            keys = {**(entry.settings.get("tableConstraints") or {}), "primaryKey": columns}
            return self._changed(entry, call, settings=merged_settings(entry.settings, {"tableConstraints": keys}))
        raise unsupported(f"{action.sql('bigquery')} in ALTER TABLE")


def _is_wider(old: Field, new: Field) -> bool:
    """Tell whether each parameter of a type grows, stays or is dropped."""
    for key in ("maxLength", "precision", "scale"):
        if new.extra.get(key) and int(new.extra[key]) < int(old.extra.get(key) or (0 if key == "scale" else 10**9)):
            return False
    return True


def _layout(entry: TableEntry) -> set[str]:
    settings = entry.settings
    columns = set((settings.get("clustering") or {}).get("fields", ()))
    for key in ("timePartitioning", "rangePartitioning"):
        columns.add((settings.get(key) or {}).get("field", ""))
    return columns


def _found(entry: TableEntry, name: str) -> Field:
    field = _find(entry, name, may_miss=False)
    assert field is not None
    return field


def _find(entry: TableEntry, name: str, *, may_miss: bool) -> Field | None:
    for field in entry.fields:
        if field.name.lower() == name.lower():
            return field
    if may_miss:
        return None
    raise invalid_query(f"Column not found: {name}")
