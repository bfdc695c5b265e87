"""Fields of schemas: the types of BigQuery's REST API, and the DuckDB types that store them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from localgcp.core.conventions.errors import invalid_argument
from localgcp.services.bigquery.types.column_names import check_column_name
from localgcp.services.bigquery.types.parameters import check_parameters, parameters_text

# The REST API answers with the legacy names, whichever names the request used.
_CANONICAL = {
    "INT64": "INTEGER",
    "FLOAT64": "FLOAT",
    "BOOL": "BOOLEAN",
    "STRUCT": "RECORD",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}
_STANDARD = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}
_DUCKDB = {
    "STRING": "VARCHAR",
    "BYTES": "BLOB",
    "INTEGER": "BIGINT",
    "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIME": "TIME",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
    "NUMERIC": "DECIMAL(38,9)",
    # DuckDB has 38 digits, BIGNUMERIC 76. With 19 of them before the point every INT64 fits.
    "BIGNUMERIC": "DECIMAL(38,19)",
    "INTERVAL": "INTERVAL",
    "JSON": "JSON",
}
# DuckDB gives a product of NUMERICs 18 decimal places, which no BIGNUMERIC has.
_NUMERIC_SCALES = 9
_FROM_DUCKDB = {
    "bigint": "INTEGER",
    "integer": "INTEGER",
    "smallint": "INTEGER",
    "tinyint": "INTEGER",
    "ubigint": "INTEGER",
    "uinteger": "INTEGER",
    "usmallint": "INTEGER",
    "utinyint": "INTEGER",
    "hugeint": "INTEGER",
    "uhugeint": "INTEGER",
    "double": "FLOAT",
    "float": "FLOAT",
    "boolean": "BOOLEAN",
    "varchar": "STRING",
    "enum": "STRING",
    "uuid": "STRING",
    "blob": "BYTES",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "DATETIME",
    "timestamp_s": "DATETIME",
    "timestamp_ms": "DATETIME",
    "timestamp_ns": "DATETIME",
    "timestamp with time zone": "TIMESTAMP",
    "decimal": "NUMERIC",
    "interval": "INTERVAL",
    # An untyped NULL is INT64 in GoogleSQL.
    '"null"': "INTEGER",
    "null": "INTEGER",
    "sqlnull": "INTEGER",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One column, or one field of a RECORD.

    Attributes:
        type: the REST API's legacy name, for example `INTEGER`.
        mode: `NULLABLE`, `REQUIRED` or `REPEATED`.
        fields: the fields of a RECORD.
        extra: all else in the `TableFieldSchema`, as given: description, policy tags and so on.
    """

    name: str
    type: str
    mode: str = "NULLABLE"
    fields: tuple["Field", ...] = ()
    extra: dict[str, Any] = field(default_factory=dict, hash=False)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Field":
        """Read a `TableFieldSchema` of a request.

        Raises:
            ApiError: 400 for a name, type or mode that BigQuery does not have.
        """
        name = raw.get("name", "")
        check_column_name(name)
        kind = str(raw.get("type", "")).upper()
        kind = _CANONICAL.get(kind, kind)
        if kind not in _DUCKDB and kind != "RECORD":
            raise invalid_argument(f"Invalid value for type: {raw.get('type')} is not a valid value (field {name})")
        check_parameters(kind, raw)
        mode = (raw.get("mode") or "NULLABLE").upper()
        if mode not in ("NULLABLE", "REQUIRED", "REPEATED"):
            raise invalid_argument(f"Invalid value for mode: {raw['mode']} is not a valid value (field {name})")
        fields = parse_fields(raw.get("fields", ()))
        return cls(name=name, type=kind, mode=mode, fields=fields, extra=_extra(raw))

    @classmethod
    def from_stored(cls, raw: dict[str, Any]) -> "Field":
        """Read what `to_json` returned, without checking it: rules may have become stricter since it was stored.

        Raises:
            KeyError: the name or the type is missing.
        """
        fields = tuple(cls.from_stored(inner) for inner in raw.get("fields", ()))
        return cls(name=raw["name"], type=raw["type"], mode=raw["mode"], fields=fields, extra=_extra(raw))

    def to_json(self) -> dict[str, Any]:
        """Return the `TableFieldSchema`."""
        nested = {"fields": [inner.to_json() for inner in self.fields]} if self.fields else {}
        return {"name": self.name, "type": self.type, "mode": self.mode, **nested, **self.extra}

    @property
    def element(self) -> "Field":
        """The same field for one element of an array: not REPEATED."""
        return replace(self, mode="NULLABLE")

    @property
    def standard_type(self) -> str:
        """The type in GoogleSQL, for example `ARRAY<INT64>`."""
        name = _STANDARD.get(self.type, self.type)
        if self.fields:
            name = f"STRUCT<{', '.join(f'{inner.name} {inner.standard_type}' for inner in self.fields)}>"
        return f"ARRAY<{name}>" if self.mode == "REPEATED" else name

    @property
    def declared_type(self) -> str:
        """The type in GoogleSQL with its parameters, for example `STRING(10)`."""
        name = _STANDARD.get(self.type, self.type) + parameters_text(self.extra)
        if self.fields:
            name = f"STRUCT<{', '.join(f'{inner.name} {inner.declared_type}' for inner in self.fields)}>"
        return f"ARRAY<{name}>" if self.mode == "REPEATED" else name

    @property
    def default(self) -> str | None:
        """The default value as a GoogleSQL expression, or None."""
        found = self.extra.get("defaultValueExpression")
        return str(found) if found else None

    @property
    def duckdb_type(self) -> str:
        """The DuckDB type that stores the field."""
        if self.fields:
            name = f"STRUCT({', '.join(f'{quote(inner.name)} {inner.duckdb_type}' for inner in self.fields)})"
        else:
            name = _DUCKDB[self.type]
        return f"{name}[]" if self.mode == "REPEATED" else name


