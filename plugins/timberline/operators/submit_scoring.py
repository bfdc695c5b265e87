"""Submits the job that scores a challenger and the version in service on the same rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from timberline.evaluation.comparison import Comparison, latest_comparison, scores_prefix
from timberline.jobs.remote import JobKind
from timberline.operators.submit_jobs import SubmitJobOperator, with_arguments
from timberline.release.results import Challenger
from timberline.run.errors import InputError
from timberline.run.identity import RunIdentity
from timberline.spec.include import read_job_file
from timberline.spec.jobspecs import CustomJobSpec
from timberline.spec.placeholders import fill

if TYPE_CHECKING:
    from timberline.release.versions import Version


class SubmitScoringJobOperator(SubmitJobOperator):
    """Submits one scoring job, or finds the one that this run submitted before for the same two versions.

    The scores are written to `Comparison.scores_uri` in this step's folder of the segment. If a run is repeated after
    its version was promoted, it finds the job that scored the version before.

    Args:
        challenger: (templated) the challenger: a `Challenger` in JSON form.
        job_file, image_uri, split_uris: as in `SubmitTuningJobOperator`; the job is the file's `scoring`, in which
            `{{ challenger_uri }}` and `{{ scores_uri }}` are filled too. Its containers get `--champion=<uri>` if a
            version is in service.

    Returns:
        A `JobRef` in JSON form.
    """

    template_fields: Sequence[str] = (*SubmitJobOperator.template_fields, "challenger")

    def __init__(self, *, challenger: Any, **kwargs: Any) -> None:
        super().__init__(segment=None, **kwargs)
        self.challenger = challenger

    def work(self, run: RunIdentity) -> dict[str, str]:
        """Submit the job, or find it.

        Raises:
            JobFileError: the job file has no scoring job, or cannot be used.
            InputError: Vertex AI refuses the job, or the version in service has no model artefact.
        """
        challenger = Challenger.from_json(self.challenger)
        self.segment = challenger.segment
        comparison, champion = self._compared(run, challenger)
        spec = self._spec(challenger, comparison.scores_uri(self._folder_uri(run)))
        if champion is not None:
            spec = with_arguments(spec, (f"--champion={champion.artifact_uri}",))
        other = f"version {comparison.champion}" if comparison.champion else "the floor alone: no version is in service"
        self.log.info("version %s is compared with %s", challenger.version, other)
        return self._submitted(run, JobKind.CUSTOM, {"jobSpec": self._job_spec(run, spec)}, comparison.content)

    def _compared(self, run: RunIdentity, challenger: Challenger) -> "tuple[Comparison, Version | None]":
        """Return the pair to compare, and the champion (None if no version is in service).

        Raises:
            InputError: it has no model artefact.
        """
        hook = self.cloud.models
        champion = hook.champion(challenger.model)
        if champion is not None and champion.version == challenger.version:
            former = self._former(run, challenger)
            return former, hook.version(challenger.model, former.champion) if former.champion else None
        if champion is not None and not champion.artifact_uri:
            raise InputError(
                f"{champion.name}, the version in service: expected an artifactUri, found none; register it with its "
                "model artefact, or take the alias champion from it"
            )
        return Comparison(challenger=challenger.version, champion=champion.version if champion else None), champion

    def _former(self, run: RunIdentity, challenger: Challenger) -> Comparison:
        """Return the pair that was compared before the challenger was promoted."""
        storage = self.cloud.storage
        uris = storage.names(scores_prefix(self._folder_uri(run), challenger.version))
        former = latest_comparison(uris, challenger.version)
        return former or Comparison(challenger=challenger.version, champion=None)

    def _folder_uri(self, run: RunIdentity) -> str:
        return run.step_uri(self.cloud.settings.bucket, self.step, str(self.segment))

    def _spec(self, challenger: Challenger, scores_uri: str) -> CustomJobSpec:
        spec = read_job_file(self.job_file).job("scoring", self.job_file)
        texts = {"challenger_uri": challenger.artifact_uri, "scores_uri": scores_uri}
        return fill(spec, self._texts() | texts, self.job_file)
