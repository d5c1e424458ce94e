"""Break the pure rules one token at a time, and say which breaks no test notices.

    python tools/mutants.py [MODULE …] [--jobs 2] [--once]

MODULE is a name of ``TESTS`` or its end (``labels``, ``certainty.rules``); all of them if none is
given. Each mutant turns one comparison, sum, number, condition or `not` of a module into another.
The module's own tests run once unbroken, which tells which of them reach which line; a mutant then
runs those that reach its line, quickest first, in a process of its own. That process is forked
with everything loaded and every test collected, and gets the code of one function changed; what is
run when the module is loaded is loaded anew instead. What no test of few examples notices is run
again with as many as CI takes, unless ``--once``. Prints each survivor with its line. What survives and why it may is
in docs/accuracy/mutants.md, written by hand from this tool's output.
"""

import argparse
import importlib
import importlib.abc
import importlib.machinery
import os
import pickle
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, TypeVar

from mutating import ROOT, Mutant, mutants, path_of

sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

# loaded here, so that no child needs to
import pytest  # noqa: E402 - after the threads are set
import scipy.special  # noqa: E402, F401 - the same
from _pytest.runner import runtestprotocol  # noqa: E402 - there is no public one
from hypothesis import HealthCheck, given, settings  # noqa: E402, F401 - the same

from monitor.catalogue import loader  # noqa: E402 - found through the path above

_Work = TypeVar("_Work")

# Each module with the tests that are its own, then those of what is built on it.
TESTS = {
    "evidence.synthesis.labels": ("evidence/labels",),
    "evidence.synthesis.pooling": ("evidence/fitting",),
    "evidence.synthesis.effects": ("evidence/derivations",),
    "evidence.synthesis.two_by_two": ("evidence/fitting",),
    "evidence.synthesis.results": ("evidence/results", "evidence/derivations"),
    "evidence.synthesis.samples": ("evidence/index_results",),
    "evidence.synthesis.hearing": (
        "evidence/index_results",
        "evidence/findings",
        "evidence/plausible",
    ),
    "evidence.synthesis.index_results": ("evidence/index_results", "evidence/findings"),
    "evidence.synthesis.bodies": ("evidence/bodies", "evidence/index_results", "evidence/findings"),
    "evidence.synthesis.findings": ("evidence/findings", "evidence/index_results"),
    "evidence.synthesis.fitting": ("evidence/fitting", "evidence/bodies"),
    "evidence.synthesis.spreads": ("evidence/fitting", "evidence/bodies"),
    "evidence.synthesis.stacked": ("evidence/fitting", "evidence/bodies"),
    "evidence.synthesis.makeup": ("evidence/makeup",),
    "evidence.synthesis.plausible": ("evidence/plausible",),
    "evidence.synthesis.harm_words": ("evidence/harm_words",),
    "evidence.grading_table": ("evidence/grading_table",),
    "evidence.facts": ("evidence/rules", "evidence/grading_table"),
    "evidence.rules": ("evidence/rules", "evidence/grading_table"),
    "evidence.headline": ("evidence/headline", "evidence/wording"),
    "evidence.people_needed": ("evidence/people_needed",),
    "evidence.shown": ("evidence/shown", "evidence/headline"),
    "evidence.certainty.rules": ("evidence/certainty",),
    "evidence.certainty.facts": ("evidence/certainty_facts", "evidence/certainty"),
    "gap.rules": ("gap/rules", "gap/wording"),
    "gap.use_changes": ("gap/use_changes",),
    "usage.intervals": ("usage/intervals",),
    "usage.bands": ("usage/bands",),
    "usage.waves_compared": ("usage/waves_compared",),
    "usage.agreement": ("usage/agreement",),
    "usage.splits": ("usage/splits",),
    "review.reading.tools": ("review/tools", "review/tools_others"),
    "notify.terms": ("notify/terms",),
    "notify.news": ("notify/news",),
}
FEW, MANY, SECONDS = 15, 100, 300  # examples of a property; and how long a mutant may take
OPTIONS = [
    "-s", "-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:terminal", "--noconftest",
    "-W", "ignore::pytest.PytestAssertRewriteWarning", "-k", "not three_trials_of_100",
]  # fmt: skip


@dataclass(frozen=True)
class Tests:
    """The tests that pass on the module as it is, quickest first, by the lines they reach."""

    quickest: Sequence[str]
    reaching: Mapping[int, frozenset[str]]

    def of(self, mutant: Mutant) -> list[str]:
        """Give those that run a mutant's statement."""
        found = frozenset().union(*(self.reaching.get(line, frozenset()) for line in mutant.lines))
        return [name for name in self.quickest if name in found]


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


