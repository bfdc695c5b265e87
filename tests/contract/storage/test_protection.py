"""Holds, retention, soft deletion, lifecycle rules and IAM policies."""

import datetime
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import storage
from googleapiclient.errors import HttpError

from tests.contract.discovery import Discovery
from tests.local_cloud import LocalCloud

_DAY_S = 86_400.0
_WEEK_S = 7 * 86_400


def _put(bucket: storage.Bucket, name: str, text: str = "x") -> storage.Blob:
    blob = bucket.blob(name)
    blob.upload_from_string(text)
    return blob


def _names(bucket: storage.Bucket, **how: Any) -> list[str]:
    return [blob.name for blob in bucket.list_blobs(**how)]


class TestHolds:
    @pytest.mark.parametrize(("hold", "words"), [("temporary_hold", "Temporary"), ("event_based_hold", "Event-Based")])
    def test_held_object_cannot_be_deleted_or_replaced(self, bucket: storage.Bucket, hold: str, words: str) -> None:
        blob = _put(bucket, "a")
        setattr(blob, hold, True)
        blob.patch()
        for change in (blob.delete, lambda: _put(bucket, "a", "y"), lambda: bucket.rename_blob(blob, "b")):
            with pytest.raises(exceptions.Forbidden, match=f"under active {words} hold"):
                change()
        blob.metadata = {"may": "change"}
        setattr(blob, hold, False)
        blob.patch()
        blob.delete()
        assert not blob.exists()

    def test_new_object_gets_the_default_hold_and_a_copy_inherits_no_hold(self, bucket: storage.Bucket) -> None:
        bucket.default_event_based_hold = True
        bucket.patch()
        held = _put(bucket, "a")
        bucket.default_event_based_hold = False
        bucket.patch()
        assert (held.event_based_hold, bucket.copy_blob(held, bucket, "b").event_based_hold) == (True, None)


class TestRetention:
    def test_object_cannot_be_deleted_before_its_retention_period_ends(
        self, bucket: storage.Bucket, localgcp: LocalCloud
    ) -> None:
        bucket.retention_period = 3600
        bucket.patch()
        blob = _put(bucket, "a")
        assert bucket.retention_policy_effective_time is not None
        assert blob.retention_expiration_time - blob.time_created == datetime.timedelta(hours=1)
        with pytest.raises(exceptions.Forbidden) as refused:
            blob.delete()
        assert refused.value.errors[0]["reason"] == "retentionPolicyNotMet"
        with pytest.raises(exceptions.Forbidden, match="cannot be deleted or overwritten until"):
            _put(bucket, "a", "y")
        localgcp.advance_clock(3601)
        _put(bucket, "a", "y").reload()
        localgcp.advance_clock(3601)
        bucket.delete_blob("a")

    def test_end_of_an_event_based_hold_starts_the_retention_period(
        self, bucket: storage.Bucket, localgcp: LocalCloud
    ) -> None:
        bucket.retention_period = 3600
        bucket.default_event_based_hold = True
        bucket.patch()
        blob = _put(bucket, "a")
        assert blob.retention_expiration_time is None
        localgcp.advance_clock(3601)
        blob.event_based_hold = False
        blob.patch()
        assert blob.retention_expiration_time - localgcp.clock() > datetime.timedelta(minutes=59)

    def test_locked_policy_can_only_be_lengthened(self, bucket: storage.Bucket) -> None:
        bucket.retention_period = 3600
        bucket.patch()
        bucket.lock_retention_policy()
        assert bucket.retention_policy_locked
        for period in (None, 60):
            bucket.reload()
            bucket.retention_period = period
            with pytest.raises(exceptions.Forbidden, match="locked"):
                bucket.patch()
        bucket.reload()
        bucket.retention_period = 7200
        bucket.patch()
        bucket.reload()
        assert (bucket.retention_period, bucket.retention_policy_locked) == (7200, True)

    def test_object_may_have_its_own_retention_where_its_bucket_allows_it(
        self, bucket: storage.Bucket, client: storage.Client, localgcp: LocalCloud
    ) -> None:
        allowing = client.create_bucket(f"{bucket.name}-r", enable_object_retention=True)
        blob = _put(allowing, "a")
        blob.retention.mode = "Unlocked"
        blob.retention.retain_until_time = localgcp.clock() + datetime.timedelta(hours=1)
        blob.patch()
        with pytest.raises(exceptions.Forbidden, match="object retention"):
            blob.delete()
        blob.retention.mode = blob.retention.retain_until_time = None
        with pytest.raises(exceptions.Forbidden, match="overrideUnlockedRetention"):
            blob.patch()
        blob.patch(override_unlocked_retention=True)
        blob.delete()
        refused = _put(bucket, "a")
        refused.retention.mode = "Locked"
        refused.retention.retain_until_time = localgcp.clock()
        with pytest.raises(exceptions.BadRequest, match="not enabled"):
            refused.patch()


