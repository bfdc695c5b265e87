"""The layout of the shared package, and the pattern of the trainers' Dockerfiles."""

import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "trainer_common"
TRAINERS = PACKAGE.parents[1]
LAYERS = (
    "failures",
    "environment",
    "cluster",
    "flags",
    "storage",
    "report",
    "reading",
    "artifacts",
    "predictions",
    "evaluation",
    "serving",
    "testing",
)
"""The packages from the lowest to the highest."""


def package_of(name: str) -> str:
    return name.split(".")[1]


def imports_of(path: Path) -> set[str]:
    """Return the packages of trainer_common that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {package_of(name) for name in names if name.startswith("trainer_common.")}


def test_a_package_imports_only_those_below_it() -> None:
    for path in PACKAGE.rglob("*.py"):
        package = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if package != "__init__":
            below = LAYERS[: LAYERS.index(package) + 1]
            assert imports_of(path) <= set(below), path


def test_the_shared_package_names_no_data_set() -> None:
    known = re.compile(r"covertype|cover.type|elevation|taxi|census|criteo", re.IGNORECASE)
    modules = [path for path in PACKAGE.rglob("*.py") if known.search(path.read_text(encoding="utf-8"))]
    assert modules == []


def test_the_dockerfiles_of_all_trainers_differ_in_their_arguments_only() -> None:
    texts = {path.parent.name: path.read_text(encoding="utf-8") for path in TRAINERS.glob("*/Dockerfile")}
    assert len({re.sub(r"(?m)^ARG (\w+)=.*$", r"ARG \1=", text) for text in texts.values()}) == 1
    for trainer, text in texts.items():
        assert f"\nARG TRAINER={trainer}\n" in text
