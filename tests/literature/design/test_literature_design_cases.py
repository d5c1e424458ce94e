"""Reading a paper's design and facts: cases of kinds that were once read wrongly, and their likes.

``design_cases.csv`` is our own, every text invented: ``expect`` is the set of what is suggested
("; " between members, "-" none), for a design its name, with "!" before one that it must not be.
The cases of ``../shared`` are read where they lie.
"""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.literature.design.detection import Detected, detect

HERE = Path(__file__).parent
SHARED = Path(__file__).resolve().parents[4] / "shared" / "cases" / "reading" / "reading.csv"
FIELDS = {
    "child age": "child age",
    "child age not": "child age",
    "country": "country",
    "UK": "UK",
    "setting": "setting",
    "measure": "outcome measure",
    "measure has": "outcome measure",
    "developer": "developer involvement",
}
OTHERS = {"lane", "slugs", "evaluated", "variants"}  # tried by the tests of matching


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values(found: Detected, field: str) -> set[str]:
    named = (one.value for one in found.suggestions if one.field == field)
    return {value.removesuffix(", gold standard") for value in named}


def members(answer: str) -> set[str]:
    return set() if answer.strip() == "-" else set(answer.strip().split("; "))


@pytest.mark.parametrize(
    "case",
    rows(HERE / "design_cases.csv"),
    ids=lambda case: f"{case['field']}: {case['title']} {case['abstract']}"[:70],
)
def test_other_wordings_of_each_kind(case):
    found = detect(case["title"] or "A study in a made-up town", case["abstract"])
    if case["field"] == "design":
        expected = case["expect"]
        assert (found.design == expected.removeprefix("!")) is not expected.startswith("!")
    else:
        assert values(found, case["field"]) == members(case["expect"])


def counts(found: Detected, field: str) -> set[str]:
    kind = field.removeprefix("n").strip()
    return {value.split()[0] for value in values(found, "sample size") if value.endswith(kind)}


def design(found: Detected, _: str) -> set[str]:
    return {found.design}


def reader(field: str) -> Callable[[Detected, str], set[str]]:
    if field.startswith("design"):
        return design
    if field == "n" or field.startswith("n "):
        return counts
    return lambda found, name: values(found, FIELDS[name])


def is_right(case: dict[str, str]) -> bool:
    field = case["expect_field"]
    told = reader(field)(detect(case["title"], case["abstract"]), field)
    answers = [members(one) for one in case["expect"].split(" | ")]
    if field == "measure has":
        wanted = {word.casefold() for answer in answers for word in answer}
        return any(word in value.casefold() for value in told for word in wanted)
    return (told in answers) is not field.endswith(" not")


@pytest.mark.skipif(
    not SHARED.is_file(), reason="the cases (../shared/cases) are not on this machine"
)
def test_the_cases_that_were_read_wrongly_are_read_rightly():
    ours = [case for case in rows(SHARED) if case["expect_field"] not in OTHERS]
    assert len(ours) > 100
    assert [case["id"] for case in ours if not is_right(case)] == []


REGISTERED = (
    "SUMMARY: In Peru colic is common; a trial in Chile randomised 80 infants.\n\n"
    "DESIGN: interventional; allocation randomized\n\n"
    "PARTICIPANTS: {people}\n\n"
    "COUNTRIES: {countries}\n\n"
    "DESCRIPTION: Families in Ghana will be asked. Children aged 2 to 4 years can take part."
)


@pytest.mark.parametrize(
    ("people", "countries", "size", "places", "uk"),
    [
        ("120 enrolled", "Norway", ["120 enrolled"], ["Norway"], ["no"]),
        ("64 planned", "England; Kenya", ["64 planned"], ["United Kingdom", "Kenya"], ["yes"]),
        ("30 enrolled; 60 planned", "Korea, Republic of", ["30 enrolled"], ["South Korea"], ["no"]),
        ("75", "Atlantis", ["75 planned"], ["Atlantis"], ["no"]),
    ],
)
def test_a_registrys_own_fields_beat_its_prose(people, countries, size, places, uk):
    abstract = REGISTERED.format(people=people, countries=countries)
    found = detect("Rattles", abstract, ("Clinical Trial Registration", "Interventional"))
    told = {field: [s.value for s in found.suggestions if s.field == field] for field in
            ("sample size", "country", "UK", "child age")}  # fmt: skip
    assert told == {
        "sample size": size,
        "country": places,
        "UK": uk,
        "child age": ["2 to 4 years"],
    }
    assert all(one.sentence in abstract for one in found.suggestions if one.field != "design")


def test_a_review_has_no_people_of_its_own_and_still_names_its_measures():
    text = (
        "We searched six databases. 90 families were randomised in one trial in Norway. "
        "Homes and schools were visited. The Strange Situation was used with children aged 2 to "
        "4 years."
    )
    fields = {one.field for one in detect("Rattles: a systematic review", text).suggestions}
    assert fields == {"design", "outcome measure"}
