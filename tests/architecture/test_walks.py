"""The walks of CONTRIBUTING.md: data ones on a copy of the catalogue, with the files named and no other."""

import shutil

import pytest

from monitor.catalogue import loader
from monitor.kernel.errors import ConfigError
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers.reading import edition
from monitor.notify.tables import MessageKind
from monitor.notify.writing.rendering import _VIEWS, TEMPLATES
from monitor.review.reading.tools import judge_domain


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "catalogue"
    shutil.copytree(loader.FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def slugs(matcher, title):
    return {hit.slug for hit in matcher.match(title=title, abstract=None, keywords=())}


def test_an_alias_is_one_line_and_papers_already_here_are_read_again(copy):
    before = Matcher(loader.read(copy))
    title = "Curious Watching for mothers and infants: a randomised trial"
    assert slugs(before, title) == set()
    path = copy / "interventions/www.toml"
    change(path, "full_forms = [", 'full_forms = [\n  "Curious Watching",')
    after = Matcher(loader.read(copy))
    assert slugs(after, title) == {"www"}
    assert edition(after) != edition(before)


def test_an_intervention_is_one_file(copy):
    path = copy / "interventions/tenplus.toml"
    shutil.copy(copy / "interventions/www.toml", path)
    head, _, _ = path.read_text(encoding="utf-8").partition("[[lookalikes]]")
    path.write_text(head, encoding="utf-8")
    change(path, 'name = "Watch, Wait, and Wonder"', 'name = "Invented Together Time"')
    change(path, 'short = "WWW"', 'short = "ITT"')
    change(path, "position = 8", "position = 11")
    text = path.read_text(encoding="utf-8")
    begin, end = text.index("full_forms = ["), text.index("]", text.index("full_forms = ["))
    path.write_text(f'{text[:begin]}full_forms = ["Invented Together Time"{text[end:]}', "utf-8")
    catalogue = loader.read(copy)
    assert catalogue.slugs[-1] == "tenplus"
    assert slugs(Matcher(catalogue), "Invented Together Time for families") == {"tenplus"}


def test_a_fact_of_an_intervention_is_one_line_and_no_paper_is_read_again(copy):
    before = Matcher(loader.read(copy))
    path = copy / "context/www.toml"
    path.write_text(path.read_text("utf-8") + 'age = { words = "A", source = "review" }\n', "utf-8")
    after = loader.read(copy)
    age = after.context("www").age
    assert age is not None
    assert age.words == "A"
    assert edition(Matcher(after)) == edition(before)


def test_a_policy_is_one_file_and_its_line(copy):
    name = loader.load().gap.version
    shutil.copy(copy / f"gap/{name}.toml", copy / "gap/2099-1.toml")
    change(copy / "gap/2099-1.toml", f'version = "{name}"', 'version = "2099-1"')
    assert loader.read(copy).gap.version == name, "a file alone puts nothing in force"
    change(copy / "policies.toml", f'gap = "{name}"', 'gap = "2099-1"')
    assert loader.read(copy).gap.version == "2099-1"


TOOL = """
name = "An invented tool"
version = "1"
designs = ["case"]
answers = ["yes", "no"]
judgements = ["low", "high"]
[[domains]]
id = "D1"
name = "One kind of bias"
questions = [{ id = "1", text = "Was it so?" }]
[[domains.parts]]
rules = [{ when = { "1" = ["yes"] }, then = "low" }, { when = {}, then = "high" }]
"""


def test_an_appraisal_tool_is_one_file_and_one_that_leaves_a_case_open_is_refused(copy):
    path = copy / "tools/invented.toml"
    path.write_text(TOOL, encoding="utf-8")
    tool = loader.read(copy).tool("invented")
    assert judge_domain(tool, tool.domains[0], {"1": "no"}) == "high"
    change(path, ', { when = {}, then = "high" }', "")
    with pytest.raises(ConfigError, match="the last rule must take the rest"):
        loader.read(copy)


def test_a_mail_is_one_folder_named_as_its_kind_and_one_view():
    """A kind without its folder or its view would break at the first message of that kind."""
    kinds = {kind.value for kind in MessageKind}
    folders = {path.name for path in TEMPLATES.iterdir() if (path / "subject.txt").exists()}
    assert folders == kinds == {kind.value for kind in _VIEWS}
    for kind in kinds:
        parts = {path.name for path in (TEMPLATES / kind).iterdir()}
        assert parts == {"subject.txt", "body.txt", "body.html"}, kind
