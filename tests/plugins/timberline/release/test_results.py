"""Results of release steps as XCom values."""

from timberline.release.results import Challenger, Outcome


def test_results_are_read_back_from_json_and_unknown_keys_are_ignored() -> None:
    challenger = Challenger(segment="3", model="m", version="2", artifact_uri="gs://b/m", metrics={"f1": 0.5})
    assert Challenger.from_json({**challenger.to_json(), "added": 1}) == challenger
    outcome = Outcome(segment="3", version="2", endpoint=None)
    assert Outcome.from_json(outcome.to_json()) == outcome
