"""The forms that functions and operators have for arguments of type BYTES, JSON, NUMERIC and DATE."""

import json
from collections.abc import Callable
from typing import Any

import duckdb
from sqlglot import exp

from localgcp.services.bigquery.dialect.nodes import call, native_cast, render
from localgcp.services.bigquery.dialect.possible_types import possible_types
from localgcp.services.bigquery.errors.query import unsupported
from localgcp.services.bigquery.planner import Planner
from localgcp.services.bigquery.types.json_text import literal
from localgcp.services.bigquery.types.schema import Field

TypeOf = Callable[[exp.Expr], Field | duckdb.Error]
_BYTES = {
    "gs_substr": "gs_substr_bytes",
    "gs_substr_of": "gs_substr_bytes_of",
    "gs_left": "gs_left_bytes",
    "gs_right": "gs_right_bytes",
    "gs_pad_text": "gs_pad_bytes",
    "gs_byte_length": "octet_length",
    "length": "octet_length",
    "reverse": "gs_reverse_bytes",
    "gs_instr": "gs_instr_bytes",
    "gs_translate_text": "gs_translate_bytes",
    "gs_points_text": "gs_points_bytes",
    "gs_split": "gs_split_bytes",
    "gs_md5_text": "gs_md5_bytes",
    "gs_sha1_text": "gs_sha1_bytes",
    "gs_sha256_text": "gs_sha256_bytes",
    "gs_sha512_text": "gs_sha512_bytes",
    "gs_bit_count": "gs_bit_count_bytes",
    "gs_replace": "gs_replace_bytes",
    "gs_repeat": "gs_repeat_bytes",
    "strpos": "gs_strpos_bytes",
    "starts_with": "gs_starts_with_bytes",
    "ends_with": "gs_ends_with_bytes",
    "trim": "gs_trim_bytes",
    "ltrim": "gs_ltrim_bytes",
    "rtrim": "gs_rtrim_bytes",
}
_JSON = {
    "gs_json_query_text": "gs_json_query_json",
    "gs_json_array_text": "gs_json_array_json",
    "gs_string": "gs_json_string",
    "gs_at": "gs_json_item",
}
_NUMERIC = {"gs_pow": "gs_numeric_power"}


