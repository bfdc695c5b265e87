"""The tree of a parsed script: statements, and the control structures around them."""

from dataclasses import dataclass, field

from sqlglot import exp


@dataclass(frozen=True, slots=True)
class SourceSpan:
    """The place of a statement in its script, with lines and columns from 1, and its text."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str

    def __str__(self) -> str:
        return f"[{self.line}:{self.column}]"


@dataclass(frozen=True, slots=True)
class Node:
    """One statement of a script."""

    place: SourceSpan


@dataclass(frozen=True, slots=True)
class Simple(Node):
    """A statement that becomes a job: a query, DML or DDL."""

    statement: exp.Expr


@dataclass(frozen=True, slots=True)
class Declare(Node):
    """DECLARE; without a type the variables have the type of the default value."""

    names: tuple[str, ...]
    kind: exp.DataType | None
    default: exp.Expr | None


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """SET; several names take the fields of one STRUCT, or the items of a tuple."""

    names: tuple[str, ...]
    value: exp.Expr
    is_system: bool = False


@dataclass(frozen=True, slots=True)
class Block(Node):
    """BEGIN ... EXCEPTION ... END, and the body of every other control structure."""

    body: tuple[Node, ...]
    handler: tuple[Node, ...] | None = None


@dataclass(frozen=True, slots=True)
class Branch(Node):
    """IF and CASE: runs the first branch whose condition is true, or the one without a condition."""

    branches: tuple[tuple[exp.Expr | None, Block], ...]


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """LOOP, WHILE (a condition before each iteration) and REPEAT (a condition after it)."""

    body: Block
    condition: exp.Expr | None = None
    until: exp.Expr | None = None


@dataclass(frozen=True, slots=True)
class ForEach(Node):
    """FOR name IN (query) DO."""

    name: str
    query: exp.Expr
    body: Block


@dataclass(frozen=True, slots=True)
class Jump(Node):
    """BREAK, CONTINUE or RETURN."""

    kind: str


@dataclass(frozen=True, slots=True)
class Raise(Node):
    """RAISE; without a message it raises the handled error again."""

    message: exp.Expr | None


@dataclass(frozen=True, slots=True)
class Assert(Node):
    """ASSERT condition AS description."""

    condition: exp.Expr
    description: str


@dataclass(frozen=True, slots=True)
class Transact(Node):
    """BEGIN, COMMIT or ROLLBACK TRANSACTION."""

    kind: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    """CALL name(arguments); the name has one to three parts."""

    name: tuple[str, ...]
    arguments: tuple[exp.Expr, ...]


@dataclass(frozen=True, slots=True)
class CreateProcedure(Node):
    """CREATE PROCEDURE; arguments are modes, names and types, the body is the text of its block."""

    name: tuple[str, ...]
    arguments: tuple[tuple[str, str, exp.DataType], ...]
    body: str
    replaces: bool = False
    is_if_absent: bool = False


@dataclass(frozen=True, slots=True)
class Execute(Node):
    """EXECUTE IMMEDIATE text INTO names USING values; a value may have a name."""

    text: exp.Expr
    into: tuple[str, ...] = ()
    using: tuple[tuple[str, exp.Expr], ...] = field(default=())
