"""Every field that the discovery document has in a training job is mapped, refused or warned of: none is silent."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.plugins.timberline.ai_platform.training_bodies import DISCRETE, IMAGE, container, custom, package, tuning
from timberline.ai_platform.schema import schema
from timberline.ai_platform.translate.training import TrainingTranslation, translate_training_job
from timberline.run.errors import AiPlatformError

_T, _H, _P = "trainingInput", "trainingInput.hyperparameters", "trainingInput.hyperparameters.params[]"
_WORKERS = {
    f"{role}{field}": value
    for role in ("worker", "parameterServer", "evaluator")
    for field, value in (("Type", "n1-standard-4"), ("Count", 1))
}
_KMS_KEY = "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k"


@dataclass(frozen=True)
class Mapped:
    """Another value of the field is another body."""

    value: Any
    job: dict[str, Any]


@dataclass(frozen=True)
class Warned:
    """The value changes nothing in the body, and there is a note about it."""

    value: Any
    job: dict[str, Any]


@dataclass(frozen=True)
class Refused:
    """The value is an error that names the field."""

    value: Any
    job: dict[str, Any]


def _replica_config(name: str) -> dict[str, Any]:
    """Return what becomes of a ReplicaConfig's fields, in a job that has replicas of all roles."""
    job, path = custom(**_WORKERS, **({} if name == "masterConfig" else {name: {"imageUri": IMAGE}})), f"{_T}.{name}"
    accelerated = copy.deepcopy(job)
    accelerated[_T][name]["acceleratorConfig"] = {"type": "NVIDIA_TESLA_T4", "count": 1}
    return {
        f"{path}.acceleratorConfig.type": Mapped("NVIDIA_TESLA_P4", accelerated),
        f"{path}.acceleratorConfig.count": Mapped(2, accelerated),
        f"{path}.containerArgs": Mapped(["--other"], job),
        f"{path}.containerCommand": Mapped(["python", "other.py"], job),
        f"{path}.diskConfig.bootDiskSizeGb": Mapped(500, job),
        f"{path}.diskConfig.bootDiskType": Mapped("pd-standard", job),
        f"{path}.imageUri": Mapped("other:1", job),
        f"{path}.tpuTfVersion": Refused("2.1", job),
    }


_FIELDS: dict[str, Mapped | Warned | Refused] = {
    f"{_T}.args": Mapped(["--other"], container()),
    f"{_T}.enableWebAccess": Mapped(True, container()),
    f"{_T}.encryptionConfig.kmsKeyName": Mapped(_KMS_KEY, container()),
    **_replica_config("masterConfig"),
    **_replica_config("workerConfig"),
    **_replica_config("parameterServerConfig"),
    **_replica_config("evaluatorConfig"),
    **{f"{_T}.{role}Type": Mapped("n1-highmem-8", custom(**_WORKERS)) for role in ("master", "worker", "evaluator")},
    **{f"{_T}.{role}Count": Mapped(5, custom(**_WORKERS)) for role in ("worker", "evaluator", "parameterServer")},
    f"{_T}.parameterServerType": Mapped("n1-highmem-8", custom(**_WORKERS)),
    f"{_T}.jobDir": Mapped("gs://bucket/other", container()),
    f"{_T}.network": Mapped("projects/1/global/networks/other", container()),
    f"{_T}.packageUris": Mapped(["gs://bucket/other.tar.gz"], package()),
    f"{_T}.pythonModule": Mapped("other.task", package()),
    f"{_T}.pythonVersion": Refused("3.7", package()),
    f"{_T}.region": Mapped("europe-west4", package()),
    f"{_T}.runtimeVersion": Mapped("2.16", package()),
    f"{_T}.scaleTier": Mapped("STANDARD_1", container()),
    f"{_T}.scheduling.maxRunningTime": Mapped("60s", container()),
    f"{_T}.scheduling.maxWaitTime": Warned("3600s", container()),
    f"{_T}.scheduling.priority": Warned(5, container()),
    f"{_T}.serviceAccount": Mapped("other@project.iam.gserviceaccount.com", container()),
    f"{_T}.useChiefInTfConfig": Warned(True, container()),
    f"{_H}.algorithm": Mapped("RANDOM_SEARCH", tuning()),
    f"{_H}.enableTrialEarlyStopping": Mapped(True, tuning()),
    f"{_H}.goal": Mapped("MINIMIZE", tuning()),
    f"{_H}.hyperparameterMetricTag": Mapped("other", tuning()),
    f"{_H}.maxFailedTrials": Mapped(3, tuning()),
    f"{_H}.maxParallelTrials": Mapped(2, tuning(maxTrials=9)),
    f"{_H}.maxTrials": Mapped(9, tuning()),
    f"{_H}.resumePreviousJobId": Refused("job_0", tuning()),
    f"{_P}.categoricalValues": Mapped(["other"], tuning({"parameterName": "a", "type": "CATEGORICAL"})),
    f"{_P}.discreteValues": Mapped([1, 2, 3], tuning(DISCRETE)),
    f"{_P}.maxValue": Mapped(9, tuning()),
    f"{_P}.minValue": Mapped(0.01, tuning()),
    f"{_P}.parameterName": Mapped("other", tuning()),
    f"{_P}.scaleType": Mapped("UNIT_LOG_SCALE", tuning()),
    f"{_P}.type": Mapped("INTEGER", tuning({"parameterName": "a", "type": "DOUBLE", "minValue": 1, "maxValue": 2})),
}


