"""Each mistake in a v1 training job is one line: which field, what was expected, what was found, what to do."""

from typing import Any

import pytest

from tests.plugins.timberline.ai_platform.training_bodies import (
    CATEGORICAL,
    DISCRETE,
    DOUBLE,
    IMAGE,
    INTEGER,
    container,
    custom,
    package,
    tuning,
)
from timberline.ai_platform.options import TrainingOptions
from timberline.ai_platform.translate.training import translate_training_job
from timberline.run.errors import AiPlatformError

_T = "trainingInput"
_H = f"{_T}.hyperparameters"
_P = f"{_H}.params[0]"


def _accelerated(kind: str | None, count: int | None, machine: str = "n1-standard-8") -> dict[str, Any]:
    config = {key: value for key, value in (("type", kind), ("count", count)) if value is not None}
    return custom(masterType=machine, masterConfig={"imageUri": IMAGE, "acceleratorConfig": config})


_SHAPE = {
    "an unknown key": (container(scaleTeir="BASIC"), f"{_T}.scaleTeir: unknown key; did you mean 'scaleTier'?"),
    "a key in snake case": (container(job_dir="gs://b"), f"{_T}.job_dir: unknown key; did you mean 'jobDir'?"),
    "a wrong enum": (container(scaleTier="BASIC_1"), f"{_T}.scaleTier: unknown value 'BASIC_1'; did you mean 'BASIC'?"),
    "a number for a text": (
        package(pythonVersion=3.7),
        f"{_T}.pythonVersion: expected a text, found 3.7; put it between quotes: '3.7'",
    ),
    "a job id with dashes": (
        container() | {"jobId": "a-b"},
        "jobId: expected 1 to 128 letters, digits and underscores",
    ),
    "an empty job id": (container() | {"jobId": ""}, "jobId: expected 1 to 128 letters, digits and underscores"),
    "a zone": (
        container(region="us-central1-a"),
        f"{_T}.region: expected a region as in us-central1, found 'us-central1-a'",
    ),
    "a local folder": (container(jobDir="/tmp/x"), f"{_T}.jobDir: expected gs://bucket/folder, found '/tmp/x'"),
    "a network's name alone": (container(network="default"), f"{_T}.network: expected projects/<number>/"),
    "a key's name alone": (
        container(encryptionConfig={"kmsKeyName": "key"}),
        f"{_T}.encryptionConfig.kmsKeyName: expected projects/<project>/locations/<region>/",
    ),
}

_CLUSTER = {
    "a tier with a machine": (
        container(masterType="n1-standard-4"),
        f"{_T}.masterType: needs scaleTier CUSTOM, found 'n1-standard-4' with BASIC; remove it, ",
    ),
    "no tier with a machine": (
        container(scaleTier=None, masterType="n1-standard-4"),
        f"{_T}.masterType: needs scaleTier CUSTOM, found 'n1-standard-4' with BASIC; remove it, ",
    ),
    "a tier with workers": (container(workerCount=2), f"{_T}.workerCount: needs scaleTier CUSTOM, found 2"),
    "a tier with accelerators": (
        container(masterConfig={"imageUri": IMAGE, "acceleratorConfig": {"type": "NVIDIA_TESLA_T4", "count": 1}}),
        f"{_T}.masterConfig.acceleratorConfig: needs scaleTier CUSTOM",
    ),
    "no master": (
        container(scaleTier="CUSTOM"),
        f"{_T}.masterType: expected a machine type with scaleTier CUSTOM, found none; name one",
    ),
    "workers without a machine": (
        custom(workerCount=2),
        f"{_T}.workerType: expected a machine type for 2 replicas, found none; name one",
    ),
    "a machine without workers": (
        custom(workerType="n1-standard-4"),
        f"{_T}.workerCount: expected a number for workerType n1-standard-4, found none; set both",
    ),
    "servers without a machine": (custom(parameterServerCount=1), f"{_T}.parameterServerType: expected a machine type"),
    "a machine without servers": (
        custom(parameterServerType="standard"),
        f"{_T}.parameterServerCount: expected a number",
    ),
    "evaluators without a machine": (custom(evaluatorCount=1), f"{_T}.evaluatorType: expected a machine type"),
    "a machine without evaluators": (custom(evaluatorType="standard"), f"{_T}.evaluatorCount: expected a number"),
    "fewer than no workers": (
        custom(workerType="standard", workerCount=-1),
        f"{_T}.workerCount: expected 0 or more, found -1",
    ),
    "an unknown machine": (
        custom(masterType="complex_model_xl"),
        f"{_T}.masterType: expected a machine type as n1-standard-4, found 'complex_model_xl'; did",
    ),
    "accelerators without a type": (
        _accelerated(None, 2),
        f"{_T}.masterConfig.acceleratorConfig.type: expected a type for count 2, found none; name it, or remove count",
    ),
    "accelerators without a count": (
        _accelerated("NVIDIA_TESLA_T4", None),
        f"{_T}.masterConfig.acceleratorConfig.count: expected one of 1, 2, 4 for NVIDIA_TESLA_T4, found 0",
    ),
    "three accelerators": (
        _accelerated("NVIDIA_TESLA_V100", 3),
        f"{_T}.masterConfig.acceleratorConfig.count: expected one of 1, 2, 4, 8 for NVIDIA_TESLA_V100, found 3",
    ),
    "A100 in an n1": (
        _accelerated("NVIDIA_TESLA_A100", 1),
        f"{_T}.masterConfig.acceleratorConfig.type: NVIDIA_TESLA_A100 needs a machine of the family a2, "
        "found n1-standard-8",
    ),
    "accelerators beside a legacy name's": (
        _accelerated("NVIDIA_TESLA_V100", 1, "standard_v100"),
        f"{_T}.masterConfig.acceleratorConfig: the machine has 1 NVIDIA_TESLA_V100 already; remove it",
    ),
    "an unknown disk": (
        container(masterConfig={"imageUri": IMAGE, "diskConfig": {"bootDiskType": "ssd"}}),
        f"{_T}.masterConfig.diskConfig.bootDiskType: expected one of pd-ssd, pd-standard, found 'ssd'",
    ),
    "a small disk": (
        container(masterConfig={"imageUri": IMAGE, "diskConfig": {"bootDiskSizeGb": 10}}),
        f"{_T}.masterConfig.diskConfig.bootDiskSizeGb: expected 100 or more, found 10",
    ),
}

