"""Deploys a version that passed the gate to its endpoint, beside the version in service."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from timberline.evaluation.gate import Decision
from timberline.operators.deploying import DeployingOperator
from timberline.release.ids import Serving, endpoint_id, read_serving
from timberline.release.results import Challenger, Deployment
from timberline.release.traffic import canary_share, with_canary
from timberline.run.compat import AirflowSkipException
from timberline.run.identity import RunIdentity

if TYPE_CHECKING:
    from timberline.hooks.endpoints import EndpointsHook


class DeployModelOperator(DeployingOperator):
    """Deploys a version to its segment's endpoint and gives it a share of the requests.

    The version starts without requests, and gets its share when it is healthy: callers do not notice a version that
    does not come up. The deployment's id follows from run, segment and version, so that a second try finds the
    deployment of the first one. The first version of an endpoint gets all requests.

    Args:
        decision: (templated) the gate's `Decision` in JSON form; the task is skipped unless it passed.
        challenger: (templated) the version: a `Challenger` in JSON form.
        job_file: (templated) the job file below include/jobs; its `serving` has the machines.
        serving: (templated) `endpoint`, `ephemeral` or `none`; with `none` nothing is deployed.
        canary_percent: (templated) the share of the requests until the version is promoted, from 1 to 100.
        deploy_timeout_s, deferrable: as in `DeployingOperator`.

    Returns a `Deployment` in JSON form; {} where nothing is deployed.
    """

    template_fields: Sequence[str] = (
        *DeployingOperator.template_fields, "decision", "challenger", "job_file", "serving", "canary_percent",
    )  # fmt: skip

    def __init__(
        self,
        *,
        decision: Any,
        challenger: Any,
        job_file: str,
        serving: str = Serving.ENDPOINT.value,
        canary_percent: int | str = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.decision = decision
        self.challenger = challenger
        self.job_file = job_file
        self.serving = serving
        self.canary_percent = canary_percent
        self.segment = ""

    def work(self, run: RunIdentity) -> dict[str, Any]:
        """Deploy the version.

        Raises:
            AirflowSkipException: the version did not pass the gate.
            DeployFailed: the version does not come up; the endpoint is as before.
            InputError: Vertex AI refuses the endpoint, or the percentage is not from 1 to 100.
        """
        decision, challenger = Decision.from_json(self.decision), Challenger.from_json(self.challenger)
        self.segment = challenger.segment
        serving = read_serving(str(self.serving))
        if not decision.passed:
            raise AirflowSkipException(f"version {challenger.version} did not pass the gate: {decision.reason}")
        if serving is Serving.NONE:
            self.log.info("serving: none; nothing is deployed")
            return {}  # not skipped: the version is promoted all the same
        percent = canary_share(self.canary_percent)
        champion = decision.champion.version if decision.champion else None
        return self._deployed(run, challenger, champion, serving, percent).to_json()

    def _deployed(
        self, run: RunIdentity, challenger: Challenger, champion: str | None, serving: Serving, percent: int
    ) -> Deployment:
        hook = self.cloud.endpoints
        name = self._endpoint(hook, run, serving)
        request = self._request(run, self.segment, challenger.name, name, self.job_file)
        self._bring_up(hook, request, champion)
        served = hook.set_traffic(name, lambda now: with_canary(now.split, request.deployed_model, percent))
        share = with_canary(served.split, request.deployed_model, percent)[request.deployed_model]
        self.log.info("%s: version %s gets %d %% of the requests", name, challenger.version, share)
        return Deployment(
            segment=self.segment,
            endpoint=name,
            deployed_model=request.deployed_model,
            version=challenger.version,
            percent=share,
        )

    def _endpoint(self, hook: "EndpointsHook", run: RunIdentity, serving: Serving) -> str:
        """Return the endpoint's name. An endpoint for the run alone carries the run's label, so that it is deleted."""
        if serving is Serving.ENDPOINT:
            return self._kept_endpoint(hook, run, self.segment)
        labels = run.labels(self.step, self.segment)
        name = run.display_name(self.step, self.segment)
        return hook.ensure_endpoint(endpoint_id(run, self.segment, serving), name, labels).name
