"""No package has an import circle among its children; therefore no modules have one either."""

import graphlib
from pathlib import Path

import grimp
import pytest

_ROOT = Path(__file__).parents[2]
_GRAPH = grimp.build_graph("timberline", "localgcp", cache_dir=None, exclude_type_checking_imports=True)
_PACKAGES = sorted(module for module in _GRAPH.modules if _GRAPH.find_children(module))


def units(graph: grimp.ImportGraph, package: str) -> dict[str, set[str]]:
    """Return what each child of a package imports of the other children.

    A child stands for all modules below it. The package's `__init__` is a unit of its own.
    """
    children = graph.find_children(package)
    below = {child: {child, *graph.find_descendants(child)} for child in children} | {package: {package}}
    owner = {module: unit for unit, modules in below.items() for module in modules}
    imports = {
        unit: {
            owner[imported]
            for module in modules
            for imported in graph.find_modules_directly_imported_by(module)
            if imported in owner
        }
        for unit, modules in below.items()
    }
    return {unit: imported - {unit} for unit, imported in imports.items()}


def circle_in(graph: grimp.ImportGraph, package: str) -> list[str]:
    """Return the units of one import circle, in the order of their imports; empty where there is no circle."""
    try:
        graphlib.TopologicalSorter(units(graph, package)).prepare()
    except graphlib.CycleError as error:
        return list(reversed(error.args[1]))
    return []


@pytest.mark.parametrize("package", _PACKAGES)
def test_a_package_has_no_import_circle(package: str) -> None:
    assert circle_in(_GRAPH, package) == []


def test_the_trainers_library_has_no_import_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(_ROOT / "trainers" / "common"))
    graph = grimp.build_graph("trainer_common", cache_dir=None)
    packages = [module for module in graph.modules if graph.find_children(module)]
    assert {package: circle for package in packages if (circle := circle_in(graph, package))} == {}


def test_a_circle_is_found_across_packages() -> None:
    """`a.one` imports `b.two`, and `b.three` imports `a.four`: no module imports itself, the packages do."""
    graph = grimp.ImportGraph()
    for module in ("top", "top.a", "top.a.one", "top.a.four", "top.b", "top.b.two", "top.b.three"):
        graph.add_module(module)
    graph.add_import(importer="top.a.one", imported="top.b.two")
    assert circle_in(graph, "top") == []
    graph.add_import(importer="top.b.three", imported="top.a.four")
    assert set(circle_in(graph, "top")) == {"top.a", "top.b"}
