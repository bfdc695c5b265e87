"""The terminal view."""

from datetime import UTC, datetime

from localgcp.cli.status import render, summary
from localgcp.core.control.status import BuildStatus, EndpointStatus, JobStatus, TrialStatus

_NOW = datetime(2026, 3, 1, 10, 5, 7, tzinfo=UTC)


def _job(**fields: object) -> dict:
    given = {
        "name": "projects/p/locations/l/hyperparameterTuningJobs/1", "kind": "hyperparameterTuningJob",
        "state": "JOB_STATE_RUNNING", "display_name": "cover-3", "create_time": "2026-03-01T10:00:00.000000Z",
        "trial_count": 6, "metric_id": "f1-score",
    }  # fmt: skip
    return JobStatus(**{**given, **fields}).to_json()


def _trial(number: int, state: str, **fields: object) -> dict:
    return TrialStatus(id=str(number), state=state, **fields).to_json()


def test_job_line_has_state_trials_best_and_elapsed() -> None:
    trials = [_trial(1, "SUCCEEDED", metric=0.8), _trial(2, "SUCCEEDED", metric=0.9), _trial(3, "ACTIVE")]
    line = render({"jobs": [_job(trials=trials)]}, now=_NOW).splitlines()[1]
    assert line.split() == ["cover-3", "RUNNING", "2/6", "f1-score", "0.9000", "(trial", "2)", "5m", "07s"]


def test_best_follows_the_goal_and_leaves_infeasible_trials_out() -> None:
    trials = [
        _trial(1, "SUCCEEDED", metric=0.8),
        _trial(2, "STOPPED", metric=0.3),
        _trial(3, "INFEASIBLE", metric=0.1),
        _trial(4, "ACTIVE", metric=0.2),
    ]
    best = JobStatus.from_json(_job(goal="MINIMIZE", trials=trials)).best()
    assert best is not None
    assert best.id == "2"


def test_failed_trial_shows_its_reason_and_the_end_of_its_log() -> None:
    log = [f"line {number}" for number in range(20)]
    text = render({"jobs": [_job(trials=[_trial(4, "INFEASIBLE", reason="exit code 1", log_tail=log)])]}, now=_NOW)
    assert "trial 4 INFEASIBLE: exit code 1" in text
    assert "| line 19" in text
    assert "line 0\n" not in text


def test_running_trial_shows_its_last_report() -> None:
    text = render({"jobs": [_job(trials=[_trial(1, "ACTIVE", metric=0.5, step=10)])]}, now=_NOW)
    assert "trial 1 ACTIVE: f1-score 0.5000 at step 10" in text


def test_columns_are_aligned() -> None:
    jobs = [_job(display_name="a"), _job(display_name="a much longer name", state="JOB_STATE_SUCCEEDED")]
    header, *lines = render({"jobs": jobs}, now=_NOW).splitlines()[:3]
    assert all(line[header.index("STATE") - 1] == " " for line in lines)
    assert [line[header.index("STATE") :].split()[0] for line in lines] == ["RUNNING", "SUCCEEDED"]


def test_log_cannot_control_the_terminal() -> None:
    text = render({"jobs": [_job(error="\x1b[31mred\x1b[0m\x07", state="JOB_STATE_FAILED")]}, now=_NOW)
    assert "    red\n" in text
    assert "\x1b" not in text


def test_failed_build_shows_its_error() -> None:
    build = BuildStatus(id="b1", state="FAILURE", images=["img:1"], error="no pyproject.toml", create_time="").to_json()
    text = render({"builds": [build]}, now=_NOW)
    assert "FAILURE" in text
    assert "no pyproject.toml" in text


def test_summary_counts_states_and_trials() -> None:
    jobs = [_job(trials=[_trial(1, "SUCCEEDED")]), _job(), _job(state="JOB_STATE_FAILED")]
    assert summary(jobs) == "3 jobs: 2 running, 1 failed; 1 of 18 trials done."
    assert summary([]) == "No jobs."


def test_json_round_trip_ignores_fields_of_a_newer_server() -> None:
    raw = _job(labels={"a": "b"}, end_time="2026-03-01T10:01:00.000000Z")
    assert JobStatus.from_json({**raw, "novelty": 1}).to_json() == raw


def test_endpoint_line_has_the_deployed_model_and_its_traffic() -> None:
    name, since = "projects/p/locations/l/endpoints/cover-3", "2026-03-01T10:00:00.000000Z"
    served = EndpointStatus(name=name, model="cover-3@2", traffic=90, create_time=since)
    empty = EndpointStatus(name=f"{name}-new", create_time=since)
    lines = render({"endpoints": [served.to_json(), empty.to_json()]}, now=_NOW).splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["ENDPOINT", "MODEL", "TRAFFIC", "AGE"],
        ["cover-3", "cover-3@2", "90", "%", "5m", "07s"],
        ["cover-3-new", "none", "5m", "07s"],
    ]
