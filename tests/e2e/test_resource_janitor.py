"""The janitor through Airflow: a dry run deletes nothing, a real run exactly the leftovers."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.airflow_runs import Airflow, AirflowRun
from tests.e2e.left_behind import RUN_KEY, Inventory, LeftBehind
from tests.local_cloud import LocalCloud

pytestmark = pytest.mark.slow

_DAG_ID = "resource_janitor"


@pytest.fixture(scope="module")
def cloud(localgcp: LocalCloud) -> LocalCloud:
    return localgcp


@pytest.fixture(scope="module")
def left_behind(cloud: LocalCloud) -> LeftBehind:
    found = LeftBehind(cloud)
    found.bucket.create()
    return found


@pytest.fixture(scope="module")
def left_over(left_behind: LeftBehind) -> Inventory:
    return left_behind.make()


@pytest.fixture(scope="module")
def before(left_behind: LeftBehind, left_over: Inventory) -> Inventory:
    return left_behind.inventory()


@pytest.fixture(scope="module")
def dry_run(cloud: LocalCloud, before: Inventory, airflow: Airflow, data_dir: Path) -> AirflowRun:
    return airflow.dags_test(cloud, data_dir, _DAG_ID, {"ttl_hours": 0})


@pytest.fixture(scope="module")
def after_dry_run(left_behind: LeftBehind, dry_run: AirflowRun) -> Inventory:
    return left_behind.inventory()


@pytest.fixture(scope="module")
def reported(left_behind: LeftBehind, dry_run: AirflowRun) -> dict[str, Any]:
    """The JSON document that the dry run wrote."""
    (blob,) = left_behind.bucket.list_blobs(prefix="janitor/")
    return dict(json.loads(blob.download_as_bytes()))


@pytest.fixture(scope="module")
def real_run(
    cloud: LocalCloud, after_dry_run: Inventory, reported: dict[str, Any], airflow: Airflow, data_dir: Path
) -> AirflowRun:
    return airflow.dags_test(cloud, data_dir, _DAG_ID, {"ttl_hours": 0, "dry_run": False})


def test_a_dry_run_deletes_nothing(before: Inventory, after_dry_run: Inventory, dry_run: AirflowRun) -> None:
    assert dry_run.code == 0, dry_run.output[-5000:]
    assert after_dry_run == before


def test_its_report_names_each_left_over_and_nothing_else(
    reported: dict[str, Any], left_over: Inventory, left_behind: LeftBehind, dry_run: AirflowRun
) -> None:
    assert reported["dry_run"] is True
    assert reported["problems"] == {}
    named: dict[str, set[str]] = {}
    for each in reported["leftovers"]:
        named.setdefault(each["kind"], set()).add(each["name"])
    bucket = f"gs://{left_behind.bucket.name}/"
    for kind in ("jobs", "endpoints", "deployments"):
        assert named[kind] == left_over[kind]
    assert {name.rpartition(".")[2] for name in named["tables"]} == left_over["tables"]
    assert named["rows"] == {f"{bucket}runs/{RUN_KEY}/data/"}
    assert named["archives"] == {bucket + name for name in left_over["archives"]}
    assert len(named["images"]) == 1
    assert all(name in dry_run.output for names in named.values() for name in names)


def test_a_real_run_deletes_exactly_what_is_left_over(
    before: Inventory, left_over: Inventory, real_run: AirflowRun, left_behind: LeftBehind
) -> None:
    assert real_run.code == 0, real_run.output[-5000:]
    run_endpoint_only = {f"{name}/deployedModels/1" for name in left_over["endpoints"]}
    expected = {kind: names - left_over[kind] for kind, names in before.items()}
    expected["deployments"] -= run_endpoint_only
    assert left_behind.inventory() == expected


def test_a_second_run_finds_no_leftovers_and_fails_because_a_service_refuses_its_list(
    cloud: LocalCloud, real_run: AirflowRun, left_behind: LeftBehind, airflow: Airflow, data_dir: Path
) -> None:
    there = left_behind.inventory()
    fault = cloud.add_fault("bigquery.tables.list", "error", status=403)
    run = airflow.dags_test(cloud, data_dir, _DAG_ID, {"ttl_hours": 0, "dry_run": False})
    assert cloud.fault_is_consumed(fault)
    assert run.code == 1
    assert "tables could not be listed: 403" in run.output
    assert left_behind.inventory() == there
