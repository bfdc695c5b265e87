"""Left-overs are found, reported and deleted; what changed since the look, and what is young, stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from tests.contract.serving import deploy, endpoints_client, new_endpoint, upload_model
from tests.local_cloud import LocalCloud
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from timberline.hooks.cloud import Cloud
from timberline.hooks.leftovers import leftover_store
from timberline.hooks.storage import StorageHook
from timberline.janitor.rules import Findings, Leftover, LeftoverKind
from timberline.operators.clean_leftovers import (
    DeleteLeftoversOperator,
    FindLeftoversOperator,
    ReportLeftoversOperator,
)
from timberline.run.compat import AirflowFailException, AirflowSkipException
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings

_OLD_H = 100.0


def _find(run: RunIdentity, kind: LeftoverKind, *, age_h: float = _OLD_H, ttl_hours: Any = 72) -> Findings:
    """Look for what is left over of a run when `age_h` hours have passed."""
    started = (datetime.now(UTC) + timedelta(hours=age_h)).isoformat()
    operator = FindLeftoversOperator(task_id="find", kind=str(kind), ttl_hours=ttl_hours, started=started)
    found = Findings.from_json(operator.execute(context_of(run)))
    own = tuple(each for each in found.leftovers if run.run_key in each.name or each.run_key == run.run_key)
    return Findings(kind=kind, leftovers=own, runs_at_work=found.runs_at_work, problem=found.problem)


def _report(run: RunIdentity, *found: Findings, is_dry_run: Any = False) -> str:
    given = {each.kind for each in found}
    rest = [Findings(kind=kind) for kind in LeftoverKind if kind not in given]
    operator = ReportLeftoversOperator(
        task_id="report", found=[each.to_json() for each in [*found, *rest]], is_dry_run=is_dry_run, ttl_hours=72,
        started=datetime.now(UTC).isoformat(),
    )  # fmt: skip
    return str(operator.execute(context_of(run)))


def _delete(run: RunIdentity, kind: LeftoverKind, report_uri: str) -> dict[str, int]:
    operator = DeleteLeftoversOperator(task_id="delete", kind=str(kind), report_uri=report_uri)
    return dict(operator.execute(context_of(run)))


def _remove(settings: Settings, leftover: Leftover) -> bool:
    return leftover_store(leftover.kind, Cloud(settings, CONNECTION)).remove(leftover)


@pytest.fixture
def bucket(settings: Settings) -> storage.Bucket:
    return storage.Client(project=settings.project, credentials=AnonymousCredentials()).bucket(settings.bucket)


@pytest.fixture
def tables(settings: Settings) -> bigquery.Client:
    client = bigquery.Client(project=settings.project, credentials=AnonymousCredentials())
    client.create_dataset(settings.dataset, exists_ok=True)
    return client


def _make_table(client: bigquery.Client, settings: Settings, run: RunIdentity, name: str = "split") -> str:
    table = f"{settings.project}.{settings.dataset}.{run.table_name(name)}"
    client.query_and_wait(
        f"CREATE OR REPLACE TABLE `{table}` OPTIONS (labels = [('timberline-run', '{run.run_key}')]) AS SELECT 1 AS one"
    )
    return table


def _table_names(client: bigquery.Client, settings: Settings) -> set[str]:
    return {f"{each.project}.{each.dataset_id}.{each.table_id}" for each in client.list_tables(settings.dataset)}


class TestLook:
    def test_a_table_of_a_run_is_left_over_when_it_is_old(
        self, tables: bigquery.Client, settings: Settings, run: RunIdentity
    ) -> None:
        name = _make_table(tables, settings, run)
        assert [each.name for each in _find(run, LeftoverKind.TABLES).leftovers] == [name]
        young = _find(run, LeftoverKind.TABLES, age_h=71)
        assert young.leftovers == ()
        assert run.run_key in young.runs_at_work

    def test_a_table_without_the_label_is_nobodys_left_over(
        self, tables: bigquery.Client, settings: Settings, run: RunIdentity
    ) -> None:
        tables.query_and_wait(f"CREATE TABLE {settings.dataset}.{run.table_name('loaded')} AS SELECT 1 AS one")
        assert _find(run, LeftoverKind.TABLES).leftovers == ()

    @pytest.mark.parametrize("kind", [LeftoverKind.TABLES, LeftoverKind.IMAGES])
    def test_where_nothing_was_ever_made_nothing_is_left_over(
        self, settings: Settings, run: RunIdentity, monkeypatch: pytest.MonkeyPatch, kind: LeftoverKind
    ) -> None:
        monkeypatch.setenv("TIMBERLINE_DATASET", "never_made")
        monkeypatch.setenv("TIMBERLINE_IMAGE_REPOSITORY", "europe-west1-docker.pkg.dev/test-project/never-made")
        assert _find(run, kind) == Findings(kind=kind)

    def test_a_bucket_that_does_not_exist_is_named(
        self, settings: Settings, run: RunIdentity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TIMBERLINE_BUCKET", "never-made")
        assert "bucket never-made does not exist" in (_find(run, LeftoverKind.ROWS).problem or "")

    def test_a_repository_elsewhere_is_named(
        self, settings: Settings, run: RunIdentity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TIMBERLINE_IMAGE_REPOSITORY", "docker.io/library")
        assert "check TIMBERLINE_IMAGE_REPOSITORY" in (_find(run, LeftoverKind.IMAGES).problem or "")

    @pytest.mark.parametrize("ttl_hours", [-1, "soon"])
    def test_an_age_that_is_none_is_refused(self, settings: Settings, run: RunIdentity, ttl_hours: Any) -> None:
        with pytest.raises(AirflowFailException, match="ttl_hours: expected a number of hours from 0, found"):
            _find(run, LeftoverKind.TABLES, ttl_hours=ttl_hours)


class TestService:
    def test_one_that_refuses_is_reported_and_fails_its_deletion_alone(
        self,
        localgcp: LocalCloud,
        tables: bigquery.Client,
        bucket: storage.Bucket,
        settings: Settings,
        run: RunIdentity,
    ) -> None:
        bucket.blob(f"builds/{run.run_key}.tar.gz").upload_from_string("source")
        fault = localgcp.add_fault("bigquery.tables.list", "error", status=403)
        refused = _find(run, LeftoverKind.TABLES)
        assert localgcp.fault_is_consumed(fault)
        report = _report(run, refused, _find(run, LeftoverKind.ARCHIVES))
        with pytest.raises(AirflowFailException, match="tables could not be listed: 403"):
            _delete(run, LeftoverKind.TABLES, report)
        assert _delete(run, LeftoverKind.ARCHIVES, report) == {"removed": 1, "gone": 0}

    def test_one_that_is_away_for_a_moment_is_asked_again(
        self, localgcp: LocalCloud, tables: bigquery.Client, settings: Settings, run: RunIdentity
    ) -> None:
        name = _make_table(tables, settings, run)
        fault = localgcp.add_fault("bigquery.tables.list", "error", status=503)
        assert [each.name for each in _find(run, LeftoverKind.TABLES).leftovers] == [name]
        assert localgcp.fault_is_consumed(fault)

    def test_a_refused_deletion_does_not_keep_the_others(
        self, localgcp: LocalCloud, tables: bigquery.Client, settings: Settings, run: RunIdentity
    ) -> None:
        first, second = (_make_table(tables, settings, run, name) for name in ("split", "other"))
        report = _report(run, _find(run, LeftoverKind.TABLES))
        localgcp.add_fault("bigquery.tables.delete", "error", status=403)
        with pytest.raises(AirflowFailException, match=rf"1 of 2 tables could not be removed.*\n{first}: 403"):
            _delete(run, LeftoverKind.TABLES, report)
        assert _table_names(tables, settings) & {first, second} == {first}
        assert _delete(run, LeftoverKind.TABLES, report) == {"removed": 1, "gone": 1}


class TestDeletion:
    def test_a_dry_run_deletes_nothing(self, tables: bigquery.Client, settings: Settings, run: RunIdentity) -> None:
        name = _make_table(tables, settings, run)
        report = _report(run, _find(run, LeftoverKind.TABLES), is_dry_run=True)
        with pytest.raises(AirflowSkipException, match="dry run"):
            _delete(run, LeftoverKind.TABLES, report)
        assert name in _table_names(tables, settings)

    def test_a_dry_run_that_is_neither_true_nor_false_is_refused(self, settings: Settings, run: RunIdentity) -> None:
        with pytest.raises(AirflowFailException, match="dry_run: expected true or false, found 'no'"):
            _report(run, is_dry_run="no")

    def test_what_a_run_at_work_has_is_reported_and_kept(
        self, tables: bigquery.Client, settings: Settings, run: RunIdentity
    ) -> None:
        name = _make_table(tables, settings, run)
        jobs = Findings(kind=LeftoverKind.JOBS, runs_at_work=(run.run_key,))
        report = _report(run, _find(run, LeftoverKind.TABLES), jobs)
        assert _delete(run, LeftoverKind.TABLES, report) == {"removed": 0, "gone": 0}
        document = StorageHook(settings.project, settings.region, CONNECTION).read_json(report)
        assert [(each["name"], each["reason"]) for each in document["kept"]] == [(name, "its run is active")]

    def test_a_table_that_was_made_anew_stays(
        self, tables: bigquery.Client, settings: Settings, run: RunIdentity
    ) -> None:
        name = _make_table(tables, settings, run)
        (leftover,) = _find(run, LeftoverKind.TABLES).leftovers
        _make_table(tables, settings, run)
        assert not _remove(settings, leftover)
        assert name in _table_names(tables, settings)

    def test_rows_that_were_written_after_the_look_stay(
        self, bucket: storage.Bucket, settings: Settings, run: RunIdentity
    ) -> None:
        folder = f"runs/{run.run_key}/data"
        for name in ("train/0.parquet", "test/0.parquet"):
            bucket.blob(f"{folder}/{name}").upload_from_string("rows")
        (leftover,) = _find(run, LeftoverKind.ROWS).leftovers
        assert (leftover.count, leftover.size_bytes) == (2, 8)
        bucket.blob(f"{folder}/test/0.parquet").upload_from_string("new rows")
        assert _remove(settings, leftover)
        assert [blob.name for blob in bucket.list_blobs(prefix=f"runs/{run.run_key}/")] == [f"{folder}/test/0.parquet"]
        bucket.blob(f"{folder}/test/0.parquet").delete()
        assert not _remove(settings, leftover)

    def test_an_archive_that_was_uploaded_anew_stays(
        self, bucket: storage.Bucket, settings: Settings, run: RunIdentity
    ) -> None:
        archive = bucket.blob(f"builds/{run.run_key}.tar.gz")
        archive.upload_from_string("source")
        bucket.blob(f"builds/{run.run_key}.txt").upload_from_string("a note")
        (leftover,) = _find(run, LeftoverKind.ARCHIVES).leftovers
        archive.upload_from_string("source")
        assert not _remove(settings, leftover)
        assert archive.exists()

    def test_a_deployment_that_got_requests_since_the_look_stays(
        self, localgcp: LocalCloud, settings: Settings, run: RunIdentity
    ) -> None:
        endpoint = new_endpoint(localgcp, f"e-{run.run_key}"[:63], labels={"timberline-pipeline": "test_dag"})
        first = deploy(localgcp, endpoint, upload_model(localgcp), "1", {"0": 100})
        second = deploy(localgcp, endpoint, upload_model(localgcp), "2", {first.id: 100, "0": 0})
        (leftover,) = _find(run, LeftoverKind.DEPLOYMENTS).leftovers
        assert leftover.name == f"{endpoint}/deployedModels/{second.id}"
        client = endpoints_client(localgcp)
        update = {"name": endpoint, "traffic_split": {first.id: 90, second.id: 10}}
        client.update_endpoint(endpoint=update, update_mask={"paths": ["traffic_split"]})
        assert not _remove(settings, leftover)
        update = {"name": endpoint, "traffic_split": {first.id: 100}}
        client.update_endpoint(endpoint=update, update_mask={"paths": ["traffic_split"]})
        assert _remove(settings, leftover)
        assert not _remove(settings, leftover)
        assert [each.id for each in client.get_endpoint(name=endpoint).deployed_models] == [first.id]
