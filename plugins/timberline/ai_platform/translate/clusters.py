"""Reads the replicas of a v1 training job and their machines. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from timberline.ai_platform.notes import Notes
from timberline.ai_platform.translate.machines import (
    TIERS,
    TPU_ADVICE,
    Machine,
    read_machine,
    with_accelerators,
    without_k80,
)
from timberline.run.errors import AiPlatformError

_ROOT = "trainingInput"


class Role(StrEnum):
    """The roles of replicas, in the order of Vertex AI's worker pools; v1's field names start with the values."""

    MASTER = "master"
    WORKER = "worker"
    PARAMETER_SERVER = "parameterServer"
    EVALUATOR = "evaluator"

    @property
    def type_path(self) -> str:
        """The path of the machine type."""
        return f"{_ROOT}.{self}Type"

    @property
    def count_path(self) -> str:
        """The path of the number of replicas; there is always one master."""
        return f"{_ROOT}.{self}Count"

    @property
    def config_path(self) -> str:
        """The path of the replicas' configuration."""
        return f"{_ROOT}.{self}Config"

    def config(self, training: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the ReplicaConfig of a TrainingInput; empty if it has none."""
        found: Mapping[str, Any] = training.get(f"{self}Config", {})
        return found


@dataclass(frozen=True, slots=True)
class Replicas:
    """Equal replicas and their number."""

    machine: Machine
    count: int


def read_cluster(training: Mapping[str, Any], notes: Notes) -> dict[Role, Replicas]:
    """Return the replicas of a job by role, without empty roles.

    Args:
        training: a TrainingInput with checked types.
        notes: receives the notes.

    Raises:
        AiPlatformError: tier, machine types and counts contradict each other, or ask for TPUs.
    """
    for role in Role:
        if "tpuTfVersion" in role.config(training):
            raise AiPlatformError(f"{role.config_path}.tpuTfVersion: Vertex AI has no such workers; {TPU_ADVICE}")
    tier = _tier(training, notes)
    cluster = _custom(training, notes) if tier == "CUSTOM" else _of_tier(tier, training, notes)
    for role in Role:
        if role not in cluster and role.config(training):
            notes.warn(role.config_path, "there are no such replicas; it has no effect")
    return cluster


def _tier(training: Mapping[str, Any], notes: Notes) -> str:
    tier: str | None = training.get("scaleTier")
    if tier == "BASIC_TPU":
        raise AiPlatformError(f"{_ROOT}.scaleTier: expected a tier with CPUs or GPUs, found {tier}; {TPU_ADVICE}")
    if tier is None:
        notes.substitute(f"{_ROOT}.scaleTier", "not given -> BASIC")
    return tier or "BASIC"


def _of_tier(tier: str, training: Mapping[str, Any], notes: Notes) -> dict[Role, Replicas]:
    for path, value in _sizing(training):
        raise AiPlatformError(
            f"{path}: needs scaleTier CUSTOM, found {value!r} with {tier}; remove it, or set scaleTier to CUSTOM"
        )
    path = f"{_ROOT}.scaleTier"
    pools = {
        role: Replicas(without_k80(machine, path, notes), count)
        for role, (machine, count) in zip(Role, TIERS[tier], strict=False)
    }
    notes.substitute(path, f"{tier} -> {', '.join(f'{each.count} x {each.machine}' for each in pools.values())}")
    return pools


def _sizing(training: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Return the paths and values of fields that are set and need the tier CUSTOM."""
    for role in Role:
        if f"{role}Type" in training:
            yield role.type_path, training[f"{role}Type"]
        if int(training.get(f"{role}Count", 0)):
            yield role.count_path, training[f"{role}Count"]
        if accelerators := role.config(training).get("acceleratorConfig"):
            yield f"{role.config_path}.acceleratorConfig", accelerators


def _custom(training: Mapping[str, Any], notes: Notes) -> dict[Role, Replicas]:
    found = {role: _replicas(role, training, notes) for role in Role}
    return {role: replicas for role, replicas in found.items() if replicas}


def _replicas(role: Role, training: Mapping[str, Any], notes: Notes) -> Replicas | None:
    name, count = training.get(f"{role}Type"), _count(role, training)
    if name is None:
        if role is Role.MASTER:
            raise AiPlatformError(
                f"{role.type_path}: expected a machine type with scaleTier CUSTOM, found none; name one"
            )
        if count:
            raise AiPlatformError(
                f"{role.type_path}: expected a machine type for {count} replicas, found none; name one"
            )
        return None
    if count is None:
        raise AiPlatformError(f"{role.count_path}: expected a number for {role}Type {name}, found none; set both")
    if not count:
        notes.warn(role.type_path, f"{role}Count is 0; it has no effect")
        return None
    machine = read_machine(name, role.type_path, notes)
    path = role.type_path
    if config := role.config(training).get("acceleratorConfig"):
        path = f"{role.config_path}.acceleratorConfig"
        machine = with_accelerators(machine, config, path)
    return Replicas(without_k80(machine, path, notes), count)


def _count(role: Role, training: Mapping[str, Any]) -> int | None:
    if role is Role.MASTER:
        return 1
    if f"{role}Count" not in training:
        return None
    count = int(training[f"{role}Count"])
    if count < 0:
        raise AiPlatformError(f"{role.count_path}: expected 0 or more, found {count}")
    return count
