"""Tools write and read files that are there: each by its path in the project, and what it wrote says so.

Read off the tools' own text, since most need the recordings beside the project to run.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = sorted((ROOT / "tools").glob("*.py"))
BY_STEM = [pytest.param(path, id=path.stem) for path in TOOLS]
_STARTS = {
    "Path(__file__).resolve().parents[1]",
    "Path(__file__).resolve().parent.parent",
    "ROOT",
    "HERE",
}
_MADE_BY_MAKE = {".bench"}  # not there before `make bench`
_WRITTEN = re.compile(r"\b(?:[Ww]ritten by|By) `?(?:python )?tools/(\w+)\.py")
# Their heads name no tool: the one says whose settings it holds, the other which target makes it.
_SAY_OTHERWISE = {"example_config": "# Gap Monitor's settings.", "bench": "Written by `make bench`"}


def parts_of(node):
    """Give a path of the project as its parts; None: it is no such path, or not known unless run."""
    if ast.unparse(node) in _STARTS:
        return ()
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        before, last = parts_of(node.left), node.right
        if before is not None and isinstance(last, ast.Constant):
            return (*before, last.value)
    return None


def paths_of(text):
    """Name every path that a tool makes from the project's folder."""
    every = (parts_of(node) for node in ast.walk(ast.parse(text)))
    return {"/".join(parts) for parts in every if parts}


def written_by(text):
    """Name the files that a tool writes: those held by a name on which it calls ``write_text``."""
    tree = ast.parse(text)
    held = {
        node.targets[0].id: parts_of(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    return {
        "/".join(held[node.value.id])
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "write_text"
        and isinstance(node.value, ast.Name)
    }


@pytest.mark.parametrize("tool", BY_STEM)
def test_every_path_of_the_project_that_a_tool_makes_is_there(tool):
    made = paths_of(tool.read_text(encoding="utf-8")) - _MADE_BY_MAKE
    assert {path for path in made if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("tool", BY_STEM)
def test_what_a_tool_writes_says_in_its_head_that_it_did(tool):
    for path in written_by(tool.read_text(encoding="utf-8")):
        head = (ROOT / path).read_text(encoding="utf-8")[:400]
        assert _WRITTEN.findall(head) == [tool.stem] or _SAY_OTHERWISE[tool.stem] in head


def test_what_says_that_a_tool_wrote_it_is_what_that_tool_writes():
    """A module that moves takes its head along, and its tool has to follow."""
    said = {
        path.relative_to(ROOT).as_posix(): tool
        for room in ("docs", "monitor", "templates", "tests")
        for ending in ("*.md", "*.py", "*.toml", "*.json", "*.csv")
        for path in (ROOT / room).rglob(ending)
        for tool in _WRITTEN.findall(path.read_text(encoding="utf-8")[:400])
    }
    written = {
        path: tool.stem
        for tool in TOOLS
        for path in written_by(tool.read_text(encoding="utf-8"))
        if tool.stem not in _SAY_OTHERWISE
    }
    assert "monitor/literature/design/trial_weights.py" in said
    assert said == written


def test_the_modules_and_tests_that_mutants_names_are_there():
    tree = ast.parse((ROOT / "tools" / "mutants.py").read_text(encoding="utf-8"))
    (tests,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TESTS"
    )
    modules = {f"monitor/{module.replace('.', '/')}.py" for module in tests}
    assert {path for path in modules if not (ROOT / path).exists()} == set()
    for name in {name for names in tests.values() for name in names}:
        room, _, subject = name.partition("/")
        assert len([*(ROOT / "tests" / room).rglob(f"test_{room}_{subject}.py")]) == 1, name


def test_a_path_that_is_not_there_is_seen():
    text = 'TARGET = ROOT / "monitor" / "gone.py"\nTARGET.write_text("")\nPath(ROOT / name / "x")\n'
    assert paths_of(text) == written_by(text) | {"monitor"} == {"monitor", "monitor/gone.py"}