class TestSoftDeletion:
    @pytest.fixture
    def soft(self, bucket: storage.Bucket) -> storage.Bucket:
        bucket.soft_delete_policy.retention_duration_seconds = _WEEK_S
        bucket.patch()
        assert bucket.soft_delete_policy.effective_time is not None
        return bucket

    def test_deleted_object_is_listed_read_and_restored(self, soft: storage.Bucket, localgcp: LocalCloud) -> None:
        blob = _put(soft, "a", "text")
        blob.metadata = {"k": "v"}
        blob.patch()
        blob.delete()
        assert (_names(soft), _names(soft, soft_deleted=True)) == ([], ["a"])
        localgcp.restart(kill=True)
        found = soft.get_blob("a", generation=blob.generation, soft_deleted=True)
        assert found is not None
        assert found.hard_delete_time - found.soft_delete_time == datetime.timedelta(days=7)
        restored = soft.restore_blob("a", generation=blob.generation)
        assert (restored.download_as_bytes(), restored.metadata) == (b"text", {"k": "v"})
        assert restored.generation != blob.generation
        assert _names(soft, soft_deleted=True) == []

    def test_replaced_objects_are_soft_deleted_and_listed_in_pages(self, soft: storage.Bucket) -> None:
        generations = [_put(soft, "a", text).generation for text in ("1", "2", "3")]
        found = [blob.generation for blob in soft.list_blobs(soft_deleted=True, page_size=1)]
        assert found == generations[:2]

    def test_object_is_gone_after_its_soft_delete_period(self, soft: storage.Bucket, localgcp: LocalCloud) -> None:
        blob = _put(soft, "a")
        blob.delete()
        localgcp.advance_clock(_WEEK_S + 1)
        assert _names(soft, soft_deleted=True) == []
        with pytest.raises(exceptions.NotFound):
            soft.restore_blob("a", generation=blob.generation)

    def test_bucket_with_only_soft_deleted_objects_can_be_deleted(self, soft: storage.Bucket) -> None:
        _put(soft, "a").delete()
        soft.delete()
        assert not soft.exists()

    def test_bulk_restore_restores_the_matching_objects(self, soft: storage.Bucket, discovery: Discovery) -> None:
        for name in ("dir/a", "dir/b", "other"):
            _put(soft, name, name).delete()
        _put(soft, "dir/b", "live")
        api = discovery("storage", "v1")
        done = api.objects().bulkRestore(bucket=soft.name, body={"matchGlobs": ["dir/*"]}).execute()
        assert (done["done"], done["metadata"]["succeededCount"], done["metadata"]["skippedCount"]) == (True, "1", "1")
        operation = done["name"].rpartition("/")[2]
        assert api.operations().get(bucket=soft.name, operationId=operation).execute() == done
        assert {blob.name: blob.download_as_bytes() for blob in soft.list_blobs()} == {
            "dir/a": b"dir/a", "dir/b": b"live"
        }  # fmt: skip

    @pytest.mark.parametrize("seconds", [60, 91 * 86_400])
    def test_soft_delete_policy_outside_of_7_to_90_days_is_refused(self, bucket: storage.Bucket, seconds: int) -> None:
        bucket.soft_delete_policy.retention_duration_seconds = seconds
        with pytest.raises(exceptions.BadRequest, match="7 to 90 days"):
            bucket.patch()

    def test_soft_deletion_is_off_by_default(self, bucket: storage.Bucket) -> None:
        _put(bucket, "a").delete()
        assert _names(bucket, soft_deleted=True) == []


