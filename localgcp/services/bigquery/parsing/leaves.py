"""Parses the statements of scripts that contain no others: DECLARE, SET, RAISE, CALL, EXECUTE IMMEDIATE and so on."""

from sqlglot import exp

from localgcp.services.bigquery.parsing.tokens import Reader
from localgcp.services.bigquery.parsing.tree import Assert, Assign, Call, Declare, Execute, Raise, Simple, Transact


def _declare(reader: Reader) -> Declare:
    place = reader.mark()
    reader.expect("DECLARE")
    names = reader.names()
    kind = reader.text(reader.slice("DEFAULT"))
    default = reader.expression() if reader.accept("DEFAULT") else None
    if not kind and default is None:
        raise reader.unexpected("a type or DEFAULT")
    return Declare(place(), names, exp.DataType.build(kind, dialect="bigquery") if kind else None, default)


def _set(reader: Reader) -> Assign:
    place = reader.mark()
    reader.expect("SET")
    if reader.accept("@", "@"):
        name = reader.name()
        reader.expect("=")
        value = reader.expression()
        return Assign(place(), (name,), value, is_system=True)
    if reader.accept("("):
        names = reader.names()
        reader.expect(")")
    else:
        names = (reader.name(),)
    reader.expect("=")
    value = reader.expression()
    return Assign(place(), names, value)


def _raise(reader: Reader) -> Raise:
    place = reader.mark()
    reader.expect("RAISE")
    message = None
    if reader.accept("USING"):
        reader.expect("MESSAGE", "=")
        message = reader.expression()
    return Raise(place(), message)


def _assert(reader: Reader) -> Assert:
    place = reader.mark()
    reader.expect("ASSERT")
    condition = reader.expression("AS")
    description = reader.slice() if reader.accept("AS") else []
    return Assert(place(), condition, description[0].text if description else "")


def _execute(reader: Reader) -> Execute:
    place = reader.mark()
    reader.expect("EXECUTE", "IMMEDIATE")
    text = reader.expression("INTO", "USING")
    into = reader.names() if reader.accept("INTO") else ()
    using: list[tuple[str, exp.Expr]] = []
    if reader.accept("USING"):
        while True:
            value = reader.expression(",")
            using.append((value.alias, value.this) if isinstance(value, exp.Alias) else ("", value))
            if not reader.accept(","):
                break
    return Execute(place(), text, into, tuple(using))


def _call(reader: Reader) -> Call:
    place = reader.mark()
    reader.expect("CALL")
    name = reader.path()
    reader.expect("(")
    arguments: list[exp.Expr] = []
    while not reader.accept(")"):
        arguments.append(reader.expression(",", ")"))
        if reader.peek() != ")":
            reader.expect(",")
    return Call(place(), name, tuple(arguments))


def _end_transaction(reader: Reader) -> Transact:
    place = reader.mark()
    kind = reader.peek()
    reader.expect(kind)
    reader.accept("TRANSACTION")
    return Transact(place(), kind)


def begin_transaction(reader: Reader) -> Transact | None:
    """Read BEGIN TRANSACTION; return None, and read nothing, if a block begins."""
    if reader.peek(1) not in ("TRANSACTION", ";") and reader.has(1):
        return None
    place = reader.mark()
    reader.expect("BEGIN")
    reader.accept("TRANSACTION")
    return Transact(place(), "BEGIN")


def drop_table_function(reader: Reader) -> Simple:
    """Read DROP TABLE FUNCTION."""
    place = reader.mark()
    reader.expect("DROP", "TABLE", "FUNCTION")
    exists = reader.accept("IF", "EXISTS")
    project, dataset, name = ("", "", *reader.path())[-3:]
    table = exp.table_(name, dataset, project)
    return Simple(place(), exp.Drop(this=table, kind="TABLE FUNCTION", exists=exists))


def procedure_arguments(reader: Reader) -> tuple[tuple[str, str, exp.DataType], ...]:
    """Read the arguments of a procedure: modes, names and types."""
    found = []
    reader.expect("(")
    while not reader.accept(")"):
        mode = next((word for word in ("IN", "OUT", "INOUT") if reader.accept(word)), "IN")
        name, kind = reader.name(), reader.text(reader.slice(",", ")"))
        while kind.count("<") > kind.count(">") and reader.accept(","):
            kind += f", {reader.text(reader.slice(',', ')'))}"
        found.append((mode, name, exp.DataType.build(kind, dialect="bigquery")))
        if reader.peek() != ")":
            reader.expect(",")
    return tuple(found)


LEAVES = {
    "CALL": _call,
    "COMMIT": _end_transaction,
    "ROLLBACK": _end_transaction,
    "DECLARE": _declare,
    "SET": _set,
    "RAISE": _raise,
    "ASSERT": _assert,
    "EXECUTE": _execute,
}
