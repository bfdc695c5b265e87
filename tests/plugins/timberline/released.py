"""Versions of small models for tests of the release: a container that answers a constant, and what the steps return."""

from pathlib import Path
from typing import Any

from tests.contract.training import IMAGE
from tests.plugins.timberline.conftest import CONNECTION
from tests.plugins.timberline.contexts import context_of
from timberline.evaluation.gate import Action, Decision, ScoredVersion
from timberline.hooks.deployment import Deploying
from timberline.hooks.endpoints import DeployRequest, EndpointsHook
from timberline.hooks.models import ModelsHook, VersionRequest
from timberline.hooks.storage import StorageHook
from timberline.operators.deploy_model import DeployModelOperator
from timberline.operators.promote_model import PromoteModelOperator
from timberline.operators.smoke_predict import SmokePredictOperator
from timberline.release.endpoint_state import ServedEndpoint
from timberline.release.ids import CHAMPION_ALIAS, Serving, deployed_model_id, endpoint_id, model_id
from timberline.release.results import Challenger, Deployment
from timberline.run.identity import RunIdentity
from timberline.run.settings import Settings
from timberline.spec.metric import Metric, MetricGoal

TRAINED = 0.25
"""The probability that the trainer of every version predicts."""

JOB_FILE = """
tuning:
  studySpec:
    metrics: [{metricId: score, goal: MAXIMIZE}]
    parameters: [{parameterId: x, doubleValueSpec: {minValue: 0, maxValue: 1}}]
  maxTrialCount: 1
  parallelTrialCount: 1
  trialJobSpec: &spec
    workerPoolSpecs: [{machineSpec: {machineType: n1-standard-4}, containerSpec: {imageUri: "{{ image_uri }}"}}]
    scheduling: {timeout: 600s}
training: *spec
serving:
  containerSpec: {imageUri: "{{ image_uri }}", predictRoute: /predict, healthRoute: /health}
  machineSpec: {machineType: n1-standard-2}
"""

SEGMENT = "3"

_SERVER = """
import json, os, pathlib, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

probability, wait_for = sys.argv[1], sys.argv[2]
if probability == "exit":
    sys.exit("the bundle cannot be read")

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200 if not wait_for or pathlib.Path(wait_for).exists() else 503, {})

    def do_POST(self):
        instances = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["instances"]
        if probability == "refuse":
            return self.answer(400, {"error": "instances[0].Elevation: unknown column"})
        value = float(probability)
        self.answer(200, {"predictions": [{"probability": value, "predicted": int(value > 0.5)} for _ in instances]})

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["AIP_HTTP_PORT"])), Handler).serve_forever()
"""


