"""BEGIN, COMMIT and ROLLBACK TRANSACTION, and the statements that a transaction refuses."""

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.scripts.outcome import StatementOutcome
from localgcp.services.bigquery.scripts.query_call import QueryCall
from localgcp.services.bigquery.scripts.temporary import is_temporary
from localgcp.services.bigquery.statements.snapshots import parsed_snapshot
from localgcp.services.bigquery.tables.catalog import Catalog
from localgcp.services.bigquery.tables.transactions import Transaction


def transact(kind: str, call: QueryCall, catalog: Catalog) -> StatementOutcome:
    """BEGIN, COMMIT or ROLLBACK the transaction of a script or session.

    Raises:
        ApiError: 400 for BEGIN in a transaction, for COMMIT or ROLLBACK outside of one, or for a conflict.
    """
    names = call.environment
    assert names is not None
    if kind == "BEGIN":
        if names.transaction is not None:
            raise invalid_query("Transactions cannot be nested: another one is open")
        names.begin(catalog.begin())
    elif names.transaction is None:
        raise invalid_query(f"{kind} TRANSACTION: there is no open transaction")
    assert names.transaction is not None
    transaction_id = names.transaction.transaction_id
    if kind == "COMMIT":
        names.transaction.commit()
        names.transaction = None
    elif kind == "ROLLBACK":
        names.roll_back()
    return StatementOutcome(statistics={"statementType": f"{kind}_TRANSACTION"}, transaction_id=transaction_id)


def transaction_of(call: QueryCall) -> Transaction | None:
    """Return the open transaction of a job's script or session, or None."""
    return call.environment.transaction if call.environment is not None else None


def check_statement(statement: exp.Expr, scope: Scope) -> None:
    """Refuse DDL in a transaction, except for temporary tables and functions.

    Raises:
        ApiError: 400 for other DDL.
    """
    if isinstance(statement, exp.Command):
        statement = parsed_snapshot(statement)
    if isinstance(statement, exp.Command) and statement.name.upper() == "ALTER":
        raise invalid_query("ALTER is not supported inside a transaction")
    if not isinstance(statement, exp.Create | exp.Drop | exp.Alter) or is_temporary(statement):
        return
    table = statement.this
    if isinstance(statement, exp.Drop) and not table.db and table.name.lower() in scope.defaults.temporary:
        return
    kind = f"{type(statement).__name__.upper()} {statement.args.get('kind') or ''}".strip()
    raise invalid_query(f"{kind} of anything but temporary tables and functions is not supported inside a transaction")
