"""The walks of CONTRIBUTING.md: data ones on a copy of the catalogue, with the files named and no other."""

import importlib
import shutil
from pathlib import Path

import pytest
from pydantic import Field

from monitor.catalogue import loader
from monitor.catalogue.words import Direction, Tier, UsageBand
from monitor.gap import rules
from monitor.gap.meaning import meaning
from monitor.gap.states import State
from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import Settings, WebSettings
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers.reading import edition
from monitor.notify.tables import MessageKind
from monitor.notify.writing.rendering import _VIEWS, TEMPLATES
from monitor.review.reading.model import Arm, Independence, Reading, ReadingResult, Reported
from monitor.review.reading.tools import judge_domain
from monitor.web.staff.appraising.reading_words import QUESTIONS

ROOT = Path(__file__).resolve().parents[2]


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


def told(catalogue):
    return rules.assess(catalogue.gap, Tier.STRONG, Direction.BENEFIT, UsageBand.LITTLE)


def test_a_sentence_of_a_gap_is_a_new_policy_and_the_one_before_says_what_it_said(copy):
    before = loader.read(copy)
    path = copy / "gap/2099-1.toml"
    shutil.copy(copy / f"gap/{before.gap.version}.toml", path)
    change(path, f'version = "{before.gap.version}"', 'version = "2099-1"')
    change(path, "{says}. A reason to look, not", "{says}. A reason to ask, not")
    change(copy / "policies.toml", f'gap = "{before.gap.version}"', 'gap = "2099-1"')
    after = loader.read(copy)
    assert told(after).kind == told(before).kind
    assert told(after).sentence == told(before).sentence.replace("to look", "to ask")
    assert told(after).sentence != told(before).sentence
    assert told(after.under(gap=before.gap.version)) == told(before)


def test_what_a_state_means_is_one_line_and_no_policy(copy, monkeypatch):
    change(copy / "sentences/meaning.toml", '"strong" = "Much research"', '"strong" = "A lot"')
    catalogue = loader.read(copy)
    assert catalogue.gap == loader.load().gap
    assessed = told(catalogue)
    state = State(
        tier=Tier.STRONG, tier_low=Tier.STRONG, tier_high=Tier.STRONG, settled=True,
        direction=Direction.BENEFIT, studies=(8, 8), band=UsageBand.LITTLE, ranks=(), out_of=10,
        usage_words=None, kind=assessed.kind, sentence=assessed.sentence,
    )  # fmt: skip
    monkeypatch.setattr(loader, "load", lambda: catalogue)
    assert meaning(state).lead == "A lot, and trials show a benefit."


def test_a_setting_is_one_field_and_the_example_is_written_from_it(monkeypatch):
    class WiderWeb(WebSettings):
        """The pages."""

        invented: int = Field(3, ge=1, description="an invented number")

    class Wider(Settings):
        web: WiderWeb = WiderWeb()

    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    example = importlib.import_module("example_config")
    monkeypatch.setattr(example, "Settings", Wider)
    assert "\n# an invented number\n# invented = 3\n" in example.render()


def test_a_field_of_the_appraisal_form_has_its_words():
    """One without would be shown by its name in the code."""
    parts = (Reading, Independence, Arm, ReadingResult, Reported)
    asked = {name for part in parts for name in part.model_fields}
    apart = {"version", "key", "arms", "results", "independence", "reported", "risk"}
    assert asked - apart - set(QUESTIONS) == set()


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
