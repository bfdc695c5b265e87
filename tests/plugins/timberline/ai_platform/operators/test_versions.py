"""The default version of a v1 model, and versions that go."""

from typing import Any

import pytest

from tests.local_cloud import LocalCloud
from tests.plugins.timberline.ai_platform.operators.v1_models import V1Model
from tests.plugins.timberline.contexts import context_of
from timberline.ai_platform.operators.versions import MLEngineDeleteVersionOperator, MLEngineSetDefaultVersionOperator
from timberline.hooks.endpoints import EndpointsHook
from timberline.hooks.models import ModelsHook
from timberline.run.compat import AirflowFailException

_PATCH = "aiplatform.projects.locations.endpoints.patch"


class Killed(BaseException):
    """The worker died here."""


def _set_default(model: V1Model, version: str) -> None:
    operator = MLEngineSetDefaultVersionOperator(task_id="set_default", model_name=model.name, version_name=version)
    operator.execute(context_of(model.run()))


def _delete(model: V1Model, version: str) -> None:
    operator = MLEngineDeleteVersionOperator(task_id="delete", model_name=model.name, version_name=version)
    operator.execute(context_of(model.run()))


@pytest.fixture
def two(v1_model: V1Model) -> V1Model:
    """A model with two versions, of which v01 is the default one."""
    v1_model.create()
    v1_model.add("v01")
    v1_model.add("v02", "2")
    return v1_model


class TestSetDefault:
    def test_it_answers_and_nobody_notices(self, two: V1Model) -> None:
        with two.asked() as failures:
            _set_default(two, "v02")
        assert failures == []
        assert two.split() == {"1": 0, "2": 100}
        assert two.answers() == "v02"
        assert two.aliases() == {"1": {"v01"}, "2": {"v02", "champion", "default"}}

    def test_setting_it_again_changes_nothing(self, two: V1Model, localgcp: LocalCloud) -> None:
        _set_default(two, "v02")
        calls = len(localgcp.requests(_PATCH))
        _set_default(two, "v02")
        assert len(localgcp.requests(_PATCH)) == calls

    @pytest.mark.parametrize("call", [(EndpointsHook, "set_traffic"), (ModelsHook, "move_aliases")])
    def test_a_try_that_was_killed_is_finished_by_the_next(
        self, call: tuple[type, str], two: V1Model, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = getattr(*call)

        def dies(*args: Any, **kwargs: Any) -> None:
            real(*args, **kwargs)
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(*call, dies)
            with pytest.raises(Killed):
                _set_default(two, "v02")
        _set_default(two, "v02")
        assert two.split() == {"1": 0, "2": 100}
        assert two.named("default") == two.named("champion") == "2"

    def test_a_version_that_is_missing_is_named(self, two: V1Model) -> None:
        with pytest.raises(
            AirflowFailException, match=f"model_name {two.name}: expected the version 'v03', found none"
        ):
            _set_default(two, "v03")

    def test_one_that_is_not_deployed_is_refused(self, two: V1Model) -> None:
        served = two.served()
        assert served is not None
        (deployed,) = served.deployments_of(two.model, "2")
        two.serving.undeploy(two.endpoint, deployed)
        with pytest.raises(AirflowFailException, match=f"version_name v02: {two.model}@2 is not deployed on"):
            _set_default(two, "v02")
        assert two.named("default") == "1"

    @pytest.mark.parametrize("name", ["default", "candidate", "champion"])
    def test_an_alias_of_the_registry_is_no_versions_name(self, name: str, two: V1Model) -> None:
        with pytest.raises(AirflowFailException, match=f"expected the version '{name}', found none"):
            _set_default(two, name)


class TestDelete:
    def test_it_leaves_the_endpoint_and_the_registry(self, two: V1Model) -> None:
        with two.asked() as failures:
            _delete(two, "v02")
        assert failures == []
        assert two.split() == {"1": 100}
        assert two.aliases() == {"1": {"v01", "champion", "default"}}

    def test_the_default_one_is_refused_while_there_are_others(self, two: V1Model) -> None:
        with pytest.raises(AirflowFailException) as raised:
            _delete(two, "v01")
        assert str(raised.value) == (
            f"version_name v01: it is the default version of {two.name}, which has 1 more; make another one the "
            "default first"
        )
        assert two.answers() == "v01"

    def test_the_last_one_goes_and_leaves_an_empty_model(self, two: V1Model) -> None:
        _delete(two, "v02")
        _delete(two, "v01")
        assert (two.split(), two.aliases()) == ({}, {})
        assert two.served() is not None

    def test_a_version_can_be_added_to_an_emptied_model(self, v1_model: V1Model) -> None:
        v1_model.create()
        v1_model.add("v01")
        _delete(v1_model, "v01")
        v1_model.add("v01", "2")
        assert v1_model.answers() == "v01"

    def test_what_is_gone_is_no_failure(self, two: V1Model) -> None:
        _delete(two, "v02")
        _delete(two, "v02")
        _delete(two, "v03")

    def test_a_model_that_never_was_is_no_failure(self, v1_model: V1Model) -> None:
        _delete(v1_model, "v01")

    def test_a_version_whose_endpoint_is_gone_is_deleted(self, two: V1Model) -> None:
        two.serving.delete_endpoint(two.endpoint)
        _delete(two, "v02")
        assert list(two.aliases()) == ["1"]

    @pytest.mark.parametrize("call", [(EndpointsHook, "undeploy"), (ModelsHook, "delete_version")])
    def test_a_try_that_was_killed_is_finished_by_the_next(
        self, call: tuple[type, str], two: V1Model, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = getattr(*call)

        def dies(*args: Any, **kwargs: Any) -> None:
            real(*args, **kwargs)
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(*call, dies)
            with pytest.raises(Killed):
                _delete(two, "v02")
        _delete(two, "v02")
        assert two.split() == {"1": 100}
        assert list(two.aliases()) == ["1"]
