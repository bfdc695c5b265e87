"""What a job asks for."""

from typing import Any

from localgcp.services.vertex.replicas.resources import JobSpec


def pool(**fields: Any) -> dict[str, Any]:
    return {"machineSpec": {"machineType": "n1"}, "replicaCount": "1", "containerSpec": {"imageUri": "i"}, **fields}


def test_empty_pool_keeps_the_numbers_of_the_pools_behind_it() -> None:
    spec = JobSpec.from_json({"workerPoolSpecs": [pool(), {}, pool(replicaCount="2")]})
    assert [(one.number, one.replica_count) for one in spec.pools] == [(0, 1), (2, 2)]


def test_slots_are_those_of_all_replicas() -> None:
    wide = pool(replicaCount="2", containerSpec={"imageUri": "i", "env": [{"name": "OMP_NUM_THREADS", "value": "3"}]})
    assert JobSpec.from_json({"workerPoolSpecs": [pool(), wide]}).slots == 7


def test_output_folder_has_no_slash_at_its_end_and_a_week_is_the_default_timeout() -> None:
    spec = JobSpec.from_json(
        {"workerPoolSpecs": [pool()], "baseOutputDirectory": {"outputUriPrefix": "gs://b/folder//"}}
    )
    assert (spec.base_output_uri, spec.timeout_s) == ("gs://b/folder", 7 * 86400)
