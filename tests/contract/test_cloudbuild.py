"""Cloud Build and the look-ups in Artifact Registry through the official clients."""

import contextlib
import io
import tarfile
from typing import Any

import pytest
from google.api_core.exceptions import (
    AlreadyExists,
    BadRequest,
    Conflict,
    GoogleAPICallError,
    MethodNotImplemented,
    NotFound,
)
from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
from google.cloud.devtools.cloudbuild_v1 import Build, CloudBuildClient

from tests.contract.training import TINY_TRAINER, docker_build, pack, parent, rest, upload, wait_until
from tests.local_cloud import LocalCloud

REPOSITORY = "europe-west1-docker.pkg.dev/test-project/trainers"
PACKAGE = "projects/test-project/locations/europe-west1/repositories/trainers/packages"
SUCCESS, FAILURE, CANCELLED = Build.Status.SUCCESS, Build.Status.FAILURE, Build.Status.CANCELLED


@pytest.fixture(scope="module")
def builds(localgcp: LocalCloud) -> CloudBuildClient:
    upload(localgcp, "tiny.tgz", pack(TINY_TRAINER))
    return CloudBuildClient(**rest(localgcp))


@pytest.fixture(scope="module")
def registry(localgcp: LocalCloud) -> ArtifactRegistryClient:
    return ArtifactRegistryClient(**rest(localgcp))


@pytest.fixture(scope="module")
def built(builds: CloudBuildClient, localgcp: LocalCloud) -> Build:
    return run(builds, localgcp, docker_build(f"{REPOSITORY}/looked-up:v1"))


