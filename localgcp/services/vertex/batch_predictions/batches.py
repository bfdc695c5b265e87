"""Sends the rows of a job to the model in batches, and returns a prediction or an error for each row."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localgcp.core.conventions.errors import (
    ApiError,
    deadline_exceeded,
    internal,
    invalid_argument,
    rpc_status,
    unavailable,
)
from localgcp.services.vertex.batch_predictions.instances import Row
from localgcp.services.vertex.endpoints.connections import NoAnswer, TooSlow
from localgcp.services.vertex.endpoints.model_server import ModelServer
from localgcp.services.vertex.endpoints.prediction import predictions_of, refusal

_TIMEOUT_S = 600.0
_COMES_BACK_S = 60.0
_NOTICED_S = 1.0
_POLL_S = 0.05


class Stopped(Exception):
    """The job is being cancelled, or the server ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Predicted:
    """The result of one row.

    Attributes:
        error: a google.rpc.Status, or None if the row has a prediction.
    """

    row: Row
    prediction: Any = None
    error: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Batches:
    """The batches of one job.

    Attributes:
        size: the number of rows per request.
        parameters: the parameters of each request; None if the job has none.
        stopped: set when the job ends early.
    """

    server: ModelServer
    size: int
    parameters: Any
    stopped: threading.Event

    def predict(self, rows: Sequence[Row]) -> Iterator[Predicted]:
        """Yield the result of each row, in the order of the rows.

        Raises:
            Stopped: the job ends before all rows were sent.
        """
        for start in range(0, len(rows), self.size):
            batch = rows[start : start + self.size]
            good = [row for row in batch if not row.problem]
            outcomes = iter(self._outcomes(good))
            for row in batch:
                error = invalid_argument(row.problem)
                yield Predicted(row=row, error=rpc_status(error)) if row.problem else next(outcomes)

    def _outcomes(self, rows: Sequence[Row]) -> list[Predicted]:
        if not rows:
            return []
        if self.stopped.is_set():
            raise Stopped
        try:
            found = self._send([row.instance for row in rows])
        except ApiError as error:
            if len(rows) == 1:
                return [Predicted(row=rows[0], error=rpc_status(error))]
            # Send the rows one by one, so that a bad row does not prevent the predictions of the others.
            return [outcome for row in rows for outcome in self._outcomes([row])]
        return [Predicted(row=row, prediction=prediction) for row, prediction in zip(rows, found, strict=True)]

    def _send(self, instances: Sequence[Any]) -> Sequence[Any]:
        body: Mapping[str, Any] = {"instances": instances}
        if self.parameters is not None:
            body = {**body, "parameters": self.parameters}
        self._wait(lambda: self.server.is_ready, _COMES_BACK_S)
        try:
            answer = self.server.predict(json.dumps(body).encode(), {"content-type": "application/json"}, _TIMEOUT_S)
        except NoAnswer as error:
            self._wait(lambda: not self.server.is_ready, _NOTICED_S)
            raise unavailable(f"The model server does not answer: {error}.") from error
        except TooSlow as error:
            raise deadline_exceeded(f"The model server does not answer: {error}.") from error
        if answer.status != 200:
            raise refusal(answer)
        found: Sequence[Any] = predictions_of(answer)["predictions"]
        if len(found) != len(instances):
            raise internal(f"The model server gave {len(found)} predictions for {len(instances)} instances.")
        return found

    def _wait(self, holds: Callable[[], bool], timeout_s: float) -> None:
        """Wait until a condition of the model server holds, or the time limit has passed."""
        deadline = time.monotonic() + timeout_s
        while not holds() and time.monotonic() < deadline:
            if self.stopped.wait(_POLL_S):
                raise Stopped