def _leaves(spec: dict[str, Any], path: str) -> Iterator[str]:
    """Return the paths of all fields below a schema that hold a value."""
    if "$ref" in spec:
        spec = dict(schema(spec["$ref"]))
    if spec.get("type") == "array" and "$ref" in spec["items"]:
        yield from _leaves(spec["items"], f"{path}[]")
    elif "properties" in spec:
        for name, inner in spec["properties"].items():
            yield from _leaves(inner, f"{path}.{name}")
    else:
        yield path


def _with(job: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return a job with one field set."""
    changed = copy.deepcopy(job)
    body: Any = changed
    *keys, last = path.split(".")
    for key in keys:
        name, is_list = key.removesuffix("[]"), key.endswith("[]")
        body = body[name][0] if is_list else body.setdefault(name, {})
    body[last] = value
    return changed


def _result(translation: TrainingTranslation) -> object:
    return translation.kind, translation.body, translation.region


def _paths(kind: type) -> list[str]:
    return [path for path, fate in _FIELDS.items() if isinstance(fate, kind)]


def _baseline(path: str) -> TrainingTranslation | None:
    """Return the translation without the field, None where there is no job without it."""
    try:
        return translate_training_job(_FIELDS[path].job)
    except AiPlatformError:
        return None


def test_every_field_of_the_discovery_document_is_in_the_table_and_no_other_is() -> None:
    assert sorted(_leaves({"$ref": "TrainingInput"}, _T)) == sorted(_FIELDS)


@pytest.mark.parametrize("path", _paths(Mapped))
def test_a_mapped_field_changes_the_job(path: str) -> None:
    before, after = _baseline(path), translate_training_job(_with(_FIELDS[path].job, path, _FIELDS[path].value))
    assert before is None or _result(before) != _result(after)


@pytest.mark.parametrize("path", _paths(Warned))
def test_a_field_without_an_effect_is_noted(path: str) -> None:
    before, after = _baseline(path), translate_training_job(_with(_FIELDS[path].job, path, _FIELDS[path].value))
    assert before is not None
    assert _result(before) == _result(after)
    assert [note.field for note in set(after.notes) - set(before.notes)] == [path]


@pytest.mark.parametrize("path", _paths(Refused))
def test_a_refused_field_is_named(path: str) -> None:
    with pytest.raises(AiPlatformError) as caught:
        translate_training_job(_with(_FIELDS[path].job, path, _FIELDS[path].value))
    assert str(caught.value).startswith(f"{path}: ")
