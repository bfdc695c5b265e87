"""Of several versions of one bundle all agree on the same one."""

from dataclasses import replace
from itertools import permutations

from timberline.release.ids import CHALLENGER_ALIAS, CHAMPION_ALIAS
from timberline.release.versions import Version, survivor

_OLD = Version(model="m", version="9", created_s=1.0)
_NEW = Version(model="m", version="10", created_s=2.0)


def test_the_oldest_survives_in_whatever_order_they_are_listed() -> None:
    assert all(survivor(order) == _OLD for order in permutations([_OLD, _NEW]))


def test_versions_of_the_same_moment_are_told_by_their_number() -> None:
    assert survivor([replace(_NEW, created_s=1.0), _OLD]) == _OLD


def test_the_version_in_service_survives_an_older_one() -> None:
    champion = replace(_NEW, aliases=(CHAMPION_ALIAS,))
    assert survivor([_OLD, champion]) == champion


def test_a_deployed_version_survives_an_older_one() -> None:
    deployed = replace(_NEW, deployed=True)
    assert survivor([_OLD, deployed]) == deployed


def test_without_versions_none_survives() -> None:
    assert survivor([]) is None


def test_aliases_tell_what_a_version_is() -> None:
    both = replace(_OLD, aliases=(CHALLENGER_ALIAS, CHAMPION_ALIAS))
    assert (both.is_challenger, both.is_champion, _OLD.is_challenger, _OLD.is_champion) == (True, True, False, False)
