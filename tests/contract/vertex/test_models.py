"""The model registry of Vertex AI through the official clients."""

import urllib.error
import uuid
from typing import Any

import pytest
from google.api_core.exceptions import (
    Aborted,
    BadRequest,
    Conflict,
    FailedPrecondition,
    MethodNotImplemented,
    NotFound,
)
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform, storage
from google.cloud.aiplatform_v1 import Model, ModelServiceClient
from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict

from tests.contract.training import parent, rest, upload
from tests.local_cloud import LocalCloud

IMAGE = "europe-west1-docker.pkg.dev/test-project/trainers/tiny:1"
PREBUILT = "europe-docker.pkg.dev/vertex-ai/prediction/xgboost-cpu.2-1:latest"
ARTIFACTS = "gs://sources/trained"


@pytest.fixture(scope="module")
def client(localgcp: LocalCloud) -> ModelServiceClient:
    upload(localgcp, "trained/model.bst", b"trees")
    upload(localgcp, "trained/parts/columns.json", b"[]")
    upload(localgcp, "two/model.bst", b"trees")
    upload(localgcp, "two/model.pkl", b"trees")
    return ModelServiceClient(**rest(localgcp))


def model(**fields: Any) -> dict[str, Any]:
    return {"display_name": "forest", "container_spec": {"image_uri": IMAGE}, "artifact_uri": ARTIFACTS} | fields


def register(client: ModelServiceClient, cloud: LocalCloud, asked: dict[str, Any], **request: Any) -> Model:
    """Upload, and return the version that was made."""
    operation = client.upload_model(request={"parent": parent(cloud), "model": asked, **request})
    done = operation.result(timeout=10)
    return client.get_model(name=f"{done.model}@{done.model_version_id}")


def plain(version: Model) -> str:
    return version.name.partition("@")[0]


@pytest.fixture
def first(client: ModelServiceClient, localgcp: LocalCloud) -> Model:
    return register(client, localgcp, model())


@pytest.fixture
def second(client: ModelServiceClient, localgcp: LocalCloud, first: Model) -> Model:
    return register(client, localgcp, model(), parent_model=plain(first))