class TestLifecycle:
    def test_old_objects_of_a_prefix_are_deleted(self, bucket: storage.Bucket, localgcp: LocalCloud) -> None:
        bucket.add_lifecycle_delete_rule(age=3, matches_prefix=["tmp/"], matches_suffix=[".csv"])
        bucket.patch()
        for name in ("tmp/a.csv", "tmp/b.txt", "c.csv"):
            _put(bucket, name)
        localgcp.advance_clock(2 * _DAY_S)
        _put(bucket, "tmp/young.csv")
        assert len(_names(bucket)) == 4
        localgcp.advance_clock(_DAY_S)
        assert _names(bucket) == ["c.csv", "tmp/b.txt", "tmp/young.csv"]
        assert bucket.get_blob("tmp/a.csv") is None

    def test_objects_move_to_colder_classes_and_never_back(self, bucket: storage.Bucket, localgcp: LocalCloud) -> None:
        bucket.add_lifecycle_set_storage_class_rule("NEARLINE", age=1, matches_storage_class=["STANDARD"])
        bucket.add_lifecycle_set_storage_class_rule("COLDLINE", age=2)
        bucket.patch()
        blob = _put(bucket, "a")
        found = []
        for _ in range(3):
            blob.reload()
            found.append(blob.storage_class)
            localgcp.advance_clock(_DAY_S)
        assert found == ["STANDARD", "NEARLINE", "COLDLINE"]
        assert blob.generation == bucket.get_blob("a").generation

    def test_rule_keeps_a_number_of_newer_versions(self, bucket: storage.Bucket, localgcp: LocalCloud) -> None:
        bucket.versioning_enabled = True
        bucket.add_lifecycle_delete_rule(number_of_newer_versions=2, is_live=False)
        bucket.add_lifecycle_delete_rule(days_since_noncurrent_time=1)
        bucket.patch()
        for text in ("1", "2", "3", "4"):
            _put(bucket, "a", text)
        localgcp.advance_clock(1)
        texts = [blob.download_as_bytes() for blob in bucket.list_blobs(versions=True)]
        assert texts == [b"3", b"4"]
        localgcp.advance_clock(_DAY_S)
        assert [blob.download_as_bytes() for blob in bucket.list_blobs(versions=True)] == [b"4"]

    def test_rule_makes_a_live_object_noncurrent_first(self, bucket: storage.Bucket, localgcp: LocalCloud) -> None:
        bucket.versioning_enabled = True
        bucket.add_lifecycle_delete_rule(age=1, is_live=True)
        bucket.patch()
        _put(bucket, "a")
        localgcp.advance_clock(_DAY_S)
        assert (_names(bucket), _names(bucket, versions=True)) == ([], ["a"])

    def test_rule_deletes_a_held_object_after_its_hold(self, bucket: storage.Bucket, localgcp: LocalCloud) -> None:
        bucket.add_lifecycle_delete_rule(age=1)
        bucket.patch()
        blob = _put(bucket, "a")
        blob.temporary_hold = True
        blob.patch()
        localgcp.advance_clock(_DAY_S)
        assert _names(bucket) == ["a"]
        blob.temporary_hold = False
        blob.patch()
        localgcp.advance_clock(1)
        assert _names(bucket) == []

    def test_rule_aborts_an_unfinished_upload(
        self, bucket: storage.Bucket, client: storage.Client, localgcp: LocalCloud
    ) -> None:
        bucket.add_lifecycle_abort_incomplete_multipart_upload_rule(age=1)
        bucket.patch()
        address = f"{localgcp.base_url}/{bucket.name}/a?uploads"
        assert "UploadId" in client._http.post(address).text
        localgcp.advance_clock(_DAY_S)
        assert _names(bucket) == []
        assert "UploadId" not in client._http.get(f"{localgcp.base_url}/{bucket.name}?uploads").text

    @pytest.mark.parametrize(
        "rule",
        [
            {"action": {"type": "Delete"}, "condition": {}},
            {"action": {"type": "Archive"}, "condition": {"age": 1}},
            {"action": {"type": "SetStorageClass"}, "condition": {"age": 1}},
            *(
                {"action": {"type": "Delete"}, "condition": {name: value}}
                for name, value in (("createdBefore", "soon"), ("age", 2_000_000_000), ("matchesPrefix", [1]))
            ),
        ],
    )
    def test_invalid_rule_is_refused(self, bucket: storage.Bucket, rule: dict[str, Any]) -> None:
        bucket.lifecycle_rules = [rule]
        with pytest.raises(exceptions.BadRequest, match="lifecycle rule"):
            bucket.patch()

    def test_invalid_custom_time_is_refused(self, bucket: storage.Bucket, discovery: Discovery) -> None:
        _put(bucket, "a")
        with pytest.raises(HttpError, match="Invalid time 'soon'"):
            discovery("storage", "v1").objects().patch(
                bucket=bucket.name, object="a", body={"customTime": "soon"}
            ).execute()


