"""The promises a linter cannot see: who may open transactions, mail, read time; docs in step."""

import ast
import re
from pathlib import Path

import pytest

from monitor.cli import commands
from monitor.jobs.schedule import JOBS
from monitor.notify.tables import MessageKind
from monitor.ops.queries import JOB_TITLES

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "monitor").rglob("*.py"))
OPENERS = {"web", "jobs", "cli", "demo", "kernel"}


def _name(path):
    return str(path.relative_to(ROOT))


def _imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "no module docstring"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is long"


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "rules.py"], ids=_name)
def test_rules_are_pure(path):
    banned = ("sqlalchemy", "requests", "monitor.kernel.clock", "monitor.kernel.database", "flask")
    for name in _imports(ast.parse(path.read_text(encoding="utf-8"))):
        assert not name.startswith(banned), f"rules import {name}"


def test_only_web_jobs_and_cli_end_transactions():
    """`schema.migrate` opens its own, since a migration is a transaction of its own."""
    for path in MODULES:
        package = path.relative_to(ROOT / "monitor").parts[0]
        text = path.read_text(encoding="utf-8")
        if package in OPENERS or path.name == "schema.py":
            continue
        assert not re.search(r"\.commit\(|\.write\(\) as|\.begin\(", text), _name(path)


def test_one_module_imports_smtplib():
    users = [
        _name(p) for p in MODULES if "smtplib" in set(_imports(ast.parse(p.read_text("utf-8"))))
    ]
    assert users == ["monitor/notify/transport.py"]


def test_few_places_catch_every_exception():
    """The job runner; a poll or a file that breaks our reader; a rollback re-raises."""
    users = [
        _name(p) for p in MODULES if re.search(r"except (Base)?Exception", p.read_text("utf-8"))
    ]
    assert users == [
        "monitor/jobs/asking.py",
        "monitor/jobs/schedule.py",
        "monitor/jobs/uploads.py",
        "monitor/kernel/database.py",
    ]


def test_every_command_job_and_mail_is_documented():
    docs = "\n".join(p.read_text("utf-8") for p in (ROOT / "docs").rglob("*.md"))
    for name in commands.commands:
        assert f"gap-monitor {name}" in docs or f"`{name}" in docs, f"command {name}"
    for job in JOBS:
        assert JOB_TITLES[job.name] in docs, f"job {job.name}"
    for kind in MessageKind:
        assert f"`{kind.value}`" in docs, f"mail {kind.value}"


def test_the_alembic_folder_is_no_package():
    assert not (ROOT / "alembic" / "__init__.py").exists(), "it would hide the library"


def test_the_locks_pin_hashes_and_name_no_index():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert not re.search(r"https?://|--index|--find-links", text), name
        pins = re.findall(r"^[a-z0-9][^\s;]*==", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)), (
            f"{name}: an unpinned line"
        )
        assert text.count("--hash=sha256:") >= len(pins), name
