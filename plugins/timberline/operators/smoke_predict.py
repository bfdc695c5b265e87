"""Asks a version that has just been deployed for predictions that are known."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from timberline.evaluation.smoke import (
    DEFAULT_TOLERANCE,
    PREDICTIONS_FILE,
    SmokeRows,
    Tolerance,
    compare,
    missing,
    read_rows,
    requests_needed,
)
from timberline.operators.step import StepOperator
from timberline.release.results import Challenger, Deployment, SmokeResult
from timberline.run.errors import DataError
from timberline.run.identity import RunIdentity
from timberline.run.transience import brief, is_transient, pauses

if TYPE_CHECKING:
    from timberline.hooks.predictions import PredictionsHook


class SmokePredictOperator(StepOperator):
    """Sends test rows to an endpoint and compares the version's answers with its trainer's own predictions.

    The endpoint chooses the version that answers. Requests are sent until this version has answered one, as many as
    its share of the requests makes necessary. A wrong or missing answer does not fail this task: the result has the
    `problem`, and `PromoteModelOperator` then rolls the version back.

    Args:
        deployment: (templated) a `Deployment` in JSON form; {} if nothing is deployed.
        challenger: (templated) the version: a `Challenger` in JSON form. `predictions.json` beside its model artefact
            has `instances`, and for each a prediction: `probability`, `predicted` and the true `label`.
        tolerance: how far the two predictions of a row may differ.

    Returns:
        A `SmokeResult` in JSON form; {} if nothing is deployed.
    """

    template_fields: Sequence[str] = (*StepOperator.template_fields, "deployment", "challenger")

    def __init__(
        self, *, deployment: Any, challenger: Any, tolerance: Tolerance = DEFAULT_TOLERANCE, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.deployment = deployment
        self.challenger = challenger
        self.tolerance = tolerance

    def work(self, run: RunIdentity) -> dict[str, Any]:  # noqa: ARG002
        """Ask for predictions and compare them with the trainer's."""
        if not self.deployment:
            self.log.info("nothing is deployed")
            return {}
        deployment, challenger = Deployment.from_json(self.deployment), Challenger.from_json(self.challenger)
        self.segment = deployment.segment
        result = self._result(deployment, f"{challenger.artifact_uri.rstrip('/')}/{PREDICTIONS_FILE}")
        if result.problem:
            self.log.error("%s: version %s: %s", deployment.endpoint, deployment.version, result.problem)
        else:
            self.log.info(
                "%s: version %s predicts %d test rows as its trainer does; the largest difference is %.2g",
                deployment.endpoint, deployment.version, result.rows, result.max_abs_difference,
            )  # fmt: skip
        return result.to_json()

    def _result(self, deployment: Deployment, uri: str) -> SmokeResult:
        storage = self.cloud.storage
        try:
            rows = read_rows(storage.read_json(uri), uri)
        except DataError as error:
            return missing(deployment.segment, str(error))
        served = self.cloud.endpoints.endpoint(deployment.endpoint)
        share = 0 if served is None else served.split.get(deployment.deployed_model, 0)
        if not share:
            return missing(deployment.segment, f"{deployment.endpoint} sends it no requests")
        return self._asked(self.cloud.predictions, deployment, rows, requests_needed(share))

    def _asked(self, hook: "PredictionsHook", deployment: Deployment, rows: SmokeRows, requests: int) -> SmokeResult:
        """Ask until the version answers, has had its chances, or the endpoint is unavailable for too long."""
        error: Exception | None = None
        waits = pauses()
        asked = 0
        while asked < requests:
            try:
                answer = hook.predict(deployment.endpoint, rows.instances)
                if answer.deployed_model == deployment.deployed_model:
                    return compare(deployment.segment, rows, answer.predictions, self.tolerance)
            except Exception as failure:  # another version of the endpoint may have failed: ask again
                error = failure
                if is_transient(failure):
                    self.log.warning("%s: %s; asking again", deployment.endpoint, brief(failure))
                    if (pause := next(waits, None)) is None:
                        break
                    time.sleep(pause)
                    continue
            asked += 1
        reason = f"; the last failure: {brief(error)}" if error else ""
        return missing(deployment.segment, f"no answer from it to {asked} requests{reason}")
