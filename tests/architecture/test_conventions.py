"""The promises a linter cannot see: who may open transactions, mail, read time; docs in step."""

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

import click

from monitor.catalogue import loader
from monitor.cli import commands
from monitor.jobs.schedule import JOBS
from monitor.notify.tables import MessageKind
from monitor.ops.job_titles import JOB_TITLES

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "monitor").rglob("*.py"))
PURE_ROOMS = [
    ROOT / "monitor/literature" / room
    for room in ("text", "design", "matching", "dedup", "ranking")
]
BANNED = re.compile(r"sqlalchemy|requests|flask|monitor\.kernel\.(clock|persistence)\b")
OPENERS = {"web", "jobs", "cli", "demo", "kernel"}
NO_NOUNS = {"one", "found"}
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
FIVE_MINUTES = 5 * 230  # words, read at an ordinary pace


def _name(path):
    return str(path.relative_to(ROOT))


def _imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _faults(text, *, pure):
    """Say what is wrong with one module: no docstring, too long, a long function, impure rules."""
    tree = ast.parse(text)
    if not ast.get_docstring(tree):
        yield "has no docstring"
    if text.count("\n") > 400:
        yield "is longer than 400 lines"
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    yield from (f"{n.name} is long" for n in functions if (n.end_lineno or 0) - n.lineno >= 60)
    if pure:
        yield from (f"is pure and imports {name}" for name in _imports(tree) if BANNED.match(name))


def _is_pure(path):
    return path.name == "rules.py" or any(path.is_relative_to(room) for room in PURE_ROOMS)


def test_modules_say_what_they_are_and_stay_small_and_rules_are_pure():
    """One test: a test for each module was six hundred that cost more than they said."""
    found = [
        f"{_name(path)} {fault}"
        for path in MODULES
        for fault in _faults(path.read_text(encoding="utf-8"), pure=_is_pure(path))
    ]
    assert found == []


def test_each_of_these_faults_is_seen():
    broken = "import sqlalchemy\ndef f():\n" + "    x = 1\n" * 401
    assert list(_faults(broken, pure=True)) == [
        "has no docstring",
        "is longer than 400 lines",
        "f is long",
        "is pure and imports sqlalchemy",
    ]
    assert list(_faults('"""Good."""\n\nimport sqlalchemy\n', pure=False)) == []


