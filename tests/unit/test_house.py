"""The house's rules that no other tool executes: its plan, its budgets, and that nothing is tied in a knot."""

from __future__ import annotations

import ast
import doctest
import graphlib
import importlib
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "freewheel"
MODULES = sorted(path for path in SOURCE.rglob("*.py"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 50


def named(path: Path) -> str:
    parts = ("freewheel", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_the_plan_is_the_house() -> None:
    written = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert runpy.run_path(str(ROOT / "docs" / "make_reference.py"))["plan"](written) == written


def test_the_page_of_the_cache_has_its_commands() -> None:
    written = (ROOT / "docs" / "reference" / "cache.md").read_text(encoding="utf-8")
    assert runpy.run_path(str(ROOT / "docs" / "make_reference.py"))["cache_page"](written) == written


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_budgets(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_MODULE_LINES
    too_long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    }
    assert too_long == {}


def imports(path: Path) -> Iterator[str]:
    """Modules of ours that a module imports, inside functions and for type checking too."""
    names = {named(one) for one in MODULES}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom) and node.module in names:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in names else node.module


def test_no_modules_import_one_another() -> None:
    graph = {named(path): set(imports(path)) - {named(path)} for path in MODULES}
    assert list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", [path for path in MODULES if ">>> " in path.read_text(encoding="utf-8")], ids=named)
def test_examples_in_docstrings(path: Path) -> None:
    assert doctest.testmod(importlib.import_module(named(path))).failed == 0


def test_only_shapes_read_what_comes_from_outside() -> None:
    """A type that msgspec takes apart in several threads at once ends the process (`model.shape`)."""
    reading = {
        named(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and re.fullmatch(r"msgspec\..*(decode|Decoder|convert)", ast.unparse(node.func))
    }
    assert reading == {"freewheel.model.shape"}


def test_importing_does_nothing_but_define() -> None:
    """No environment is read, no file opened and no logging set up by an import."""
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                pytest.fail(f"{named(path)} calls something at line {node.lineno}")
