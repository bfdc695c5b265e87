"""Creates an AI Platform version: a version of a Vertex AI model, deployed on the model's endpoint."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from timberline.ai_platform.operators.base import MLEngineOperator, read_flag, skip_unless_passed
from timberline.ai_platform.operators.models import model_of
from timberline.operators.deploying import DeployingOperator
from timberline.release.ids import CHALLENGER_ALIAS, CHAMPION_ALIAS, DEFAULT_ALIAS, deployed_model_id
from timberline.release.results import Challenger, Deployment
from timberline.release.traffic import canary_share, promoted, with_canary
from timberline.release.versions import Version, VersionRequest
from timberline.run.errors import InputError, JobFileError
from timberline.run.identity import ALL_SEGMENTS, RUN_LABEL, RunIdentity
from timberline.spec.decoding import decode
from timberline.spec.include import read_job_file
from timberline.spec.placeholders import fill
from timberline.spec.releasespec import ServingContainerSpec

if TYPE_CHECKING:
    from timberline.ai_platform.serving.versions import VersionTranslation
    from timberline.hooks.endpoints import EndpointsHook
    from timberline.hooks.models import ModelsHook
    from timberline.release.endpoint_state import ServedEndpoint

_UNNAMED = "FRAMEWORK_UNSPECIFIED"
_NOT_PREBUILT = ("container", "predictionClass", "packageUris", "routes")  # no prebuilt image serves such a version


class MLEngineCreateVersionOperator(DeployingOperator, MLEngineOperator):
    """Registers a v1 version with Vertex AI and deploys it on the endpoint of its model.

    The first version of a model gets all requests, as on AI Platform; a later version gets them if `isDefault` is set.
    A model artefact that this run has registered is not registered again, so that a gate may run in between.

    Args:
        model_name: (templated) v1's name of the model.
        version: (templated) a v1 Version.
        container: (templated) the container that serves the version, as a ModelContainerSpec of Vertex AI, or the job
            file below include/jobs whose `serving` has it; None for the container of the body.
        image_uri: (templated) the value of `{{ image_uri }}` in the container.
        endpoint: (templated) the endpoint's resource name; None for the model's own endpoint.
        replace_existing_version: (templated) whether a version with the same name loses the name and is undeployed.
        canary_percent: (templated) the share of the requests that the version gets until `PromoteModelOperator` gives
            it its name and all requests. None for all requests at once, as on AI Platform.
        decision: (templated) a gate's `Decision` in JSON form: the task is skipped unless it passed; None for no gate.
        deploy_timeout_s, deferrable: as in `DeployingOperator`.

    Returns, each under its own key: `version` (the v1 Version), and for the steps of a release `deployment`,
    `challenger` (a `Deployment` and a `Challenger` in JSON form) and `alias`, which stands for the version's name.
    """

    template_fields: Sequence[str] = (
        *DeployingOperator.template_fields,
        "project_id", "region", "model_name", "version", "container", "image_uri", "endpoint",
        "replace_existing_version", "canary_percent", "decision",
    )  # fmt: skip

    def __init__(
        self,
        *,
        model_name: str,
        version: Mapping[str, Any],
        container: Mapping[str, Any] | str | None = None,
        image_uri: Any = None,
        endpoint: Any = None,
        replace_existing_version: bool | str = False,
        canary_percent: int | str | None = None,
        decision: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.model_name = model_name
        self.version = version
        self.container = container
        self.image_uri = image_uri
        self.endpoint = endpoint
        self.replace_existing_version = replace_existing_version
        self.canary_percent = canary_percent
        self.decision = decision
        self.segment = ALL_SEGMENTS

    def work(self, run: RunIdentity) -> dict[str, Any]:
        """Register and deploy the version, and set its share of the requests.

        Raises:
            AirflowSkipException: the version did not pass the gate.
            AiPlatformError: the body is wrong, or its directory does not contain exactly one model.
            DeployFailed: the version does not become healthy; the endpoint serves as before.
            InputError: the model does not exist, the name is taken, or Vertex AI refuses the version.
        """
        from timberline.ai_platform.serving.resource_names import check_name, resource_id

        skip_unless_passed(self.decision)
        self.check_place()
        if self.canary_percent is not None:
            canary_share(self.canary_percent)  # an invalid percentage is reported before anything is created
        serving = self.cloud.endpoints
        models = self.cloud.models
        model_id = resource_id(check_name(self.model_name, "model_name"))
        served = serving.endpoint(str(self.endpoint or serving.endpoint_name(model_id)))
        translation = self._translated(served)
        model = models.model_name(model_id)
        former = self._former(run, models, model, translation)
        version = self._registered(run, models, model, translation)
        assert served is not None
        deployment = self._deployed(run, serving, served, version, translation)
        if self.canary_percent is None:
            self._put_in_service(serving, models, deployment, version, translation, former)
        return self._told(translation, version, deployment)

    def _translated(self, served: "ServedEndpoint | None") -> "VersionTranslation":
        """Return the translation, after a check of the version's directory."""
        from timberline.ai_platform.schema import check_body
        from timberline.ai_platform.serving.artifacts import choose_artifact, guess_framework
        from timberline.ai_platform.serving.versions import translate_version

        check_body(self.version, "Version", "version")
        model = model_of(self.model_name, served, self.cloud.settings.region)
        container = self._container()
        uri = str(self.version.get("deploymentUri", "")).rstrip("/")
        is_prebuilt = container is None and not any(self.version.get(field) for field in _NOT_PREBUILT)
        names = self._files(uri) if is_prebuilt and uri.startswith("gs://") else []
        guessed = None
        if is_prebuilt and uri.startswith("gs://") and self.version.get("framework", _UNNAMED) == _UNNAMED:
            guessed = guess_framework(names, uri)
        translation = translate_version(self.version, model, guessed=guessed, container=container)
        if translation.endpoint:
            self.log.warning(
                "version.requestLoggingConfig: not set, as it is the endpoint's on Vertex AI; set %s on %s",
                translation.endpoint,
                model.id,
            )
        if translation.framework is not None and translation.artifact_uri:
            choose_artifact(names, translation.framework, translation.artifact_uri)
        self.log_notes(translation.notes)
        return translation

    def _container(self) -> ServingContainerSpec | None:
        if self.container is None:
            return None
        if not isinstance(self.container, str):
            return decode(ServingContainerSpec, self.container, "container")
        serving = read_job_file(self.container).serving
        if serving is None:
            raise JobFileError(
                f"{self.container}: serving: expected the container that answers predictions, found none"
            )
        texts = {} if self.image_uri is None else {"image_uri": str(self.image_uri)}
        return fill(serving.container_spec, texts, self.container)

    def _files(self, uri: str) -> list[str]:
        found = self.cloud.storage.names(f"{uri}/")
        return [name.removeprefix(f"{uri}/") for name in found]

    def _former(
        self, run: RunIdentity, models: "ModelsHook", model: str, translation: "VersionTranslation"
    ) -> Version | None:
        """Return the version that has the name, or None if the name is free or this run has it already."""
        found = models.version(model, translation.alias)
        if found is None or _is_own(found, run, translation):
            return None
        if not read_flag(self.replace_existing_version, "replace_existing_version"):
            raise InputError(
                f"version.name: expected a name that is free, found {translation.name!r}, which {found.name} has; "
                "choose another, delete that version, or set replace_existing_version"
            )
        return found

    def _registered(
        self, run: RunIdentity, models: "ModelsHook", model: str, translation: "VersionTranslation"
    ) -> Version:
        labelled = models.find(model, {RUN_LABEL: run.run_key})
        own = [each for each in labelled if _is_own(each, run, translation)]
        if own:
            self.log.info("%s is registered", own[0].name)
            return own[0]
        body = {key: value for key, value in translation.model.items() if key != "versionAliases"}
        request = VersionRequest(
            model_id=model.rpartition("/")[2], body=body, run=run, step=self.step, segment=ALL_SEGMENTS
        )
        return models.register(request)

    def _deployed(
        self,
        run: RunIdentity,
        serving: "EndpointsHook",
        served: "ServedEndpoint",
        version: Version,
        translation: "VersionTranslation",
    ) -> Deployment:
        from timberline.hooks.endpoints import DeployRequest

        options = dict(translation.deployed_model)
        resources = options.pop("dedicatedResources")
        request = DeployRequest(
            endpoint=served.name,
            deployed_model=deployed_model_id(run, ALL_SEGMENTS, version.version),
            model=version.name,
            display_name=options.pop("displayName"),
            dedicated_resources=resources,
            options=options,
        )
        self._bring_up(serving, request, None)
        percent = 0
        if self.canary_percent is not None:
            wanted = int(self.canary_percent)
            now = serving.set_traffic(served.name, lambda now: with_canary(now.split, request.deployed_model, wanted))
            percent = with_canary(now.split, request.deployed_model, wanted)[request.deployed_model]
        return Deployment(
            segment=ALL_SEGMENTS,
            endpoint=served.name,
            deployed_model=request.deployed_model,
            version=version.version,
            percent=percent,
        )

    def _put_in_service(
        self,
        serving: "EndpointsHook",
        models: "ModelsHook",
        deployment: Deployment,
        version: Version,
        translation: "VersionTranslation",
        former: Version | None,
    ) -> None:
        """Do as AI Platform did: the first version becomes the default, and a replaced version is undeployed."""
        before = serving.endpoint(deployment.endpoint)
        replaced = before.deployments_of(former.model, former.version) if before and former else []
        answering = {each for each, percent in (before.split if before else {}).items() if percent}
        if translation.is_default or not answering - {deployment.deployed_model} or answering & set(replaced):
            serving.set_traffic(deployment.endpoint, lambda now: promoted(now.split, deployment.deployed_model))
            models.move_aliases(version.model, version.version, [CHAMPION_ALIAS, DEFAULT_ALIAS])
        for each in replaced:
            serving.undeploy(deployment.endpoint, each, fallback=deployment.deployed_model)
        # The alias moves last: if this try is killed earlier, the next try finds the replaced version by the alias.
        models.move_aliases(version.model, version.version, [translation.alias, f"-{CHALLENGER_ALIAS}"])

    def _told(self, translation: "VersionTranslation", version: Version, deployment: Deployment) -> dict[str, Any]:
        settings = self.cloud.settings
        name = f"projects/{settings.project}/models/{self.model_name}/versions/{translation.name}"
        challenger = Challenger(
            segment=ALL_SEGMENTS,
            model=version.model,
            version=version.version,
            artifact_uri=version.artifact_uri,
            metrics={},
        )
        return {
            "version": {**self.version, "name": name, "state": "READY"},
            "deployment": deployment.to_json(),
            "challenger": challenger.to_json(),
            "alias": translation.alias,
        }


def _is_own(version: Version, run: RunIdentity, translation: "VersionTranslation") -> bool:
    """Return whether this run has registered the same model artefact."""
    is_same = version.artifact_uri.rstrip("/") == (translation.artifact_uri or "")
    return is_same and version.labels.get(RUN_LABEL) == run.run_key
