"""Parses the text of a script into its statements and control structures."""

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query, unsupported
from localgcp.services.bigquery.parsing.leaves import (
    LEAVES,
    begin_transaction,
    drop_table_function,
    procedure_arguments,
)
from localgcp.services.bigquery.parsing.tokens import Reader
from localgcp.services.bigquery.parsing.tree import (
    Block,
    Branch,
    CreateProcedure,
    ForEach,
    Jump,
    Loop,
    Node,
    Simple,
    Transact,
)

_JUMPS = {"BREAK": "BREAK", "LEAVE": "BREAK", "CONTINUE": "CONTINUE", "ITERATE": "CONTINUE", "RETURN": "RETURN"}


def parse_script(sql: str) -> tuple[Node, ...]:
    """Return the statements of a GoogleSQL text.

    Raises:
        ApiError: 400 for a syntax error.
    """
    reader = Reader(sql)
    body = _body(reader)
    if not reader.is_done:
        raise reader.unexpected("a statement")
    if not body:
        raise invalid_query("Syntax error: Unexpected end of statement at [1:1]")
    return body


def _body(reader: Reader, *stops: str) -> tuple[Node, ...]:
    found = []
    while not reader.is_done and reader.peek() not in stops:
        if not reader.accept(";"):
            found.append(_node(reader))
            if not reader.is_done:
                reader.expect(";")
    return tuple(found)


def _block(reader: Reader, *stops: str) -> Block:
    place = reader.mark()
    body = _body(reader, *stops)
    return Block(place(), body)


def _node(reader: Reader) -> Node:
    word = reader.peek()
    if word in _JUMPS:
        place = reader.mark()
        reader.accept(word)
        return Jump(place(), _JUMPS[word])
    if word == "CREATE" and "PROCEDURE" in (reader.peek(1), reader.peek(3)):
        return _create_procedure(reader)
    if word == "DROP" and (reader.peek(1), reader.peek(2)) == ("TABLE", "FUNCTION"):
        return drop_table_function(reader)
    rule = _RULES.get(word)
    if rule is not None:
        return rule(reader)
    place = reader.mark()
    statement = reader.statement()
    return Simple(place(), statement)


def _if(reader: Reader) -> Branch:
    place = reader.mark()
    branches: list[tuple[exp.Expr | None, Block]] = []
    reader.expect("IF")
    while True:
        condition = reader.expression("THEN")
        reader.expect("THEN")
        branches.append((condition, _block(reader, "ELSEIF", "ELSE", "END")))
        if not reader.accept("ELSEIF"):
            break
    if reader.accept("ELSE"):
        branches.append((None, _block(reader, "END")))
    reader.expect("END", "IF")
    return Branch(place(), tuple(branches))


def _case(reader: Reader) -> Branch:
    place = reader.mark()
    reader.expect("CASE")
    searched = None if reader.peek() == "WHEN" else reader.expression("WHEN")
    branches: list[tuple[exp.Expr | None, Block]] = []
    while reader.accept("WHEN"):
        condition = reader.expression("THEN")
        reader.expect("THEN")
        if searched is not None:
            condition = exp.EQ(this=exp.paren(searched.copy()), expression=exp.paren(condition))
        branches.append((condition, _block(reader, "WHEN", "ELSE", "END")))
    if reader.accept("ELSE"):
        branches.append((None, _block(reader, "END")))
    reader.expect("END", "CASE")
    return Branch(place(), tuple(branches))


def _loop(reader: Reader) -> Loop:
    place = reader.mark()
    reader.expect("LOOP")
    body = _block(reader, "END")
    reader.expect("END", "LOOP")
    return Loop(place(), body)


def _while(reader: Reader) -> Loop:
    place = reader.mark()
    reader.expect("WHILE")
    condition = reader.expression("DO")
    reader.expect("DO")
    body = _block(reader, "END")
    reader.expect("END", "WHILE")
    return Loop(place(), body, condition=condition)


def _repeat(reader: Reader) -> Loop:
    place = reader.mark()
    reader.expect("REPEAT")
    body = _block(reader, "UNTIL")
    reader.expect("UNTIL")
    until = reader.expression("END")
    reader.expect("END", "REPEAT")
    return Loop(place(), body, until=until)


def _for(reader: Reader) -> ForEach:
    place = reader.mark()
    reader.expect("FOR")
    name = reader.name()
    reader.expect("IN")
    query = reader.expression("DO")
    if not isinstance(query, exp.Subquery):
        raise reader.unexpected("a query in parentheses before DO")
    reader.expect("DO")
    body = _block(reader, "END")
    reader.expect("END", "FOR")
    return ForEach(place(), name, query.unnest(), body)


def _begin(reader: Reader) -> Block | Transact:
    if (transaction := begin_transaction(reader)) is not None:
        return transaction
    place = reader.mark()
    reader.expect("BEGIN")
    body = _body(reader, "EXCEPTION", "END")
    handler = None
    if reader.accept("EXCEPTION"):
        reader.expect("WHEN", "ERROR", "THEN")
        handler = _body(reader, "END")
    reader.expect("END")
    return Block(place(), body, handler)


def _create_procedure(reader: Reader) -> CreateProcedure:
    place = reader.mark()
    reader.expect("CREATE")
    replaces = reader.accept("OR", "REPLACE")
    reader.expect("PROCEDURE")
    is_if_absent = reader.accept("IF", "NOT", "EXISTS")
    name, arguments = reader.path(), procedure_arguments(reader)
    if reader.accept("OPTIONS"):
        reader.slice("BEGIN")
    if reader.peek() != "BEGIN":
        raise unsupported("procedures that are not written in SQL")
    block = _begin(reader)
    return CreateProcedure(place(), name, arguments, block.place.text, replaces, is_if_absent)


_RULES = {
    **LEAVES,
    "IF": _if,
    "CASE": _case,
    "LOOP": _loop,
    "WHILE": _while,
    "REPEAT": _repeat,
    "FOR": _for,
    "BEGIN": _begin,
}