class TestPolicies:
    def test_policy_is_stored_with_an_etag(self, bucket: storage.Bucket) -> None:
        policy = bucket.get_iam_policy(requested_policy_version=3)
        assert {binding["role"] for binding in policy.bindings} >= {"roles/storage.legacyBucketOwner"}
        policy.version = 3
        binding = {
            "role": "roles/storage.objectViewer", "members": {"allUsers"},
            "condition": {"title": "t", "expression": "true"},
        }  # fmt: skip
        policy.bindings.append(binding)
        changed = bucket.set_iam_policy(policy)
        assert changed.etag != policy.etag
        assert binding in bucket.get_iam_policy(requested_policy_version=3).bindings
        with pytest.raises(exceptions.PreconditionFailed, match="etag"):
            bucket.set_iam_policy(policy)

    def test_policy_is_not_enforced_and_every_caller_has_every_permission(self, bucket: storage.Bucket) -> None:
        policy = bucket.get_iam_policy()
        policy.bindings = []
        bucket.set_iam_policy(policy)
        _put(bucket, "a")
        asked = ["storage.objects.get", "storage.buckets.delete"]
        assert bucket.test_iam_permissions(asked) == asked

    @pytest.mark.parametrize(
        "body",
        [
            {"version": 2},
            {"bindings": [{"role": "roles/viewer"}]},
            {"bindings": [{"role": "r", "members": ["allUsers"], "condition": {"expression": "true"}}]},
        ],
    )
    def test_invalid_policy_is_refused(
        self, bucket: storage.Bucket, discovery: Discovery, body: dict[str, Any]
    ) -> None:
        with pytest.raises(HttpError) as refused:
            discovery("storage", "v1").buckets().setIamPolicy(bucket=bucket.name, body=body).execute()
        assert refused.value.status_code == 400

    def test_object_has_its_own_policy(self, bucket: storage.Bucket, discovery: Discovery) -> None:
        _put(bucket, "a")
        objects, named = discovery("storage", "v1").objects(), {"bucket": bucket.name, "object": "a"}
        bindings = [{"role": "roles/storage.legacyObjectReader", "members": ["allUsers"]}]
        objects.setIamPolicy(**named, body={"bindings": bindings}).execute()
        assert objects.getIamPolicy(**named).execute()["bindings"] == bindings
        with pytest.raises(HttpError, match="No such object"):
            objects.getIamPolicy(bucket=bucket.name, object="none").execute()

    def test_new_bucket_does_not_inherit_the_policy_of_a_deleted_bucket(
        self, bucket: storage.Bucket, client: storage.Client
    ) -> None:
        given = bucket.get_iam_policy()
        changed = bucket.get_iam_policy()
        changed.bindings = []
        bucket.set_iam_policy(changed)
        bucket.delete()
        assert client.create_bucket(bucket.name).get_iam_policy().bindings == given.bindings

    def test_project_has_a_service_account(self, client: storage.Client) -> None:
        assert client.get_service_account_email().endswith("@gs-project-accounts.iam.gserviceaccount.com")
