"""Rules for STRING and BYTES. `typed_forms` puts in the forms for BYTES once the types are known."""

from sqlglot import exp

from localgcp.services.bigquery.dialect.naming import check_count, integer, named_arguments, renamed
from localgcp.services.bigquery.dialect.nodes import Rule, Rules, call, finished
from localgcp.services.bigquery.errors.query import invalid_query, unsupported

_WHITE_SPACE = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_FORMS = ("NFC", "NFKC", "NFD", "NFKD")


def _bytes(node: exp.ByteString) -> exp.Expr:
    try:
        content = node.name.encode().decode("unicode_escape").encode("latin-1")
    except UnicodeError as error:
        raise invalid_query("Syntax error: Illegal escape sequence in a bytes literal") from error
    return call("unhex", exp.Literal.string(content.hex()))


def _like(node: exp.Like) -> exp.Expr:
    """Rewrite LIKE, in which a backslash escapes the next character."""
    pattern = node.expression
    if isinstance(pattern, exp.All | exp.Any) or (isinstance(pattern, exp.Literal) and "\\" not in pattern.name):
        return node
    inner = finished(exp.Like(this=node.this, expression=pattern))
    return exp.Escape(this=inner, expression=exp.Literal.string("\\"))


def _substring(node: exp.Anonymous) -> exp.Expr:
    """Rewrite SUBSTR, in which negative positions count from the end."""
    check_count(node, 2, 3)
    arguments = [node.expressions[0], *map(integer, node.expressions[1:])]
    return call("gs_substr" if len(arguments) == 2 else "gs_substr_of", *arguments)


def _padding(*, is_left: bool) -> Rule:
    def rule(node: exp.Anonymous) -> exp.Expr:
        check_count(node, 2, 3)
        text, size, *pattern = node.expressions
        side = exp.Var(this="1" if is_left else "0")
        return call("gs_pad_text", text, integer(size), pattern[0] if pattern else exp.Literal.string(" "), side)

    return rule


def _normalize(name: str) -> Rule:
    def rule(node: exp.Anonymous) -> exp.Expr:
        check_count(node, 1, 2)
        form = node.expressions[1].name.upper() if len(node.expressions) > 1 else "NFC"
        if form not in _FORMS:
            raise invalid_query(f"Invalid normalization mode: {form}")
        return call(name, node.expressions[0], exp.Literal.string(form))

    return rule


def _edit_distance(node: exp.Anonymous) -> exp.Expr:
    placed, named = named_arguments(node, 2, 3)
    most = named.get("max_distance", placed[2] if len(placed) > 2 else exp.Null())
    return call("gs_edit_distance", placed[0], placed[1], most)


def _split(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 1, 2)
    text, *separator = node.expressions
    return call("gs_split", text, *(separator or [exp.Literal.string(",")]))


def _initcap(node: exp.Anonymous) -> exp.Expr:
    check_count(node, 1, 2)
    return call("gs_initcap" if len(node.expressions) > 1 else "gs_initcap_of", *node.expressions)


def _contains(node: exp.Anonymous) -> exp.Expr:
    placed, _ = named_arguments(node, 2, 2)
    if isinstance(placed[0], exp.Tuple | exp.Struct):
        raise unsupported("CONTAINS_SUBSTR of several columns")
    return call("gs_contains", call("gs_text", placed[0]), placed[1])


def _format(node: exp.Anonymous) -> exp.Expr:
    # `typed_forms` adds the types of the arguments.
    check_count(node, 1, None)
    return call("gs_format", *node.expressions)


def _trimmed(name: str) -> Rule:
    """Return the rule for a TRIM function: by default GoogleSQL removes all white space, DuckDB only spaces."""

    def rule(node: exp.Anonymous) -> exp.Expr:
        check_count(node, 1, 2)
        text, *characters = node.expressions
        return call(name, text, *(characters or [exp.Literal.string(_WHITE_SPACE)]))

    return rule


RULES: Rules = {
    exp.ByteString: _bytes,
    exp.Like: _like,
}
NAMED: dict[str, Rule] = {
    "ASCII": renamed("gs_ascii", least=1),
    "BYTE_LENGTH": renamed("gs_byte_length", least=1),
    "OCTET_LENGTH": renamed("gs_byte_length", least=1),
    "LENGTH": renamed("length", least=1),
    "CHAR_LENGTH": renamed("length", least=1),
    "CHARACTER_LENGTH": renamed("length", least=1),
    "CHR": renamed("gs_chr", least=1),
    "CODE_POINTS_TO_BYTES": renamed("gs_bytes_of_points", least=1),
    "CODE_POINTS_TO_STRING": renamed("gs_text_of_points", least=1),
    "TO_CODE_POINTS": renamed("gs_points_text", least=1),
    "CONTAINS_SUBSTR": _contains,
    "EDIT_DISTANCE": _edit_distance,
    "FORMAT": _format,
    "FROM_BASE32": renamed("gs_from_base32", least=1),
    "FROM_BASE64": renamed("gs_from_base64", least=1),
    "FROM_HEX": renamed("gs_from_hex", least=1),
    "TO_BASE32": renamed("gs_to_base32", least=1),
    "INITCAP": _initcap,
    "INSTR": renamed("gs_instr", "1", "1", least=2),
    "STRPOS": renamed("strpos", least=2),
    "LEFT": renamed("gs_left", least=2),
    "RIGHT": renamed("gs_right", least=2),
    "LPAD": _padding(is_left=True),
    "RPAD": _padding(is_left=False),
    "NORMALIZE": _normalize("gs_normalize"),
    "NORMALIZE_AND_CASEFOLD": _normalize("gs_casefold"),
    "REPEAT": renamed("gs_repeat", least=2),
    "REPLACE": renamed("gs_replace", least=3),
    "REVERSE": renamed("reverse", least=1),
    "SAFE_CONVERT_BYTES_TO_STRING": renamed("gs_safe_text", least=1),
    "SOUNDEX": renamed("gs_soundex", least=1),
    "SPLIT": _split,
    "SUBSTR": _substring,
    "SUBSTRING": _substring,
    "STARTS_WITH": renamed("starts_with", least=2),
    "ENDS_WITH": renamed("ends_with", least=2),
    "TRIM": _trimmed("trim"),
    "LTRIM": _trimmed("ltrim"),
    "RTRIM": _trimmed("rtrim"),
    "UNICODE": renamed("gs_unicode", least=1),
    "TRANSLATE": renamed("gs_translate_text", least=3),
    "MD5": renamed("gs_md5_text", least=1),
    "SHA1": renamed("gs_sha1_text", least=1),
    "SHA256": renamed("gs_sha256_text", least=1),
    "SHA512": renamed("gs_sha512_text", least=1),
}
