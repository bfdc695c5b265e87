"""Partition filters of a statement: the partitions that it needs, and whether a required filter is there."""

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.partitions.conditions import alternatives
from localgcp.services.bigquery.partitions.pruning import Evaluate, needed
from localgcp.services.bigquery.partitions.pseudo_columns import READS
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.tables.entry import TableEntry
from localgcp.services.bigquery.tables.partition_values import EVERYTHING, NOTHING
from localgcp.services.bigquery.tables.partitioning import PARTITION_DATE, Partitioning


def find_needed(statement: exp.Expr, scope: Scope, evaluate: Evaluate) -> None:
    """Write to `scope.needed` which values of the partitioning columns a statement needs.

    Args:
        statement: with physical tables.
        scope: has the entries of the tables.
        evaluate: evaluates constant expressions.

    Raises:
        ApiError: 400 for a table that requires a partition filter and has none.
    """
    partitioned = {key: entry for key, entry in scope.found.entries.items() if entry.partitioning is not None}
    for node in list(statement.find_all(exp.Table, exp.Subquery)) if partitioned else ():
        entry = partitioned.get(node.meta.get(READS, ""))
        if entry is None or isinstance(node.parent, exp.Insert | exp.Schema):
            continue
        assert entry.partitioning is not None
        names, kinds = _columns(entry.partitioning)
        found = needed(alternatives(node, names), kinds, evaluate)
        if found is None and _must_be_filtered(entry, node, scope):
            raise invalid_query(
                f"Cannot query over table '{entry.name.dotted}' without a filter over column(s) "
                f"{entry.partitioning.filter_columns} that can be used for partition elimination"
            )
        values = EVERYTHING if found is None else found
        scope.needed[entry.physical] = scope.needed.get(entry.physical, NOTHING) | values


def _columns(partitioning: Partitioning) -> tuple[dict[str, str], dict[str, str]]:
    """Return the columns that a partition filter may use, by lower-case name, and their types."""
    column = partitioning.column.lower()
    names = {column: column}
    if partitioning.is_ingestion_time:
        names[PARTITION_DATE.lower()] = PARTITION_DATE.lower()
    return names, {column: partitioning.kind}


def _must_be_filtered(entry: TableEntry, node: exp.Expr, scope: Scope) -> bool:
    is_required = entry.settings.get("requirePartitionFilter")
    is_required = is_required or entry.settings.get("timePartitioning", {}).get("requirePartitionFilter")
    # TRUNCATE is a DELETE without WHERE by now, and needs no filter.
    is_truncation = isinstance(node.parent, exp.Delete) and node.parent.args.get("where") is None
    return bool(is_required) and not scope.is_definition and not is_truncation
