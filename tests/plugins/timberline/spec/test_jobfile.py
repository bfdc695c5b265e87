"""Job files: what is said is what is submitted, and what cannot be done is one clear message."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud.aiplatform_v1 import CustomJobSpec, HyperparameterTuningJob
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

import timberline.ai_platform.operators  # noqa: F401  registers the reader of v1's config files
from timberline.run.errors import JobFileError
from timberline.spec.decoding import decode, encode
from timberline.spec.include import read_job_file
from timberline.spec.jobfile import JobFile
from timberline.spec.metric import Metric, MetricGoal
from timberline.spec.parsing import parse_job_file
from timberline.spec.placeholders import fill

_TEXTS = {
    "image_uri": "image",
    "segment": "3",
    "train_uri": "gs://b/t",
    "validation_uri": "gs://b/v",
    "test_uri": "gs://b/e",
    "challenger_uri": "gs://b/c",
    "scores_uri": "gs://b/s",
}
_JOBS = Path(__file__).parents[4] / "include" / "jobs"
# A config file of AI Platform is read by the job file that names it.
SHIPPED_JOB_FILES = sorted(path for path in _JOBS.glob("*.yaml") if "\ntrainingInput:" not in path.read_text())
_POOL = {
    "machineSpec": {"machineType": "n1-standard-4"},
    "containerSpec": {"imageUri": "{{ image_uri }}", "args": ["--hptune"]},
}
_FILE: dict[str, Any] = {
    "tuning": {
        "studySpec": {
            "metrics": [{"metricId": "f1-score", "goal": "MAXIMIZE"}],
            "parameters": [
                {"parameterId": "max_depth", "integerValueSpec": {"minValue": 3, "maxValue": 9}},
                {
                    "parameterId": "eta",
                    "doubleValueSpec": {"minValue": 0.1, "maxValue": 0.3},
                    "scaleType": "UNIT_LOG_SCALE",
                },
                {"parameterId": "bins", "discreteValueSpec": {"values": [64, 128]}},
                {"parameterId": "weight", "categoricalValueSpec": {"values": ["TRUE", "FALSE"]}},
            ],
        },
        "maxTrialCount": 6,
        "parallelTrialCount": 2,
        "trialJobSpec": {"workerPoolSpecs": [_POOL], "scheduling": {"timeout": "3600s"}},
    },
    "training": {"workerPoolSpecs": [_POOL], "scheduling": {"timeout": "3600s"}},
    "presets": {"quick": {"maxTrialCount": 2}},
}


def _parse(change: Callable[[dict[str, Any]], object] = lambda _file: None) -> JobFile:
    raw = copy.deepcopy(_FILE)
    change(raw)
    return parse_job_file(yaml.safe_dump(raw), "job.yaml")


def _parameter(raw: dict[str, Any], index: int) -> dict[str, Any]:
    found: dict[str, Any] = raw["tuning"]["studySpec"]["parameters"][index]
    return found


@pytest.mark.parametrize("path", SHIPPED_JOB_FILES, ids=lambda path: path.name)
def test_the_shipped_files_are_valid_messages_in_every_preset(path: Path) -> None:
    job_file = read_job_file(path.name)
    assert {"full", "quick"} <= set(job_file.presets) or "v1Config:" in path.read_text()
    for preset in (None, *job_file.presets):
        ParseDict(
            encode(fill(job_file.tuning_for(preset), _TEXTS, path.name)),
            HyperparameterTuningJob.pb(HyperparameterTuningJob()),
        )
    for spec in (job_file.training, job_file.scoring):
        if spec is not None:
            ParseDict(encode(fill(spec, _TEXTS, path.name)), CustomJobSpec.pb(CustomJobSpec()))


def test_what_is_read_is_written() -> None:
    raw = encode(_parse())
    assert raw["tuning"]["studySpec"] == _FILE["tuning"]["studySpec"]
    assert decode(JobFile, raw, "") == _parse()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda f: f["tuning"].update(maxTrials=3),
            r"job.yaml: tuning.maxTrials: unknown key; did you mean 'maxTrialCount'",
        ),
        (lambda f: f.update(tunig={}), "job.yaml: tunig: unknown key; did you mean 'tuning'"),
        (
            lambda f: _parameter(f, 0)["integerValueSpec"].update(minimum=1),
            r"tuning.studySpec.parameters\[0\].integerValueSpec.minimum: unknown key; did you mean",
        ),
        (lambda f: f["tuning"].update(zzz=1), "tuning.zzz: unknown key; expected one of"),
        (lambda f: f["tuning"].pop("maxTrialCount"), "tuning.maxTrialCount: expected a value, found none"),
        (
            lambda f: f["tuning"].update(maxTrialCount="six"),
            "tuning.maxTrialCount: expected a whole number, found 'six'",
        ),
        (lambda f: f["tuning"].update(maxTrialCount=True), "tuning.maxTrialCount: expected a whole number, found True"),
        (lambda f: f["tuning"].update(maxTrialCount=2.5), "tuning.maxTrialCount: expected a whole number, found 2.5"),
        (lambda f: f.update(training=[]), "training: expected a mapping"),
        (lambda f: f["training"].update(workerPoolSpecs={}), "training.workerPoolSpecs: expected a list"),
        (lambda f: f["training"].update(workerPoolSpecs=[]), "training: workerPoolSpecs: expected at least one"),
        (lambda f: f["tuning"].update(parallelTrialCount=7), "parallelTrialCount 7 is above maxTrialCount 6"),
        (lambda f: f["tuning"].update(maxTrialCount=0), "maxTrialCount >= 1"),
        (
            lambda f: _parameter(f, 0)["integerValueSpec"].update(minValue=10),
            "parameter max_depth: minValue 10 is above maxValue 9",
        ),
        (
            lambda f: _parameter(f, 1)["doubleValueSpec"].update(minValue=0),
            "parameter eta: UNIT_LOG_SCALE needs values above 0, found 0",
        ),
        (lambda f: _parameter(f, 1)["doubleValueSpec"].update(maxValue=float("nan")), "parameter eta: expected finite"),
        (lambda f: _parameter(f, 1).update(scaleType="LOG"), "scaleType: unknown value 'LOG'"),
        (
            lambda f: _parameter(f, 2)["discreteValueSpec"].update(values=[]),
            "parameter bins: expected 1 to 1000 values",
        ),
        (
            lambda f: _parameter(f, 2)["discreteValueSpec"].update(values=[64, 64]),
            "parameter bins: .* without duplicates",
        ),
        (
            lambda f: _parameter(f, 2)["discreteValueSpec"].update(values=[128, 64]),
            "parameter bins: .* increasing order",
        ),
        (
            lambda f: _parameter(f, 3)["categoricalValueSpec"].update(values=[]),
            "parameter weight: expected at least one value",
        ),
        (
            lambda f: _parameter(f, 3)["categoricalValueSpec"].update(values=["A", "A"]),
            "parameter weight: a value occurs twice",
        ),
        (lambda f: _parameter(f, 3).update(scaleType="UNIT_LINEAR_SCALE"), "parameter weight: texts have no scale"),
        (lambda f: _parameter(f, 0).update(parameterId="eta"), "parameters: eta occurs twice"),
        (lambda f: _parameter(f, 0).update(parameterId="max depth"), "expected a name without spaces"),
        (lambda f: _parameter(f, 0).pop("integerValueSpec"), "parameter max_depth: expected one of integerValueSpec"),
        (lambda f: f["tuning"]["studySpec"].update(parameters=[]), "parameters: expected at least one"),
        (lambda f: f["tuning"]["studySpec"].update(metrics=[]), "metrics: expected one metric"),
        (lambda f: f["tuning"]["studySpec"].update(algorithm="GRID_SEARCH"), "parameter eta: GRID_SEARCH"),
        (lambda f: f["presets"].update(quick={"maxTrials": 1}), "presets.quick.maxTrials: unknown key; did you mean"),
        (lambda f: f["presets"].update(quick={"maxTrialCount": 0}), "presets.quick: .* maxTrialCount >= 1"),
        (
            lambda f: f["presets"].update(
                quick={"parameters": [{"parameterId": "max_dept", "integerValueSpec": {"minValue": 1, "maxValue": 2}}]}
            ),
            "presets.quick: unknown parameter 'max_dept'; did you mean 'max_depth'",
        ),
    ],
)
def test_what_cannot_be_done_is_named(change: Callable[[dict[str, Any]], object], message: str) -> None:
    with pytest.raises(JobFileError, match=message):
        _parse(change)


@pytest.mark.parametrize("key", ["tuning.trialJobSpec", "training", "scoring"])
@pytest.mark.parametrize(
    ("scheduling", "found"),
    [
        (None, "none"),
        ({"strategy": "SPOT"}, "none"),
        ({"timeout": "1h"}, "'1h'"),
        ({"timeout": "0s"}, "'0s'"),
        ({"timeout": "-5s"}, "'-5s'"),
        ({"timeout": 3600}, "'3600'"),
    ],
)
def test_a_job_without_a_timeout_is_refused(key: str, scheduling: object, found: str) -> None:
    def change(file: dict[str, Any]) -> None:
        spec = file["tuning"]["trialJobSpec"] if "." in key else file.setdefault(key, {"workerPoolSpecs": [_POOL]})
        spec["scheduling"] = scheduling

    with pytest.raises(
        JobFileError, match=f"job.yaml: {key}.scheduling.timeout: expected .* as in 3600s, found {found}"
    ):
        _parse(change)


@pytest.mark.parametrize(("text", "seconds"), [("3600s", 3600), ("0.5s", 0.5)])
def test_a_timeout_is_read_in_seconds(text: str, seconds: float) -> None:
    assert _parse(lambda f: f["training"]["scheduling"].update(timeout=text)).training.timeout_s == seconds


def test_a_repeated_key_is_refused() -> None:
    with pytest.raises(JobFileError, match=r"job.yaml: line 1: the key 'tuning' occurs twice"):
        parse_job_file("tuning: {}\ntuning: {}\n", "job.yaml")


def test_broken_yaml_is_one_message() -> None:
    with pytest.raises(JobFileError, match=r"job.yaml: not valid YAML"):
        parse_job_file("tuning: [", "job.yaml")


def test_an_unknown_preset_gets_the_nearest_one() -> None:
    with pytest.raises(JobFileError, match="unknown preset 'quik'; did you mean 'quick'"):
        _parse().tuning_for("quik")


def test_a_preset_replaces_counts_and_parameters_and_keeps_the_rest() -> None:
    spec = {"parameterId": "max_depth", "integerValueSpec": {"minValue": 1, "maxValue": 2}}
    job_file = _parse(lambda f: f["presets"].update(quick={"maxTrialCount": 3, "parameters": [spec]}))
    quick = encode(job_file.tuning_for("quick"))
    assert quick["maxTrialCount"] == 3
    assert quick["studySpec"]["parameters"] == [spec, *_FILE["tuning"]["studySpec"]["parameters"][1:]]


def test_the_counts_of_a_run_win_over_the_preset() -> None:
    spec = _parse().tuning_for("quick", trials=9, parallel_trials=4)
    assert (spec.max_trial_count, spec.parallel_trial_count) == (9, 4)


def test_fewer_trials_than_run_in_parallel_lower_the_latter() -> None:
    assert _parse().tuning_for(None, trials=1).parallel_trial_count == 1


def test_asking_for_more_parallel_trials_than_trials_is_refused() -> None:
    with pytest.raises(JobFileError, match="parallelTrialCount 5 is above maxTrialCount 2"):
        _parse().tuning_for("quick", parallel_trials=5)


def test_int64_may_be_text_as_in_googles_json() -> None:
    job_file = _parse(lambda f: _parameter(f, 0)["integerValueSpec"].update(minValue="4"))
    value_spec = job_file.tuning.study_spec.parameters[0].integer_value_spec
    assert value_spec is not None
    assert value_spec.min_value == 4


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_integer_bounds_are_accepted_exactly_in_order(low: int, high: int) -> None:
    raw = {"parameterId": "p", "integerValueSpec": {"minValue": low, "maxValue": high}}

    def change(file: dict[str, Any]) -> None:
        file["tuning"]["studySpec"].update(parameters=[raw])

    if low > high:
        with pytest.raises(JobFileError, match="parameter p"):
            _parse(change)
    else:
        assert encode(_parse(change))["tuning"]["studySpec"]["parameters"] == [raw]


class TestWithoutTuning:
    """A job file that has a training alone."""

    @staticmethod
    def parse(**keys: Any) -> JobFile:
        raw = {"training": _FILE["training"], "defaultParameters": {"max_depth": 6, "eta": 0.3}, **keys}
        return parse_job_file(yaml.safe_dump(raw), "job.yaml")

    def test_there_is_no_tuning_job_in_any_preset(self) -> None:
        found = self.parse(presets={"full": {}, "quick": {"defaultParameters": {"max_depth": 2}}})
        assert [found.tuning_for(preset) for preset in (None, "full", "quick")] == [None, None, None]
        assert found.parameters_for("full") == {"max_depth": 6, "eta": 0.3}
        assert found.parameters_for("quick") == {"max_depth": 2, "eta": 0.3}

    def test_a_preset_of_trials_is_refused(self) -> None:
        with pytest.raises(
            JobFileError, match=r"job.yaml: presets.quick.maxTrialCount: expected none, as the file has no"
        ):
            self.parse(presets={"quick": {"maxTrialCount": 2}})

    def test_a_run_cannot_ask_for_trials(self) -> None:
        assert self.parse().tuning_for(trials=0) is None
        with pytest.raises(JobFileError, match="trials: expected none, as the file has no tuning, found 3"):
            self.parse().tuning_for(trials=3)

    def test_the_gate_says_metric_and_goal(self) -> None:
        found = self.parse(gate={"metric": "rmse", "goal": "MINIMIZE"})
        assert found.metric("job.yaml") == Metric(name="rmse", goal=MetricGoal.MINIMIZE)

    def test_a_gate_without_a_metric_is_refused_where_it_is_used(self) -> None:
        with pytest.raises(JobFileError, match=r"^job.yaml: gate.metric: expected the metric that the gate compares"):
            self.parse().metric("job.yaml")

    def test_a_metric_without_a_goal_is_refused(self) -> None:
        with pytest.raises(
            JobFileError, match=r"gate.goal: expected MAXIMIZE or MINIMIZE for the metric rmse, found none"
        ):
            self.parse(gate={"metric": "rmse"})


def test_no_trials_is_a_run_without_tuning() -> None:
    assert _parse().tuning_for("quick", trials=0) is None


def test_the_gate_compares_the_metric_of_the_study_unless_it_has_its_own() -> None:
    assert _parse().metric("job.yaml") == Metric(name="f1-score", goal=MetricGoal.MAXIMIZE)
    own = _parse(lambda f: f.update(gate={"metric": "log-loss", "goal": "MINIMIZE"}))
    assert own.metric("job.yaml") == Metric(name="log-loss", goal=MetricGoal.MINIMIZE)


def test_a_goal_that_contradicts_the_study_is_refused() -> None:
    with pytest.raises(
        JobFileError, match=r"gate.goal: expected MAXIMIZE, as in the tuning study of f1-score, found MIN"
    ):
        _parse(lambda f: f.update(gate={"goal": "MINIMIZE"}))


def test_a_job_that_is_not_there_is_named() -> None:
    with pytest.raises(JobFileError, match=r"^job.yaml: scoring: expected a job, found none"):
        _parse().job("scoring", "job.yaml")


def test_a_default_parameter_is_a_number_or_a_text() -> None:
    with pytest.raises(JobFileError, match=r"defaultParameters.max_depth: expected a number or a text, found True"):
        _parse(lambda f: f.update(defaultParameters={"max_depth": True}))


def test_a_file_without_any_job_is_refused() -> None:
    with pytest.raises(JobFileError, match=r"job.yaml: expected at least one of tuning, training, scoring and serving"):
        parse_job_file("{}", "job.yaml")
