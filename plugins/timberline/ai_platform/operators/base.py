"""The base class of the AI Platform operators."""

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
        project_id, region: (templated) None, or the project and region of the deployment (`TIMBERLINE_PROJECT`,
            `TIMBERLINE_REGION`): a run uses one project and region only.
        gcp_conn_id, impersonation_chain: (templated) the credentials that call Google.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "project_id", "region")

    def __init__(self, *, project_id: str | None = None, region: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project_id = project_id
        self.region = region

    def check_place(self, region: str | None = None) -> None:
        """Check that the task uses the project and region of the deployment.

        Args:
            region: the region in a v1 body; None without one.

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

    def log_notes(self, notes: Iterable[Note]) -> None:
        """Log the notes of a translation."""
        for note in notes:
            log = self.log.warning if note.kind is NoteKind.WARNING else self.log.info
            log("%s", note)


def skip_unless_passed(decision: Mapping[str, Any] | None) -> None:
    """Skip a task whose version did not pass the gate.

    Args:
        decision: the gate's `Decision` in JSON form; None without a gate.

    Raises:
        AirflowSkipException: the version did not pass.
    """
    if decision is None:
        return
    found = Decision.from_json(decision)
    if not found.passed:
        raise AirflowSkipException(f"version {found.challenger.version} did not pass the gate: {found.reason}")


def read_flag(value: object, field: str) -> bool:
    """Return a flag, which a template may have turned into the text `True` or `False`.

    Args:
        value: the flag.
        field: what messages call the flag.

    Raises:
        InputError: the value is neither true nor false.
    """
    found = {"true": True, "false": False}.get(str(value).lower())
    if found is None:
        raise InputError(f"{field}: expected true or false, found {value!r}")
    return found
