"""Break the pure rules one token at a time, and say which breaks no test notices.

    python tools/mutants.py [MODULE …] [--jobs 2]

MODULE is a name of ``TESTS`` or its end (``labels``, ``certainty.rules``); all of them if none is
given. Each mutant turns one comparison, sum, number, condition or `not` of a module into another.
The module's own tests run once unbroken, which tells which of them reach which line; a mutant then
runs those that reach its line, quickest first, in a process of its own (forked, so that everything
the module needs is loaded once). What no test of few examples notices is run again with as many as
CI takes. Prints each survivor with its line. What survives and why it may is in
docs/accuracy/mutants.md, written by hand from this tool's output.
"""

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import io
import os
import pickle
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

# loaded here, so that no child needs to
import pytest  # noqa: E402 - after the threads are set
import scipy.special  # noqa: E402, F401 - the same
from hypothesis import given, settings  # noqa: E402, F401 - the same

from monitor.catalogue import loader  # noqa: E402 - found through the path above

# Each module with the tests that are its own, then those of what is built on it.
TESTS = {
    "evidence.synthesis.labels": ("evidence/labels",),
    "evidence.synthesis.pooling": ("evidence/fitting",),
    "evidence.synthesis.effects": ("evidence/derivations",),
    "evidence.synthesis.two_by_two": ("evidence/fitting",),
    "evidence.synthesis.results": ("evidence/results", "evidence/derivations"),
    "evidence.synthesis.samples": ("evidence/index_results",),
    "evidence.synthesis.index_results": ("evidence/index_results", "evidence/findings"),
    "evidence.synthesis.bodies": ("evidence/bodies", "evidence/index_results", "evidence/findings"),
    "evidence.synthesis.findings": ("evidence/findings", "evidence/index_results"),
    "evidence.synthesis.fitting": ("evidence/fitting", "evidence/bodies"),
    "evidence.synthesis.makeup": ("evidence/makeup",),
    "evidence.grading_table": ("evidence/grading_table",),
    "evidence.facts": ("evidence/rules", "evidence/grading_table"),
    "evidence.rules": ("evidence/rules", "evidence/grading_table"),
    "evidence.headline": ("evidence/headline", "evidence/telling"),
    "evidence.settling": ("evidence/settling",),
    "evidence.shown": ("evidence/findings", "evidence/headline", "evidence/telling"),
    "evidence.certainty.rules": ("evidence/certainty",),
    "evidence.certainty.facts": ("evidence/certainty",),
    "gap.rules": ("gap/rules", "gap/telling"),
    "gap.use_changes": ("gap/rules", "gap/telling"),
    "usage.intervals": ("usage/intervals",),
    "usage.bands": ("usage/bands",),
    "usage.comparison": ("usage/comparison",),
    "usage.agreement": ("usage/agreement",),
    "usage.splits": ("usage/splits",),
    "review.tools": ("review/tools", "review/tools_others"),
}
FEW, MANY, SECONDS = 15, 100, 120  # examples of a property; and how long a mutant may take
OPTIONS = [
    "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--noconftest",
    "-W", "ignore::pytest.PytestAssertRewriteWarning", "-k", "not three_trials_of_100",
]  # fmt: skip

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_SWAPPED = {"min": "max", "max": "min", "all": "any", "any": "all", "sorted": "list"}


@dataclass(frozen=True)
class Mutant:
    """One change: where it stands, what stood there, what stands there now, and the whole module.

    ``lines`` are those of the statement that holds it; None: it is run when the module is loaded.
    """

    module: str
    line: int
    before: str
    after: str
    lines: range | None
    code: CodeType


@dataclass(frozen=True)
class Tests:
    """The tests that pass on the module as it is, quickest first, by the lines they reach."""

    quickest: Sequence[str]
    reaching: Mapping[int, frozenset[str]]

    def of(self, mutant: Mutant) -> list[str]:
        """Give those that run a mutant's statement."""
        if mutant.lines is None:
            return list(self.quickest)
        found = frozenset().union(*(self.reaching.get(line, frozenset()) for line in mutant.lines))
        return [name for name in self.quickest if name in found]


def path_of(module: str) -> Path:
    """Say where a module of ``monitor`` stands."""
    return ROOT / "monitor" / f"{module.replace('.', '/')}.py"


