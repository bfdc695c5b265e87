"""Translates the replicas of a v1 job to Vertex AI's worker pools. Pure."""

from collections.abc import Mapping
from typing import Any

from timberline.ai_platform.translate.clusters import Replicas, Role
from timberline.ai_platform.translate.programs import Programs
from timberline.run.errors import AiPlatformError

_DISK_TYPES = ("pd-ssd", "pd-standard")
_SMALLEST_DISK_GB = 100


def worker_pools(
    training: Mapping[str, Any], cluster: Mapping[Role, Replicas], programs: Programs
) -> list[dict[str, Any]]:
    """Return the worker pools of a job: master, workers, parameter servers, evaluators.

    The position of a pool determines the role of its replicas: a missing pool between others becomes an empty pool.

    Args:
        training: a TrainingInput with checked types.
        cluster: the replicas by role.
        programs: the program of the replicas.

    Raises:
        AiPlatformError: the job has no program or two, or a disk is invalid.
    """
    programs.check()
    last = max(list(Role).index(role) for role in cluster)
    return [
        _pool(training, role, cluster[role], programs) if role in cluster else {} for role in list(Role)[: last + 1]
    ]


def _pool(training: Mapping[str, Any], role: Role, replicas: Replicas, programs: Programs) -> dict[str, Any]:
    machine = replicas.machine
    pool = {
        "machineSpec": machine.to_json(),
        "replicaCount": replicas.count,
        **programs.spec(role, gpu=machine.accelerator is not None),
    }
    if disk := _disk(training, role):
        pool["diskSpec"] = disk
    return pool


def _disk(training: Mapping[str, Any], role: Role) -> dict[str, Any]:
    config: Mapping[str, Any] = role.config(training).get("diskConfig", {})
    path = f"{role.config_path}.diskConfig"
    kind = config.get("bootDiskType", _DISK_TYPES[0])
    if kind not in _DISK_TYPES:
        raise AiPlatformError(f"{path}.bootDiskType: expected one of {', '.join(_DISK_TYPES)}, found {kind!r}")
    disk = dict(config)
    if "bootDiskSizeGb" in disk:
        disk["bootDiskSizeGb"] = int(disk["bootDiskSizeGb"])
        if disk["bootDiskSizeGb"] < _SMALLEST_DISK_GB:
            raise AiPlatformError(
                f"{path}.bootDiskSizeGb: expected {_SMALLEST_DISK_GB} or more, found {disk['bootDiskSizeGb']}"
            )
    return disk
