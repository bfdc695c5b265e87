"""Decides whether a challenger may replace the version in service."""

from collections.abc import Mapping, Sequence
from typing import Any

from timberline.evaluation.comparison import Comparison, latest_comparison, scores_prefix
from timberline.evaluation.gate import Decision, decide
from timberline.evaluation.scores import read_scored_version
from timberline.jobs.remote import JobRef
from timberline.operators.step import StepOperator
from timberline.release.ids import model_id
from timberline.release.results import Challenger
from timberline.release.versions import Version
from timberline.run.alerts import AlertEvent
from timberline.run.errors import DataError
from timberline.run.identity import RunIdentity
from timberline.spec.include import read_job_file


class GateOperator(StepOperator):
    """Compares a challenger with the version in service, both scored on the same test rows by the scoring job.

    A rejected challenger is no failure: it stays registered, is not deployed, and the decision is in the report. A run
    that is repeated after its version was promoted decides again by what the version was compared with then.

    Args:
        scoring: (templated) the finished scoring job: a `JobRef` in JSON form.
        register_step: the step that registered the challenger.
        job_file: (templated) the job file below include/jobs; its `gate` has the thresholds.
        floor, min_gain: (templated) values of this run, which win over the file's; None for the file's.
        segment_label: (templated) what messages call a segment.
        model_id: (templated) the model's id; None for the pipeline's own model of the segment.

    Returns, each under a key of its own: `decision` and `challenger`, a `Decision` and a `Challenger` in JSON form.
    """

    template_fields: Sequence[str] = (
        *StepOperator.template_fields, "scoring", "job_file", "floor", "min_gain", "segment_label", "model_id",
    )  # fmt: skip

    def __init__(
        self,
        *,
        scoring: Any,
        register_step: str,
        job_file: str,
        floor: float | str | None = None,
        min_gain: float | str | None = None,
        segment_label: str = "segment",
        model_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.scoring = scoring
        self.register_step = register_step
        self.job_file = job_file
        self.floor = floor
        self.min_gain = min_gain
        self.segment_label = segment_label
        self.model_id = model_id
        self.verdict = "undecided"

    def work(self, run: RunIdentity) -> dict[str, Any]:
        """Decide.

        Raises:
            DataError: the challenger is gone, or it was not scored against the version in service.
        """
        ref = JobRef.from_json(self.scoring)
        self.segment = ref.segment
        challenger, champion = self._versions(run, ref.segment)
        decision = self._decision(run, ref, challenger, champion)
        self.verdict = decision.action.value
        self.log.info("%s %s: %s: %s", self.segment_label, ref.segment, decision.action, decision.reason)
        if not decision.passed:
            self.alert(AlertEvent.REJECTED, decision.reason)
        result = Challenger(
            segment=ref.segment,
            model=challenger.model,
            version=challenger.version,
            artifact_uri=challenger.artifact_uri,
            metrics={},
        )
        return {"decision": decision.to_json(), "challenger": result.to_json()}

    def _versions(self, run: RunIdentity, segment: str) -> tuple[Version, Version | None]:
        """Return the version that this run registered, and the one in service."""
        hook = self.cloud.models
        model = hook.model_name(self.model_id or model_id(run.dag_id, segment))
        found = hook.find(model, run.labels(self.register_step, segment))
        if not found:
            raise DataError(f"{model} has no version of this run; clear the segment's {self.register_step} task")
        return found[0], hook.champion(model)

    def _decision(self, run: RunIdentity, ref: JobRef, challenger: Version, champion: Version | None) -> Decision:
        comparison, uri, document = self._scores(run, ref, challenger.version, champion)
        job_file = read_job_file(self.job_file)
        metric = job_file.tuning.study_spec.metrics[0]
        thresholds = job_file.gate.thresholds(
            ref.segment, metric.metric_id, metric.goal, floor=_optional(self.floor), min_gain=_optional(self.min_gain)
        )
        return decide(
            ref.segment,
            read_scored_version(document, "challenger", challenger.version, metric.metric_id, uri),
            read_scored_version(document, "champion", comparison.champion, metric.metric_id, uri)
            if comparison.champion
            else None,
            thresholds,
        )

    def _scores(
        self, run: RunIdentity, ref: JobRef, challenger: str, champion: Version | None
    ) -> tuple[Comparison, str, Mapping[str, Any]]:
        """Return what was compared, and the document of its scores.

        Raises:
            DataError: the scores are those of another champion: one was promoted since.
        """
        settings = self.cloud.settings
        storage = self.cloud.storage
        folder = run.step_uri(settings.bucket, ref.step, ref.segment)
        in_service = champion.version if champion else None
        comparison: Comparison | None = Comparison(challenger=challenger, champion=in_service)
        found = storage.names(scores_prefix(folder, challenger))
        if in_service == challenger:
            comparison = latest_comparison(found, challenger)
        if comparison is None or (uri := comparison.scores_uri(folder)) not in found:
            raise DataError(
                f"{self.segment_label} {ref.segment}: version {challenger} was not scored against "
                f"{f'version {in_service}, which' if in_service else 'none, as no version'} is in service now; "
                f"clear the segment's {ref.step} task with what follows"
            )
        return comparison, uri, storage.read_json(uri)


def _optional(value: float | str | None) -> float | None:
    return None if value is None else float(value)
