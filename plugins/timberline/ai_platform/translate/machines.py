"""Translates v1's machines: legacy names, scale tiers, accelerators. Pure.

The legacy names' machines: https://cloud.google.com/ai-platform/training/docs/machine-types (as it was).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from timberline.ai_platform.notes import Notes
from timberline.run.errors import AiPlatformError
from timberline.run.wording import did_you_mean

TPU_ADVICE = (
    "Vertex AI runs TPU code on the TPU's own machine, which needs other code: write a Vertex AI job for it, or train "
    "on GPUs with scaleTier BASIC_GPU"
)

_K80, _T4, _A100 = "NVIDIA_TESLA_K80", "NVIDIA_TESLA_T4", "NVIDIA_TESLA_A100"
_P100, _V100, _P4 = "NVIDIA_TESLA_P100", "NVIDIA_TESLA_V100", "NVIDIA_TESLA_P4"
_NO_ACCELERATOR = "ACCELERATOR_TYPE_UNSPECIFIED"
# How many a machine may have: https://cloud.google.com/vertex-ai/docs/training/configure-compute#gpus
_COUNTS = {
    _K80: (1, 2, 4, 8),
    _P100: (1, 2, 4),
    _V100: (1, 2, 4, 8),
    _P4: (1, 2, 4),
    _T4: (1, 2, 4),
    _A100: (1, 2, 4, 8, 16),
}
_COMPUTE_ENGINE = re.compile(r"[a-z][a-z0-9]*-[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine of one replica."""

    type: str
    accelerator: str | None = None
    count: int = 0

    def __str__(self) -> str:
        """Return the machine as text for messages."""
        return f"{self.type} with {self.count} {self.accelerator}" if self.accelerator else self.type

    def to_json(self) -> dict[str, Any]:
        """Return Vertex AI's MachineSpec."""
        spec: dict[str, Any] = {"machineType": self.type}
        if self.accelerator:
            spec |= {"acceleratorType": self.accelerator, "acceleratorCount": self.count}
        return spec


LEGACY_MACHINES: Mapping[str, Machine] = {
    "standard": Machine("n1-standard-4"),
    "large_model": Machine("n1-highmem-8"),
    "complex_model_s": Machine("n1-highcpu-8"),
    "complex_model_m": Machine("n1-highcpu-16"),
    "complex_model_l": Machine("n1-highcpu-32"),
    "standard_gpu": Machine("n1-standard-8", _K80, 1),
    "complex_model_m_gpu": Machine("n1-standard-16", _K80, 4),
    "complex_model_l_gpu": Machine("n1-standard-32", _K80, 8),
    "standard_p100": Machine("n1-standard-8", _P100, 1),
    "complex_model_m_p100": Machine("n1-standard-16", _P100, 4),
    "standard_v100": Machine("n1-standard-8", _V100, 1),
    "large_model_v100": Machine("n1-highmem-8", _V100, 1),
    "complex_model_m_v100": Machine("n1-standard-16", _V100, 4),
    "complex_model_l_v100": Machine("n1-standard-32", _V100, 8),
}

# Master, workers, parameter servers.
TIERS: Mapping[str, tuple[tuple[Machine, int], ...]] = {
    "BASIC": ((Machine("n1-standard-4"), 1),),
    "STANDARD_1": ((Machine("n1-highcpu-8"), 1), (Machine("n1-highcpu-8"), 4), (Machine("n1-standard-4"), 3)),
    "PREMIUM_1": ((Machine("n1-highcpu-16"), 1), (Machine("n1-highcpu-16"), 19), (Machine("n1-highmem-8"), 11)),
    "BASIC_GPU": ((Machine("n1-standard-8", _K80, 1), 1),),
}


def read_machine(name: str, path: str, notes: Notes) -> Machine:
    """Return the machine of a v1 machine type, with the accelerators of a legacy name.

    Args:
        name: a legacy name, or a machine type of Compute Engine.
        path: the field's path in messages.
        notes: receives a note for a legacy name.

    Raises:
        AiPlatformError: the name is unknown, or the machine is a TPU.
    """
    if name == "cloud_tpu":
        raise AiPlatformError(f"{path}: expected a machine with CPUs or GPUs, found cloud_tpu; {TPU_ADVICE}")
    if machine := LEGACY_MACHINES.get(name):
        notes.substitute(path, f"{name} -> {machine}")
        return machine
    if _COMPUTE_ENGINE.fullmatch(name) is None:
        raise AiPlatformError(
            f"{path}: expected a machine type as n1-standard-4, found {name!r}; {did_you_mean(name, LEGACY_MACHINES)}"
        )
    return Machine(name)


def with_accelerators(machine: Machine, config: Mapping[str, Any], path: str) -> Machine:
    """Return a machine with the accelerators of an `acceleratorConfig`.

    Args:
        machine: the machine.
        config: the v1 AcceleratorConfig.
        path: the field's path in messages.

    Raises:
        AiPlatformError: the accelerators are TPUs, or the machine cannot have them or their number.
    """
    kind, count = config.get("type", _NO_ACCELERATOR), int(config.get("count", 0))
    if kind == _NO_ACCELERATOR:
        if count:
            raise AiPlatformError(
                f"{path}.type: expected a type for count {count}, found none; name it, or remove count"
            )
        return machine
    if kind.startswith("TPU"):
        raise AiPlatformError(f"{path}.type: expected a GPU, found {kind}; {TPU_ADVICE}")
    if machine.accelerator:
        raise AiPlatformError(f"{path}: the machine has {machine.count} {machine.accelerator} already; remove it")
    if count not in _COUNTS[kind]:
        counts = ", ".join(map(str, _COUNTS[kind]))
        raise AiPlatformError(f"{path}.count: expected one of {counts} for {kind}, found {count}")
    family = "a2" if kind == _A100 else "n1"
    if not machine.type.startswith(f"{family}-"):
        raise AiPlatformError(f"{path}.type: {kind} needs a machine of the family {family}, found {machine.type}")
    return Machine(machine.type, kind, count)


def without_k80(machine: Machine, path: str, notes: Notes) -> Machine:
    """Replace K80 accelerators, no longer offered, by T4.

    Args:
        machine: the machine.
        path: the path of the accelerators in messages.
        notes: receives a note if they are replaced.
    """
    if machine.accelerator != _K80:
        return machine
    new = Machine(machine.type, _T4, min(machine.count, _COUNTS[_T4][-1]))
    fewer = ", the most that a machine takes" if new.count < machine.count else ""
    notes.substitute(path, f"{machine.count} {_K80}, which Vertex AI no longer offers -> {new.count} {_T4}{fewer}")
    return new
