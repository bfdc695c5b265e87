"""Puts a version into service, or rolls it back."""

from collections.abc import Sequence
from typing import Any

from timberline.evaluation.gate import Decision
from timberline.operators.step import StepOperator
from timberline.release.endpoint_state import ServedEndpoint, short_id
from timberline.release.ids import CHALLENGER_ALIAS, CHAMPION_ALIAS, DEFAULT_ALIAS, Serving, read_serving
from timberline.release.results import Challenger, Deployment, Outcome, SmokeResult
from timberline.release.traffic import promoted
from timberline.run.alerts import AlertEvent
from timberline.run.compat import AirflowSkipException
from timberline.run.errors import InputError, RolledBack, Superseded
from timberline.run.identity import RunIdentity

_UNTESTED = "it was not smoke tested"


class PromoteModelOperator(StepOperator):
    """Gives a tested version all requests and the alias of the version in service, or rolls it back.

    The order is: move the requests, move the aliases, undeploy the former versions. A task that is killed in between
    leaves an endpoint that answers, and its next try continues. If the smoke test found a problem, the former version
    gets all requests again, the version leaves the endpoint, and the task fails. The task also fails if another version
    was promoted after the gate compared.

    Args:
        decision: (templated) the gate's `Decision` in JSON form; the task is skipped unless it passed.
        challenger: (templated) the version: a `Challenger` in JSON form.
        deployment: (templated) where it is deployed: a `Deployment` in JSON form; None with serving `none`.
        smoke: (templated) a `SmokeResult` in JSON form.
        serving: (templated) `endpoint`, `ephemeral` or `none`; with `none` only the aliases move.
        aliases: (templated) further aliases that the version in service gets.

    Returns:
        An `Outcome` in JSON form.
    """

    template_fields: Sequence[str] = (
        *StepOperator.template_fields, "decision", "challenger", "deployment", "smoke", "serving", "aliases",
    )  # fmt: skip

    def __init__(
        self,
        *,
        decision: Any,
        challenger: Any,
        deployment: Any = None,
        smoke: Any = None,
        serving: str = Serving.ENDPOINT.value,
        aliases: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.decision = decision
        self.challenger = challenger
        self.deployment = deployment
        self.smoke = smoke
        self.serving = serving
        self.aliases = aliases

    def work(self, run: RunIdentity) -> dict[str, Any]:  # noqa: ARG002
        """Promote the version, or roll it back.

        Raises:
            AirflowSkipException: the version did not pass the gate.
            RolledBack: the version answered wrongly, or was not tested.
            Superseded: another version was promoted since the gate decided.
        """
        decision, challenger = Decision.from_json(self.decision), Challenger.from_json(self.challenger)
        self.segment = challenger.segment
        if not decision.passed:
            raise AirflowSkipException(f"version {challenger.version} did not pass the gate: {decision.reason}")
        serving = read_serving(str(self.serving))
        deployment = self._deployment(serving)
        is_in_service = self._is_in_service(decision, challenger, deployment)
        if deployment is not None and (problem := self._problem()):
            self._reject(decision, challenger, deployment, problem, is_in_service=is_in_service)
        self._promote(decision, challenger, deployment)
        endpoint = deployment.endpoint if deployment is not None and serving is Serving.ENDPOINT else None
        return Outcome(segment=challenger.segment, version=challenger.version, endpoint=endpoint).to_json()

    def _deployment(self, serving: Serving) -> Deployment | None:
        if serving is Serving.NONE:
            return None
        if not self.deployment:
            raise InputError(f"serving {serving}: expected a deployment, found none; clear the task that deploys")
        return Deployment.from_json(self.deployment)

    def _problem(self) -> str | None:
        return SmokeResult.from_json(self.smoke).problem if self.smoke else _UNTESTED

    def _is_in_service(self, decision: Decision, challenger: Challenger, deployment: Deployment | None) -> bool:
        """Tell whether an earlier try has promoted the version.

        Raises:
            Superseded: the version in service is neither this one nor the one that the gate compared with.
        """
        found = self.cloud.models.champion(challenger.model)
        champion = found.version if found else None
        if champion == challenger.version:
            return True
        if champion == _compared_with(decision):
            return False
        if deployment is not None:
            self._take_down(deployment, challenger, champion)
        raise Superseded(
            f"{challenger.model}: version {challenger.version} was compared with "
            f"{_named(_compared_with(decision))}, but {_named(champion)} is in service now; clear the segment's tasks "
            "from the scoring on to compare again"
        )

    def _reject(
        self, decision: Decision, challenger: Challenger, deployment: Deployment, problem: str, *, is_in_service: bool
    ) -> None:
        """Roll the version back, and send an alert.

        Raises:
            RolledBack: always.
        """
        if is_in_service:  # no former version is left on the endpoint, so keep serving this one
            reason = f"{challenger.name} is in service, and stays: {problem}; promote another version"
        else:
            self._take_down(deployment, challenger, _compared_with(decision))
            reason = (
                f"{challenger.name} was taken from {deployment.endpoint}, {_named(_compared_with(decision))} is in "
                f"service: {problem}"
            )
        self.alert(AlertEvent.ROLLED_BACK, reason, challenger.segment)
        raise RolledBack(reason)

    def _take_down(self, deployment: Deployment, challenger: Challenger, champion: str | None) -> None:
        hook = self.cloud.endpoints
        served = hook.endpoint(deployment.endpoint)
        fallbacks = served.deployments_of(challenger.model, champion) if served is not None else []
        hook.undeploy(deployment.endpoint, deployment.deployed_model, fallback=fallbacks[0] if fallbacks else None)

    def _promote(self, decision: Decision, challenger: Challenger, deployment: Deployment | None) -> None:
        hook = self.cloud.endpoints
        if deployment is not None:
            hook.set_traffic(deployment.endpoint, lambda now: promoted(now.split, deployment.deployed_model))
        self.cloud.models.move_aliases(
            challenger.model, challenger.version, [CHAMPION_ALIAS, DEFAULT_ALIAS, *self.aliases, f"-{CHALLENGER_ALIAS}"]
        )
        self.log.info("%s is in service; before, %s was", challenger.name, _named(_compared_with(decision)))
        served = hook.endpoint(deployment.endpoint) if deployment is not None else None
        if served is not None:
            for former in _formers(served, challenger, _compared_with(decision)):
                hook.undeploy(served.name, former)


def _formers(served: ServedEndpoint, challenger: Challenger, champion: str | None) -> list[str]:
    """Return the deployments that a promotion ends: those of the former champion and of all older versions.

    An older version is still deployed if its successor was promoted without this endpoint. A newer version belongs to
    another run.
    """
    return [
        each.id
        for each in served.deployed
        if each.model == short_id(challenger.model)
        and each.version != challenger.version
        and (each.version == champion or int(each.version) < int(challenger.version))
    ]


def _compared_with(decision: Decision) -> str | None:
    return decision.champion.version if decision.champion else None


def _named(version: str | None) -> str:
    return f"version {version}" if version else "no version"
