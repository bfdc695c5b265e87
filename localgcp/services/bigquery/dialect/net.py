"""Rules for the NET functions, and for names with a dot."""

from sqlglot import exp

from localgcp.services.bigquery.dialect.nodes import Rule, Rules, call
from localgcp.services.bigquery.errors.query import invalid_query, unsupported

_SUPPORTED = frozenset(
    {
        "IP_FROM_STRING",
        "SAFE_IP_FROM_STRING",
        "IP_TO_STRING",
        "IP_NET_MASK",
        "IP_TRUNC",
        "IPV4_FROM_INT64",
        "IPV4_TO_INT64",
        "HOST",
    }
)
# These need the list of public suffixes.
_KNOWN = frozenset({"PUBLIC_SUFFIX", "REG_DOMAIN"})


def _net(node: exp.NetFunc) -> exp.Expr:
    inner = node.this
    name = (inner.this if isinstance(inner, exp.Anonymous) else inner.sql_name()).upper()
    if name in _KNOWN:
        raise unsupported(f"NET.{name}")
    if name not in _SUPPORTED:
        raise invalid_query(f"Function not found: NET.{name}")
    arguments = inner.expressions if isinstance(inner, exp.Anonymous) else [inner.this]
    return call(f"gs_net_{name.lower()}", *arguments)


def _qualified(node: exp.Dot) -> exp.Expr:
    """Refuse functions with other qualifiers, such as `HLL_COUNT.INIT(x)`."""
    inner, family = node.expression, node.this
    if isinstance(inner, exp.Func) and isinstance(family, exp.Identifier):
        name = str(inner.this) if isinstance(inner, exp.Anonymous) else inner.sql_name()
        raise unsupported(f"the function {family.name.upper()}.{name.upper()}")
    return node


RULES: Rules = {exp.NetFunc: _net, exp.Dot: _qualified}
NAMED: dict[str, Rule] = {}