class Forms:
    """Finds the nodes of one statement whose form depends on types, and rewrites them.

    Types are asked for only if `possible_types` finds them in the statement.
    """

    def __init__(self, statement: exp.Expr, planner: Planner, type_of: TypeOf) -> None:
        self._type_of = type_of
        self._has = possible_types(statement, planner)

    def may_change(self, node: exp.Expr) -> bool:
        """Tell whether the form of a node may depend on types that this statement has."""
        if isinstance(node, exp.Anonymous):
            name = str(node.this)
            return (
                name in ("gs_format", "gs_text", "gs_value_row")
                or ("BYTES" in self._has and name in _BYTES)
                or ("JSON" in self._has and name in _JSON)
                or ("NUMERIC" in self._has and name in _NUMERIC)
                or name == "gs_string"
            )
        if isinstance(node, exp.Div | exp.Mul | exp.Avg):
            return "NUMERIC" in self._has
        if isinstance(node, exp.Add | exp.Sub):
            return "DATE" in self._has
        if isinstance(node, exp.Select):
            stars = [item for item in node.expressions if item.is_star]
            return node.args.get("kind") == "STRUCT" and bool(stars) and not node.args.get("from_")
        if isinstance(node, exp.Column):
            return "JSON" in self._has and bool(node.table) and not node.is_star
        return isinstance(node, exp.Dot) and "JSON" in self._has

    def form_of(self, node: exp.Expr) -> exp.Expr | None:
        """Return the DuckDB form of a node, or None if the node stays as it is."""
        if isinstance(node, exp.Anonymous):
            return self._function(node)
        if isinstance(node, exp.Select):
            return self._row(node)
        if isinstance(node, exp.Column | exp.Dot):
            return self._json_path(node)
        if isinstance(node, exp.Avg):
            return self._average(node)
        if isinstance(node, exp.Div | exp.Mul):
            return self._numeric(node)
        return self._shifted_date(node) if isinstance(node, exp.Add | exp.Sub) else None

    def _is(self, node: exp.Expr, kind: str) -> bool:
        field = self._type_of(node)
        return isinstance(field, Field) and field.type == kind and field.mode != "REPEATED"

    def _function(self, node: exp.Anonymous) -> exp.Expr | None:
        name, arguments = str(node.this), node.expressions
        if name == "gs_format":
            return self._format(node)
        if name == "gs_value_row":
            return self._value_row(arguments[0])
        field = self._type_of(arguments[0])
        if isinstance(field, duckdb.Error) or field.mode == "REPEATED":
            return None
        if name == "gs_text" or (name == "gs_string" and field.type != "JSON"):
            return exp.Cast(this=arguments[0], to=exp.DataType.build("text"))
        forms = {"BYTES": _BYTES, "JSON": _JSON, "NUMERIC": _NUMERIC}.get(field.type, {})
        if name not in forms:
            return None
        if name == "gs_at":
            arguments = arguments[:2]
        if name == "gs_pad_text" and isinstance(arguments[2], exp.Literal):
            arguments = [*arguments[:2], call("encode", arguments[2]), arguments[3]]
        if name in ("gs_split", "trim", "ltrim", "rtrim") and isinstance(arguments[1], exp.Literal):
            arguments = [arguments[0], call("encode", arguments[1])]
        return call(forms[name], *(argument.copy() for argument in arguments))

    def _format(self, node: exp.Anonymous) -> exp.Expr:
        pattern, *values = node.expressions
        schema: list[dict[str, Any]] = []
        texts: list[exp.Expr] = []
        for value in values:
            field = self._type_of(value)
            if isinstance(field, duckdb.Error):
                raise field
            schema.append({**field.to_json(), "name": "value"})
            texts.append(exp.Var(this=without_time_zone(render(value), field)))
        if not values:
            # A DuckDB function with a variable number of arguments needs at least one of them.
            texts.append(exp.Null())
        return call("gs_format_typed", exp.Var(this=literal(json.dumps(schema))), pattern.copy(), *texts)

    def _value_row(self, value: exp.Expr) -> exp.Expr:
        field = self._type_of(value)
        if isinstance(field, duckdb.Error):
            raise field
        if field.type == "RECORD" and field.mode != "REPEATED":
            return call("unnest", value.copy())
        name = value.name if isinstance(value, exp.Column | exp.Dot) else "f0_"
        return exp.alias_(value.copy(), name, quoted=True)

    def _row(self, select: exp.Select) -> exp.Expr | None:
        """Write out the star of `SELECT AS STRUCT t.*` without FROM, where t is a table of the query around it."""
        items: list[exp.Expr] = []
        for item in select.expressions:
            table = exp.column(item.table) if isinstance(item, exp.Column) and item.is_star else None
            if table is None:
                items.append(item.copy())
                continue
            # Gives the probe the place of the query, where the table is visible.
            table.parent = select.parent
            field = self._type_of(table)
            left_out = {part.name.lower() for part in item.this.args.get("except_") or []}
            for inner in field.fields if isinstance(field, Field) else ():
                if inner.name.lower() not in left_out:
                    items.append(exp.alias_(exp.column(inner.name, item.table, quoted=True), inner.name, quoted=True))
        return exp.Select(expressions=items, kind="STRUCT")

    def _numeric(self, node: exp.Div | exp.Mul) -> exp.Expr | None:
        sides = [self._type_of(side) for side in (node.this, node.expression)]
        kinds = {side.type for side in sides if isinstance(side, Field) and side.mode != "REPEATED"}
        if "NUMERIC" not in kinds or not kinds <= {"NUMERIC", "INTEGER"}:
            return None
        if isinstance(node, exp.Div):
            return call("gs_numeric_divide", node.this.copy(), node.expression.copy())
        product = native_cast(node.copy(), "DECIMAL(38,9)")
        exact = call("gs_numeric_multiply", node.this.copy(), node.expression.copy())
        return exp.Coalesce(this=call("TRY", product), expressions=[exact])

    def _average(self, node: exp.Avg) -> exp.Expr | None:
        value = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
        if not self._is(value, "NUMERIC"):
            return None
        if isinstance(node.parent, exp.Window | exp.Filter):
            return None
        total, count = exp.Sum(this=node.this.copy()), exp.Count(this=node.this.copy())
        nonzero = exp.Nullif(this=count, expression=exp.Var(this="0"))
        return call("gs_numeric_divide", native_cast(total, "DECIMAL(38,9)"), nonzero)

    def _shifted_date(self, node: exp.Add | exp.Sub) -> exp.Expr | None:
        sides = [node.this, node.expression]
        if any(isinstance(side, exp.Interval) for side in sides):
            return None
        kinds = [self._type_of(side) for side in sides]
        types = [kind.type if isinstance(kind, Field) and kind.mode != "REPEATED" else "" for kind in kinds]
        if sorted(types) != ["DATE", "INTEGER"]:
            return None
        sides = [
            native_cast(side.copy(), "INT") if kind == "INTEGER" else side.copy()
            for side, kind in zip(sides, types, strict=True)
        ]
        return exp.paren(type(node)(this=sides[0], expression=sides[1]))

    def _json_path(self, node: exp.Column | exp.Dot) -> exp.Expr | None:
        if isinstance(node, exp.Dot):
            if not isinstance(node.expression, exp.Identifier) or not self._is(node.this, "JSON"):
                return None
            return call("gs_json_field", node.this.copy(), exp.Literal.string(node.expression.name))
        if isinstance(self._type_of(node), Field):
            return None
        parts = [part.copy() for part in node.parts]
        for count in range(1, len(parts)):
            head = exp.Column(**dict(zip(("this", "table", "db", "catalog"), reversed(parts[:count]), strict=False)))
            # Gives the probe the place of the node.
            head.parent = node.parent
            if self._is(head, "JSON"):
                found: exp.Expr = head.copy()
                for part in parts[count:]:
                    found = call("gs_json_field", found, exp.Literal.string(part.name))
                return found
        return None


def without_time_zone(value: str, field: Field) -> str:
    """Return a value with TIMESTAMPs as UTC without zone, for functions in Python: zones would need the package pytz.

    Raises:
        ApiError: 400 for an INTERVAL.
    """
    kind = field.duckdb_type
    if "INTERVAL" in kind:
        # DuckDB passes it to Python as a number of days.
        raise unsupported("INTERVAL in FORMAT and TO_JSON")
    return f"CAST({value} AS {kind.replace(' WITH TIME ZONE', '')})" if "TIME ZONE" in kind else value