class TestUpload:
    def test_answer_names_model_and_version(self, client: ModelServiceClient, localgcp: LocalCloud) -> None:
        operation = client.upload_model(parent=parent(localgcp), model=model())
        assert operation.metadata.generic_metadata.create_time
        assert operation.operation.name.startswith(f"{operation.result().model}/operations/")
        assert operation.result().model_version_id == "1"

    def test_model_has_all_uploaded_fields(self, client: ModelServiceClient, localgcp: LocalCloud) -> None:
        container = {
            "image_uri": IMAGE, "command": ["python"], "args": ["-m", "trainer.serve"], "predict_route": "/predict",
            "env": [{"name": "MODE", "value": "fast"}], "ports": [{"container_port": 9000}], "health_route": "/health",
            "health_probe": {"period_seconds": 3}, "deployment_timeout": {"seconds": 600},
        }  # fmt: skip
        asked = model(
            container_spec=container, description="trees", version_description="first", labels={"run": "r1"},
            metadata=struct_pb2.Value(string_value="any"), predict_schemata={"instance_schema_uri": "gs://sources/i.yaml"},
        )  # fmt: skip
        found = register(client, localgcp, asked)
        for field in ("display_name", "description", "version_description", "artifact_uri", "labels", "metadata"):
            assert getattr(found, field) == getattr(Model(asked), field)
        assert found.container_spec == Model(asked).container_spec
        assert found.predict_schemata == Model(asked).predict_schemata

    def test_service_adds_what_a_custom_container_supports(self, first: Model) -> None:
        assert first.version_create_time == first.version_update_time
        assert first.create_time <= first.version_create_time <= first.update_time
        assert [kind.name for kind in first.supported_deployment_resources_types] == [
            "DEDICATED_RESOURCES",
            "SHARED_RESOURCES",
        ]
        assert "jsonl" in first.supported_input_storage_formats
        assert first.supported_export_formats[0].id == "custom-trained"
        assert first.model_source_info.source_type.name == "CUSTOM"

    def test_first_version_is_the_default_one(self, first: Model) -> None:
        assert (first.version_id, list(first.version_aliases)) == ("1", ["default"])

    def test_later_version_is_not_the_default_unless_asked(
        self, client: ModelServiceClient, localgcp: LocalCloud, first: Model
    ) -> None:
        second = register(client, localgcp, model(version_aliases=["candidate"]), parent_model=plain(first))
        assert (second.version_id, list(second.version_aliases)) == ("2", ["candidate"])
        third = register(client, localgcp, model(version_aliases=["default"]), parent_model=plain(first))
        assert list(third.version_aliases) == ["default"]
        assert client.get_model(name=plain(first)).version_id == "3"
        assert not client.get_model(name=first.name).version_aliases

    def test_parent_model_may_name_a_version(
        self, client: ModelServiceClient, localgcp: LocalCloud, first: Model
    ) -> None:
        assert register(client, localgcp, model(), parent_model=f"{plain(first)}@default").version_id == "2"

    def test_name_and_description_stay_those_of_the_model(
        self, client: ModelServiceClient, localgcp: LocalCloud, first: Model
    ) -> None:
        second = register(client, localgcp, model(display_name="other", description="x"), parent_model=plain(first))
        assert (second.display_name, second.description) == ("forest", "")

    def test_labels_are_the_versions_own(self, client: ModelServiceClient, localgcp: LocalCloud) -> None:
        first = register(client, localgcp, model(labels={"run": "r1"}))
        second = register(client, localgcp, model(labels={"step": "s"}), parent_model=plain(first))
        assert dict(second.labels) == {"step": "s"}

    def test_requested_model_id_is_used_once(self, client: ModelServiceClient, localgcp: LocalCloud) -> None:
        own = f"forest-{uuid.uuid4().hex[:8]}"
        found = register(client, localgcp, model(), model_id=own)
        assert found.name == f"{parent(localgcp)}/models/{own}@1"
        with pytest.raises(Conflict, match="already exists"):
            register(client, localgcp, model(), model_id=own)

    def test_unknown_parent_model_is_not_found(self, client: ModelServiceClient, localgcp: LocalCloud) -> None:
        with pytest.raises(NotFound, match="models/nobody"):
            register(client, localgcp, model(), parent_model=f"{parent(localgcp)}/models/nobody")

    def test_parent_model_of_another_location_is_refused(self, client: ModelServiceClient, first: Model) -> None:
        elsewhere = plain(first).partition("/locations/")[0] + "/locations/us-central1"
        request = {"parent": elsewhere, "model": model(), "parent_model": plain(first)}
        with pytest.raises(BadRequest, match="parent_model"):
            client.upload_model(request=request)

    @pytest.mark.parametrize(
        ("asked", "request_fields", "field"),
        [
            (model(display_name=""), {}, "model.display_name"),
            (model(display_name="x" * 129), {}, "model.display_name"),
            (model(container_spec={}), {}, "model.container_spec.image_uri"),
            (model(container_spec={"image_uri": IMAGE, "predict_route": "predict"}), {}, "predict_route"),
            (model(container_spec={"image_uri": IMAGE, "health_route": "up"}), {}, "health_route"),
            (model(container_spec={"image_uri": IMAGE, "ports": [{"container_port": 70000}]}), {}, "container_port"),
            (model(container_spec={"image_uri": IMAGE, "env": [{"value": "x"}]}), {}, r"env\[0\].name"),
            (model(artifact_uri="/home/me/model"), {}, "model.artifact_uri"),
            (model(labels={"Run": "x"}), {}, "model.labels.Run"),
            (model(version_aliases=["1st"]), {}, "model.version_aliases"),
            (model(version_aliases=["x"]), {}, "model.version_aliases"),
            (model(), {"model_id": "9lives"}, "model_id"),
            (model(), {"model_id": "x" * 64}, "model_id"),
        ],
    )
    def test_wrong_model_is_refused_by_field(
        self,
        client: ModelServiceClient,
        localgcp: LocalCloud,
        asked: dict[str, Any],
        request_fields: dict[str, Any],
        field: str,
    ) -> None:
        with pytest.raises(BadRequest, match=f"Field: .*{field}; Message"):
            register(client, localgcp, asked, **request_fields)

    @pytest.mark.parametrize("uri", ["gs://sources/nothing", "gs://sources/trained/model.bst", "gs://no-such-bucket/x"])
    def test_artifacts_must_be_a_folder_with_objects(
        self, client: ModelServiceClient, localgcp: LocalCloud, uri: str
    ) -> None:
        operation = client.upload_model(parent=parent(localgcp), model=model(artifact_uri=uri))
        with pytest.raises((FailedPrecondition, NotFound)):
            operation.result(timeout=10)

    def test_refused_artifacts_leave_no_model(self, client: ModelServiceClient, localgcp: LocalCloud) -> None:
        own = f"forest-{uuid.uuid4().hex[:8]}"
        with pytest.raises(FailedPrecondition):
            register(client, localgcp, model(artifact_uri="gs://sources/nothing"), model_id=own)
        assert register(client, localgcp, model(), model_id=own).version_id == "1"

    def test_prebuilt_container_wants_exactly_one_model_file(
        self, client: ModelServiceClient, localgcp: LocalCloud
    ) -> None:
        container = {"image_uri": PREBUILT}
        assert register(client, localgcp, model(container_spec=container)).version_id == "1"
        with pytest.raises(FailedPrecondition, match=r"exactly one of: \[model.bst\], \[model.joblib\], \[model.pkl\]"):
            register(client, localgcp, model(container_spec=container, artifact_uri="gs://sources/two"))

    def test_copies_of_artifacts_are_in_no_bucket_of_the_project(self, localgcp: LocalCloud, first: Model) -> None:
        buckets = storage.Client(project=localgcp.project, credentials=AnonymousCredentials()).list_buckets()
        assert [bucket.name for bucket in buckets] == ["sources"]

    def test_model_garden_is_not_served(self, client: ModelServiceClient, localgcp: LocalCloud) -> None:
        source = {"model_garden_source": {"public_model_name": "publishers/google/models/x"}}
        with pytest.raises(MethodNotImplemented, match="base_model_source"):
            register(client, localgcp, model(base_model_source=source))

    def test_unknown_field_is_named(self, localgcp: LocalCloud, client: ModelServiceClient) -> None:
        with pytest.raises(urllib.error.HTTPError) as refused:
            localgcp.call("POST", f"/v1/{parent(localgcp)}/models:upload", {"model": {"colour": "red"}})
        assert refused.value.code == 400
        assert "Unknown name \\\"colour\\\" at 'model'" in refused.value.read().decode()