class Pipeline:
    """A pipeline of one segment, whose runs are released step by step."""

    def __init__(self, settings: Settings, dag_id: str, serving: Serving = Serving.ENDPOINT) -> None:
        self.settings = settings
        self.dag_id = dag_id
        self.serving = serving
        self.models = ModelsHook(settings.project, settings.region, CONNECTION)
        self.hook = EndpointsHook(settings.project, settings.region, CONNECTION)

    def run(self, run_id: str) -> RunIdentity:
        return RunIdentity(self.dag_id, run_id)

    def registered(
        self, run_id: str, answer: float | str = TRAINED, *, wait_for: Path | None = None, trained: float = TRAINED
    ) -> Challenger:
        """Register a run's version.

        Args:
            run_id: the run.
            answer: the probability that its container answers; with `refuse` it refuses, with `exit` it never serves.
            wait_for: it is healthy when this file exists.
            trained: what its trainer says that it predicts.
        """
        run = self.run(run_id)
        uri = f"{run.step_uri(self.settings.bucket, 'retrain', SEGMENT)}/model"
        document = {
            "instances": [{"Elevation": 2500 + number} for number in range(4)],
            "predictions": [{"probability": trained, "predicted": 0, "label": int(number == 3)} for number in range(4)],
        }
        StorageHook(self.settings.project, self.settings.region, CONNECTION).write_json(
            f"{uri}/predictions.json", document
        )
        spec = {
            "imageUri": IMAGE,
            "command": ["python", "-c", _SERVER],
            "args": [str(answer), str(wait_for or "")],
            "predictRoute": "/predict",
            "healthRoute": "/health",
        }
        request = VersionRequest(
            model_id=model_id(self.dag_id, SEGMENT),
            body={"displayName": f"model {SEGMENT}", "artifactUri": uri, "containerSpec": spec},
            run=run,
            step="register",
            segment=SEGMENT,
        )
        version = self.models.register(request)
        return Challenger(segment=SEGMENT, model=version.model, version=version.version, artifact_uri=uri, metrics={})

    def decision(self, challenger: Challenger, champion: str | None = None, action: Action = Action.PROMOTE) -> Any:
        """Return the gate's decision in JSON form.

        Args:
            champion: the version that it was compared with.
        """
        return Decision(
            segment=SEGMENT,
            action=action,
            reason="f1-score 0.9000",
            metric=Metric(name="f1-score", goal=MetricGoal.MAXIMIZE),
            challenger=ScoredVersion(version=challenger.version, value=0.9),
            champion=ScoredVersion(version=champion, value=0.8) if champion else None,
        ).to_json()

    def deploy(
        self, run_id: str, challenger: Challenger, champion: str | None = None, **changes: Any
    ) -> dict[str, Any]:
        arguments = {
            "decision": self.decision(challenger, champion),
            "challenger": challenger.to_json(),
            "job_file": "tiny.yaml",
            "serving": self.serving.value,
            "canary_percent": 10,
            "deferrable": False,
        }
        operator = DeployModelOperator(task_id="deploy", **(arguments | changes))
        return dict(operator.execute(context_of(self.run(run_id))))

    def smoke(self, run_id: str, challenger: Challenger, deployment: Any) -> dict[str, Any]:
        operator = SmokePredictOperator(task_id="smoke", deployment=deployment, challenger=challenger.to_json())
        return dict(operator.execute(context_of(self.run(run_id))))

    def promote(
        self,
        run_id: str,
        challenger: Challenger,
        deployment: Any,
        smoke: Any,
        champion: str | None = None,
        **changes: Any,
    ) -> dict[str, Any]:
        arguments = {
            "decision": self.decision(challenger, champion),
            "challenger": challenger.to_json(),
            "deployment": deployment,
            "smoke": smoke,
            "serving": self.serving.value,
        }
        operator = PromoteModelOperator(task_id="promote", **(arguments | changes))
        return dict(operator.execute(context_of(self.run(run_id))))

    def deploy_as_first(self, run_id: str) -> Deployment:
        """Put a good version on the endpoint, past the operators: with all requests on an empty one, else with none."""
        run, challenger = self.run(run_id), self.registered(run_id)
        name = self.hook.ensure_endpoint(endpoint_id(run, SEGMENT, self.serving), "e", {}).name
        deployed = deployed_model_id(run, SEGMENT, challenger.version)
        request = DeployRequest(
            endpoint=name,
            deployed_model=deployed,
            model=challenger.name,
            display_name="d",
            dedicated_resources={"machineSpec": {"machineType": "n1-standard-2"}, "minReplicaCount": 1},
        )
        deploying = Deploying(self.hook, request)
        while not deploying.is_up(60.0):
            pass
        served = self.hook.set_traffic(name, lambda now: dict(now.split) or {deployed: 100})
        return Deployment(
            segment=SEGMENT,
            endpoint=name,
            deployed_model=deployed,
            version=challenger.version,
            percent=served.split.get(deployed, 0),
        )

    def release(self, run_id: str) -> Challenger:
        """Register, deploy and promote a good version."""
        champion = self.champion()
        challenger = self.registered(run_id)
        deployment = self.deploy(run_id, challenger, champion)
        self.promote(run_id, challenger, deployment, self.smoke(run_id, challenger, deployment), champion)
        return challenger

    def champion(self) -> str | None:
        """Return the version in service."""
        found = self.models.champion(self.models.model_name(model_id(self.dag_id, SEGMENT)))
        return found.version if found else None

    def make_champion(self, challenger: Challenger) -> None:
        """Put a version into service in the registry alone."""
        self.models.move_aliases(challenger.model, challenger.version, [CHAMPION_ALIAS, "default", "-candidate"])

    def served(self, run_id: str = "") -> ServedEndpoint | None:
        """Return the segment's endpoint."""
        return self.hook.endpoint(self.hook.endpoint_name(endpoint_id(self.run(run_id), SEGMENT, self.serving)))

    def split(self, run_id: str = "") -> dict[str, int]:
        """Return the endpoint's traffic by version; 0 for a version that is deployed without any."""
        served = self.served(run_id)
        return {} if served is None else {each.version: served.split.get(each.id, 0) for each in served.deployed}
