"""The names that the statements of a script or session share: variables, functions, temporary tables."""

from collections import ChainMap
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any

from sqlglot import exp

from localgcp.services.bigquery.errors.query import invalid_query
from localgcp.services.bigquery.routines.functions import Function, put_functions
from localgcp.services.bigquery.scope.scope import Scope
from localgcp.services.bigquery.scripts.variables import Variable, put_system_variables, put_variables
from localgcp.services.bigquery.tables.catalog import SCRIPT_PREFIX
from localgcp.services.bigquery.tables.names import DatasetName, TableName
from localgcp.services.bigquery.tables.transactions import Transaction
from localgcp.services.bigquery.types.schema import Field

STRING = Field(name="value", type="STRING")
INT64 = Field(name="value", type="INTEGER")
_TEXTS = ("error.message", "error.statement_text", "error.formatted_stack_trace", "last_job_id", "session_id")


@dataclass(slots=True)
class ScriptEnvironment:
    """The names of one script or session.

    Attributes:
        hidden: the hidden dataset of the temporary tables.
        variables: the variables by lower-case name, those of the innermost block first.
        functions, temporary: temporary functions and tables by lower-case name.
        system: the system variables: the values of `@@name`.
        transaction: the open transaction, or None.
        temporary_before: the temporary tables that existed when the transaction began.
        depth: how many procedures call each other at the moment.
    """

    hidden: DatasetName
    variables: ChainMap[str, Variable] = field(default_factory=ChainMap)
    functions: dict[str, Function] = field(default_factory=dict)
    temporary: dict[str, TableName] = field(default_factory=dict)
    system: dict[str, Variable] = field(default_factory=dict)
    transaction: Transaction | None = None
    temporary_before: dict[str, TableName] = field(default_factory=dict)
    depth: int = 0

    @classmethod
    def of_job(cls, project: str, job_id: str, dataset: str) -> "ScriptEnvironment":
        """Return the names that a job starts with: system variables only."""
        digest = sha1(f"{project}:{job_id}".encode(), usedforsecurity=False).hexdigest()
        made = cls(DatasetName(project, f"{SCRIPT_PREFIX}{digest}"))
        texts = {"project_id": project, "dataset_project_id": project, "time_zone": "UTC"}
        made.set_system(**dict.fromkeys(_TEXTS), **texts, dataset_id=None)
        made.system["row_count"] = Variable(INT64, None)
        made.begin_job(job_id, dataset)
        return made

    def copy(self) -> "ScriptEnvironment":
        """Return a copy that can change by itself."""
        return ScriptEnvironment(
            self.hidden,
            ChainMap(dict(self.variables)),
            dict(self.functions),
            dict(self.temporary),
            dict(self.system),
            self.transaction,
        )

    def begin(self, transaction: Transaction) -> None:
        """Open a transaction; the next statements are a part of it."""
        self.transaction = transaction
        self.temporary_before = dict(self.temporary)

    def roll_back(self) -> None:
        """Roll back the open transaction, if there is one."""
        if self.transaction is not None:
            self.transaction.rollback()
            self.transaction = None
            self.temporary = self.temporary_before

    def begin_job(self, job_id: str, dataset: str) -> None:
        """Reset the system variables that each job of a session starts with.

        Args:
            job_id: the id of the job.
            dataset: the default dataset of the job; empty keeps that of the session.
        """
        self.set_system(**{"script.job_id": job_id})
        self.set_counts(0, 0, 0)
        if dataset:
            self.set_system(dataset_id=dataset)

    def set_system(self, **values: str | None) -> None:
        """Set system variables of type STRING."""
        self.system |= {name: Variable(STRING, value) for name, value in values.items()}

    def set_counts(self, processed: int, charged: int, children: int) -> None:
        """Set the system variables for the bytes and jobs of the script so far."""
        counts = {"bytes_processed": processed, "bytes_billed": charged, "num_child_jobs": children}
        self.system |= {f"script.{name}": Variable(INT64, value) for name, value in counts.items()}

    @property
    def default_dataset(self) -> str:
        """The dataset of names that do not say one."""
        return str(self.system["dataset_id"].value or "")

    def declare(self, name: str, variable: Variable) -> None:
        """Add a variable to the innermost block.

        Raises:
            ApiError: 400 if this block or one around it has the name.
        """
        if name.lower() in self.variables:
            raise invalid_query(f"Variable '{name}' has already been declared")
        self.variables.maps[0][name.lower()] = variable

    def variable(self, name: str) -> Variable:
        """Return a variable.

        Raises:
            ApiError: 400 if it is not declared.
        """
        if name.lower() not in self.variables:
            raise invalid_query(f"Undeclared variable: {name}")
        return self.variables[name.lower()]

    def assign(self, name: str, value: Any) -> None:
        """Set a declared variable to a value of its type."""
        changed = Variable(self.variable(name).field, value)
        for names in self.variables.maps:
            if name.lower() in names:
                names[name.lower()] = changed
                return

    def substituted(self, statement: exp.Expr, scope: Scope) -> exp.Expr:
        """Replace variables in a statement by their values, and calls of temporary functions by their bodies."""
        statement = put_system_variables(statement, self.system)
        statement = put_variables(statement, self.variables, scope)
        return put_functions(statement, self.functions)
