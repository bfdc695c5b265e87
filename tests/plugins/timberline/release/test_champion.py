"""When the version in service has to be deployed, and what it gets."""

from timberline.release.champion import Champion
from timberline.release.endpoint_state import DeployedVersion, ServedEndpoint
from timberline.release.ids import deployed_model_id
from timberline.run.identity import RunIdentity

_MODEL = "projects/p/locations/l/models/pipeline-3"
_RUN = RunIdentity("pipeline", "second")


def _champion(version: str = "2", challenger: str | None = None) -> Champion:
    return Champion(run=_RUN, segment="3", model=_MODEL, version=version, challenger=challenger)


def _served(*versions: str, **split: int) -> ServedEndpoint:
    """Return an endpoint with deployments v1, v2, ... of these versions, and their shares."""
    deployed = tuple(DeployedVersion(id=f"v{each}", model="pipeline-3", version=each) for each in versions)
    return ServedEndpoint(name="e", etag="1", deployed=deployed, split=split)


def test_a_champion_without_an_endpoint_is_missing() -> None:
    assert _champion().is_missing(None)


def test_a_champion_that_answers_is_left_as_it_is() -> None:
    served = _served("2", v2=100)
    assert not _champion().is_missing(served)
    assert _champion().traffic(served) == {"v2": 100}
    assert _champion().outdated(served) == []


def test_an_older_version_hands_its_requests_over_and_leaves() -> None:
    assert _champion().is_missing(_served("1", v1=100))
    assert _champion().traffic(_served("1", "2", v1=100)) == {"v1": 0, "v2": 100}
    assert _champion().outdated(_served("1", "2", v1=0, v2=100)) == ["v1"]


def test_an_older_version_stays_until_the_champion_answers() -> None:
    assert _champion().outdated(_served("1", "2", v1=100)) == []


def test_a_challenger_of_another_run_that_answers_is_left_alone() -> None:
    champion, served = _champion("1", challenger="2"), _served("2", v2=100)
    assert not champion.is_missing(served)
    assert champion.traffic(served) == {"v2": 100}


def test_a_challenger_of_the_same_run_gives_way() -> None:
    own = deployed_model_id(_RUN, "3", "2")
    served = ServedEndpoint(
        name="e", etag="1", deployed=(DeployedVersion(id=own, model="pipeline-3", version="2"),), split={own: 100}
    )
    assert _champion("1", challenger="2").is_missing(served)


def test_a_newer_version_that_is_no_challenger_gives_way() -> None:
    """A person made an older version the champion again."""
    assert _champion("1").traffic(_served("1", "2", v2=100)) == {"v1": 100, "v2": 0}


def test_a_champion_beside_a_canary_keeps_its_share() -> None:
    served = _served("1", "2", v1=90, v2=10)
    assert _champion("1", challenger="2").traffic(served) == {"v1": 90, "v2": 10}