class TestGet:
    def test_name_has_the_version_where_the_request_named_one(
        self, client: ModelServiceClient, first: Model, second: Model
    ) -> None:
        assert client.get_model(name=plain(first)).name == plain(first)
        assert client.get_model(name=f"{plain(first)}@-").name == plain(first)
        assert client.get_model(name=f"{plain(first)}@2").name == second.name
        assert client.get_model(name=f"{plain(first)}@default").name == first.name

    def test_unknown_version_is_not_found_and_the_known_are_named(
        self, client: ModelServiceClient, first: Model
    ) -> None:
        with pytest.raises(NotFound, match=r"no version or alias candidate\. Its versions: 1"):
            client.get_model(name=f"{plain(first)}@candidate")

    def test_unknown_model_is_not_found(self, client: ModelServiceClient, localgcp: LocalCloud) -> None:
        with pytest.raises(NotFound, match="models/none"):
            client.get_model(name=f"{parent(localgcp)}/models/none")


class TestList:
    @pytest.fixture
    def team(self) -> str:
        return f"t{uuid.uuid4().hex[:8]}"

    def test_each_model_shows_once_as_its_default_version(
        self, client: ModelServiceClient, localgcp: LocalCloud, team: str
    ) -> None:
        older = register(client, localgcp, model(labels={"team": team}))
        newer = register(client, localgcp, model(labels={"team": team}))
        register(client, localgcp, model(labels={"team": team}), parent_model=plain(older))
        found = client.list_models(request={"parent": parent(localgcp), "filter": f"labels.team={team}"})
        assert [(item.name, item.version_id) for item in found] == [(plain(newer), "1"), (plain(older), "1")]

    def test_filter_by_name_and_by_id(self, client: ModelServiceClient, localgcp: LocalCloud, team: str) -> None:
        mine = register(client, localgcp, model(display_name=team))
        for text in (f'display_name="{team}"', f"model={plain(mine).rpartition('/')[2]}"):
            found = client.list_models(request={"parent": parent(localgcp), "filter": text})
            assert [item.name for item in found] == [plain(mine)]

    def test_other_fields_do_not_filter(self, client: ModelServiceClient, localgcp: LocalCloud) -> None:
        with pytest.raises(BadRequest, match="colour"):
            list(client.list_models(request={"parent": parent(localgcp), "filter": "colour=red"}))

    def test_order_and_pages(self, client: ModelServiceClient, localgcp: LocalCloud, team: str) -> None:
        for name in ("b", "a", "c"):
            register(client, localgcp, model(display_name=name, labels={"team": team}))
        query = {"filter": f"labels.team={team}", "order_by": "display_name desc", "page_size": 2}
        request = {"parent": parent(localgcp), **query}
        pages = [[item.display_name for item in page.models] for page in client.list_models(request=request).pages]
        assert pages == [["c", "b"], ["a"]]

    def test_order_by_another_field_is_refused(self, client: ModelServiceClient, localgcp: LocalCloud) -> None:
        with pytest.raises(BadRequest, match="order_by"):
            list(client.list_models(request={"parent": parent(localgcp), "order_by": "labels"}))

    def test_read_mask_leaves_the_rest_out(self, client: ModelServiceClient, localgcp: LocalCloud, team: str) -> None:
        register(client, localgcp, model(labels={"team": team}))
        request = {"parent": parent(localgcp), "filter": f"labels.team={team}", "read_mask": "name,displayName"}
        (found,) = client.list_models(request=request)
        assert found.display_name == "forest"
        assert not found.container_spec.image_uri


