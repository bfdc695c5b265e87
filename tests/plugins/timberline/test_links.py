"""Links lead to the pages that Google's own SDK prints."""

import pytest
from google.cloud import aiplatform

from timberline.links import job_page
from timberline.operators.submit_jobs import SubmitTrainingJobOperator, SubmitTuningJobOperator


@pytest.mark.parametrize("kind", [aiplatform.CustomJob, aiplatform.HyperparameterTuningJob])
def test_the_page_is_that_of_googles_sdk(kind: type) -> None:
    name = f"projects/p/locations/europe-west1/{kind._resource_noun}/123"  # type: ignore[attr-defined]
    job = kind.__new__(kind)
    job._gca_resource = type("Resource", (), {"name": name})
    assert job_page(name) == job._dashboard_uri()


@pytest.mark.parametrize("operator", [SubmitTuningJobOperator, SubmitTrainingJobOperator])
def test_submit_tasks_have_the_link(operator: type) -> None:
    assert [link.name for link in operator.operator_extra_links] == ["Vertex AI job"]  # type: ignore[attr-defined]
