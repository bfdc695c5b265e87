"""The place of a process in a cluster, from `CLUSTER_SPEC` and `TF_CONFIG`."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trainer_common.cluster.place import Address, ClusterPlace, Role
from trainer_common.cluster.variables import read_cluster_place
from trainer_common.failures import UserError

ROLES = {"workerpool0": "chief", "workerpool1": "worker", "workerpool2": "ps", "workerpool3": "evaluator"}
SPEC: dict[str, Any] = {
    "cluster": {"workerpool0": ["a:1"], "workerpool1": ["b:2", "c:3"], "workerpool2": ["d:4"], "workerpool3": ["e:5"]},
    "task": {"type": "workerpool1", "index": 1, "trial": "7"},
    "environment": "cloud",
    "job": '{"workerPoolSpecs": []}',
}


def read(variable: str, document: object) -> ClusterPlace:
    return read_cluster_place({variable: json.dumps(document)})


def at(pool: str, index: int) -> ClusterPlace:
    return read("CLUSTER_SPEC", SPEC | {"task": {"type": pool, "index": index}})


def test_the_documented_fields_are_read() -> None:
    place = read("CLUSTER_SPEC", SPEC)
    assert (place.role, place.index, place.trial, place.environment) == (Role.WORKER, 1, "7", "cloud")
    assert place.addresses[Role.WORKER] == (Address("b", 2), Address("c", 3))
    assert place.job == {"workerPoolSpecs": []}
    assert str(place.address) == "c:3"


def test_chief_and_workers_are_ranked_and_the_others_are_not() -> None:
    places = [
        at("workerpool0", 0),
        at("workerpool1", 0),
        at("workerpool1", 1),
        at("workerpool2", 0),
        at("workerpool3", 0),
    ]
    assert [place.rank for place in places] == [0, 1, 2, None, None]
    assert [place.is_chief for place in places] == [True, False, False, False, False]
    assert {place.world_size for place in places} == {3}
    assert {place.chief_address for place in places} == {Address("a", 1)}


@pytest.mark.parametrize("variables", [{}, {"CLUSTER_SPEC": "", "TF_CONFIG": ""}, {"TF_CONFIG": "{}"}])
def test_without_a_cluster_a_process_is_the_chief_of_itself(variables: dict[str, str]) -> None:
    place = read_cluster_place(variables)
    assert (place.rank, place.world_size, place.is_chief, place.trainers, place.address) == (0, 1, True, (), None)


def test_cluster_spec_wins_over_tf_config() -> None:
    tf_config = json.dumps({"cluster": {"chief": ["x:9"]}, "task": {"type": "chief", "index": 0}})
    assert read_cluster_place({"CLUSTER_SPEC": json.dumps(SPEC), "TF_CONFIG": tf_config}).world_size == 3


def test_ai_platform_calls_the_chief_master() -> None:
    place = read(
        "TF_CONFIG", {"cluster": {"master": ["a:1"], "worker": ["b:2"]}, "task": {"type": "master", "index": 0}}
    )
    assert (place.role, place.world_size, place.is_chief) == (Role.CHIEF, 2, True)


def test_without_a_chief_the_first_worker_has_rank_0() -> None:
    place = read("TF_CONFIG", {"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 0}})
    assert (place.rank, place.is_chief, place.chief_address) == (0, True, Address("a", 1))


def test_tf_config_may_leave_out_the_evaluator_that_it_is_given_to() -> None:
    document = {"cluster": {"chief": ["a:1"]}, "task": {"type": "evaluator", "index": 0}}
    place = read("TF_CONFIG", document)
    assert (place.role, place.rank, place.address, place.world_size) == (Role.EVALUATOR, None, None, 1)
    with pytest.raises(UserError, match=r"CLUSTER_SPEC: task\.index: expected less than 0"):
        read("CLUSTER_SPEC", {"cluster": {"workerpool0": ["a:1"]}, "task": {"type": "workerpool3", "index": 0}})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cluster": []}, "cluster: expected an object of lists of addresses, found []"),
        (
            {"cluster": {"pool": ["a:1"]}},
            'cluster: expected one of workerpool0, workerpool1, workerpool2, workerpool3, found "pool"',
        ),
        ({"cluster": {"workerpool0": "a:1"}}, 'cluster.workerpool0: expected a list of addresses, found "a:1"'),
        ({"cluster": {"workerpool0": ["a:1", "b:2"]}}, "cluster.workerpool0: expected exactly one address"),
        ({"cluster": {"workerpool0": []}}, "cluster.workerpool0: expected exactly one address, found []"),
        ({"cluster": {"workerpool0": ["a"]}}, 'cluster.workerpool0[0]: expected host:port, found "a"'),
        ({"cluster": {"workerpool0": ["a:0"]}}, "cluster.workerpool0[0]: expected host:port"),
        ({"cluster": {"workerpool0": ["a:65536"]}}, "cluster.workerpool0[0]: expected host:port"),
        ({"cluster": {"workerpool0": [":1"]}}, "cluster.workerpool0[0]: expected host:port"),
        ({"cluster": {"workerpool0": [1]}}, "cluster.workerpool0[0]: expected host:port, found 1"),
        ({"task": []}, "task: expected an object with `type` and `index`, found []"),
        ({"task": {"index": 0}}, "task.type: expected one of workerpool0,"),
        (
            {"task": {"type": "chief", "index": 0}},
            'task.type: expected one of workerpool0, workerpool1, workerpool2, workerpool3, found "chief"',
        ),
        ({"task": {"type": "workerpool1"}}, "task.index: expected a whole number from 0, found None"),
        ({"task": {"type": "workerpool1", "index": True}}, "task.index: expected a whole number from 0, found True"),
        ({"task": {"type": "workerpool1", "index": -1}}, "task.index: expected a whole number from 0, found -1"),
        ({"task": {"type": "workerpool1", "index": 2}}, "task.index: expected less than 2, the number of addresses"),
        ({"task": {"type": "workerpool1", "index": 0, "trial": []}}, "task.trial: expected text, found []"),
        ({"environment": 1}, "environment: expected text, found 1"),
        ({"job": "{"}, 'job: expected an object, or JSON text of one, found "{"'),
        ({"job": [1]}, "job: expected an object, or JSON text of one, found [1]"),
    ],
)
def test_a_bad_value_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(UserError) as caught:
        read("CLUSTER_SPEC", SPEC | change)
    assert str(caught.value).startswith(f"CLUSTER_SPEC: {message}")
    assert "unset it to train in one process" in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[]", "1", "[" * 100_000])
def test_another_text_is_named(text: str) -> None:
    with pytest.raises(UserError, match="TF_CONFIG: expected"):
        read_cluster_place({"TF_CONFIG": text})


def test_a_role_that_two_names_share_is_refused() -> None:
    document = {"cluster": {"chief": ["a:1"], "master": ["b:2"]}, "task": {"type": "chief", "index": 0}}
    with pytest.raises(UserError, match=r"cluster\.master: expected one list for the role chief"):
        read("TF_CONFIG", document)


@st.composite
def clusters(draw: st.DrawFn) -> dict[str, list[str]]:
    """A cluster with one chief and up to four replicas in each other pool."""
    sizes = {"workerpool0": 1} | {f"workerpool{n}": draw(st.integers(0, 4)) for n in (1, 2, 3)}
    ports = st.integers(1, 65535)
    return {pool: [f"{pool}-{i}:{draw(ports)}" for i in range(size)] for pool, size in sizes.items()}


@given(clusters())
def test_the_replicas_of_a_cluster_agree_and_their_ranks_are_unique(cluster: dict[str, list[str]]) -> None:
    replicas = [(pool, index) for pool, hosts in cluster.items() for index in range(len(hosts))]
    places = [
        read("CLUSTER_SPEC", {"cluster": cluster, "task": {"type": pool, "index": index}}) for pool, index in replicas
    ]
    world_size = 1 + len(cluster["workerpool1"])
    assert {place.world_size for place in places} == {world_size}
    assert sorted(place.rank for place in places if place.rank is not None) == list(range(world_size))
    assert sum(place.is_chief for place in places) == 1
    assert [str(place.address) for place in places] == [cluster[pool][index] for pool, index in replicas]
    assert all(place.trainers[place.rank] == place.address for place in places if place.rank is not None)


@given(clusters(), st.data())
def test_both_variables_describe_the_same_place(cluster: dict[str, list[str]], data: st.DataObject) -> None:
    pool = data.draw(st.sampled_from([pool for pool, hosts in cluster.items() if hosts]))
    index = data.draw(st.integers(0, len(cluster[pool]) - 1))
    tf_cluster = {ROLES[name]: hosts for name, hosts in cluster.items()}
    by_pool = read("CLUSTER_SPEC", {"cluster": cluster, "task": {"type": pool, "index": index}})
    assert by_pool == read("TF_CONFIG", {"cluster": tf_cluster, "task": {"type": ROLES[pool], "index": index}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(field=st.sampled_from([("cluster",), ("task",), ("task", "type"), ("task", "index"), ("job",)]), value=JSON)
def test_any_value_is_a_place_or_a_message_of_one_line(field: tuple[str, ...], value: object) -> None:
    document = json.loads(json.dumps(SPEC))
    holder = document if len(field) == 1 else document["task"]
    holder[field[-1]] = value
    message = ""
    try:
        read("CLUSTER_SPEC", document)
    except UserError as error:
        message = str(error)
    assert not message or (message.startswith("CLUSTER_SPEC: ") and "\n" not in message)