def mutants(module: str) -> Iterator[Mutant]:
    """Make every mutant of a module."""
    tree = ast.parse(path_of(module).read_text("utf-8"))
    promises = {id(part) for node in ast.walk(tree) for part in _promises(node)}
    lines = {id(part): span for span, parts in _statements(tree) for part in parts}
    for at, node in enumerate(ast.walk(tree)):
        for change in range(0 if id(node) in promises else _changes(node)):
            changed = copy.deepcopy(tree)
            target = next(other for place, other in enumerate(ast.walk(changed)) if place == at)
            before = ast.unparse(target)
            _apply(target, change)
            after = ast.unparse(target)
            if before != after:
                code = compile(ast.fix_missing_locations(changed), module, "exec")
                line = next(one.lineno for one in ast.walk(node) if hasattr(one, "lineno"))
                yield Mutant(module, line, before, after, lines.get(id(node)), code)


def _promises(node: ast.AST) -> Iterator[ast.AST]:
    """What no behaviour hangs on: annotations, how a class is made, whether a zip is strict."""
    told: list[ast.AST | None] = []
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            told = [node.returns]
        case ast.arg() | ast.AnnAssign():
            told = [node.annotation]
        case ast.ClassDef():
            told = list(node.decorator_list)
        case ast.Call(func=ast.Name(id="zip" | "field")):
            told = list(node.keywords)
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            yield node
    for one in told:
        if one is not None:
            yield from ast.walk(one)


def _statements(tree: ast.Module) -> Iterator[tuple[range, list[ast.AST]]]:
    """Each statement inside a function: its own lines, without those of statements inside it."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for statement in ast.walk(function):
            if isinstance(statement, ast.stmt) and statement is not function:
                body = getattr(statement, "body", None)
                last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
                last = max(last, statement.lineno)
                yield range(statement.lineno, last + 1), list(_own(statement))


def _own(statement: ast.stmt) -> Iterator[ast.AST]:
    yield statement
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt):
            yield from ast.walk(child)


def _changes(node: ast.AST) -> int:
    match node:
        case ast.Compare():
            return len(node.ops)
        case ast.BinOp() | ast.BoolOp() | ast.IfExp() | ast.UnaryOp():
            return 1
        case ast.If(test=ast.Compare(ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot()])):
            return 0  # the comparison's own mutant is the same
        case ast.Constant(value=int() | float()) | ast.If() | ast.comprehension(ifs=[_, *_]):
            return 1
        case ast.Call(func=ast.Name(id=name)):
            return int(name in _SWAPPED)
    return 0


def _apply(node: ast.AST, change: int) -> None:  # noqa: C901, PLR0912 - one case a kind of node
    match node:
        case ast.Compare():
            node.ops[change] = _COMPARED[type(node.ops[change])]()
        case ast.BinOp():
            node.op = _COUNTED.get(type(node.op), ast.Add)()
        case ast.BoolOp():
            node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        case ast.IfExp():
            node.body, node.orelse = node.orelse, node.body
        case ast.UnaryOp():
            if isinstance(node.op, ast.Not):
                node.operand = ast.UnaryOp(ast.Not(), node.operand)
            else:
                node.op = ast.UAdd()
        case ast.Constant(value=bool()):
            node.value = not node.value
        case ast.Constant(value=int() | float()):
            node.value = node.value + 1
        case ast.Call(func=ast.Name() as function):
            function.id = _SWAPPED[function.id]
            if function.id == "list":
                node.keywords = []
        case ast.If():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.comprehension():
            node.ifs = []


class _Swap(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Give the mutant where its module is asked for."""

    def __init__(self, module: str, code: CodeType) -> None:
        self._name, self._code = f"monitor.{module}", code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for the one module."""
        del path, target
        return importlib.machinery.ModuleSpec(fullname, self) if fullname == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant."""
        exec(self._code, module.__dict__)  # noqa: S102 - our own


class _Fixtures:
    """The one fixture of tests/conftest.py that pure tests ask for; the rest takes long to load."""

    @pytest.fixture
    def recordings(self) -> Path:
        """Give the recordings beside the project."""
        found = ROOT.parent / "shared" / "recordings"
        return found if found.is_dir() else pytest.skip("no recordings beside the project")