_PROGRAM = {
    "an image and a runtime": (
        container(runtimeVersion="2.11"),
        f"{_T}.runtimeVersion: is only for Python packages, but masterConfig.imageUri is set; remove one",
    ),
    "an image and a package": (container(pythonModule="a.b"), f"{_T}.pythonModule: is only for Python packages"),
    "neither image nor package": (
        container(masterConfig=None),
        f"{_T}: expected masterConfig.imageUri, or packageUris and pythonModule, found neither; set what the job runs",
    ),
    "no package": (
        package(packageUris=None),
        f"{_T}.packageUris: expected a value with Python packages, found none",
    ),
    "no module": (
        package(pythonModule=None),
        f"{_T}.pythonModule: expected a value with Python packages, found none",
    ),
    "no runtime": (
        package(runtimeVersion=None),
        f"{_T}.runtimeVersion: expected a version with Python packages, found none",
    ),
    "too many packages": (
        package(packageUris=["gs://b/p"] * 101),
        f"{_T}.packageUris: expected at most 100, found 101",
    ),
    "a worker's image alone": (
        package(scaleTier="STANDARD_1", workerConfig={"imageUri": IMAGE}),
        f"{_T}.workerConfig.imageUri: needs masterConfig.imageUri, found none; set it too",
    ),
    "a package's command": (
        package(masterConfig={"containerCommand": ["python"]}),
        f"{_T}.masterConfig.containerCommand: needs masterConfig.imageUri, found none; set it too",
    ),
    "arguments and a command": (
        container(args=["--a"], masterConfig={"imageUri": IMAGE, "containerCommand": ["python"]}),
        f"{_T}.args: excludes masterConfig.containerCommand, found both; put all arguments in containerArgs",
    ),
    "arguments and a worker's own": (
        custom(args=["--a"], workerType="standard", workerCount=1, workerConfig={"containerArgs": ["--b"]}),
        f"{_T}.args: excludes workerConfig.containerArgs, found both; put all arguments in containerArgs",
    ),
}

