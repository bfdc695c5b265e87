"""Makes sure that the version in service of every segment answers on its endpoint."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from timberline.operators.deploying import DeployingOperator
from timberline.release.champion import Champion
from timberline.release.ids import CHALLENGER_ALIAS, Serving, model_id, read_serving
from timberline.run.compat import AirflowSkipException, given
from timberline.run.errors import DeployFailed, InputError
from timberline.run.identity import RunIdentity

if TYPE_CHECKING:
    from timberline.hooks.endpoints import DeployRequest
    from timberline.release.endpoint_state import ServedEndpoint


class ServeChampionsOperator(DeployingOperator):
    """Deploys every champion that does not answer on its endpoint, and gives it all requests.

    A champion can be without an endpoint although its run had one: a later run rejected its challenger, or rolled it
    back, after a run with ephemeral endpoints had promoted the champion. Older versions leave the endpoint. A champion
    that answers is left as it is, and so is a segment without a champion. A challenger of another run that answers
    requests is left alone too.

    Args:
        segments: (templated) the run's segments.
        job_file: (templated) the job file below include/jobs; its `serving` has the machines.
        serving: (templated) `endpoint`, `ephemeral` or `none`; the task is skipped unless it is `endpoint`.
        model_id: (templated) the id of the model and endpoint of a pipeline that trains one model; None for the
            pipeline's own ones of each segment.
        segment_label: (templated) what messages call a segment.
        display_name, labels: (templated) of an endpoint that has to be created; None for the pipeline's own.
        deploy_timeout_s, deferrable: as in `DeployingOperator`.

    Returns:
        For each champion `segment`, `version` and `endpoint`.
    """

    template_fields: Sequence[str] = (
        *DeployingOperator.template_fields,
        "segments", "job_file", "serving", "model_id", "segment_label", "display_name", "labels",
    )  # fmt: skip

    def __init__(
        self,
        *,
        segments: Any,
        job_file: str,
        serving: str,
        model_id: str | None = None,
        segment_label: str = "segment",
        display_name: str | None = None,
        labels: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.segments = segments
        self.job_file = job_file
        self.serving = serving
        self.model_id = model_id
        self.segment_label = segment_label
        self.display_name = display_name
        self.labels = labels

    def work(self, run: RunIdentity) -> list[dict[str, str]]:
        """Deploy what is missing.

        Raises:
            AirflowSkipException: the run keeps no endpoints.
            DeployFailed: a champion does not come up; the message names each such champion.
            JobFileError: the job file has no serving machines.
        """
        serving = read_serving(str(self.serving))
        if serving is not Serving.ENDPOINT:
            self.log.info("serving: %s; this run keeps no endpoints", serving)
            raise AirflowSkipException(f"serving: {serving}; this run keeps no endpoints")
        champions = list(self._champions(run))
        missing = {champion.segment: request for champion in champions if (request := self._missing(champion))}
        for request in missing.values():  # all at once: each takes minutes; a refusal is reported below
            with contextlib.suppress(InputError):
                self.cloud.endpoints.start_deploy(request)
        answering, problems = [], []
        for champion in champions:
            try:
                answering.append(self._answering(champion, missing.get(champion.segment)))
            except DeployFailed as error:
                problems.append(f"{self.segment_label} {champion.segment}: {error}")
        if problems:
            raise DeployFailed("\n".join(problems))
        return answering

    def _champions(self, run: RunIdentity) -> Iterator[Champion]:
        for segment in map(str, given(self.segments)):
            model = self.cloud.models.model_name(self.model_id or model_id(run.dag_id, segment))
            found = self.cloud.models.champion(model)
            if found is None:
                self.log.info("%s %s: no version is in service", self.segment_label, segment)
                continue
            challenger = self.cloud.models.version(model, CHALLENGER_ALIAS)
            yield Champion(
                run=run,
                segment=segment,
                model=model,
                version=found.version,
                challenger=challenger.version if challenger else None,
            )

    def _missing(self, champion: Champion) -> "DeployRequest | None":
        """Return the deployment that a champion needs, on an endpoint that exists; None if it needs none."""
        if not champion.is_missing(self._endpoint(champion)):
            return None
        where = (self.segment_label, champion.segment, champion.version)
        self.log.warning("%s %s: version %s is in service but not on its endpoint; deploying it", *where)
        name = self._kept_endpoint(
            self.cloud.endpoints,
            champion.run,
            champion.segment,
            endpoint_id=self.model_id,
            display_name=self.display_name,
            labels=self.labels,
        )
        return self._request(
            champion.run, champion.segment, f"{champion.model}@{champion.version}", name, self.job_file
        )

    def _answering(self, champion: Champion, request: "DeployRequest | None") -> dict[str, str]:
        """Wait for the deployment, if there is one, and give the champion its requests."""
        if request is not None:
            self._bring_up(self.cloud.endpoints, request, champion.version)
        served = self._endpoint(champion)
        assert served is not None
        served = self.cloud.endpoints.set_traffic(served.name, champion.traffic)
        for each in champion.outdated(self._endpoint(champion) or served):
            self.cloud.endpoints.undeploy(served.name, each)
        where = (self.segment_label, champion.segment, champion.version, served.name)
        self.log.info("%s %s: version %s is in service on %s", *where)
        return {"segment": champion.segment, "version": champion.version, "endpoint": served.name}

    def _endpoint(self, champion: Champion) -> "ServedEndpoint | None":
        hook = self.cloud.endpoints
        return hook.endpoint(hook.endpoint_name(self.model_id or model_id(champion.run.dag_id, champion.segment)))
