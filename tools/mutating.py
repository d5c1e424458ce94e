"""Makes mutants: a module with one comparison, sum, number, condition or `not` turned into another."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).resolve().parents[1]

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

    ``lines`` are those of the statement that holds it; ``function`` names the function that it is
    in, by class; empty: it is run when the module is loaded.
    """

    module: str
    line: int
    before: str
    after: str
    lines: range
    function: tuple[str, ...]
    code: CodeType


def path_of(module: str) -> Path:
    """Say where a module of ``monitor`` stands."""
    return ROOT / "monitor" / f"{module.replace('.', '/')}.py"


def mutants(module: str) -> Iterator[Mutant]:
    """Make every mutant of a module."""
    tree = ast.parse(path_of(module).read_text("utf-8"))
    promises = {id(part) for node in ast.walk(tree) for part in _promises(node)}
    held = {id(part): (span, name) for span, name, parts in _statements(tree) for part in parts}
    for at, node in enumerate(ast.walk(tree)):
        for change in range(0 if id(node) in promises else _changes(node)):
            changed = copy.deepcopy(tree)
            target = next(other for place, other in enumerate(ast.walk(changed)) if place == at)
            before = ast.unparse(target)
            _apply(target, change)
            after = ast.unparse(target)
            if before != after:
                code = compile(ast.fix_missing_locations(changed), str(path_of(module)), "exec")
                line = next(one.lineno for one in ast.walk(node) if hasattr(one, "lineno"))
                lines, function = held.get(id(node), (range(0), ()))
                yield Mutant(module, line, before, after, lines, function, code)


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


def _statements(
    tree: ast.Module | ast.ClassDef, inside: tuple[str, ...] = ()
) -> Iterator[tuple[range, tuple[str, ...], list[ast.AST]]]:
    """Each statement of each function: its own lines, without those of statements inside it."""
    for one in tree.body:
        if isinstance(one, ast.ClassDef):
            yield from _statements(one, (*inside, one.name))
        if not isinstance(one, ast.FunctionDef):
            continue
        for statement in ast.walk(one):
            if isinstance(statement, ast.stmt) and statement is not one:
                body = getattr(statement, "body", None)
                last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
                lines = range(statement.lineno, max(last, statement.lineno) + 1)
                yield lines, (*inside, one.name), list(_own(statement))


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