class TestVersions:
    def test_listed_oldest_first_with_their_ids(self, client: ModelServiceClient, first: Model, second: Model) -> None:
        found = list(client.list_model_versions(name=plain(first)))
        assert [item.name for item in found] == [first.name, second.name]

    def test_filter_order_and_pages(self, client: ModelServiceClient, localgcp: LocalCloud, first: Model) -> None:
        for run in ("r1", "r2", "r1", "r1"):
            register(client, localgcp, model(labels={"run": run}), parent_model=plain(first))
        request = {"name": plain(first), "filter": "labels.run=r1", "order_by": "create_time desc", "page_size": 2}
        pages = [
            [item.version_id for item in page.models] for page in client.list_model_versions(request=request).pages
        ]
        assert pages == [["5", "4"], ["2"]]

    def test_aliases_are_added_moved_and_removed(self, client: ModelServiceClient, first: Model, second: Model) -> None:
        client.merge_version_aliases(name=first.name, version_aliases=["candidate", "golden"])
        moved = client.merge_version_aliases(name=second.name, version_aliases=["candidate", "default"])
        assert (moved.name, set(moved.version_aliases)) == (second.name, {"candidate", "default"})
        assert list(client.get_model(name=first.name).version_aliases) == ["golden"]
        removed = client.merge_version_aliases(name=second.name, version_aliases=["-candidate", "-golden"])
        assert list(removed.version_aliases) == ["default"]
        assert list(client.get_model(name=f"{plain(first)}@golden").version_aliases) == ["golden"]

    def test_alias_that_is_added_and_removed_at_once_stays(self, client: ModelServiceClient, first: Model) -> None:
        found = client.merge_version_aliases(name=first.name, version_aliases=["golden", "-golden"])
        assert list(found.version_aliases) == ["default"]

    def test_default_is_never_removed(self, client: ModelServiceClient, first: Model) -> None:
        with pytest.raises(BadRequest, match="always has a default version"):
            client.merge_version_aliases(name=first.name, version_aliases=["-default"])

    def test_alias_that_looks_like_a_version_is_refused(self, client: ModelServiceClient, first: Model) -> None:
        with pytest.raises(BadRequest, match="version_aliases"):
            client.merge_version_aliases(name=first.name, version_aliases=["2"])

    def test_merge_needs_a_version(self, client: ModelServiceClient, first: Model) -> None:
        with pytest.raises(BadRequest, match="@VERSION"):
            client.merge_version_aliases(name=plain(first), version_aliases=["golden"])


