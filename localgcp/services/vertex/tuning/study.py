"""Suggests the parameters of the next trial: a StudySpec of Vertex AI, searched by Optuna.

As with Vizier, the first trial is the given starting point, or the middle of the space. The study and the number of the
trial seed the random generator, so a study suggests the same values with and without a restart of the server.
"""

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from localgcp.services.vertex.tuning.search_space import Parameter, Value, is_active, read_parameters

if TYPE_CHECKING:
    import optuna

# The number of trials that only explore, the middle of the space included. On smooth objectives of five parameters two
# are enough for 6 to 12 trials: six trials then came closer to the optimum than twelve random ones.
_FEWEST_EXPLORING = 2
_MOST_EXPLORING = 10
_EXPLORING_PART = 6


class Algorithm(StrEnum):
    """google.cloud.aiplatform.v1.StudySpec.Algorithm; unspecified is Bayesian optimisation."""

    BAYESIAN = "ALGORITHM_UNSPECIFIED"
    GRID = "GRID_SEARCH"
    RANDOM = "RANDOM_SEARCH"


class Study:
    """The search of one tuning job."""

    def __init__(self, spec: Mapping[str, Any], *, name: str, trial_count: int) -> None:
        """Read the StudySpec.

        Args:
            name: a part of the seed, together with the spec.
            trial_count: the largest number of trials.

        Raises:
            ApiError: 400 for a search space without values.
        """
        self.parameters = read_parameters(list(spec.get("parameters", ())))
        self.algorithm = Algorithm(spec.get("algorithm", Algorithm.BAYESIAN))
        self.metric_id: str = spec["metrics"][0]["metricId"]
        self.maximizes = spec["metrics"][0].get("goal") == "MAXIMIZE"
        self.takes_best = spec.get("measurementSelectionType") == "BEST_MEASUREMENT"
        self._trial_count = trial_count
        self._seed = hashlib.sha256(f"{name}\0{sorted(spec.items())!r}".encode()).digest()
        self._asked: dict[str, Any] = {}
        if self.algorithm is Algorithm.GRID:
            for parameter in self.parameters:
                parameter.grid()

    def suggest(self, trial_id: str) -> dict[str, Value] | None:
        """Return the values of a new trial, or None if the grid is exhausted."""
        number = int(trial_id) - 1
        if self.algorithm is Algorithm.GRID:
            return next(itertools.islice(self._grid(), number, None), None)
        fixed = self._centre() if number == 0 and self.algorithm is Algorithm.BAYESIAN else None
        return self._ask(trial_id, fixed)

    def resume(self, trial_id: str, values: Mapping[str, Value]) -> None:
        """Add a trial that an earlier process suggested, and that has not ended."""
        if self.algorithm is not Algorithm.GRID:
            self._ask(trial_id, values)

    def finish(self, trial_id: str, metric: float | None) -> None:
        """Add the result of a trial; None means an infeasible trial."""
        trial = self._asked.pop(trial_id, None)
        if trial is not None:
            state = self._optuna.trial.TrialState
            self._search.tell(trial, metric, state.COMPLETE if metric is not None else state.FAIL)

    def flags(self, values: Mapping[str, Value]) -> dict[str, str]:
        """Return the values for the command line of a trial, by parameter."""
        return {
            parameter.name: parameter.flag(values[parameter.name])
            for parameter in self.parameters
            if parameter.name in values
        }

    def select(self, values: Sequence[float]) -> int:
        """Return the position of the measurement that counts: the best one or the last one, as the spec says."""
        if not self.takes_best:
            return len(values) - 1
        return (max if self.maximizes else min)(range(len(values)), key=values.__getitem__)

    def _ask(self, trial_id: str, fixed: Mapping[str, Value] | None) -> dict[str, Value]:
        self._search.sampler = self._sampler(int(trial_id))
        if fixed is not None:
            by_name = {parameter.name: parameter for parameter in self.parameters}
            self._search.enqueue_trial({name: by_name[name].to_search(value) for name, value in fixed.items()})
        trial = self._search.ask()
        values: dict[str, Value] = {}
        for parameter in self.parameters:
            if is_active(parameter, values):
                values[parameter.name] = parameter.from_search(_suggest(trial, parameter))
        self._asked[trial_id] = trial
        return values

    def _sampler(self, number: int) -> Any:
        seed = int.from_bytes(hashlib.sha256(self._seed + number.to_bytes(4, "big")).digest()[:4], "big")
        samplers = self._optuna.samplers
        if self.algorithm is Algorithm.RANDOM:
            return samplers.RandomSampler(seed=seed)
        exploring = max(_FEWEST_EXPLORING, min(_MOST_EXPLORING, self._trial_count // _EXPLORING_PART))
        has_conditions = any(parameter.parent for parameter in self.parameters)
        return samplers.TPESampler(
            seed=seed, n_startup_trials=exploring, multivariate=True, group=has_conditions, constant_liar=True
        )

    def _centre(self) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for parameter in self.parameters:
            if is_active(parameter, values):
                values[parameter.name] = parameter.centre()
        return values

    def _grid(self, position: int = 0, chosen: Mapping[str, Value] | None = None) -> Iterator[dict[str, Value]]:
        """Yield every point of the grid; the last parameter varies fastest."""
        values = dict(chosen or {})
        if position == len(self.parameters):
            yield values
            return
        parameter = self.parameters[position]
        steps = parameter.grid() if is_active(parameter, values) else (None,)
        for value in steps:
            added = {} if value is None else {parameter.name: value}
            yield from self._grid(position + 1, values | added)

    @cached_property
    def _optuna(self) -> Any:
        """Return Optuna, which is imported for the first trial: the import takes most of a second."""
        import warnings

        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        # Optuna marks the options of the sampler as experimental.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna

    @cached_property
    def _search(self) -> "optuna.Study":
        created: optuna.Study = self._optuna.create_study(direction="maximize" if self.maximizes else "minimize")
        return created


def _suggest(trial: "optuna.Trial", parameter: Parameter) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    distribution = parameter.distribution()
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(parameter.name, distribution.choices)
    if isinstance(distribution, IntDistribution):
        return trial.suggest_int(parameter.name, distribution.low, distribution.high, log=distribution.log)
    assert isinstance(distribution, FloatDistribution)
    return trial.suggest_float(parameter.name, distribution.low, distribution.high, log=distribution.log)