class _Loop(_Fixtures):
    """Collect a module's tests, and then run mutants instead of them."""

    def __init__(
        self, module: str, found: Sequence[Mutant], jobs: int, examples: Sequence[int]
    ) -> None:
        self._module, self._jobs, self._examples = module, jobs, examples
        self._found = [one for one in found if one.function]
        self.quickest: Sequence[str] = ()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Find which test reaches which line; then try each mutant on those that reach it."""
        items = {one.nodeid: one for one in session.items}
        tests = _in_child(lambda: _reached(self._module, session.items))
        self.quickest = tests.quickest
        if not tests.quickest:
            raise pytest.UsageError(f"{self._module}: none of its tests passes on it as it is")
        said = f"{len(self._found)} mutants in functions, {len(tests.quickest)} tests"
        print(f"{self._module}: {said}", flush=True)

        def lives(mutant: Mutant) -> bool:
            own = [items[name] for name in tests.of(mutant)]
            return not own or _survives(lambda: _break(mutant), own, self._examples)

        _try_each(self._found, self._jobs, lives)
        return True


def _reached(module: str, items: Sequence[pytest.Item]) -> Tests:
    """Run every test, and note how long those that pass take and which lines they reach."""
    seconds: dict[str, float] = {}
    reaching: dict[int, set[str]] = defaultdict(set)
    where = str(path_of(module))
    for item in items:
        lines: set[int] = set()

        sys.settrace(_note(where, lines))
        reports = runtestprotocol(item, nextitem=None, log=False)
        sys.settrace(None)
        if [one.outcome for one in reports] == ["passed"] * 3:
            seconds[item.nodeid] = sum(one.duration for one in reports)
            for number in lines:
                reaching[number].add(item.nodeid)
    quickest = sorted(seconds, key=lambda name: seconds[name])
    return Tests(quickest, {number: frozenset(names) for number, names in reaching.items()})


def _note(file: str, lines: set[int]) -> Callable[[FrameType, str, object], Any]:
    def line(frame: FrameType, event: str, arg: object) -> object:
        del event, arg
        if frame.f_code.co_filename != file:
            return None
        lines.add(frame.f_lineno)
        return line

    return line


def _in_child(work: Callable[[], _Work]) -> _Work:
    """Do some work in a process of its own, and give what it comes to."""
    with tempfile.TemporaryFile() as kept:
        child = os.fork()
        if not child:
            pickle.dump(work(), kept)
            kept.flush()
            os._exit(0)
        os.waitpid(child, 0)
        kept.seek(0)
        found: _Work = pickle.load(kept)  # noqa: S301 - our own child's
        return found


def _break(mutant: Mutant) -> None:
    """Give the mutant's function the mutant's code."""
    found: Any = sys.modules[f"monitor.{mutant.module}"]
    code = mutant.code
    for name in mutant.function:
        found = vars(found)[name]
        code = next(
            one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == name
        )
    for inside in ("fget", "func", "__func__", "__wrapped__"):
        if hasattr(found, "cache_clear"):
            found.cache_clear()
        found = getattr(found, inside, None) or found
    found.__code__ = code


def _survives(
    change: Callable[[], None], items: Sequence[pytest.Item], examples: Sequence[int]
) -> bool:
    """Run tests on a mutant in a child; True: none failed. One that never ends is killed."""
    child = os.fork()
    if not child:
        signal.alarm(SECONDS)
        change()
        os._exit(any(_fails(item, so_many) for so_many in examples for item in items))
    return _ended_well(child)


def _fails(item: pytest.Item, examples: int) -> bool:
    """Run one test, a property with so many examples unless it says how many itself."""
    told: Any = getattr(item, "function", None)
    own: settings | None = getattr(told, "_hypothesis_internal_use_settings", None)
    if own and own.max_examples in {FEW, MANY}:
        many = settings(own, max_examples=examples)
        told._hypothesis_internal_use_settings = many
    return any(one.failed for one in runtestprotocol(item, nextitem=None, log=False))


def _ended_well(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _loaded_anew(mutant: Mutant, names: Sequence[str]) -> bool:
    """Run tests on a module that is loaded as the mutant is; True: none failed."""
    child = os.fork()
    if not child:
        signal.alarm(SECONDS)
        sys.meta_path.insert(0, _Swap(mutant.module, mutant.code))
        package, _, name = f"monitor.{mutant.module}".rpartition(".")
        sys.modules.pop(f"{package}.{name}", None)
        vars(sys.modules[package]).pop(name, None)
        files = sorted({one.partition("::")[0] for one in names})
        os._exit(int(pytest.main([*OPTIONS, "-x", *files], plugins=[_Some(names)])))
    return _ended_well(child)


def _try_each(found: Sequence[Mutant], jobs: int, lives: Callable[[Mutant], bool]) -> None:
    """Try mutants, several at once, and name those that live."""
    children = []
    for job in range(jobs):
        child = os.fork()
        if not child:
            for one in found[job::jobs]:
                if lives(one):
                    before, after = (" ".join(told.split()) for told in (one.before, one.after))
                    print(f"{one.module}:{one.line}: {before}  ->  {after}", flush=True)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def try_all(module: str, jobs: int, examples: Sequence[int]) -> None:
    """Run the mutants of a module, and name those that live."""
    importlib.import_module(f"monitor.{module}")  # with all it rests on: no child needs to
    found = list(mutants(module))
    loop = _Loop(module, found, jobs, examples)
    files = [_file(one) for one in TESTS[module]]

    def in_functions() -> Sequence[str]:
        pytest.main([*OPTIONS, *files], plugins=[loop])
        return loop.quickest

    quickest = _in_child(in_functions)
    others = [one for one in found if not one.function]
    _try_each(others, jobs, lambda mutant: _loaded_anew(mutant, quickest))
    print(f"{module}: {len(found)} mutants, {len(others)} of them outside functions", flush=True)


def _file(name: str) -> str:
    room, _, subject = name.partition("/")
    (path,) = (ROOT / "tests" / room).rglob(f"test_{room}_{subject}.py")
    return str(path)


def main() -> int:
    """Run the mutants asked for, each module in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--once", action="store_true", help="with few examples only")
    options = parser.parse_args()
    os.chdir(ROOT)
    loader.load()
    settings.register_profile(
        "mutants",
        max_examples=FEW,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("mutants")
    asked = options.modules or list(TESTS)
    for module in TESTS:
        if any(f".{module}".endswith(f".{name}") for name in asked):
            child = os.fork()
            if not child:
                try_all(module, options.jobs, (FEW,) if options.once else (FEW, MANY))
                os._exit(0)
            os.waitpid(child, 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