_STUDY = {
    "no parameters": (tuning(params=[]), f"{_H}.params: expected at least one parameter, found none; add one"),
    "a parameter without a name": (
        tuning({"type": "DOUBLE"}),
        f"{_P}.parameterName: expected a name, found ''; name it",
    ),
    "a name twice": (
        tuning(DOUBLE, INTEGER, DOUBLE),
        f"{_H}.params[2].parameterName: expected each name once, found 'alpha' twice; rename one",
    ),
    "names that become the same": (
        tuning(DOUBLE | {"parameterName": "a b"}, DOUBLE | {"parameterName": "a_b"}),
        f"{_H}.params[1].parameterName: expected each name once, found 'a_b' twice, as 'a b' becomes",
    ),
    "no type": (
        tuning({"parameterName": "a", "minValue": 0, "maxValue": 1}),
        f"{_P}.type: expected one of INTEGER, DOUBLE, DISCRETE, CATEGORICAL, found none; set it",
    ),
    "a type that says nothing": (
        tuning(DOUBLE | {"type": "PARAMETER_TYPE_UNSPECIFIED"}),
        f"{_P}.type: expected one of INTEGER, DOUBLE, DISCRETE, CATEGORICAL, found none; set it",
    ),
    "no minimum": (
        tuning({"parameterName": "a", "type": "DOUBLE", "maxValue": 1}),
        f"{_P}.minValue: expected a value for DOUBLE, found none; set it",
    ),
    "no maximum": (
        tuning({"parameterName": "a", "type": "INTEGER", "minValue": 1}),
        f"{_P}.maxValue: expected a value for INTEGER, found none; set it",
    ),
    "no values": (
        tuning({"parameterName": "a", "type": "DISCRETE"}),
        f"{_P}.discreteValues: expected a value for DISCRETE, found none; set it",
    ),
    "no categories": (
        tuning(CATEGORICAL | {"categoricalValues": []}),
        f"{_P}: parameter loss: expected at least one value, found none",
    ),
    "a minimum above the maximum": (
        tuning(DOUBLE | {"minValue": 2, "maxValue": 1}),
        f"{_P}: parameter alpha: minValue 2.0 is above maxValue 1.0",
    ),
    "half an integer": (
        tuning(INTEGER | {"minValue": 1.5}),
        f"{_P}.minValue: expected a whole number of 64 bits for INTEGER, found 1.5; use DOUBLE",
    ),
    "values out of order": (
        tuning(DISCRETE | {"discreteValues": [500, 200]}),
        f"{_P}: parameter max_iter: expected values in increasing order without duplicates, found [500, 200]",
    ),
    "too many values": (
        tuning(DISCRETE | {"discreteValues": list(range(1001))}),
        f"{_P}: parameter max_iter: expected 1 to 1000 values, found 1001",
    ),
    "values too close": (
        tuning(DISCRETE | {"discreteValues": [0, 1e-11]}),
        f"{_P}.discreteValues: expected values at least 1e-10 apart, found 0 and 1e-11",
    ),
    "categories with a scale": (
        tuning(CATEGORICAL | {"scaleType": "UNIT_LINEAR_SCALE"}),
        f"{_P}.scaleType: expected none for CATEGORICAL, found UNIT_LINEAR_SCALE; remove it",
    ),
    "categories with bounds": (
        tuning(CATEGORICAL | {"minValue": 1}),
        f"{_P}.minValue: expected none for CATEGORICAL, found 1; remove it",
    ),
    "a double with values": (
        tuning(DOUBLE | {"discreteValues": [1]}),
        f"{_P}.discreteValues: expected none for DOUBLE, found [1]; remove it",
    ),
    "a logarithm through 0": (
        tuning(DOUBLE | {"minValue": 0, "scaleType": "UNIT_LOG_SCALE"}),
        f"{_P}: parameter alpha: UNIT_LOG_SCALE needs values above 0, found 0.0; raise it, or scale linearly",
    ),
    "a reverse logarithm through 0": (
        tuning(DISCRETE | {"discreteValues": [0, 1], "scaleType": "UNIT_REVERSE_LOG_SCALE"}),
        f"{_P}: parameter max_iter: UNIT_REVERSE_LOG_SCALE needs values above 0, found 0",
    ),
    "a grid of doubles": (
        tuning(INTEGER, DOUBLE, algorithm="GRID_SEARCH"),
        f"{_H}.params[1].type: expected countable values for GRID_SEARCH, found DOUBLE; list them as DISCRETE, or use",
    ),
    "no trials": (tuning(maxTrials=0), f"{_H}.maxTrials: expected 1 or more, found 0"),
    "no parallel trials": (tuning(maxParallelTrials=0), f"{_H}.maxParallelTrials: expected 1 or more, found 0"),
    "fewer than no failed trials": (tuning(maxFailedTrials=-1), f"{_H}.maxFailedTrials: expected 0 or more, found -1"),
    "a former job": (
        tuning(resumePreviousJobId="job_0"),
        f"{_H}.resumePreviousJobId: expected none, as Vertex AI resumes no tuning job, found 'job_0'",
    ),
}

_ALL = {**_SHAPE, **_CLUSTER, **_PROGRAM, **_STUDY}


@pytest.mark.parametrize(("job", "beginning"), _ALL.values(), ids=list(_ALL))
def test_a_mistake_is_one_line_that_names_its_field(job: dict[str, Any], beginning: str) -> None:
    with pytest.raises(AiPlatformError) as caught:
        translate_training_job(job)
    message = str(caught.value)
    assert message.startswith(beginning)
    assert len(message.splitlines()) == 1


def test_an_executor_image_runs_no_container() -> None:
    with pytest.raises(AiPlatformError, match=r"^executor_image_uri: is only for Python packages"):
        translate_training_job(container(), options=TrainingOptions(executor_image_uri=IMAGE))


def test_options_and_file_are_checked_together() -> None:
    with pytest.raises(AiPlatformError, match=r"^trainingInput\.packageUris: is only for Python packages"):
        translate_training_job(package(), options=TrainingOptions(master_image_uri=IMAGE))
