"""Translates machine and scaling of a v1 version to DedicatedResources. Pure."""

from collections.abc import Mapping
from typing import Any

from timberline.ai_platform.notes import Notes
from timberline.ai_platform.translate.machines import Machine, with_accelerators, without_k80
from timberline.run.errors import AiPlatformError

DEFAULT_MACHINE = "n1-standard-2"
"""v1's default on its regional endpoints."""

# By vCPUs; https://cloud.google.com/ai-platform/prediction/docs/machine-types-online-prediction (as it was).
_LEGACY_MACHINES = {
    "mls1-c1-m2": "n1-standard-2",
    "mls1-c4-m2": "n1-standard-4",
    "mls1-c4-m4": "n1-standard-4",
    "mls1-highmem-1": "n1-standard-2",
    "mls1-highcpu-4": "n1-standard-4",
}
_METRICS = {
    "CPU_USAGE": "aiplatform.googleapis.com/prediction/online/cpu/utilization",
    "GPU_DUTY_CYCLE": "aiplatform.googleapis.com/prediction/online/accelerator/duty_cycle",
}


def dedicated_resources(body: Mapping[str, Any], path: str, notes: Notes) -> dict[str, Any]:
    """Return the DedicatedResources of a version.

    Args:
        body: the v1 Version.
        path: the field's path in messages.
        notes: receives the notes.

    Raises:
        AiPlatformError: the machine or the scaling is invalid.
    """
    if "autoScaling" in body and "manualScaling" in body:
        raise AiPlatformError(f"{path}.manualScaling: expected it or autoScaling, found both; remove one")
    machine = serving_machine(body, path, notes)
    if "manualScaling" in body:
        scaling = _manual(body["manualScaling"], f"{path}.manualScaling")
    else:
        scaling = _auto(body, f"{path}.autoScaling", notes, gpu=machine.accelerator is not None)
    return {"machineSpec": machine.to_json(), **scaling}


def serving_machine(body: Mapping[str, Any], path: str, notes: Notes) -> Machine:
    """Return the machine of a version, with its accelerators.

    Raises:
        AiPlatformError: Vertex AI does not serve on the accelerator, or not with that machine.
    """
    where = f"{path}.machineType"
    name = body.get("machineType", "")
    if not name:
        notes.substitute(where, f"none -> {DEFAULT_MACHINE}")
    elif name.startswith("mls1-"):
        notes.substitute(where, f"{name} -> {_LEGACY_MACHINES.get(name, DEFAULT_MACHINE)}")
        name = _LEGACY_MACHINES.get(name, DEFAULT_MACHINE)
    config = body.get("acceleratorConfig", {})
    accelerator_path = f"{path}.acceleratorConfig"
    if str(config.get("type", "")).startswith("TPU"):
        raise AiPlatformError(
            f"{accelerator_path}.type: expected a GPU, found {config['type']}; Vertex AI does not serve on v1's TPUs"
        )
    machine = with_accelerators(Machine(name or DEFAULT_MACHINE), config, accelerator_path)
    return without_k80(machine, f"{accelerator_path}.type", notes)


def _manual(scaling: Mapping[str, Any], path: str) -> dict[str, Any]:
    nodes = int(scaling.get("nodes", 0))
    if nodes < 1:
        raise AiPlatformError(f"{path}.nodes: expected 1 or more, found {nodes}")
    return {"minReplicaCount": nodes, "maxReplicaCount": nodes}


def _auto(body: Mapping[str, Any], path: str, notes: Notes, *, gpu: bool) -> dict[str, Any]:
    scaling: Mapping[str, Any] = body.get("autoScaling", {})
    least = _least_nodes(body, scaling, f"{path}.minNodes", notes)
    if scaling.get("maxNodes"):
        most = int(scaling["maxNodes"])
    else:
        most = least
        notes.warn(
            f"{path}.maxNodes", f"v1 scaled without a limit; Vertex AI needs one, and stays at {least}: set maxNodes"
        )
    if most < least:
        raise AiPlatformError(f"{path}.maxNodes: expected minNodes ({least}) or more, found {most}")
    found: dict[str, Any] = {"minReplicaCount": least, "maxReplicaCount": most}
    metrics = [
        _metric(each, f"{path}.metrics[{index}]", gpu=gpu) for index, each in enumerate(scaling.get("metrics", ()))
    ]
    return found | ({"autoscalingMetricSpecs": metrics} if metrics else {})


def _least_nodes(body: Mapping[str, Any], scaling: Mapping[str, Any], path: str, notes: Notes) -> int:
    """Return the minimum of replicas. AI Platform's legacy machines scaled down to 0, Vertex AI does not."""
    legacy = str(body.get("machineType", "")).startswith("mls1-")
    given = int(scaling.get("minNodes", 0 if legacy else 1))
    if given < 0:
        raise AiPlatformError(f"{path}: expected 0 or more, found {given}")
    if given == 0:
        notes.substitute(path, "0 -> 1 replica, which is paid for while the version is deployed")
    return max(given, 1)


def _metric(spec: Mapping[str, Any], path: str, *, gpu: bool) -> dict[str, Any]:
    name = spec.get("name", "METRIC_NAME_UNSPECIFIED")
    if name not in _METRICS:
        raise AiPlatformError(f"{path}.name: expected one of {', '.join(_METRICS)}, found {name}")
    if name == "GPU_DUTY_CYCLE" and not gpu:
        raise AiPlatformError(f"{path}.name: GPU_DUTY_CYCLE needs GPUs, found a machine without; set acceleratorConfig")
    target = int(spec.get("target", 0))
    if "target" in spec and not 1 <= target <= 100:
        raise AiPlatformError(f"{path}.target: expected a percentage from 1 to 100, found {target}")
    return {"metricName": _METRICS[name]} | ({"target": target} if target else {})
