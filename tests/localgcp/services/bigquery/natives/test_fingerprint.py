"""FARM_FINGERPRINT, compared with results of the published C++ library."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest

from localgcp.services.bigquery.natives.fingerprint import fingerprint

# [text, fingerprint] for every length class, made with FarmHash's own C++ code by way of pyfarmhash.
_VECTORS = json.loads((Path(__file__).parent / "farm_fingerprint_vectors.json").read_text())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1footrue", -1541654101129638711), ("2applefalse", 2794438866806483259), ("3true", -4880158226897771312)],
)
def test_examples_of_the_bigquery_documentation(text: str, expected: int) -> None:
    assert fingerprint(pa.array([text])).to_pylist() == [expected]


def test_vectors_cover_every_length_class() -> None:
    lengths = {len(text) for text, _ in _VECTORS}
    assert {0, 1, 3, 4, 7, 8, 16, 17, 32, 33, 64, 65, 128, 129, 1025} <= lengths


def test_published_vectors_in_one_batch() -> None:
    assert fingerprint(pa.array([text for text, _ in _VECTORS])).to_pylist() == [value for _, value in _VECTORS]


@pytest.mark.parametrize("seed", range(3))
def test_hash_of_a_string_does_not_depend_on_its_batch(seed: int) -> None:
    order = random.Random(seed).sample(_VECTORS, k=len(_VECTORS))
    assert fingerprint(pa.array([text for text, _ in order])).to_pylist() == [value for _, value in order]
    assert [fingerprint(pa.array([text])).to_pylist() for text, _ in order] == [[value] for _, value in order]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
def test_null_gives_null_and_slices_are_read_at_their_offset(kind: pa.DataType) -> None:
    array = pa.array(["skipped", "1footrue", None, "3true"]).cast(kind)[1:]
    assert fingerprint(array).to_pylist() == [-1541654101129638711, None, -4880158226897771312]


def test_no_strings_give_no_fingerprints() -> None:
    assert fingerprint(pa.array([], pa.string())).to_pylist() == []
