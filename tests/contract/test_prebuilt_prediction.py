"""Models of scikit-learn and XGBoost in Google's prebuilt prediction containers."""

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud.aiplatform_v1 import JobServiceClient, ModelServiceClient

from tests.contract.serving import deploy, new_endpoint, predictions
from tests.contract.training import ENDED, job_spec, jobs_client, parent, rest, upload, wait_until
from tests.local_cloud import LocalCloud

_TRAINING = "us-docker.pkg.dev/vertex-ai/training/xgboost-cpu.2-1:latest"
_TRAIN = """
import os, sys, joblib, numpy, xgboost
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from sklearn.linear_model import LinearRegression
x = numpy.array([[1.0, 2.0], [3.0, 5.0], [5.0, 6.0], [7.0, 1.0]])
y = x @ [2.0, 1.0]
joblib.dump(LinearRegression().fit(x, y), "model.joblib")
xgboost.train({"base_score": 0.5}, xgboost.DMatrix(x, y), 3).save_model("model.bst")
bucket = storage.Client(credentials=AnonymousCredentials()).bucket("sources")
bucket.blob("sklearn/model.joblib").upload_from_filename("model.joblib")
bucket.blob("sklearn/older/model.pkl").upload_from_filename("model.joblib")
bucket.blob("xgboost/model.bst").upload_from_filename("model.bst")
"""


@pytest.fixture(scope="module", autouse=True)
def _models(localgcp: LocalCloud) -> None:
    """Train both models in the training container, which has the packages of the prediction containers."""
    upload(localgcp, "made", b"")
    client: JobServiceClient = jobs_client(localgcp)
    spec = job_spec([], image=_TRAINING, command=["python", "-c", _TRAIN])
    job = client.create_custom_job(parent=parent(localgcp), custom_job={"display_name": "train", "job_spec": spec})
    ended = wait_until(lambda: client.get_custom_job(name=job.name), lambda found: found.state.name in ENDED)
    assert ended.state.name == "JOB_STATE_SUCCEEDED", ended.error.message


def served(cloud: LocalCloud, framework: str, image: str) -> str:
    """Deploy a model in a prebuilt container and return the endpoint."""
    model = {
        "display_name": framework,
        "artifact_uri": f"gs://sources/{framework}",
        "container_spec": {"image_uri": image},
    }
    found = ModelServiceClient(**rest(cloud)).upload_model(parent=parent(cloud), model=model).result(timeout=60)
    endpoint = new_endpoint(cloud)
    deploy(cloud, endpoint, found.model, split={"0": 100})
    return endpoint


def test_sklearn_model_predicts(localgcp: LocalCloud) -> None:
    """A model file in a deeper folder is not the version's."""
    endpoint = served(localgcp, "sklearn", "europe-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest")
    assert predictions(localgcp, endpoint, [[1, 1], [2, 3]]) == pytest.approx([3.0, 7.0])
    with pytest.raises(BadRequest, match="Exception during sklearn prediction: X has 3 features, but Linear"):
        predictions(localgcp, endpoint, [[1, 1, 1]])


def test_xgboost_model_predicts(localgcp: LocalCloud) -> None:
    endpoint = served(localgcp, "xgboost", "us-docker.pkg.dev/vertex-ai/prediction/xgboost-cpu.2-1.py310:latest")
    low, high = predictions(localgcp, endpoint, [[1, 2], [5, 6]])
    assert low < high
    with pytest.raises(BadRequest, match=r"Exception during xgboost prediction: .*[Nn]umber of columns does not match"):
        predictions(localgcp, endpoint, [[1, 1, 1]])
