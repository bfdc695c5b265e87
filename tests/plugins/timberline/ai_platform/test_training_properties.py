"""What holds for the translation of any training job."""

import copy
import re
from typing import Any

from google.cloud import aiplatform_v1
from google.protobuf.json_format import ParseDict
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plugins.timberline.ai_platform.training_bodies import IMAGE
from timberline.ai_platform.schema import schema
from timberline.ai_platform.translate.machines import LEGACY_MACHINES
from timberline.ai_platform.translate.training import TrainingTranslation, translate_training_job
from timberline.jobs.remote import JobKind
from timberline.run.errors import AiPlatformError

_MACHINES = st.sampled_from(["n1-standard-4", "n1-highmem-96", *LEGACY_MACHINES])
_ROLES = ("worker", "parameterServer", "evaluator")
_TEXTS = st.text(max_size=12)
_NAMES = st.text(alphabet="ab _\t\u3000", min_size=1, max_size=6)
_NUMBERS = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
_SCALES = st.sampled_from(["NONE", "UNIT_LINEAR_SCALE", "UNIT_LOG_SCALE"])


@st.composite
def _bounds(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> dict[str, Any]:
    low, high = sorted([draw(values), draw(values)])
    return {"minValue": low, "maxValue": high}


def _optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


_VALUES = st.one_of(
    _bounds(st.integers(-(2**63), 2**63 - 1)).map(lambda bounds: {"type": "INTEGER", **bounds}),
    _bounds(_NUMBERS).map(lambda bounds: {"type": "DOUBLE", **bounds}),
    st.sets(_NUMBERS, min_size=1, max_size=5).map(lambda each: {"type": "DISCRETE", "discreteValues": sorted(each)}),
    st.sets(_TEXTS, min_size=1, max_size=5).map(
        lambda each: {"type": "CATEGORICAL", "categoricalValues": sorted(each)},
    ),
)
_PARAMETERS = st.builds(
    lambda name, values, more: {"parameterName": name, **values, **more},
    _NAMES,
    _VALUES,
    _optional(scaleType=_SCALES),
)
_HYPERPARAMETERS = st.builds(
    lambda params, more: {"params": params, **more},
    st.lists(_PARAMETERS, min_size=1, max_size=4),
    _optional(
        goal=st.sampled_from(["MAXIMIZE", "MINIMIZE", "GOAL_TYPE_UNSPECIFIED"]),
        hyperparameterMetricTag=_NAMES,
        maxTrials=st.integers(1, 100) | st.integers(1, 100).map(str),
        maxParallelTrials=st.integers(1, 100),
        maxFailedTrials=st.integers(0, 9),
        enableTrialEarlyStopping=st.booleans(),
        algorithm=st.sampled_from(["ALGORITHM_UNSPECIFIED", "GRID_SEARCH", "RANDOM_SEARCH"]),
    ),
)
_CONFIG = _optional(
    imageUri=st.just("other:1"),
    acceleratorConfig=st.fixed_dictionaries(
        {
            "type": st.sampled_from(["NVIDIA_TESLA_K80", "NVIDIA_TESLA_T4", "NVIDIA_TESLA_V100"]),
            "count": st.sampled_from([1, "2", 4]),
        },
    ),
    diskConfig=_optional(
        bootDiskSizeGb=st.integers(100, 1000), bootDiskType=st.sampled_from(["pd-ssd", "pd-standard"])
    ),
)
_COUNTS = st.integers(0, 5) | st.integers(0, 5).map(str)
_CUSTOM = st.builds(
    lambda *parts: {key: value for part in parts for key, value in part.items()},
    st.fixed_dictionaries({"scaleTier": st.just("CUSTOM"), "masterType": _MACHINES}),
    *(
        st.just({})
        | st.fixed_dictionaries(
            {f"{role}Type": _MACHINES, f"{role}Count": _COUNTS}, optional={f"{role}Config": _CONFIG}
        )
        for role in _ROLES
    ),
)
_TRAINING = st.builds(
    lambda sizing, rest: {"masterConfig": {"imageUri": IMAGE}, **sizing, **rest},
    _CUSTOM | _optional(scaleTier=st.sampled_from(["BASIC", "STANDARD_1", "PREMIUM_1", "BASIC_GPU"])),
    _optional(
        args=st.lists(_TEXTS | st.just("--job-dir"), max_size=3),
        jobDir=st.just("gs://bucket/out"),
        region=st.just("us-central1"),
        enableWebAccess=st.booleans(),
        useChiefInTfConfig=st.booleans(),
        scheduling=_optional(
            maxRunningTime=st.integers(1, 10**6).map(lambda seconds: f"{seconds}s"),
            maxWaitTime=st.just("3600s"),
            priority=st.integers(0, 1000),
        ),
        hyperparameters=_HYPERPARAMETERS,
    ),
)
_JOBS = st.builds(
    lambda training, more: {"trainingInput": training, **more},
    _TRAINING,
    _optional(jobId=st.just("job_1"), labels=st.dictionaries(_TEXTS, _TEXTS, max_size=3), state=st.just("QUEUED")),
)


def _translated(job: dict[str, Any]) -> TrainingTranslation | None:
    """Return the translation; None where the job is refused, which is one line that begins with a field."""
    try:
        return translate_training_job(job)
    except AiPlatformError as error:
        message = str(error)
        assert re.match(r"(?s)(trainingInput|labels).*: ", message), message  # a label may have colons itself
        assert len(message.splitlines()) == 1, message
        return None


def _pools(translation: TrainingTranslation) -> list[dict[str, Any]]:
    return list((translation.body.get("jobSpec") or translation.body["trialJobSpec"])["workerPoolSpecs"])


def _has_field(path: str) -> bool:
    """Tell whether the discovery document has a field."""
    spec: Any = {"$ref": "Job"}
    for key in path.split("."):
        spec = schema(spec["$ref"])["properties"].get(key.split("[")[0])
        if spec is None:
            return False
        spec = spec.get("items", spec)
    return True


@given(_JOBS)
@settings(deadline=None)
def test_vertex_ais_messages_take_every_body(job: dict[str, Any]) -> None:
    if translation := _translated(job):
        is_tuning = translation.kind is JobKind.TUNING
        message: Any = aiplatform_v1.HyperparameterTuningJob() if is_tuning else aiplatform_v1.CustomJob()
        ParseDict(translation.body, type(message).pb(message))
        assert is_tuning == ("hyperparameters" in job["trainingInput"])


@given(_JOBS)
@settings(deadline=None)
def test_the_same_job_is_the_same_body_and_stays_as_it_is(job: dict[str, Any]) -> None:
    before = copy.deepcopy(job)
    assert _translated(job) == _translated(copy.deepcopy(job))
    assert job == before


@given(_JOBS)
@settings(deadline=None)
def test_every_note_names_a_field_of_v1_in_one_line(job: dict[str, Any]) -> None:
    if translation := _translated(job):
        assert [note.field for note in translation.notes if not _has_field(note.field)] == []
        assert len(set(translation.notes)) == len(translation.notes)


@given(_CUSTOM)
@settings(deadline=None)
def test_each_role_keeps_its_place_and_its_number_of_replicas(sizing: dict[str, Any]) -> None:
    translation = _translated({"trainingInput": {"masterConfig": {"imageUri": IMAGE}, **sizing}})
    if translation is None:
        return
    expected = [1, *(int(sizing.get(f"{role}Count", 0)) for role in _ROLES)]
    found = [pool.get("replicaCount", 0) for pool in _pools(translation)]
    assert found + [0] * (4 - len(found)) == expected
    assert found[-1] > 0


@given(_JOBS)
@settings(deadline=None)
def test_every_replica_is_given_its_job_dir_once(job: dict[str, Any]) -> None:
    translation, training = _translated(job), job["trainingInput"]
    if translation is None or "jobDir" not in training:
        return
    given_already = training.get("args", []).count("--job-dir")
    for pool in filter(None, _pools(translation)):
        assert pool["containerSpec"]["args"].count("--job-dir") == (given_already or 1)


@given(_HYPERPARAMETERS)
@settings(deadline=None)
def test_names_lead_back_to_those_of_v1(spec: dict[str, Any]) -> None:
    job = {"trainingInput": {"masterConfig": {"imageUri": IMAGE}, "hyperparameters": spec}}
    if translation := _translated(job):
        study, names = translation.body["studySpec"], translation.names
        found = [names.parameters[parameter["parameterId"]] for parameter in study["parameters"]]
        assert found == [parameter["parameterName"] for parameter in spec["params"]]
        assert not any(character.isspace() for name in (*names.parameters, *names.metrics) for character in name)