class TestUpdate:
    def test_model_fields_under_the_models_name(self, client: ModelServiceClient, first: Model) -> None:
        changed = {"name": plain(first), "display_name": "wood", "description": "new", "labels": {"a": "b"}}
        mask = {"paths": ["display_name", "description", "labels"]}
        found = client.update_model(model=changed, update_mask=mask)
        assert (found.display_name, found.description, dict(found.labels)) == ("wood", "new", {"a": "b"})
        assert found.update_time > first.update_time

    def test_only_masked_fields_change(self, client: ModelServiceClient, first: Model) -> None:
        changed = {"name": plain(first), "display_name": "wood", "description": "new"}
        assert client.update_model(model=changed, update_mask={"paths": ["description"]}).display_name == "forest"

    def test_version_fields_under_the_versions_name(
        self, client: ModelServiceClient, first: Model, second: Model
    ) -> None:
        changed = {"name": second.name, "version_description": "better", "labels": {"step": "gate"}}
        found = client.update_model(model=changed, update_mask={"paths": ["version_description", "labels"]})
        assert (found.version_description, dict(found.labels)) == ("better", {"step": "gate"})
        assert not client.get_model(name=first.name).labels

    @pytest.mark.parametrize(("suffix", "field"), [("@1", "display_name"), ("", "version_description")])
    def test_field_under_the_wrong_name_is_refused(
        self, client: ModelServiceClient, first: Model, suffix: str, field: str
    ) -> None:
        with pytest.raises(BadRequest, match=f"{field} belongs to the"):
            client.update_model(model={"name": plain(first) + suffix, field: "x"}, update_mask={"paths": [field]})

    def test_immutable_field_is_refused(self, client: ModelServiceClient, first: Model) -> None:
        with pytest.raises(BadRequest, match="artifact_uri"):
            client.update_model(
                model={"name": plain(first), "artifact_uri": "gs://a/b"}, update_mask={"paths": ["artifact_uri"]}
            )

    def test_stale_etag_is_refused(self, client: ModelServiceClient, first: Model) -> None:
        changed = {"name": plain(first), "description": "mine", "etag": first.etag}
        client.update_model(model=changed, update_mask={"paths": ["description"]})
        with pytest.raises((Aborted, Conflict), match="has changed since"):
            client.update_model(model=changed, update_mask={"paths": ["description"]})


class TestDelete:
    def test_deleted_model_and_its_versions_are_not_found(
        self, client: ModelServiceClient, first: Model, second: Model
    ) -> None:
        client.delete_model(name=plain(first)).result(timeout=10)
        for name in (plain(first), first.name, second.name):
            with pytest.raises(NotFound):
                client.get_model(name=name)

    def test_model_is_not_deleted_under_a_versions_name(self, client: ModelServiceClient, first: Model) -> None:
        with pytest.raises(BadRequest, match="deleteVersion"):
            client.delete_model(name=first.name)

    def test_deleted_version_and_its_aliases_are_not_found(
        self, client: ModelServiceClient, localgcp: LocalCloud, first: Model, second: Model
    ) -> None:
        client.merge_version_aliases(name=second.name, version_aliases=["candidate"])
        client.delete_model_version(name=second.name).result(timeout=10)
        for name in (second.name, f"{plain(first)}@candidate"):
            with pytest.raises(NotFound):
                client.get_model(name=name)
        assert register(client, localgcp, model(), parent_model=plain(first)).version_id == "3"

    def test_default_version_is_not_deleted(self, client: ModelServiceClient, first: Model, second: Model) -> None:
        with pytest.raises(BadRequest, match="is the default version"):
            client.delete_model_version(name=first.name)

    def test_only_version_is_not_deleted(self, client: ModelServiceClient, first: Model) -> None:
        with pytest.raises(BadRequest, match="is the only version"):
            client.delete_model_version(name=first.name)

    def test_deletion_of_a_version_needs_its_name(
        self, client: ModelServiceClient, first: Model, second: Model
    ) -> None:
        with pytest.raises(BadRequest, match="@VERSION"):
            client.delete_model_version(name=plain(first))


