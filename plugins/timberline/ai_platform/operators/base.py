"""What the operators in the terms of AI Platform v1 have in common."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from timberline.ai_platform.notes import Note, NoteKind
from timberline.evaluation.gate import Decision
from timberline.operators.step import StepOperator
from timberline.run.compat import AirflowSkipException
from timberline.run.errors import InputError


class MLEngineOperator(StepOperator):
    """A step with the parameters that Airflow's Google provider had for AI Platform; Vertex AI does its work.

    Args:
        project_id, region: (templated) those of the deployment (`TIMBERLINE_PROJECT`, `TIMBERLINE_REGION`), which None
            stands for: everything of a run is in one place.
        gcp_conn_id, impersonation_chain: (templated) who calls Google.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "project_id", "region")

    def __init__(self, *, project_id: str | None = None, region: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project_id = project_id
        self.region = region

    def check_place(self, region: str | None = None) -> None:
        """Check that the task asks for the project and region of the deployment.

        Args:
            region: the region that a body asks for.

        Raises:
            InputError: the task asks for another project or region.
        """
        settings = self.cloud.settings
        asked = (
            ("project_id", self.project_id, settings.project, "TIMBERLINE_PROJECT"),
            ("region", self.region, settings.region, "TIMBERLINE_REGION"),
            ("trainingInput.region", region, settings.region, "TIMBERLINE_REGION"),
        )
        for field, value, own, variable in asked:
            if value and value != own:
                raise InputError(
                    f"{field}: expected {own}, where this deployment works, found {value}; "
                    f"leave it out, or set {variable}"
                )

    def tell(self, notes: Iterable[Note]) -> None:
        """Log what a translation changed: a substitution is told, a warning warned of."""
        for note in notes:
            told = self.log.warning if note.kind is NoteKind.WARNING else self.log.info
            told("%s", note)


def skip_unless_passed(decision: Mapping[str, Any] | None) -> None:
    """End a task whose version did not pass the gate.

    Args:
        decision: the gate's `Decision` in JSON form; None where there is no gate.

    Raises:
        AirflowSkipException: it did not.
    """
    if decision is None:
        return
    found = Decision.from_json(decision)
    if not found.passed:
        raise AirflowSkipException(f"version {found.challenger.version} did not pass the gate: {found.reason}")


def read_flag(value: object, field: str) -> bool:
    """Return a flag, which a template may have turned into text: the text `False` is none that holds.

    Args:
        value: the flag.
        field: what messages call it.

    Raises:
        InputError: it is neither true nor false.
    """
    found = {"true": True, "false": False}.get(str(value).lower())
    if found is None:
        raise InputError(f"{field}: expected true or false, found {value!r}")
    return found
