"""A source is one entry: no module beside the sources' own knows one of them by its name."""

import ast
from pathlib import Path

from monitor.feeds.sources import SOURCES

ROOT = Path(__file__).resolve().parents[2] / "monitor"
# A registry's name is also the scheme of its numbers, which many modules know.
SCHEMES = {"isrctn"}


def _texts(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_only_the_sources_own_modules_name_one():
    own = (ROOT / "feeds" / "sources", ROOT / "demo")
    others = [path for path in ROOT.rglob("*.py") if not any(path.is_relative_to(o) for o in own)]
    assert others
    named = {path.name: _texts(path) & (SOURCES.keys() - SCHEMES) for path in others}
    assert {name: found for name, found in named.items() if found} == {}
