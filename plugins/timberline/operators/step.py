"""What the operators of this package have in common."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.definitions.context import Context

from timberline.edge import final_errors_end_the_task
from timberline.endpoints import DEFAULT_CONNECTION, Connection
from timberline.identity import RunIdentity


class StepOperator(BaseOperator):
    """One step of a run: knows the run, and is not retried after a final error.

    Args:
        gcp_conn_id: (templated) the Airflow connection whose credentials are used.
        impersonation_chain: (templated) the accounts to impersonate, in turn.
    """

    template_fields: Sequence[str] = ("gcp_conn_id", "impersonation_chain")

    def __init__(
        self,
        *,
        gcp_conn_id: str = DEFAULT_CONNECTION,
        impersonation_chain: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    @property
    def connection(self) -> Connection:
        """Who calls Google."""
        return Connection(gcp_conn_id=self.gcp_conn_id, impersonation_chain=self.impersonation_chain)

    def execute(self, context: Context) -> Any:
        """Do the step's work for the run that the context is of."""
        with final_errors_end_the_task(self.log):
            return self.work(RunIdentity(context["ti"].dag_id, str(context["run_id"])))

    @abstractmethod
    def work(self, run: RunIdentity) -> Any:
        """Do the step's work and return its XCom value."""
