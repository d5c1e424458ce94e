"""Studies are named one way, whichever source wrote their authors down, and told apart by letters."""

import itertools

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import given
from hypothesis import strategies as st

from monitor.literature import service
from monitor.literature.papers.study_names import (
    family_name,
    lettered,
    letters_taken,
    next_letter,
    study_name,
)
from monitor.literature.tables import Study

FAMILIES = ("Alder", "O’Neill", "Smith-Jones", "Øverås", "Li", "Ng", "van der Berg", "De Wolff")
GIVEN = ("Pat", "Åse", "Jo-Ann", "Quin Robin")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("given", GIVEN)
def test_every_form_of_a_name_gives_the_same_family_name(family, given):
    initials = "".join(part[0] for part in given.replace("-", " ").split())
    dotted = " ".join(f"{letter}." for letter in initials)
    forms = [
        f"{family} {initials}",  # PubMed, Europe PMC, Crossref
        f"{family} {' '.join(initials)}",
        f"{family}, {given}",  # RIS
        f"{family}, {dotted}",
        f"{family}, {given}, Jr.",
        f"{given} {family}",  # feeds, OpenAlex
        f"{dotted} {family}",
        f"{initials} {family}",  # Publish or Perish
        f"{given} {family}, PhD",
        f"Dr {given} {family}",
        f" {given}  {family} ",
    ]
    assert {form: family_name([form]) for form in forms} == dict.fromkeys(forms, family)


@pytest.mark.parametrize(
    ("authors", "name"),
    [
        (["ALDER P"], "Alder"),
        (["ALDER, PAT"], "Alder"),
        (["PAT ALDER"], "Alder"),
        (["Pat ALDER", "Quin BIRCH"], "Alder"),
        (["ALDER Pat"], "Alder"),
        (["Ada LEE", "Ben BIRCHWOOD"], "Lee"),  # the other author shows that capitals are names
        (["Lee ADA", "Birch B"], "Lee"),
        (["van IJzendoorn MH"], "van IJzendoorn"),
        (["Marinus H. van IJzendoorn"], "van IJzendoorn"),
        (["García Márquez G"], "García Márquez"),
        (["García Márquez, Gabriel"], "García Márquez"),
        (["Al Green"], "Green"),
        (["Van Morris"], "Morris"),
        (["Alder P, Birch Q"], "Alder"),  # two people in one name
        (["Alder"], "Alder"),
        (["", "Alder P"], "Alder"),
        (["The COSI Trial Group", "Alder P"], "The COSI Trial Group"),
        (["Example Collaboration"], "Example Collaboration"),
        (["NHS"], "NHS"),
        ([], ""),
        (["PhD"], "PhD"),
    ],
)
def test_what_the_form_leaves_open_is_read_from_the_others(authors, name):
    assert family_name(authors) == name


@pytest.mark.parametrize(
    ("authors", "year", "title", "said"),
    [
        (["Alder P"], 2026, "A trial", "Alder 2026"),
        (["Alder P"], None, "A trial", "Alder (no year)"),
        ([], 2026, "Attachment in nurseries", "Attachment in nurseries 2026"),
        ([], 2026, "Attachment in nurseries, 2026", "Attachment in nurseries, 2026"),
        ([], 2026, "Attachment in nurseries 2025", "Attachment in nurseries 2025 2026"),
        (["COSI Trial Group 2026"], 2026, "A trial", "COSI Trial Group 2026"),
        ([], 2026, "word " * 40, f"{'word ' * 15}word… 2026"),
    ],
)
def test_a_name_holds_its_year_once(authors, year, title, said):
    assert study_name(authors, year, title) == said


@given(st.lists(st.text(max_size=40), max_size=3), st.sampled_from([None, 2026]), st.text())
def test_any_authors_give_a_name_of_one_line(authors, year, title):
    said = study_name(authors, year, title)
    assert said == " ".join(said.split())
    assert said.endswith(str(year or "(no year)"))


def test_letters_run_on_and_none_is_given_twice():
    names: list[str] = []
    for _ in range(30):
        names.append(lettered("Alder 2026", next_letter("Alder 2026", names)))
    assert names[:2] == ["Alder 2026a", "Alder 2026b"]
    assert names[25:28] == ["Alder 2026z", "Alder 2026aa", "Alder 2026ab"]
    assert len(set(names)) == 30
    assert letters_taken("Alder 2026", ["Alder 2026", "Alder 20260", "Alderton 2026a"]) == []


@pytest.fixture
def make(session, now):
    """Give a maker of studies: each of a paper of its own, under a name."""
    by = rows.person(session, "Ann Example", at=now)
    number = itertools.count(1)

    def make(label):
        paper = rows.paper(session, f"Trial {next(number)}", at=now)
        return service.create_study(session, paper_id=paper.id, label=label, by=by, at=now)

    return make


def test_two_studies_of_one_name_become_a_and_b(session, make):
    first, other = make("Alder 2026"), make("Alder 2025")
    assert first.label == "Alder 2026"
    second, third = make("Alder 2026"), make("Alder 2026")
    make("Alderton 2026")
    labels = [study.label for study in session.query(Study).order_by(Study.id)]
    assert labels == ["Alder 2026a", "Alder 2025", "Alder 2026b", "Alder 2026c", "Alderton 2026"]
    assert (second.label, third.label, other.label) == ("Alder 2026b", "Alder 2026c", "Alder 2025")


def test_studies_without_a_year_are_told_apart_too(make):
    first, second = make("Alder (no year)"), make("Alder (no year)")
    assert (first.label, second.label) == ("Alder (no year, a)", "Alder (no year, b)")


def test_marks_in_a_name_are_no_pattern(make):
    assert make("A_der 100% 2026").label == "A_der 100% 2026"
    assert make("Alder 100x 2026").label == "Alder 100x 2026"