def archive(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def tiny_files(**changes: str) -> dict[str, str]:
    """Return the tiny trainer's files by name, some replaced."""
    names = ["pyproject.toml", "wheel_backend.py", "Dockerfile", "trainer/__init__.py", "trainer/task.py"]
    return {name: (TINY_TRAINER / name).read_text() for name in names} | changes


def run(builds: CloudBuildClient, cloud: LocalCloud, build: dict[str, Any]) -> Build:
    """Run a build and return it as it ended, well or badly."""
    operation = builds.create_build(project_id=cloud.project, build=build)
    with contextlib.suppress(GoogleAPICallError):
        operation.result(timeout=120)
    return builds.get_build(project_id=cloud.project, id=operation.metadata.build.id)


def run_files(builds: CloudBuildClient, cloud: LocalCloud, files: dict[str, str], **build: Any) -> Build:
    upload(cloud, "changed.tgz", archive(files))
    return run(builds, cloud, docker_build(f"{REPOSITORY}/changed:1", "changed.tgz") | build)


class TestBuild:
    def test_result_names_the_image_and_its_digest(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        operation = builds.create_build(project_id=localgcp.project, build=docker_build(f"{REPOSITORY}/tiny:a"))
        built = operation.result(timeout=120)
        assert built.status == SUCCESS
        assert built.results.images[0].name == f"{REPOSITORY}/tiny:a"
        assert built.results.images[0].digest.startswith("sha256:")
        assert built.create_time <= built.start_time <= built.finish_time

    def test_same_source_gives_the_same_digest(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        first, second = (run(builds, localgcp, docker_build(f"{REPOSITORY}/tiny:{tag}")) for tag in ("b", "c"))
        assert first.results.images[0].digest == second.results.images[0].digest

    def test_changed_source_gives_another_digest(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        same = run_files(builds, localgcp, tiny_files())
        changed = run_files(builds, localgcp, tiny_files(**{"trainer/__init__.py": "CHANGED = True\n"}))
        assert same.results.images[0].digest != changed.results.images[0].digest

    def test_dockerfile_and_context_below_the_root(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        upload(localgcp, "nested.tgz", archive({f"trainers/tiny/{name}": text for name, text in tiny_files().items()}))
        args = ("-f", "trainers/tiny/Dockerfile")
        assert run(builds, localgcp, docker_build(f"{REPOSITORY}/nested:1", "nested.tgz", args)).status == SUCCESS

    def test_substitutions_are_replaced(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        image = "europe-west1-docker.pkg.dev/$PROJECT_ID/trainers/tiny:${_TAG}"
        built = run(builds, localgcp, docker_build(image) | {"substitutions": {"_TAG": "s1"}})
        assert built.results.images[0].name == f"{REPOSITORY}/tiny:s1"

    def test_regional_build_is_found_by_name(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        request = {
            "parent": parent(localgcp),
            "project_id": localgcp.project,
            "build": docker_build(f"{REPOSITORY}/tiny:r"),
        }
        built = builds.create_build(request=request).result(timeout=120)
        assert built.name == f"{parent(localgcp)}/builds/{built.id}"

    def test_list_filters_by_status(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        run_files(builds, localgcp, {"README": "no trainer here"})
        found = list(builds.list_builds(project_id=localgcp.project, filter='status="FAILURE"'))
        assert found
        assert all(build.status == FAILURE for build in found)


class TestFailure:
    def test_failed_installation_shows_what_uv_said(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        backend = "raise SystemExit('this backend does not work')\n"
        built = run_files(builds, localgcp, tiny_files(**{"wheel_backend.py": backend}))
        assert built.status == FAILURE
        assert "this backend does not work" in built.status_detail
        assert built.failure_info.detail == built.status_detail

    def test_operation_raises_the_reason(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        upload(localgcp, "empty.tgz", archive({"README": "nothing"}))
        build = docker_build(f"{REPOSITORY}/empty:1", "empty.tgz")
        with pytest.raises(GoogleAPICallError, match="There is no Dockerfile"):
            builds.create_build(project_id=localgcp.project, build=build).result(timeout=120)

    @pytest.mark.parametrize(
        ("files", "reason"),
        [
            (tiny_files(Dockerfile="FROM debian:12\n"), "FROM debian:12"),
            (tiny_files(Dockerfile="FORM python:3.11\n"), "line 1: FORM is not an instruction"),
            (tiny_files(Dockerfile='FROM python:3.11\nCMD ["python", \n'), "line 2"),
            ({"Dockerfile": "FROM python:3.11\n"}, "There is no pyproject.toml"),
            (tiny_files(**{"pyproject.toml": "[project\n"}), "pyproject.toml"),
            (tiny_files(**{"../outside": "x"}), "not allowed"),
        ],
        ids=["base", "instruction", "list", "project", "toml", "traversal"],
    )
    def test_wrong_source_fails_with_its_reason(
        self, builds: CloudBuildClient, localgcp: LocalCloud, files: dict[str, str], reason: str
    ) -> None:
        built = run_files(builds, localgcp, files)
        assert built.status == FAILURE
        assert reason in built.status_detail

    def test_missing_source_object_fails(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        built = run(builds, localgcp, docker_build(source="never-uploaded.tgz"))
        assert built.status == FAILURE
        assert "never-uploaded.tgz" in built.status_detail

    def test_no_steps_is_refused(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        with pytest.raises(BadRequest, match="no build steps"):
            builds.create_build(project_id=localgcp.project, build=docker_build() | {"steps": []})

    def test_image_that_no_step_builds_is_refused(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        with pytest.raises(BadRequest, match="no step builds the image"):
            builds.create_build(project_id=localgcp.project, build=docker_build() | {"images": ["gcr.io/p/other"]})

    def test_other_builder_is_501_by_step(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        build = docker_build() | {"steps": [{"name": "gcr.io/cloud-builders/mvn", "args": ["package"]}]}
        with pytest.raises(MethodNotImplemented, match=r"steps\[0\]: gcr.io/cloud-builders/mvn package"):
            builds.create_build(project_id=localgcp.project, build=build)

    def test_unknown_build_is_not_found(self, builds: CloudBuildClient, localgcp: LocalCloud) -> None:
        with pytest.raises(NotFound):
            builds.get_build(project_id=localgcp.project, id="none")


class TestCancel:
    def test_cancelled_build_registers_nothing(
        self, builds: CloudBuildClient, registry: ArtifactRegistryClient, localgcp: LocalCloud
    ) -> None:
        # A build backend that never returns holds the build until it is cancelled.
        backend = "import time\n\n\ndef build_wheel(*args, **kwargs):\n    time.sleep(600)\n"
        upload(localgcp, "slow.tgz", archive(tiny_files(**{"wheel_backend.py": backend})))
        operation = builds.create_build(
            project_id=localgcp.project, build=docker_build(f"{REPOSITORY}/slow:1", "slow.tgz")
        )
        build_id = operation.metadata.build.id
        read = lambda: builds.get_build(project_id=localgcp.project, id=build_id)  # noqa: E731
        wait_until(read, lambda build: build.status == Build.Status.WORKING)
        assert builds.cancel_build(project_id=localgcp.project, id=build_id).status == CANCELLED
        assert read().status == CANCELLED
        with pytest.raises(NotFound):
            registry.get_tag(name=f"{PACKAGE}/slow/tags/1")


class TestRegistry:
    def test_built_tag_names_its_version(self, registry: ArtifactRegistryClient, built: Build) -> None:
        tag = registry.get_tag(name=f"{PACKAGE}/looked-up/tags/v1")
        assert tag.version == f"{PACKAGE}/looked-up/versions/{built.results.images[0].digest}"
        assert registry.get_version(name=tag.version).name == tag.version

    def test_tag_that_was_not_built_is_not_found(self, registry: ArtifactRegistryClient, built: Build) -> None:
        with pytest.raises(NotFound):
            registry.get_tag(name=f"{PACKAGE}/looked-up/tags/v2")

    def test_tags_of_a_package(self, registry: ArtifactRegistryClient, built: Build) -> None:
        assert [tag.name for tag in registry.list_tags(parent=f"{PACKAGE}/looked-up")] == [
            f"{PACKAGE}/looked-up/tags/v1"
        ]

    def test_docker_image_has_its_tags(
        self, registry: ArtifactRegistryClient, built: Build, localgcp: LocalCloud
    ) -> None:
        images = registry.list_docker_images(parent=f"{parent(localgcp)}/repositories/trainers")
        (image,) = [image for image in images if "/looked-up@" in image.uri]
        assert list(image.tags) == ["v1"]
        assert registry.get_docker_image(name=image.name) == image

    def test_moved_tag_names_the_new_version(
        self, registry: ArtifactRegistryClient, builds: CloudBuildClient, localgcp: LocalCloud
    ) -> None:
        image = docker_build(f"{REPOSITORY}/moved:latest", "changed.tgz")
        digests = []
        for text in ("A = 1\n", "A = 2\n"):
            upload(localgcp, "changed.tgz", archive(tiny_files(**{"trainer/__init__.py": text})))
            digests.append(run(builds, localgcp, image).results.images[0].digest)
        tag = registry.get_tag(name=f"{PACKAGE}/moved/tags/latest")
        assert tag.version.endswith(digests[1])
        assert len(list(registry.list_versions(parent=f"{PACKAGE}/moved"))) == 2

    def test_repository_is_created_once(self, registry: ArtifactRegistryClient, localgcp: LocalCloud) -> None:
        request = {"parent": parent(localgcp), "repository_id": "mine", "repository": {"format_": "DOCKER"}}
        created = registry.create_repository(request=request).result(timeout=10)
        assert registry.get_repository(name=created.name) == created
        with pytest.raises((AlreadyExists, Conflict)):
            registry.create_repository(request=request)

    def test_missing_repository_is_not_found(self, registry: ArtifactRegistryClient, localgcp: LocalCloud) -> None:
        with pytest.raises(NotFound):
            registry.get_repository(name=f"{parent(localgcp)}/repositories/none")

    def test_images_survive_a_restart(
        self, registry: ArtifactRegistryClient, built: Build, localgcp: LocalCloud
    ) -> None:
        before = registry.get_tag(name=f"{PACKAGE}/looked-up/tags/v1")
        localgcp.restart(kill=True)
        again = ArtifactRegistryClient(**rest(localgcp))
        assert again.get_tag(name=f"{PACKAGE}/looked-up/tags/v1") == before


class TestRegistryDeletion:
    @pytest.fixture
    def image(self, builds: CloudBuildClient, localgcp: LocalCloud) -> str:
        """An image with the tags 1 and 2; its version's resource name."""
        for tag in ("1", "2"):
            built = run(builds, localgcp, docker_build(f"{REPOSITORY}/deleted:{tag}"))
        return f"{PACKAGE}/deleted/versions/{built.results.images[0].digest}"

    def test_deleted_tag_leaves_its_version(self, registry: ArtifactRegistryClient, image: str) -> None:
        registry.delete_tag(name=f"{PACKAGE}/deleted/tags/1")
        assert [tag.name for tag in registry.list_tags(parent=f"{PACKAGE}/deleted")] == [f"{PACKAGE}/deleted/tags/2"]
        assert registry.get_version(name=image).name == image

    def test_tagged_version_is_deleted_by_force_alone(self, registry: ArtifactRegistryClient, image: str) -> None:
        with pytest.raises(BadRequest, match="is tagged"):
            registry.delete_version(name=image)
        registry.delete_version(request={"name": image, "force": True}).result(timeout=10)
        for look in (registry.get_version, registry.delete_version):
            with pytest.raises(NotFound):
                look(name=image)
        with pytest.raises(NotFound):
            registry.get_tag(name=f"{PACKAGE}/deleted/tags/1")

    def test_package_is_deleted_with_its_versions(self, registry: ArtifactRegistryClient, image: str) -> None:
        registry.delete_package(name=f"{PACKAGE}/deleted").result(timeout=10)
        for look in (registry.get_package, registry.delete_package):
            with pytest.raises(NotFound):
                look(name=f"{PACKAGE}/deleted")

    def test_deleted_image_is_built_again(
        self, registry: ArtifactRegistryClient, builds: CloudBuildClient, localgcp: LocalCloud, image: str
    ) -> None:
        registry.delete_version(request={"name": image, "force": True}).result(timeout=10)
        run(builds, localgcp, docker_build(f"{REPOSITORY}/deleted:1"))
        assert registry.get_tag(name=f"{PACKAGE}/deleted/tags/1").version == image