def _without_noun(tree):
    """Name the functions over five lines that call a local or an argument `one` or `found`."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if (function.end_lineno or 0) - function.lineno < 5:
            continue
        stored = {
            node.id
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        taken = function.args
        given = {argument.arg for argument in taken.posonlyargs + taken.args + taken.kwonlyargs}
        if names := sorted(NO_NOUNS & (stored | given)):
            yield f"{function.name} calls a value {' and '.join(names)}: give it its noun"


def test_in_functions_over_five_lines_a_local_carries_its_noun():
    long = "def f(found, *, few):\n" + "    few += 1\n" * 4 + "    return [one for one in few]\n"
    assert list(_without_noun(ast.parse(long))) == [
        "f calls a value found and one: give it its noun"
    ]
    assert list(_without_noun(ast.parse("def f(found):\n    return found\n"))) == []
    unnamed = [
        f"{_name(path)}: {fault}"
        for path in MODULES
        for fault in _without_noun(ast.parse(path.read_text("utf-8")))
    ]
    assert unnamed == []


def test_only_web_jobs_and_cli_end_transactions():
    """`schema.migrate` opens its own, since a migration is a transaction of its own."""
    for path in MODULES:
        package = path.relative_to(ROOT / "monitor").parts[0]
        text = path.read_text(encoding="utf-8")
        if package in OPENERS or path.name == "schema.py":
            continue
        assert not re.search(r"\.commit\(|\.write\(\) as|\.begin\(", text), _name(path)


def test_no_two_classes_have_one_name():
    """What ``Row`` or ``Found`` is, its name says: one name, one meaning, across packages."""
    where: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where.setdefault(node.name, []).append(_name(path))
    assert {name: modules for name, modules in where.items() if len(modules) > 1} == {}


def test_a_name_that_three_modules_bear_is_written_down():
    """What it is, wherever it stands, is in docs/architecture.md: one name, one meaning."""
    _, _, told = ARCHITECTURE.partition("Inside a package, the same names")
    told, _, _ = told.partition("\n## ")
    named = set(re.findall(r"`(\w+)(?:\.py)?`", told))
    borne = Counter(path.stem for path in MODULES if path.stem != "__init__")
    assert {name for name, times in borne.items() if times > 2} - named == set()


def test_pages_hold_no_sql():
    """They read through queries and change through the story."""
    sql = re.compile(r"import .*\b(select|func|update|delete)\b|session\.(scalars?|execute)\(")
    users = [_name(p) for p in MODULES if "web" in p.parts and sql.search(p.read_text("utf-8"))]
    assert users == []


def test_one_module_imports_smtplib():
    users = [
        _name(p) for p in MODULES if "smtplib" in set(_imports(ast.parse(p.read_text("utf-8"))))
    ]
    assert users == ["monitor/notify/smtp/transport.py"]


def test_one_module_imports_imaplib():
    users = [
        _name(p) for p in MODULES if "imaplib" in set(_imports(ast.parse(p.read_text("utf-8"))))
    ]
    assert users == ["monitor/notify/bounces/imap.py"]


def test_few_places_catch_every_exception():
    """The job runner; a poll or a file that breaks our reader; a thread that hands it on; a rollback
    re-raises; the end.
    """
    users = [
        _name(p) for p in MODULES if re.search(r"except (Base)?Exception", p.read_text("utf-8"))
    ]
    assert users == [
        "monitor/cli/__init__.py",
        "monitor/jobs/files/uploads.py",
        "monitor/jobs/mail/sending.py",
        "monitor/jobs/schedule.py",
        "monitor/jobs/sources/asking.py",
        "monitor/kernel/persistence/database.py",
    ]


def _section(page, title):
    """Give what stands under a heading, up to the next of its kind."""
    _, heading, rest = f"\n{page}".partition(f"\n## {title}\n")
    assert heading, title
    return rest.partition("\n## ")[0]


def test_the_architecture_takes_five_minutes_down_to_its_rooms():
    assert len(ARCHITECTURE.partition("\n## Rooms\n")[0].split()) <= FIVE_MINUTES


def test_every_package_and_room_is_named_in_the_architecture():
    """A package in the table, a room in the part of its package; folders of data alone are none."""
    table, _, _ = ARCHITECTURE.partition("\n## ")
    told = re.split(r"^(?:- )?`(\w+)`[:,]", _section(ARCHITECTURE, "Rooms"), flags=re.MULTILINE)
    parts = dict(zip(told[1::2], told[2::2], strict=True))
    for path in MODULES:
        package, *rooms = path.relative_to(ROOT / "monitor").parts
        if not rooms:
            assert package.startswith("__") or f"| `{package}` |" in table, package
        elif path.name == "__init__.py":
            assert f"| `{package}` |" in table, package
            for room in rooms[:-1]:
                assert f"`{room}/`" in parts.get(package, ""), f"{package}: {room}"


def test_the_packages_whose_rooms_have_an_order_are_named():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    ordered = {
        container.removeprefix("monitor.")
        for contract in contracts["contracts"]
        for container in contract.get("containers", ())
        if container.count(".") == 1
    }
    (told,) = re.findall(r"the order of the rooms inside (.*?) too", ARCHITECTURE)
    assert set(re.findall(r"`(\w+)`", told)) == ordered


def test_every_command_job_and_mail_is_documented():
    docs = "\n".join(p.read_text("utf-8") for p in (ROOT / "docs").rglob("*.md"))
    running = (ROOT / "docs" / "running.md").read_text("utf-8")
    jobs, mails = _section(running, "What runs by itself"), _section(running, "Mails")
    for name in commands.list_commands(click.Context(commands)):
        assert f"gap-monitor {name}" in docs or f"`{name}" in docs, f"command {name}"
    for job in JOBS:
        assert f"| {JOB_TITLES[job.name]} (`{job.name}`) |" in jobs, f"job {job.name}"
    told = re.findall(r"^\| `(\w+)` \|", mails, re.MULTILINE)
    assert sorted(told) == sorted(kind.value for kind in MessageKind)


def _anchors(page):
    heads = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def _broken_links(path):
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if link.startswith(("http:", "https:", "mailto:")):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if not target.exists() or (anchor and anchor not in _anchors(target.read_text("utf-8"))):
            yield f"{path.name}: {link}"


def test_links_between_pages_lead_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert [link for page in pages for link in _broken_links(page)] == []


def test_a_link_that_leads_nowhere_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A `word`, and more\n[a](#a-word-and-more) [b](#b) [c](c.md) [d](page.md#e)\n"
    )
    assert [link.partition(": ")[2] for link in _broken_links(page)] == ["#b", "c.md", "page.md#e"]


def test_the_policies_in_force_are_named_where_their_reasons_stand():
    catalogue = loader.load()
    told = (ROOT / "docs" / "grading.md").read_text("utf-8").splitlines()[2]
    for kind in ("grading", "gap", "synthesis"):
        assert f"{kind}/{getattr(catalogue, kind).version}.toml`" in told, kind


def test_a_decision_has_its_number_date_and_status_and_what_follows_from_what():
    for path in sorted((ROOT / "docs" / "adr").glob("*.md")):
        title, _, rest = path.read_text("utf-8").partition("\n")
        assert title.startswith(f"# {int(path.name[:4])}. "), path.name
        head, _, _ = rest.partition("\n## ")
        assert re.search(r"\d{4}-\d\d-\d\d\b.*accepted", head, re.DOTALL | re.IGNORECASE), path.name
        parts = re.findall(r"^## (Context|Decision|Consequences)$", rest, re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences"], path.name


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
