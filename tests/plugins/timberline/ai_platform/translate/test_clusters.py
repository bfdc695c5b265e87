"""Tiers, machine types and accelerators of v1 as worker pools."""

from typing import Any

import pytest

from tests.plugins.timberline.ai_platform.training_bodies import IMAGE, container, custom
from timberline.ai_platform.translate.machines import LEGACY_MACHINES
from timberline.ai_platform.translate.training import TrainingTranslation, translate_training_job
from timberline.run.errors import AiPlatformError


def _pools(translation: TrainingTranslation) -> list[dict[str, Any]]:
    return list(translation.body["jobSpec"]["workerPoolSpecs"])


def _machines(job: dict[str, Any]) -> list[tuple[int, str] | None]:
    pools = _pools(translate_training_job(job))
    return [(pool["replicaCount"], pool["machineSpec"]["machineType"]) if pool else None for pool in pools]


@pytest.mark.parametrize(
    ("tier", "machines"),
    [
        ("BASIC", [(1, "n1-standard-4")]),
        ("STANDARD_1", [(1, "n1-highcpu-8"), (4, "n1-highcpu-8"), (3, "n1-standard-4")]),
        ("PREMIUM_1", [(1, "n1-highcpu-16"), (19, "n1-highcpu-16"), (11, "n1-highmem-8")]),
        ("BASIC_GPU", [(1, "n1-standard-8")]),
    ],
)
def test_a_tier_is_so_many_machines(tier: str, machines: list[tuple[int, str]]) -> None:
    assert _machines(container(scaleTier=tier)) == machines


@pytest.mark.parametrize("tier", ["BASIC", "STANDARD_1", "PREMIUM_1", "BASIC_GPU", None])
def test_what_a_tier_stands_for_is_noted(tier: str | None) -> None:
    notes = translate_training_job(container(scaleTier=tier)).notes
    assert any(note.field == "trainingInput.scaleTier" and " x n1-" in note.text for note in notes)


def test_a_basic_gpu_is_a_t4() -> None:
    translation = translate_training_job(container(scaleTier="BASIC_GPU"))
    assert _pools(translation)[0]["machineSpec"] == {
        "machineType": "n1-standard-8",
        "acceleratorType": "NVIDIA_TESLA_T4",
        "acceleratorCount": 1,
    }
    assert any("NVIDIA_TESLA_K80" in note.text for note in translation.notes)


def test_pools_stand_in_the_order_of_vertex_ai() -> None:
    job = custom(
        evaluatorType="n1-standard-32",
        evaluatorCount=1,
        parameterServerType="n1-standard-16",
        parameterServerCount=3,
        workerType="n1-standard-8",
        workerCount=2,
    )
    assert _machines(job) == [(1, "n1-standard-4"), (2, "n1-standard-8"), (3, "n1-standard-16"), (1, "n1-standard-32")]


def test_a_gap_is_an_empty_pool_and_the_end_is_none() -> None:
    servers = custom(parameterServerType="n1-standard-8", parameterServerCount=2)
    assert _machines(servers) == [(1, "n1-standard-4"), None, (2, "n1-standard-8")]
    evaluators = custom(evaluatorType="n1-standard-8", evaluatorCount=1)
    assert _machines(evaluators) == [(1, "n1-standard-4"), None, None, (1, "n1-standard-8")]


@pytest.mark.parametrize("name", LEGACY_MACHINES)
def test_a_legacy_name_is_a_machine_of_compute_engine_and_noted(name: str) -> None:
    translation = translate_training_job(custom(masterType=name))
    (pool,) = _pools(translation)
    assert pool["machineSpec"]["machineType"] == LEGACY_MACHINES[name].type
    assert any(note.field == "trainingInput.masterType" and note.text.startswith(name) for note in translation.notes)


@pytest.mark.parametrize(
    ("machine", "kind"),
    [
        ("n1-standard-8", "NVIDIA_TESLA_P100"),
        ("n1-standard-8", "NVIDIA_TESLA_V100"),
        ("n1-standard-8", "NVIDIA_TESLA_P4"),
        ("n1-standard-8", "NVIDIA_TESLA_T4"),
        ("a2-highgpu-2g", "NVIDIA_TESLA_A100"),
    ],
)
def test_accelerators_that_vertex_ai_has_are_kept(machine: str, kind: str) -> None:
    config = {"imageUri": IMAGE, "acceleratorConfig": {"type": kind, "count": "2"}}
    (pool,) = _pools(translate_training_job(custom(masterType=machine, masterConfig=config)))
    assert pool["machineSpec"] == {"machineType": machine, "acceleratorType": kind, "acceleratorCount": 2}


@pytest.mark.parametrize(("before", "after"), [(1, 1), (2, 2), (4, 4), (8, 4)])
def test_k80_become_t4_of_which_a_machine_takes_four(before: int, after: int) -> None:
    config = {"imageUri": IMAGE, "acceleratorConfig": {"type": "NVIDIA_TESLA_K80", "count": before}}
    translation = translate_training_job(custom(masterType="n1-standard-32", masterConfig=config))
    (pool,) = _pools(translation)
    assert (pool["machineSpec"]["acceleratorType"], pool["machineSpec"]["acceleratorCount"]) == (
        "NVIDIA_TESLA_T4",
        after,
    )
    assert any(note.field == "trainingInput.masterConfig.acceleratorConfig" for note in translation.notes)


@pytest.mark.parametrize(
    "job",
    [
        container(scaleTier="BASIC_TPU"),
        custom(masterType="cloud_tpu"),
        custom(workerType="cloud_tpu", workerCount=1),
        custom(masterConfig={"imageUri": IMAGE, "acceleratorConfig": {"type": "TPU_V2", "count": 8}}),
        custom(masterConfig={"imageUri": IMAGE, "tpuTfVersion": "2.1"}),
    ],
)
def test_tpus_are_refused_with_advice(job: dict[str, Any]) -> None:
    with pytest.raises(
        AiPlatformError, match="write a Vertex AI job for it, or train on GPUs with scaleTier BASIC_GPU"
    ):
        translate_training_job(job)


def test_replicas_that_there_are_none_of_are_warned_of() -> None:
    job = custom(workerType="n1-standard-8", workerCount=0, workerConfig={"imageUri": "other"})
    translation = translate_training_job(job)
    assert len(_pools(translation)) == 1
    fields = {str(note.field) for note in translation.notes}
    assert {"trainingInput.workerType", "trainingInput.workerConfig"} <= fields