def _extra(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key not in ("name", "type", "mode", "fields")}


def quote(name: str) -> str:
    """Return a name as a DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def parse_fields(raw: Sequence[dict[str, Any]]) -> tuple[Field, ...]:
    """Read the fields of a schema in a request.

    Raises:
        ApiError: 400 for an invalid field, or two fields of one name.
    """
    fields = tuple(Field.from_json(item) for item in raw)
    check_unique([item.name for item in fields])
    return fields


def check_unique(names: Sequence[str]) -> None:
    """Refuse column names that differ in case alone.

    Raises:
        ApiError: 400, in Google's words.
    """
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise invalid_argument(
                f"Duplicate column names in the result are not supported. Found duplicate(s): {name}", "invalidQuery"
            )
        seen.add(name.lower())


def check_names(fields: Sequence[Field], known: Sequence[Field] = ()) -> None:
    """Refuse fields, also those of RECORDs, with names that no table may have or that differ in case alone.

    Call it before fields are stored that do not come from `Field.from_json`: those of files and of query results.

    Args:
        known: the fields that the table has already; their names are not checked again.

    Raises:
        ApiError: 400, in Google's words.
    """
    check_unique([item.name for item in fields])
    by_name = {item.name: item for item in known}
    for item in fields:
        old = by_name.get(item.name)
        if old is None:
            check_column_name(item.name)
        check_names(item.fields, old.fields if old is not None else ())


def from_duckdb(name: str, kind: Any) -> Field:
    """Return the field for a column of a DuckDB query.

    Args:
        name: the name of the column.
        kind: its type, a `duckdb.sqltypes.DuckDBPyType`.

    Raises:
        ApiError: 400 for a type that BigQuery does not have.
    """
    if kind.id in ("list", "array"):
        return replace(from_duckdb(name, dict(kind.children)["child"]), mode="REPEATED")
    if kind.id == "struct":
        return Field(name=name, type="RECORD", fields=tuple(from_duckdb(key, child) for key, child in kind.children))
    if str(kind) == "JSON":
        return Field(name=name, type="JSON")
    if kind.id == "decimal" and _is_bignumeric(dict(kind.children)["scale"]):
        return Field(name=name, type="BIGNUMERIC")
    if kind.id not in _FROM_DUCKDB:
        raise invalid_argument(f"Column {name} has the type {kind}, which localgcp cannot return.", "invalidQuery")
    return Field(name=name, type=_FROM_DUCKDB[kind.id])


def _is_bignumeric(scale: int) -> bool:
    return scale > _NUMERIC_SCALES and scale % _NUMERIC_SCALES != 0


def columns_ddl(fields: Sequence[Field]) -> str:
    """Return the column list of a DuckDB CREATE TABLE."""
    return ", ".join(f"{quote(f.name)} {f.duckdb_type}{' NOT NULL' if f.mode == 'REQUIRED' else ''}" for f in fields)