class _Some(_Fixtures):
    """Run only the tests named, in their order."""

    def __init__(self, names: Sequence[str]) -> None:
        self._place = {name: at for at, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the others out."""
        items[:] = sorted(
            (one for one in items if one.nodeid in self._place),
            key=lambda one: self._place[one.nodeid],
        )


class _Reach(_Fixtures):
    """Note of each test that passes how long it takes, and which lines of a module it reaches."""

    def __init__(self, module: str) -> None:
        self._module, self._test = module, ""
        self.lines: dict[str, set[int]] = defaultdict(set)
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Trace one test."""
        self._test = item.nodeid
        sys.settrace(self._enter)
        try:
            return (yield)
        finally:
            sys.settrace(None)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one that passed."""
        if report.when == "call" and report.passed:
            self.seconds[report.nodeid] = report.duration

    def _enter(self, frame: FrameType, event: str, arg: object) -> Callable[..., Any] | None:
        del event, arg
        if frame.f_code.co_filename != self._module:
            return None
        self.lines[self._test].add(frame.f_lineno)
        return self._line

    def _line(self, frame: FrameType, event: str, arg: object) -> Callable[..., Any]:
        del event, arg
        self.lines[self._test].add(frame.f_lineno)
        return self._line


def survives(mutant: Mutant, names: Sequence[str]) -> bool:
    """Run tests on a mutant in a child; True: none failed. One that never ends is killed."""
    if not names:
        return True
    return _passes(mutant, names, FEW) and _passes(mutant, names, MANY)


def _passes(mutant: Mutant, names: Sequence[str], examples: int) -> bool:
    child = os.fork()
    if not child:
        files = sorted({name.partition("::")[0] for name in names})
        os._exit(_run(mutant.module, mutant.code, ["-x", *files], _Some(names), examples))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _run(module: str, code: CodeType, asked: list[str], plugin: object, examples: int) -> int:
    signal.alarm(SECONDS)
    sys.meta_path.insert(0, _Swap(module, code))
    package, _, name = f"monitor.{module}".rpartition(".")
    sys.modules.pop(f"{package}.{name}", None)
    vars(sys.modules[package]).pop(name, None)
    settings.register_profile(
        "mutants", max_examples=examples, deadline=None, database=None, derandomize=True
    )
    profile = "--hypothesis-profile=mutants"
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        return int(pytest.main([*OPTIONS, profile, *asked], plugins=[plugin]))


def reach(module: str) -> Tests:
    """Run a module's tests on it as it is, in a child."""
    with tempfile.TemporaryFile() as kept:
        child = os.fork()
        if not child:
            seen = _Reach(module)
            code = compile(path_of(module).read_text("utf-8"), module, "exec")
            files = [f"tests/{one.replace('/', '/test_' + one.split('/')[0] + '_')}.py"
                     for one in TESTS[module]]  # fmt: skip
            _run(module, code, files, seen, FEW)
            pickle.dump((seen.seconds, dict(seen.lines)), kept)
            kept.flush()
            os._exit(0)
        os.waitpid(child, 0)
        kept.seek(0)
        seconds, lines = pickle.load(kept)  # noqa: S301 - our own child's
    reaching: dict[int, set[str]] = defaultdict(set)
    for name, reached in lines.items():
        for line in reached:
            reaching[line].add(name)
    quickest = sorted(seconds, key=lambda name: seconds[name])
    return Tests(quickest, {line: frozenset(names) for line, names in reaching.items()})


def try_all(module: str, jobs: int) -> None:
    """Run the mutants of a module, and name those that live. Ends the process it is called in."""
    importlib.import_module(f"monitor.{module}")  # with all it rests on: no child needs to
    tests, found = reach(module), list(mutants(module))
    print(f"{module}: {len(found)} mutants, {len(tests.quickest)} tests", flush=True)
    children = []
    for job in range(jobs):
        child = os.fork()
        if not child:
            for one in found[job::jobs]:
                if survives(one, tests.of(one)):
                    reached = "" if tests.of(one) else "   (no test gets there)"
                    where = f"{module}:{one.line}"
                    print(f"{where}: {one.before}  ->  {one.after}{reached}", flush=True)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def main() -> int:
    """Run the mutants asked for, each module in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    os.chdir(ROOT)
    loader.load()
    asked = options.modules or list(TESTS)
    for module in TESTS:
        if any(f".{module}".endswith(f".{name}") for name in asked):
            child = os.fork()
            if not child:
                try_all(module, options.jobs)
                os._exit(0)
            os.waitpid(child, 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
