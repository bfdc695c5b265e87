"""Submits the job that scores a challenger and the version in service on the same rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from timberline.evaluation.comparison import Comparison, latest_comparison, scores_prefix
from timberline.jobs.remote import JobKind
from timberline.operators.submit_jobs import SubmitJobOperator, with_arguments
from timberline.release.candidate import Candidate
from timberline.run.errors import InputError, JobFileError
from timberline.run.identity import RunIdentity
from timberline.run.settings import read_settings
from timberline.spec.include import read_job_file
from timberline.spec.jobfile import CustomJobSpec, fill

if TYPE_CHECKING:
    from timberline.release.versions import Version


class SubmitScoringJobOperator(SubmitJobOperator):
    """Submits one scoring job, or finds the one that this run submitted before for the same two versions.

    The scores are written to `Comparison.scores_uri` in this step's folder of the segment. A run that is repeated after
    its version was promoted finds the job that scored it then.

    Args:
        candidate: (templated) the challenger: a `Candidate` in JSON form.
        job_file, image_uri, lot_uris: as in `SubmitTuningJobOperator`; the job is the file's `scoring`, in which
            `{{ challenger_uri }}` and `{{ scores_uri }}` are filled too. Its containers get `--champion=<uri>` where
            there is a version in service.

    Returns a `JobRef` in JSON form.
    """

    template_fields: Sequence[str] = (*SubmitJobOperator.template_fields, "candidate")

    def __init__(self, *, candidate: Any, **kwargs: Any) -> None:
        super().__init__(segment=None, **kwargs)
        self.candidate = candidate

    def work(self, run: RunIdentity) -> dict[str, str]:
        """Submit.

        Raises:
            JobFileError: the job file has no scoring job, or cannot be used.
            InputError: Vertex AI refuses the job, or the version in service has no bundle.
        """
        candidate = Candidate.from_json(self.candidate)
        self.segment = candidate.segment
        comparison, champion = self._compared(run, candidate)
        spec = self._spec(candidate, comparison.scores_uri(self._folder_uri(run)))
        if champion is not None:
            spec = with_arguments(spec, (f"--champion={champion.artifact_uri}",))
        self.log.info("version %s against %s", candidate.version, comparison.champion or "none: none is in service")
        return self._submitted(run, JobKind.CUSTOM, {"jobSpec": self._job_spec(run, spec)}, comparison.content)

    def _compared(self, run: RunIdentity, candidate: Candidate) -> "tuple[Comparison, Version | None]":
        """Return what is compared, and the version in service; None where there is none.

        Raises:
            InputError: it has no bundle.
        """
        from timberline.hooks.models import ModelsHook

        settings = read_settings()
        hook = ModelsHook(settings.project, settings.region, self.connection)
        champion = hook.champion(candidate.model)
        if champion is not None and champion.version == candidate.version:
            former = self._former(run, candidate)
            return former, hook.version(candidate.model, former.champion) if former.champion else None
        if champion is not None and not champion.artifact_uri:
            raise InputError(
                f"{champion.name}, the version in service: expected an artifactUri, found none; register it with its "
                "bundle, or take the alias champion from it"
            )
        return Comparison(challenger=candidate.version, champion=champion.version if champion else None), champion

    def _former(self, run: RunIdentity, candidate: Candidate) -> Comparison:
        """Return what a version that has been promoted since was compared with."""
        from timberline.hooks.storage import StorageHook

        settings = read_settings()
        storage = StorageHook(settings.project, settings.region, self.connection)
        uris = storage.names(scores_prefix(self._folder_uri(run), candidate.version))
        former = latest_comparison(uris, candidate.version)
        return former or Comparison(challenger=candidate.version, champion=None)

    def _folder_uri(self, run: RunIdentity) -> str:
        return run.step_uri(read_settings().bucket, self.step, str(self.segment))

    def _spec(self, candidate: Candidate, scores_uri: str) -> CustomJobSpec:
        spec = read_job_file(self.job_file).scoring
        if spec is None:
            raise JobFileError(
                f"{self.job_file}: scoring: expected the job that scores two versions, found none; add it"
            )
        texts = {"challenger_uri": candidate.artifact_uri, "scores_uri": scores_uri}
        return fill(spec, self._texts() | texts, self.job_file)
