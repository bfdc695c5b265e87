"""Links lead to the pages that Google's own SDK prints."""

import pytest
from google.cloud import aiplatform

from timberline.operators.links import VertexModelLink, job_page
from timberline.operators.register_model import RegisterModelOperator
from timberline.operators.submit_jobs import SubmitTrainingJobOperator, SubmitTuningJobOperator
from timberline.operators.submit_scoring import SubmitScoringJobOperator
from timberline.release.results import Challenger


@pytest.mark.parametrize("kind", [aiplatform.CustomJob, aiplatform.HyperparameterTuningJob])
def test_the_page_is_that_of_googles_sdk(kind: type) -> None:
    name = f"projects/p/locations/europe-west1/{kind._resource_noun}/123"  # type: ignore[attr-defined]
    job = kind.__new__(kind)
    job._gca_resource = type("Resource", (), {"name": name})
    assert job_page(name) == job._dashboard_uri()


@pytest.mark.parametrize("operator", [SubmitTuningJobOperator, SubmitTrainingJobOperator, SubmitScoringJobOperator])
def test_submit_tasks_have_the_link(operator: type) -> None:
    assert [link.name for link in operator.operator_extra_links] == ["Vertex AI job"]  # type: ignore[attr-defined]


def test_the_register_task_leads_to_the_version_that_it_returned() -> None:
    challenger = Challenger(
        segment="3", model="projects/p/locations/europe-west1/models/m-3", version="7", artifact_uri="", metrics={}
    )
    assert VertexModelLink().page(challenger.to_json()) == (
        "https://console.cloud.google.com/vertex-ai/models/locations/europe-west1/models/m-3/versions/7/properties?project=p"
    )
    assert [link.name for link in RegisterModelOperator.operator_extra_links] == ["Vertex AI model"]
