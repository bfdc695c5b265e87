"""What a run may cost at most, and what is refused above a limit."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.timberline.spec.test_jobfile import SHIPPED_JOB_FILES
from timberline.run.errors import InputError
from timberline.spec.costs import (
    CostBound,
    JobCost,
    PlannedJob,
    check_cost,
    cost_bound,
    planned_jobs,
)
from timberline.spec.decoding import decode
from timberline.spec.include import read_job_file
from timberline.spec.jobfile import JobFile
from timberline.spec.jobspecs import CustomJobSpec, TuningSpec
from timberline.spec.prices import Prices, parse_prices

_INCLUDE = Path(__file__).parents[4] / "include"
_PRICES = Prices(
    region="us-central1",
    machine_types={"n1-standard-4": 0.2, "n1-standard-8": 0.4},
    accelerator_types={"NVIDIA_TESLA_T4": 0.35},
)
_STUDY = {
    "metrics": [{"metricId": "f1", "goal": "MAXIMIZE"}],
    "parameters": [{"parameterId": "x", "doubleValueSpec": {"minValue": 0, "maxValue": 1}}],
}


def _pool(machine: str = "n1-standard-4", replicas: int = 1, **accelerator: Any) -> dict[str, Any]:
    return {
        "machineSpec": {"machineType": machine, **accelerator},
        "replicaCount": replicas,
        "containerSpec": {"imageUri": "image"},
    }


def _spec(*pools: dict[str, Any], timeout: str = "3600s") -> CustomJobSpec:
    return decode(CustomJobSpec, {"workerPoolSpecs": list(pools), "scheduling": {"timeout": timeout}}, "")


def _tuning(spec: CustomJobSpec, trials: int = 6) -> TuningSpec:
    raw = {"studySpec": _STUDY, "maxTrialCount": trials, "parallelTrialCount": 1}
    pool = {"workerPoolSpecs": [_pool()], "scheduling": {"timeout": "1s"}}
    return dataclasses.replace(decode(TuningSpec, {**raw, "trialJobSpec": pool}, ""), trial_job_spec=spec)


def _jobs(
    tuning: TuningSpec | None, training: CustomJobSpec, scoring: CustomJobSpec | None = None
) -> tuple[PlannedJob, ...]:
    return planned_jobs(JobFile(tuning=tuning, training=training, scoring=scoring), tuning)


def test_every_job_of_every_segment_counts_as_long_as_its_timeout() -> None:
    one, half = _spec(_pool()), _spec(_pool(), timeout="1800s")
    bound = cost_bound(7, _jobs(_tuning(one), one, half), _PRICES)
    assert bound.usd == pytest.approx(7 * (6 + 1 + 0.5) * 0.2)
    assert bound.statement == (
        "at most 10.50 USD of machine time: 7 x (6 trials x 1 h + retraining 1 h + scoring 0.5 h) "
        "on n1-standard-4 at 0.2 USD/h, prices of us-central1"
    )


def test_without_a_scoring_job_none_is_counted() -> None:
    spec = _spec(_pool())
    assert cost_bound(2, _jobs(_tuning(spec, trials=1), spec), _PRICES).usd == pytest.approx(2 * 2 * 0.2)


def test_a_run_without_tuning_pays_for_the_training_alone() -> None:
    bound = cost_bound(2, _jobs(None, _spec(_pool())), _PRICES)
    assert bound.statement.startswith("at most 0.40 USD of machine time: 2 x (training 1 h) on n1-standard-4")


def test_all_workers_and_accelerators_are_paid_for() -> None:
    chief = _pool("n1-standard-8", acceleratorType="NVIDIA_TESLA_T4", acceleratorCount=2)
    bound = cost_bound(1, _jobs(_tuning(_spec(chief, _pool(replicas=3)), trials=1), _spec(_pool())), _PRICES)
    assert bound.usd == pytest.approx((0.4 + 2 * 0.35 + 3 * 0.2) + 0.2)
    assert "1 trial 1 h on n1-standard-8 with 2 NVIDIA_TESLA_T4 + 3 n1-standard-4 at 1.7 USD/h + " in bound.statement


def test_the_bound_is_rounded_up_to_a_cent() -> None:
    def usd(price: float) -> float:
        job = JobCost(name="retraining", count=1, hours=1.0, machines="m", usd_per_hour=price)
        return CostBound(segments=1, jobs=(job,), region="r").usd

    assert usd(0.101) == 0.11
    assert usd(0.1 + 0.2) == 0.3


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        (
            _pool("n1-standrad-4"),
            "include/prices.yaml has no machine type 'n1-standrad-4'.*did you mean 'n1-standard-4'",
        ),
        (
            _pool(acceleratorType="NVIDIA_TESLA_T3"),
            "no accelerator type 'NVIDIA_TESLA_T3'.*did you mean 'NVIDIA_TESLA_T4'",
        ),
    ],
)
def test_a_machine_without_a_price_is_named(pool: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        cost_bound(1, _jobs(_tuning(_spec(pool)), _spec(_pool())), _PRICES)


def test_a_run_above_its_limit_is_refused_with_the_way_out() -> None:
    spec = _spec(_pool())
    bound = cost_bound(7, _jobs(_tuning(spec), spec), _PRICES)
    check_cost(bound, None)
    check_cost(bound, bound.usd)
    with pytest.raises(InputError, match=r"max_cost_usd: expected at most 9.79 USD .* up to 9.80.* fewer segments"):
        check_cost(bound, 9.79)


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan"), float("inf")])
def test_a_limit_that_is_not_above_zero_is_refused(limit: float) -> None:
    spec = _spec(_pool())
    with pytest.raises(InputError, match="max_cost_usd: expected an amount above 0"):
        check_cost(cost_bound(1, _jobs(_tuning(spec), spec), _PRICES), limit)


@pytest.mark.parametrize("path", SHIPPED_JOB_FILES, ids=lambda path: path.name)
def test_the_machines_of_the_shipped_job_files_have_prices(path: Path) -> None:
    job_file = read_job_file(path.name)
    prices = parse_prices((_INCLUDE / "prices.yaml").read_text())
    assert cost_bound(1, planned_jobs(job_file, job_file.tuning), prices).usd > 0
