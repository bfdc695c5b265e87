"""The one model file of a directory."""

import pytest

from timberline.ai_platform.serving.artifacts import Framework, choose_artifact, guess_framework
from timberline.run.errors import AiPlatformError

_URI = "gs://b/model"


@pytest.mark.parametrize(
    ("framework", "name"),
    [
        ("SCIKIT_LEARN", "model.joblib"),
        ("SCIKIT_LEARN", "model.pkl"),
        ("XGBOOST", "model.bst"),
        ("XGBOOST", "model.joblib"),
        ("XGBOOST", "model.pkl"),
        ("TENSORFLOW", "saved_model.pb"),
    ],
)
def test_the_frameworks_own_file_is_chosen(framework: str, name: str) -> None:
    names = [name, "metrics.json", "variables/variables.index", "assets/model.bak"]
    assert choose_artifact(names, framework, _URI) == name


def test_files_of_another_framework_do_no_harm() -> None:
    assert choose_artifact(["saved_model.pb", "model.pkl"], Framework.TENSORFLOW, _URI) == "saved_model.pb"


@pytest.mark.parametrize(
    ("names", "framework", "message"),
    [
        ([], "SCIKIT_LEARN", r"one of model\.joblib, model\.pkl, found no file; save the model as model\.joblib"),
        (["model.pkl", "model.joblib"], "SCIKIT_LEARN", r"found model\.joblib, model\.pkl; keep the one"),
        (["model.pickle"], "SCIKIT_LEARN", r"found model\.pickle; save"),
        (["1/model.bst"], "XGBOOST", r"found 1/model\.bst; it is at 1/model\.bst: give that directory"),
        (["saved_model.pbtxt"], "TENSORFLOW", r"found saved_model\.pbtxt; Vertex AI reads no text graph"),
        ([f"f{n}" for n in range(9)], "XGBOOST", r"found f0, f1, f2, f3, f4 and 4 more;"),
        ([f"f{n}" for n in range(1001)], "XGBOOST", r"expected at most 1000 files, found 1001"),
    ],
)
def test_none_or_two_are_refused_with_what_to_do(names: list[str], framework: str, message: str) -> None:
    with pytest.raises(AiPlatformError, match=rf"^{_URI}: .*{message}"):
        choose_artifact(names, framework, _URI)


def test_a_thousand_files_are_allowed() -> None:
    names = ["model.bst", *(f"f{n}" for n in range(999))]
    assert choose_artifact(names, "XGBOOST", _URI) == "model.bst"


@pytest.mark.parametrize(
    ("name", "framework"),
    [
        ("saved_model.pb", Framework.TENSORFLOW),
        ("model.bst", Framework.XGBOOST),
        ("model.pkl", Framework.SCIKIT_LEARN),
        ("model.joblib", Framework.SCIKIT_LEARN),
    ],
)
def test_the_framework_is_guessed_by_the_file(name: str, framework: Framework) -> None:
    assert guess_framework([name, "x.json"], _URI) is framework


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["model.pkl", "model.bst"], r"the files are of SCIKIT_LEARN and XGBOOST; set framework"),
        (["x"], r"expected one of model\.bst, model\.joblib, model\.pkl, saved_model\.pb, found x;"),
        (["a/model.pkl"], r"it is at a/model\.pkl"),
        ([str(n) for n in range(1001)], r"at most 1000 files"),
    ],
)
def test_a_guess_that_cannot_be_made_is_an_error(names: list[str], message: str) -> None:
    with pytest.raises(AiPlatformError, match=rf"^{_URI}: .*{message}|^{_URI}: {message}"):
        guess_framework(names, _URI)
