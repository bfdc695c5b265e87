"""Rules for JSON functions. Those for STRING and JSON arguments differ; `typed_forms` decides once types are known."""

from sqlglot import exp

from localgcp.services.bigquery.dialect.naming import check_count, counted, named_arguments, no_signature, renamed
from localgcp.services.bigquery.dialect.nodes import Rule, Rules, call
from localgcp.services.bigquery.errors.query import unsupported

_ROOT = "'$'"


def _parse(node: exp.Anonymous | exp.ParseJSON) -> exp.Expr:
    if isinstance(node, exp.ParseJSON):
        if isinstance(node.this, exp.Dot | exp.Bracket):
            return _path_behind_literal(node.this)
        return call("gs_json", node.this, exp.Literal.string("exact"))
    placed, named = named_arguments(node, 1, 1)
    return call("gs_json", placed[0], named.get("wide_number_mode", exp.Literal.string("exact")))


def _path_behind_literal(path: exp.Expr) -> exp.Expr:
    """Rewrite `JSON '...'.field`, which sqlglot parses as a field of the string literal."""
    literal = path
    while isinstance(literal, exp.Dot | exp.Bracket):
        literal = literal.this
    literal.replace(call("gs_json", literal.copy(), exp.Literal.string("exact")))
    # In parentheses, so that the rule for brackets still applies: it has passed the node itself.
    return exp.paren(path, copy=False) if isinstance(path, exp.Bracket) else path


def as_json(value: exp.Expr) -> exp.Expr:
    """Return TO_JSON of a value; `typed` renders it once the type is known."""
    return exp.JSONFormat(this=value, to_json=True)


def _to_json(node: exp.Anonymous) -> exp.Expr:
    placed, named = named_arguments(node, 1, 2)
    wide = named.get("stringify_wide_numbers", placed[1] if len(placed) > 1 else None)
    return exp.JSONFormat(this=placed[0], to_json=True, options=wide)


def _flagged(name: str, flag: str, default: str) -> Rule:
    """Return the rule for JSON_SET and similar functions: a document, pairs of path and value, and a flag."""

    def rule(node: exp.Anonymous) -> exp.Expr:
        placed, named = named_arguments(node, 3, None)
        if len(placed) % 2 == 0:
            raise no_signature(str(node.this), "a path has no value")
        items = [as_json(item) if index % 2 else item for index, item in enumerate(placed[1:])]
        return call(name, placed[0], named.get(flag, exp.Var(this=default)), *items)

    return rule


def _strip_nulls(node: exp.Anonymous) -> exp.Expr:
    placed, named = named_arguments(node, 1, 2)
    path = placed[1] if len(placed) > 1 else exp.Literal.string("$")
    flags = (named.get("include_arrays", exp.Var(this="true")), named.get("remove_empty", exp.Var(this="false")))
    return call("gs_json_strip", placed[0], path, *flags)


def _keys(node: exp.Anonymous) -> exp.Expr:
    placed, named = named_arguments(node, 1, 2)
    depth = placed[1] if len(placed) > 1 else exp.Null()
    return call("gs_json_keys", placed[0], depth, named.get("mode", exp.Literal.string("strict")))


def _object(node: exp.Anonymous) -> exp.Expr:
    items = node.expressions
    if len(items) == 2 and isinstance(items[0], exp.Array):
        values = items[1]
        if not isinstance(values, exp.Array):
            raise unsupported("JSON_OBJECT with an array of values that is not an array literal")
        return call(
            "gs_json_object_of", items[0], exp.Array(expressions=[as_json(item) for item in values.expressions])
        )
    if not items:
        return call("gs_json", exp.Literal.string("{}"), exp.Literal.string("exact"))
    if len(items) % 2:
        raise no_signature("JSON_OBJECT", "it has an odd number of arguments")
    return call("gs_json_object", *(as_json(item) if index % 2 else item for index, item in enumerate(items)))


def _array(node: exp.Anonymous) -> exp.Expr:
    if not node.expressions:
        return call("gs_json", exp.Literal.string("[]"), exp.Literal.string("exact"))
    return call("gs_json_array", *map(as_json, node.expressions))


def _number(name: str) -> Rule:
    def rule(node: exp.Anonymous) -> exp.Expr:
        placed, _ = named_arguments(node, 1, 1)
        return call(name, placed[0])

    return rule


def _string(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 1, 2)
    return (
        call("gs_string", *node.expressions) if len(node.expressions) == 1 else call("gs_string_in", *node.expressions)
    )


RULES: Rules = {exp.ParseJSON: _parse}
NAMED: dict[str, Rule] = {
    "PARSE_JSON": _parse,
    "TO_JSON": _to_json,
    "JSON_VALUE": renamed("gs_json_value", _ROOT, least=1),
    "JSON_EXTRACT_SCALAR": renamed("gs_json_value", _ROOT, least=1),
    "JSON_QUERY": renamed("gs_json_query_text", _ROOT, least=1),
    "JSON_EXTRACT": renamed("gs_json_query_text", _ROOT, least=1),
    "JSON_QUERY_ARRAY": renamed("gs_json_array_text", _ROOT, least=1),
    "JSON_EXTRACT_ARRAY": renamed("gs_json_array_text", _ROOT, least=1),
    "JSON_VALUE_ARRAY": renamed("gs_json_value_array", _ROOT, least=1),
    "JSON_EXTRACT_STRING_ARRAY": renamed("gs_json_value_array", _ROOT, least=1),
    "JSON_TYPE": renamed("gs_json_type", least=1),
    "JSON_CONTAINS": renamed("gs_json_contains", least=2),
    "JSON_KEYS": _keys,
    "JSON_SET": _flagged("gs_json_set", "create_if_missing", "true"),
    "JSON_ARRAY_APPEND": _flagged("gs_json_append", "append_each_element", "true"),
    "JSON_ARRAY_INSERT": _flagged("gs_json_insert", "insert_each_element", "true"),
    "JSON_REMOVE": counted(renamed("gs_json_remove"), 2, None),
    "JSON_STRIP_NULLS": _strip_nulls,
    "JSON_ARRAY": _array,
    "JSON_OBJECT": _object,
    "LAX_BOOL": renamed("gs_lax_bool", least=1),
    "LAX_INT64": renamed("gs_lax_int64", least=1),
    "LAX_FLOAT64": renamed("gs_lax_float64", least=1),
    "LAX_STRING": renamed("gs_lax_string", least=1),
    "BOOL": _number("gs_json_bool"),
    "INT64": _number("gs_json_int64"),
    "FLOAT64": _number("gs_json_float64"),
    "DOUBLE": _number("gs_json_float64"),
    "BOOL_ARRAY": _number("gs_json_bool_array"),
    "INT64_ARRAY": _number("gs_json_int64_array"),
    "FLOAT64_ARRAY": _number("gs_json_float64_array"),
    "DOUBLE_ARRAY": _number("gs_json_float64_array"),
    "STRING_ARRAY": _number("gs_json_string_array"),
    "STRING": _string,
}
