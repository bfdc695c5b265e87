"""Each pair of versions has its own document, which can be found again."""

from timberline.evaluation.comparison import Comparison, latest_comparison, scores_prefix

_FOLDER = "gs://bucket/runs/r/score/3"


def _uris(*pairs: tuple[str, str | None]) -> list[str]:
    return [Comparison(challenger=one, champion=other).scores_uri(_FOLDER) for one, other in pairs]


def test_the_document_is_named_after_the_two_versions() -> None:
    assert _uris(("12", "7"), ("12", None)) == [f"{_FOLDER}/scores-12-7.json", f"{_FOLDER}/scores-12-none.json"]


def test_another_champion_is_another_job() -> None:
    contents = {Comparison(challenger="2", champion=each).content for each in (None, "1", "3")}
    assert len(contents) == 3


def test_all_documents_of_a_challenger_share_their_beginning() -> None:
    mine = _uris(("1", "7"), ("1", None))
    assert all(uri.startswith(scores_prefix(_FOLDER, "1")) for uri in mine)
    assert not any(uri.startswith(scores_prefix(_FOLDER, "1")) for uri in _uris(("12", "7"), ("11", None)))


def test_the_latest_comparison_is_that_with_the_youngest_champion() -> None:
    found = latest_comparison(_uris(("12", None), ("12", "9"), ("12", "10"), ("13", "11")), "12")
    assert found == Comparison(challenger="12", champion="10")


def test_a_first_version_was_compared_with_none() -> None:
    assert latest_comparison(_uris(("1", None)), "1") == Comparison(challenger="1", champion=None)


def test_without_a_document_there_was_no_comparison() -> None:
    assert latest_comparison([f"{_FOLDER}/model/metrics.json"], "1") is None
