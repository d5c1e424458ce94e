"""Break the pure rules of evidence one token at a time, and say which breaks no test notices.

    python tools/mutants.py [MODULE …] [--jobs 2]

Each mutant turns one comparison, sum, number, word, condition or `not` of a module into another,
and runs the fast tests of evidence on it in a process of its own (forked, so that the numerical
libraries are loaded once). Prints each survivor with its line. What survives and why it may is in
docs/accuracy/mutants.md, written by hand from this tool's output; a property's examples are few
here, so a survivor is worth a look, not a verdict.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

# loaded here, so that no child needs to
import pytest  # noqa: E402 - after the threads are set
import scipy.special  # noqa: E402, F401 - the same
from hypothesis import given, settings  # noqa: E402, F401 - the same

from monitor.catalogue import loader  # noqa: E402 - found through the path above
from monitor.feeds.identifiers import canonical  # noqa: E402, F401 - the same

# Each module with the tests that are its own; those of what is built on it run after them.
TESTS = {
    "labels": ("labels",),
    "pooling": ("fitting",),
    "effects": ("derivations",),
    "two_by_two": ("fitting",),
    "results": ("results", "derivations"),
    "samples": ("index_results",),
    "index_results": ("index_results", "findings"),
    "bodies": ("bodies", "index_results", "findings"),
    "findings": ("findings", "index_results"),
    "fitting": ("fitting", "bodies"),
    "grading_table": ("grading_table",),
}
EXAMPLES, SECONDS = 15, 120
OPTIONS = [
    "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile=mutants",
    "--noconftest",
    "-W", "ignore::pytest.PytestAssertRewriteWarning", "-k", "not three_trials_of_100",
]  # fmt: skip

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.MatMult: ast.MatMult,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change: where it stands, what stood there, what stands there now, and the whole module."""

    module: str
    line: int
    before: str
    after: str
    source: str


def mutants(module: str) -> Iterator[Mutant]:
    """Make every mutant of a module of ``monitor.evidence``."""
    path = ROOT / "monitor" / "evidence" / f"{module}.py"
    tree = ast.parse(path.read_text("utf-8"))
    for at, node in enumerate(ast.walk(tree)):
        for change in range(_changes(node)):
            changed = copy.deepcopy(tree)
            target = list(ast.walk(changed))[at]
            before = ast.unparse(target)
            _apply(target, change)
            after = ast.unparse(target)
            if before != after:
                line = getattr(node, "lineno", 0)
                yield Mutant(module, line, before, after, ast.unparse(changed))


def _changes(node: ast.AST) -> int:
    match node:
        case ast.Compare() | ast.BinOp() | ast.BoolOp() | ast.IfExp():
            return 1
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert()):
            return 1
        case ast.Constant(value=int() | float()):
            return 1
        case ast.Call(func=ast.Name(id="min" | "max" | "all" | "any" | "sorted")):
            return 1
        case ast.If() | ast.comprehension(ifs=[_, *_]):
            return 1
    return 0


def _apply(node: ast.AST, change: int) -> None:  # noqa: C901 - one case a kind of node
    del change
    match node:
        case ast.Compare():
            node.ops[0] = _COMPARED[type(node.ops[0])]()
        case ast.BinOp():
            node.op = _COUNTED.get(type(node.op), ast.Add)()
        case ast.BoolOp():
            node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        case ast.IfExp():
            node.body, node.orelse = node.orelse, node.body
        case ast.UnaryOp():
            node.op = ast.UAdd() if not isinstance(node.op, ast.Not) else node.op
            if isinstance(node.op, ast.Not):
                node.operand = ast.UnaryOp(ast.Not(), node.operand)
        case ast.Constant(value=bool()):
            node.value = not node.value
        case ast.Constant(value=int() | float()):
            node.value = node.value + 1
        case ast.Call(func=ast.Name() as function):
            swapped = {"min": "max", "max": "min", "all": "any", "any": "all", "sorted": "list"}
            function.id = swapped[function.id]
            if function.id == "list":
                node.keywords = []
        case ast.If():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.comprehension():
            node.ifs = []


class _Swap(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Give the mutant where its module is asked for."""

    def __init__(self, mutant: Mutant) -> None:
        self._name, self._source = f"monitor.evidence.{mutant.module}", mutant.source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for the one module."""
        del path, target
        return importlib.machinery.ModuleSpec(fullname, self) if fullname == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant's source."""
        exec(compile(self._source, self._name, "exec"), module.__dict__)  # noqa: S102 - our own


def survives(mutant: Mutant) -> bool:
    """Run the tests on a mutant in a child; True: none failed. One that never ends is killed."""
    child = os.fork()
    if not child:
        os._exit(_run(mutant))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _run(mutant: Mutant) -> int:
    signal.alarm(SECONDS)
    sys.meta_path.insert(0, _Swap(mutant))
    for name in TESTS:
        sys.modules.pop(f"monitor.evidence.{name}", None)
    settings.register_profile("mutants", max_examples=EXAMPLES, deadline=None, database=None)
    tests = [f"tests/evidence/test_evidence_{name}.py" for name in TESTS[mutant.module]]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        return int(pytest.main([*OPTIONS, *tests], plugins=[_Recordings()]))


class _Recordings:
    """The one fixture of tests/conftest.py that these tests ask for; the rest takes long to load."""

    @pytest.fixture
    def recordings(self) -> Path:
        """Give the recordings beside the project."""
        found = ROOT.parent / "shared" / "recordings"
        return found if found.is_dir() else pytest.skip("no recordings beside the project")


def _share(found: Sequence[Mutant], job: int, jobs: int) -> list[Mutant]:
    return [one for at, one in enumerate(found) if at % jobs == job and survives(one)]


def main() -> int:
    """Run the mutants asked for, and name those that live."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    os.chdir(ROOT)
    loader.load()
    for module in options.modules:
        found = list(mutants(module))
        whole = (ROOT / "monitor" / "evidence" / f"{module}.py").read_text("utf-8")
        if not survives(Mutant(module, 0, "", "", whole)):
            print(f"{module}: its tests fail on the module as it is")
            return 1
        children = []
        for job in range(options.jobs):
            child = os.fork()
            if not child:
                for one in _share(found, job, options.jobs):
                    print(f"{module}.py:{one.line}: {one.before}  ->  {one.after}", flush=True)
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
        print(f"{module}: {len(found)} mutants", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
