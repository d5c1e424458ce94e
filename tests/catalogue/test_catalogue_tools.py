"""The appraisal tools' files: what they hold, and what the loader refuses, with file, domain, rule."""

import shutil

import pytest

from monitor.catalogue import loader
from monitor.catalogue.shapes.tools import StudyDesign
from monitor.catalogue.words import RiskOfBias
from monitor.kernel.errors import ConfigError

FILE = """
name = "An invented tool"
version = "1"
designs = ["case"]
answers = ["yes", "no", "unclear"]
judgements = ["low", "high"]
[risk]
low = "low"
[[domains]]
id = "D1"
name = "One kind of bias"
questions = [
  { id = "1", text = "Was it so?", good = ["yes"] },
  { id = "2", text = "And so?", asked = [{ "1" = ["no", "unclear"] }] },
]
[[domains.parts]]
rules = [
  { when = { "1" = ["yes"] }, then = "low" },
  { when = { "2" = ["yes"] }, then = "low" },
  { when = {}, then = "high" },
]
"""


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(loader.FOLDER, tmp_path / "catalogue")
    return tmp_path / "catalogue"


def _refused(copy, text):
    (copy / "tools/invented.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        loader.read(copy)
    return str(caught.value)


def test_a_whole_file_is_read(copy):
    (copy / "tools/invented.toml").write_text(FILE, encoding="utf-8")
    assert loader.read(copy).tool("invented").reference == "invented@1"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '  { when = {}, then = "high" },\n',
            "",
            "D1: part 1: the last rule must take the rest: none for 1 no, 2 no",
        ),
        (
            '{ when = { "2" = ["yes"] }',
            '{ when = { "1" = ["yes"] }',
            "D1: part 1, rule 2: says again what rule 1 decides",
        ),
        (
            '{ when = { "2" = ["yes"] }',
            '{ when = { "1" = ["yes"], "2" = ["no"] }',
            "D1: part 1, rule 2: nothing reaches it",
        ),
        (
            '{ when = { "2" = ["yes"] }',
            '{ when = { "3" = ["yes"] }',
            "D1: part 1, rule 2: 3 is not asked before",
        ),
        (
            '{ when = { "2" = ["yes"] }',
            '{ when = { "2" = ["maybe"] }',
            "D1: part 1, rule 2: maybe: no answer to 2",
        ),
        (
            '["yes"] }, then = "low" },\n  { when = {}',
            '["yes"] }, then = "middling" },\n  { when = {}',
            "D1: part 1, rule 2: middling: no judgement",
        ),
        (
            'asked = [{ "1" = ["no"',
            'asked = [{ "9" = ["no"',
            "D1: question 2: 9 is not asked before",
        ),
        (
            'asked = [{ "1" = ["no", "unclear"] }]',
            'asked = [{ "2" = ["no"] }]',
            "D1: question 2: 2 is not asked before",
        ),
        ('id = "2", text', 'id = "1", text', "question 1 is there 2 times"),
        ('good = ["yes"]', 'good = ["perhaps"]', "D1: question 1: good: perhaps: no answer to it"),
        (
            'judgements = ["low", "high"]',
            'judgements = ["low", "high", "asked"]',
            "'asked' means that the reviewer judges",
        ),
        ('judgements = ["low", "high"]', "", "has neither judgements nor overall words"),
        ('low = "low"\n[[', 'lowly = "low"\n[[', "risk: lowly: no overall judgement"),
        ('low = "low"\n[[', 'low = "splendid"\n[[', "risk.low"),
        ('designs = ["case"]', 'designs = ["survey"]', "designs.0"),
        ('name = "An', 'id = "other"\nname = "An', "id: not a key of this file"),
    ],
)
def test_a_file_with_a_hole_an_overlap_or_an_unknown_word_is_refused(copy, old, new, said):
    assert FILE.count(old) == 1
    found = _refused(copy, FILE.replace(old, new))
    assert found.startswith("tools/invented.toml: ")
    assert said in found


def test_every_fault_is_said_at_once(copy):
    text = FILE.replace('{ when = { "2" = ["yes"] }', '{ when = { "3" = ["yes"] }')
    found = _refused(copy, text.replace('good = ["yes"]', 'good = ["perhaps"]'))
    assert len(found.splitlines()) == 2


def test_a_question_that_nothing_asks_is_refused(copy):
    third = '  { id = "3", text = "?", asked = [{ "1" = ["yes"], "2" = ["no"] }] },\n]\n[[domains.p'
    found = _refused(copy, FILE.replace("]\n[[domains.p", third))
    assert "D1: question 3 is never asked" in found


def test_two_domains_of_one_name_are_refused(copy):
    second = FILE[FILE.index("[[domains]]") :].replace('"1"', '"3"').replace('"2"', '"4"')
    assert "domain D1 is there 2 times" in _refused(copy, FILE + second)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('case = "jbi_case_series"\n', "", "policies.toml: tools: case has none"),
        ('case = "jbi_case_series"', 'case = "rob2"', "case: rob2 does not fit that design"),
        ('case = "jbi_case_series"', 'case = "rob9"', "there is no tools/rob9.toml"),
        ('case = "jbi', 'survey = "rob2"\ncase = "jbi', "policies.toml: tools.survey"),
    ],
)
def test_every_design_has_a_tool_that_fits_it(copy, old, new, said):
    path = copy / "policies.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        loader.read(copy)
    assert said in str(caught.value)


def test_the_tools_of_each_design_stand_with_the_one_asked_for_first():
    catalogue = loader.load()
    names = {
        design.value: [tool.id for tool in catalogue.tools_fitting(design)]
        for design in StudyDesign
    }
    assert names == {
        "individual": ["rob2"],
        "cluster": ["rob2_cluster"],
        "quasi": ["robins_i", "jbi_quasi", "robins_i_v2"],
        "single-group": ["jbi_quasi", "jbi_case_series", "robins_i"],
        "case": ["jbi_case_series"],
    }


def test_todays_words_of_risk_come_from_every_tool_that_judges_risk():
    catalogue = loader.load()
    for tool in catalogue.tools.values():
        assert tool.source
        assert tool.licence
        if tool.judgements:
            worst = tool.risk[tool.judgements[-1]]
            assert worst in {RiskOfBias.HIGH, RiskOfBias.CRITICAL}
        else:
            assert not tool.risk, "a checklist judges no risk"


def test_questions_are_as_many_as_published():
    counts = {
        tool.id: [len(domain.questions) for domain in tool.domains]
        for tool in loader.load().tools.values()
    }
    assert counts["rob2"] == [3, 7, 4, 5, 3]
    assert counts["rob2_cluster"] == [3, 3, 8, 5, 6, 3]
    assert counts["robins_i"] == [8, 5, 3, 2, 5, 4, 3]
    assert counts["robins_i_v2"] == [4, 5, 8, 11, 3, 4]
    assert sum(counts["jbi_case_series"]) == 10
    assert sum(counts["jbi_quasi"]) == 9
