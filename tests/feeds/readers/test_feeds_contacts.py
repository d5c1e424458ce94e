"""People who can be contacted are taken out of texts; what only looks like them stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.readers.contacts import REMOVED, Redaction

NOBODY = Redaction(None)


def cleaned(text, *names, organisations=()):
    return Redaction.of(names, text=text, organisations=organisations).clean(text)


@pytest.mark.parametrize(
    "way",
    ["ina.vented@example.org", "ina+1@mail.example.co.uk", "ína@exämple.org",
     "ina(at)example.org", "ina [at] example.org", "0000-0002-1825-009X",
     "+44 (0)20 7946 0000", "+1-202-555-0100", "020 7946 0000", "(01904) 321 321",
     "202-555-0100", "1-202-555-0100"],
)  # fmt: skip
def test_a_way_to_reach_somebody_is_taken_out(way):
    assert NOBODY.clean(f"Ask us ({way}) about it.") == f"Ask us ({REMOVED}) about it."


@pytest.mark.parametrize("text", ["Tel: 555 0100 now", "call 55501007, then wait"])
def test_a_number_that_is_called_one_is_taken_out(text):
    assert REMOVED in NOBODY.clean(text)
    assert "555" not in NOBODY.clean(text)


@pytest.mark.parametrize(
    "text",
    ["0.05 (95% CI +0.12 - 0.50)", "NCT00000001 and ISRCTN00000001", "from 2015-11-01 to 2016",
     "10.1186/ISRCTN00000001", "1234-5678", "202-555-0100", "at 34 weeks, 2000 grams",
     "30524749", "ages 0-13 years", "https://example.org/@page", "3 x 10 @ 50 mg"],
)  # fmt: skip
def test_other_numbers_stay(text):
    assert NOBODY.clean(text) == text


@pytest.mark.parametrize(
    "text",
    ["Ask Jane A. Doe.", "Ask Jane Doe.", "Ask Jane Ann Doe.", "Ask JANE A. DOE.", "Ask J. Doe.",
     "Ask J. A. Doe.", "Ask J.A. Doe.", "Ask Dr Doe.", "Ask Professor Jane Doe.",
     "Ask Jane\nA.  Doe."],
)  # fmt: skip
def test_a_contacts_name_is_taken_out_however_it_is_written(text):
    assert cleaned(text, "Dr. Jane A. Doe, PhD, MD") == f"Ask {REMOVED}."


def test_the_authors_of_a_reference_stay():
    assert cleaned("Doe J, Roe R. A title.", "Jane Doe") == "Doe J, Roe R. A title."


def test_an_ordinary_word_is_no_name():
    text = "A young child; the young children; long term; Jane Young"
    gone = cleaned(text, "Ann Young", "A Long", "Jane Young")
    assert gone == f"A young child; the young children; long term; {REMOVED}"


@pytest.mark.parametrize("office", ["Study Coordinator", "Clinical Trials Call Center", "Clinic 7",
                                    "Toll Free Number", "MD", "", "x" * 10_000])  # fmt: skip
def test_an_office_is_nobody(office):
    text = f"The Study Coordinator and the {office} stay"
    assert cleaned(text, office) == text


def test_an_organisation_named_as_a_contact_stays_and_a_person_who_sponsors_goes():
    text = "Nordic Invention and Jane Doe"
    organisations = ["Nordic Invention A/S", "Jane Doe"]
    assert cleaned(text, "Nordic Invention", "Jane Doe", organisations=organisations) == (
        f"Nordic Invention and {REMOVED}"
    )


@given(st.text(), st.lists(st.text(max_size=40), max_size=4))
def test_cleaning_twice_is_cleaning_once(text, names):
    once = cleaned(text, *names)
    assert cleaned(once) == once


def test_long_texts_take_no_time():
    for text in (
        "a" * 400_000,
        "1 " * 200_000,
        "a.a-" * 100_000,
        "+1 (" * 100_000,
        "J. " * 100_000,
    ):
        assert cleaned(text, "Jane Doe") == text
