"""Finds the file in a model directory that a prediction image reads. Pure.

The names: https://cloud.google.com/vertex-ai/docs/training/exporting-model-artifacts; AI Platform had the same names.
"""

from collections.abc import Sequence
from enum import StrEnum

from timberline.run.errors import AiPlatformError

_MOST_FILES = 1000
_TEXT_GRAPH = "saved_model.pbtxt"  # AI Platform read it, Vertex AI does not


class Framework(StrEnum):
    """The frameworks of AI Platform versions."""

    TENSORFLOW = "TENSORFLOW"
    SCIKIT_LEARN = "SCIKIT_LEARN"
    XGBOOST = "XGBOOST"


_FILES = {
    Framework.TENSORFLOW: ("saved_model.pb",),
    Framework.SCIKIT_LEARN: ("model.joblib", "model.pkl"),
    Framework.XGBOOST: ("model.bst", "model.joblib", "model.pkl"),
}


def choose_artifact(names: Sequence[str], framework: Framework | str, uri: str) -> str:
    """Return the name of the model's file: the only file in the directory with a name of the framework.

    Args:
        names: the files below the directory, relative to it.
        framework: one of `Framework`.
        uri: the directory in messages.

    Raises:
        AiPlatformError: no file or several files have such a name, or there are more files than AI Platform accepted.
    """
    expected = _FILES[Framework(framework)]
    _check_count(names, uri)
    found = [name for name in expected if name in names]
    if len(found) == 1:
        return found[0]
    advice = "keep the one that shall answer" if found else _advice(names, expected)
    listed = ", ".join(found) or _summary(names)
    raise AiPlatformError(f"{uri}: expected exactly one of {', '.join(expected)}, found {listed}; {advice}")


def guess_framework(names: Sequence[str], uri: str) -> Framework:
    """Return the framework whose file is in a directory, as AI Platform did for a version without a framework.

    `model.joblib` and `model.pkl` count as scikit-learn's; an XGBoost version with such a file must name it.

    Raises:
        AiPlatformError: the directory has files of no framework, or of several frameworks.
    """
    _check_count(names, uri)
    found = [each for each in (Framework.TENSORFLOW, Framework.SCIKIT_LEARN) if any(n in names for n in _FILES[each])]
    if "model.bst" in names:
        found.append(Framework.XGBOOST)
    if len(found) == 1:
        return found[0]
    files = sorted({name for each in _FILES.values() for name in each})
    if found:
        raise AiPlatformError(f"{uri}: the files are of {' and '.join(found)}; set framework to one of them")
    raise AiPlatformError(
        f"{uri}: expected one of {', '.join(files)}, found {_summary(names)}; {_advice(names, files)}"
    )


def _check_count(names: Sequence[str], uri: str) -> None:
    if len(names) > _MOST_FILES:
        raise AiPlatformError(
            f"{uri}: expected at most {_MOST_FILES} files, found {len(names)}; give the model a directory of its own"
        )


def _advice(names: Sequence[str], expected: Sequence[str]) -> str:
    deeper = sorted(name for name in names if name.rpartition("/")[2] in expected)
    if deeper:
        return f"it is at {deeper[0]}: give that directory"
    if _TEXT_GRAPH in names and "saved_model.pb" in expected:
        return "Vertex AI reads no text graph: save the model in binary form"
    return f"save the model as {expected[0]}, directly in the directory"


def _summary(names: Sequence[str]) -> str:
    if not names:
        return "no file"
    shown = ", ".join(sorted(names)[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
