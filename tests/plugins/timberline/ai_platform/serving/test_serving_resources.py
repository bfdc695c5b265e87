"""Machines and scaling of a version."""

from typing import Any

import pytest

from timberline.ai_platform.notes import NoteKind, Notes
from timberline.ai_platform.serving.serving_resources import dedicated_resources
from timberline.run.errors import AiPlatformError


def _resources(**body: Any) -> tuple[dict[str, Any], Notes]:
    notes = Notes()
    return dedicated_resources(body, "version", notes), notes


def _replicas(**body: Any) -> tuple[int, int]:
    found, _ = _resources(**body)
    return found["minReplicaCount"], found["maxReplicaCount"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [("mls1-c1-m2", "n1-standard-2"), ("mls1-c4-m2", "n1-standard-4"), ("mls1-of-tomorrow", "n1-standard-2")],
)
def test_a_legacy_machine_is_replaced_and_noted(given: str, expected: str) -> None:
    found, notes = _resources(machineType=given, manualScaling={"nodes": 1})
    assert found["machineSpec"] == {"machineType": expected}
    assert [str(note) for note in notes] == [f"substitution: version.machineType: {given} -> {expected}"]


def test_the_machine_is_v1s_regional_default() -> None:
    found, notes = _resources(manualScaling={"nodes": 1})
    assert found["machineSpec"] == {"machineType": "n1-standard-2"}
    assert [note.field for note in notes] == ["version.machineType"]


def test_a_machine_that_vertex_ai_has_stays_without_a_note() -> None:
    found, notes = _resources(machineType="n1-highmem-4", manualScaling={"nodes": 2})
    assert found == {"machineSpec": {"machineType": "n1-highmem-4"}, "minReplicaCount": 2, "maxReplicaCount": 2}
    assert not list(notes)


def test_gpus_that_are_gone_are_replaced_and_noted() -> None:
    found, notes = _resources(acceleratorConfig={"type": "NVIDIA_TESLA_K80", "count": "1"})
    assert found["machineSpec"]["acceleratorType"] == "NVIDIA_TESLA_T4"
    assert "version.acceleratorConfig.type" in [note.field for note in notes]


def test_v1s_autoscaling_becomes_bounds_and_targets() -> None:
    metrics = [{"name": "CPU_USAGE", "target": 75}, {"name": "GPU_DUTY_CYCLE"}]
    found, _ = _resources(
        acceleratorConfig={"type": "NVIDIA_TESLA_T4", "count": 1},
        autoScaling={"minNodes": 2, "maxNodes": 5, "metrics": metrics},
    )
    assert (found["minReplicaCount"], found["maxReplicaCount"]) == (2, 5)
    prefix = "aiplatform.googleapis.com/prediction/online"
    assert found["autoscalingMetricSpecs"] == [
        {"metricName": f"{prefix}/cpu/utilization", "target": 75},
        {"metricName": f"{prefix}/accelerator/duty_cycle"},
    ]


def test_no_node_is_one_replica_and_noted() -> None:
    found, notes = _resources(autoScaling={"minNodes": 0, "maxNodes": 3})
    assert (found["minReplicaCount"], found["maxReplicaCount"]) == (1, 3)
    assert "version.autoScaling.minNodes" in [note.field for note in notes]


def test_a_legacy_machine_that_went_down_to_no_node_is_noted_too() -> None:
    _, notes = _resources(machineType="mls1-c1-m2")
    assert "version.autoScaling.minNodes" in [note.field for note in notes]


def test_scaling_without_a_limit_stays_where_it_begins_and_warns() -> None:
    found, notes = _resources(autoScaling={"minNodes": 2})
    assert (found["minReplicaCount"], found["maxReplicaCount"]) == (2, 2)
    assert [note.field for note in notes if note.kind is NoteKind.WARNING] == ["version.autoScaling.maxNodes"]


def test_counts_may_be_texts() -> None:
    assert _replicas(manualScaling={"nodes": "4"}) == (4, 4)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"manualScaling": {"nodes": 1}, "autoScaling": {}}, r"^version\.manualScaling: .* found both"),
        ({"manualScaling": {"nodes": 0}}, r"^version\.manualScaling\.nodes: expected 1 or more, found 0"),
        ({"autoScaling": {"minNodes": -1}}, r"^version\.autoScaling\.minNodes: expected 0 or more"),
        ({"autoScaling": {"minNodes": 3, "maxNodes": 2}}, r"^version\.autoScaling\.maxNodes: .*\(3\) or more, found 2"),
        ({"autoScaling": {"metrics": [{"target": 5}]}}, r"metrics\[0\]\.name: expected one of CPU_USAGE"),
        ({"autoScaling": {"metrics": [{"name": "GPU_DUTY_CYCLE"}]}}, r"GPU_DUTY_CYCLE needs GPUs"),
        (
            {"autoScaling": {"metrics": [{"name": "CPU_USAGE", "target": 0}]}},
            r"target: expected a percentage .* found 0",
        ),
        (
            {"acceleratorConfig": {"type": "TPU_V2", "count": 8}},
            r"acceleratorConfig\.type: expected a GPU, found TPU_V2",
        ),
        ({"acceleratorConfig": {"count": 1}}, r"acceleratorConfig\.type: expected a type"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(body: dict[str, Any], message: str) -> None:
    with pytest.raises(AiPlatformError, match=message):
        _resources(**body)
