"""Decides whether a challenger may replace the version in service."""

from collections.abc import Sequence
from typing import Any

from timberline.evaluation.comparison import Comparison, latest_comparison, scores_prefix
from timberline.evaluation.gate import Decision, decide
from timberline.evaluation.scores import Scores
from timberline.jobs.remote import JobRef
from timberline.operators.step import StepOperator
from timberline.release.ids import model_id
from timberline.release.results import Challenger
from timberline.release.versions import Version
from timberline.run.alerts import AlertEvent
from timberline.run.errors import DataError
from timberline.run.identity import RunIdentity
from timberline.run.xcom import single
from timberline.spec.include import read_job_file
from timberline.spec.releasespec import Thresholds


class GateOperator(StepOperator):
    """Compares a challenger with the version in service; the scoring job scored both on the same test rows.

    A rejected challenger is not a failure: it stays registered, is not deployed, and the decision is in the report. If
    a run is repeated after its version was promoted, the version is compared with the former champion, as before.

    Args:
        scoring: (templated) the finished scoring job: a `JobRef` in JSON form, or a list with this element alone.
        register_step: the step that registered the challenger.
        job_file: (templated) the job file below include/jobs; its `gate` has metric and thresholds.
        floor, min_gain: (templated) values of this run, which win over the file's; None for the file's.
        segment_label: (templated) what messages call a segment.
        model_id: (templated) the model's id; None for the pipeline's own model of the segment.

    Returns:
        `decision` and `challenger`: a `Decision` and a `Challenger` in JSON form; each is an XCom of its own.
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
        """Decide about the challenger of a segment.

        Raises:
            DataError: the challenger does not exist any more, it was not scored against the version in service, or the
                trainer does not report the gate's metric.
            JobFileError: the job file does not say which metric the gate compares.
        """
        ref = JobRef.from_json(single(self.scoring))
        self.segment = ref.segment
        version, champion = self._versions(run, ref.segment)
        comparison, scores = self._scores(run, ref, version.version, champion)
        decision = self._decision(ref.segment, comparison, scores)
        self.verdict = decision.action.value
        self.log.info("%s %s: %s: %s", self.segment_label, ref.segment, decision.action, decision.reason)
        if not decision.passed:
            self.alert(AlertEvent.REJECTED, decision.reason)
        challenger = Challenger(
            segment=ref.segment,
            model=version.model,
            version=version.version,
            artifact_uri=version.artifact_uri,
            metrics=scores.metrics("challenger"),
        )
        return {"decision": decision.to_json(), "challenger": challenger.to_json()}

    def _versions(self, run: RunIdentity, segment: str) -> tuple[Version, Version | None]:
        """Return the version that this run registered, and the one in service."""
        hook = self.cloud.models
        model = hook.model_name(self.model_id or model_id(run.dag_id, segment))
        found = hook.find(model, run.labels(self.register_step, segment))
        if not found:
            raise DataError(f"{model} has no version of this run; clear the segment's {self.register_step} task")
        return found[0], hook.champion(model)

    def _decision(self, segment: str, comparison: Comparison, scores: Scores) -> Decision:
        job_file = read_job_file(self.job_file)
        metric = job_file.metric(self.job_file)
        champion = scores.of("champion", comparison.champion, metric) if comparison.champion else None
        run = Thresholds(floor=_optional(self.floor), min_gain=_optional(self.min_gain))
        return decide(
            segment,
            metric,
            scores.of("challenger", comparison.challenger, metric),
            champion,
            job_file.gate.thresholds(segment, run),
        )

    def _scores(
        self, run: RunIdentity, ref: JobRef, challenger: str, champion: Version | None
    ) -> tuple[Comparison, Scores]:
        """Return which versions were compared, and their scores.

        Raises:
            DataError: the scores are those of another champion: another version was promoted since.
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
        return comparison, Scores(storage.read_json(uri), uri)


def _optional(value: float | str | None) -> float | None:
    return None if value is None else float(value)
