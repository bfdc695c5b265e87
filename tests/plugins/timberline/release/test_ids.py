"""The names of what a release makes: accepted by Vertex AI, and never shared by two things."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timberline.release.ids import Serving, deployed_model_id, endpoint_id, model_id, pipeline_labels, read_serving
from timberline.run.errors import InputError
from timberline.run.identity import LABEL_LIMIT, RunIdentity

# https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/create is the stricter.
_ID = re.compile(r"[a-z][a-z0-9-]{0,61}[a-z0-9]")
_texts = st.text(max_size=80)


@given(_texts, _texts)
def test_the_id_of_a_model_is_one_that_vertex_ai_accepts(dag_id: str, segment: str) -> None:
    assert _ID.fullmatch(model_id(dag_id, segment))


@given(_texts, _texts, _texts, st.sampled_from([Serving.ENDPOINT, Serving.EPHEMERAL]))
def test_the_id_of_an_endpoint_is_one_that_vertex_ai_accepts(
    dag_id: str, run_id: str, segment: str, serving: Serving
) -> None:
    assert _ID.fullmatch(endpoint_id(RunIdentity(dag_id, run_id), segment, serving))


@given(st.sets(st.tuples(_texts, _texts), min_size=2, max_size=20))
def test_two_segments_never_share_a_model(pairs: set[tuple[str, str]]) -> None:
    assert len({model_id(dag_id, segment) for dag_id, segment in pairs}) == len(pairs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b-c"), ("a-b", "c")),
        (("a_b", "1"), ("a-b", "1")),
        (("covertype", "3"), ("Covertype", "3")),
        (("d", "Type 3"), ("d", "type-3")),
        (("a_b_", "1"), ("a_b", "1")),
        (("d" * 26, "1"), ("d" * 27, "1")),
    ],
)
def test_names_that_look_alike_lead_to_different_models(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert model_id(*one) != model_id(*other)


def test_a_plain_name_stays_readable() -> None:
    assert model_id("covertype_xgboost", "3") == "covertype-xgboost-3"


def test_an_ephemeral_endpoint_is_the_runs_own() -> None:
    runs = [RunIdentity("dag", run_id) for run_id in ("one", "two")]
    assert len({endpoint_id(run, "3", Serving.EPHEMERAL) for run in runs}) == 2
    assert len({endpoint_id(run, "3", Serving.ENDPOINT) for run in runs}) == 1


@given(_texts, _texts, _texts)
def test_a_deployments_id_has_ten_digits_and_stays_the_same(run_id: str, segment: str, version: str) -> None:
    found = deployed_model_id(RunIdentity("dag", run_id), segment, version)
    assert re.fullmatch(r"[1-9]\d{9}", found)
    assert found == deployed_model_id(RunIdentity("dag", run_id), segment, version)


def test_a_thousand_deployments_have_ids_of_their_own() -> None:
    run = RunIdentity("dag", "run")
    assert len({deployed_model_id(run, str(n), "1") for n in range(1000)}) == 1000


@given(_texts)
def test_the_pipelines_label_has_a_valid_value(dag_id: str) -> None:
    (value,) = pipeline_labels(dag_id).values()
    assert re.fullmatch(rf"[a-z0-9_-]{{1,{LABEL_LIMIT}}}", value)


def test_an_unknown_serving_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"serving: unknown value 'endpoints'.*endpoint"):
        read_serving("endpoints")