class TestEvaluations:
    SCHEMA = "gs://google-cloud-aiplatform/schema/modelevaluation/classification_metrics_1.0.0.yaml"

    def evaluation(self, score: float) -> dict[str, Any]:
        metrics = struct_pb2.Value()
        metrics.struct_value.update({"auPrc": score, "confidenceMetrics": [{"f1Score": score}]})
        fields = {"display_name": "gate", "metrics_schema_uri": self.SCHEMA, "slice_dimensions": ["class"]}
        return {"metrics": metrics, **fields}

    def test_imported_evaluation_is_read_back(self, client: ModelServiceClient, first: Model) -> None:
        made = client.import_model_evaluation(parent=first.name, model_evaluation=self.evaluation(0.5))
        found = client.get_model_evaluation(name=made.name)
        assert found == made
        raw = MessageToDict(type(made).pb(found))
        assert raw["metrics"] == {"auPrc": 0.5, "confidenceMetrics": [{"f1Score": 0.5}]}
        assert (found.metrics_schema_uri, found.display_name, list(found.slice_dimensions)) == (
            self.SCHEMA,
            "gate",
            ["class"],
        )

    def test_each_version_has_its_own_evaluations(
        self, client: ModelServiceClient, first: Model, second: Model
    ) -> None:
        mine = [
            client.import_model_evaluation(parent=second.name, model_evaluation=self.evaluation(score)).name
            for score in (0.1, 0.2)
        ]
        assert [item.name for item in client.list_model_evaluations(parent=second.name)] == mine[::-1]
        assert not list(client.list_model_evaluations(parent=plain(first)))

    def test_metrics_are_required(self, client: ModelServiceClient, first: Model) -> None:
        with pytest.raises(BadRequest, match=r"model_evaluation\.metrics"):
            client.import_model_evaluation(parent=first.name, model_evaluation={"display_name": "x"})

    def test_evaluations_are_deleted_with_their_version(
        self, client: ModelServiceClient, first: Model, second: Model
    ) -> None:
        made = client.import_model_evaluation(parent=second.name, model_evaluation=self.evaluation(0.5))
        client.delete_model_version(name=second.name).result(timeout=10)
        with pytest.raises(NotFound):
            client.get_model_evaluation(name=made.name)

    def test_unknown_resource_is_not_found(self, client: ModelServiceClient, first: Model) -> None:
        with pytest.raises(NotFound, match="evaluations/1"):
            client.get_model_evaluation(name=f"{first.name}/evaluations/1")


def test_registry_survives_a_kill(fresh_localgcp: LocalCloud) -> None:
    upload(fresh_localgcp, "trained/model.bst", b"trees")
    client = ModelServiceClient(**rest(fresh_localgcp))
    first = register(client, fresh_localgcp, model(labels={"run": "r1"}))
    register(client, fresh_localgcp, model(version_aliases=["candidate"]), parent_model=plain(first))
    metrics = struct_pb2.Value(number_value=1)
    made = client.import_model_evaluation(parent=first.name, model_evaluation={"metrics": metrics})
    before = list(client.list_model_versions(name=plain(first)))

    fresh_localgcp.restart(kill=True)

    client = ModelServiceClient(**rest(fresh_localgcp))
    assert list(client.list_model_versions(name=plain(first))) == before
    assert client.get_model_evaluation(name=made.name) == made
    assert register(client, fresh_localgcp, model(), parent_model=plain(first)).version_id == "3"


class TestSdk:
    @pytest.fixture(autouse=True)
    def _sdk(self, localgcp: LocalCloud, client: ModelServiceClient) -> None:
        aiplatform.init(
            project=localgcp.project,
            location="europe-west1",
            staging_bucket="gs://sources",
            api_transport="rest",
            api_endpoint=localgcp.base_url,
            credentials=AnonymousCredentials(),
        )

    def upload(self, **fields: Any) -> aiplatform.Model:
        return aiplatform.Model.upload(
            display_name="sdk", artifact_uri=ARTIFACTS, serving_container_image_uri=IMAGE, **fields
        )

    def test_versions_by_the_registry_of_a_model(self) -> None:
        first = self.upload(labels={"by": "sdk"})
        second = self.upload(parent_model=first.resource_name, is_default_version=False, version_aliases=["candidate"])
        assert (first.version_id, second.version_id, second.resource_name) == ("1", "2", first.resource_name)
        registry = first.versioning_registry
        assert [version.version_aliases for version in registry.list_versions()] == [["default"], ["candidate"]]
        registry.add_version_aliases(["default"], version="2")
        registry.update_version("2", version_description="better", labels={"by": "gate"})
        assert registry.get_model().version_description == "better"
        registry.remove_version_aliases(["candidate"], version="2")
        registry.delete_version("1")
        assert [version.version_id for version in registry.list_versions()] == ["2"]
        assert aiplatform.Model.list(filter='labels.by="gate"')[0].resource_name == first.resource_name

    def test_new_version_takes_the_default_as_the_sdk_asks(self) -> None:
        first = self.upload()
        self.upload(parent_model=first.resource_name)
        assert aiplatform.Model(first.resource_name).version_id == "2"

    def test_update_and_delete(self) -> None:
        first = self.upload()
        assert first.update(display_name="renamed", labels={"a": "b"}).labels == {"a": "b"}
        assert aiplatform.Model(first.resource_name).display_name == "renamed"
        first.delete()
        with pytest.raises(NotFound):
            aiplatform.Model(first.resource_name)

    def test_no_call_left_version_one(self, localgcp: LocalCloud) -> None:
        self.upload()
        assert not [call for call in localgcp.requests() if "/v1beta1/" in call["path"]]
