"""Identifiers: one canonical form each, and None for what is not one."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.identifiers import canonical
from monitor.feeds.identifiers.canonical import (
    distinct,
    doi,
    normalise,
    pmcid,
    pmid,
    registrations_in,
)
from monitor.feeds.records import Identifier

COHEN = "10.1002/(sici)1097-0355(199924)20:4<429::aid-imhj5>3.0.co;2-q"


def test_the_examples_hold():
    assert doctest.testmod(canonical).failed == 0


@pytest.mark.parametrize(
    "raw",
    [
        "10.3310/IVCN8847", "10.3310/ivcn8847.", "doi:10.3310/IVCN8847", "DOI: 10.3310/ivcn8847;",
        "https://doi.org/10.3310/IVCN8847", "http://dx.doi.org/10.3310/ivcn8847?nosfx=y",
        "https://www.doi.org/10.3310/ivcn8847#abstract", "info:doi/10.3310/ivcn8847",
        "https://doi.org/10.3310%2FIVCN8847", " 10.3310/ivcn8847) ", "“10.3310/ivcn8847”",
        "doi: https://doi.org/10.3310/ivcn8847",
    ],
)  # fmt: skip
def test_one_doi_in_every_spelling(raw):
    assert doi(raw.strip("“")) == Identifier("doi", "10.3310/ivcn8847")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (COHEN.upper(), COHEN),
        (COHEN.replace("<", "&lt;").replace(">", "&gt;"), COHEN),
        (
            "https://doi.org/10.1002/(SICI)1097-0355(199924)20:4%3C429::AID-IMHJ5%3E3.0.CO;2-Q",
            COHEN,
        ),
        ("10.1016/S2215-0366(25)00263-9", "10.1016/s2215-0366(25)00263-9"),
        ("10.1016/S0140-6736(24)", "10.1016/s0140-6736(24)"),
        ("(10.1016/S0140-6736(24))"[1:], "10.1016/s0140-6736(24)"),
    ],
)
def test_brackets_belong_to_a_doi_where_they_are_opened(raw, value):
    found = doi(raw)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    "raw",
    [None, "", "10.3310", "10.3310/", "10.12/x", "11.3310/x", "10.3310/a b", "https://doi.org/",
     "https://example.org/x", "10.3310/" + "x" * 400, "10.3310/a\x00b", "10.3310/..."],
)  # fmt: skip
def test_what_is_no_doi(raw):
    assert doi(raw) is None


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(raw):
    for scheme in ("doi", "pmid", "pmcid", "nct", "isrctn"):
        found = normalise(scheme, raw)
        if found is not None:
            assert normalise(scheme, found.value) == found
            assert found.scheme == scheme


@given(st.from_regex(r"10\.[0-9]{4,6}/[a-z0-9]{1,20}", fullmatch=True))
def test_a_doi_survives_its_resolver(value):
    assert doi(f"https://doi.org/{value.upper()}") == Identifier("doi", value)


@pytest.mark.parametrize(
    "raw", ["39984857", "PMID: 39984857", "pubmed:39984857", "39984857.2", "0039984857"]
)
def test_pubmed_numbers(raw):
    assert pmid(raw) == Identifier("pmid", "39984857")


@pytest.mark.parametrize(
    "raw", [None, "", "0", "abc", "PMC39984857", "12345678901", "３９", "39 98"]
)
def test_what_is_no_pubmed_number(raw):
    assert pmid(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        "PMC9900465",
        "pmc9900465",
        "PMCID: PMC9900465",
        "9900465",
        "PMC9900465.1",
        "PMC: 9900465",
        "PMCID:9900465",
    ],
)
def test_pubmed_central_numbers(raw):
    assert pmcid(raw) == Identifier("pmcid", "PMC9900465")


def test_registrations_are_found_once_each_in_order():
    text = "ISRCTN 18308962, nct04187911 (also NCT-04187911); XNCT12345678; NCT123456789; ISRCTN1830896."
    assert registrations_in(text) == (
        Identifier("isrctn", "ISRCTN18308962"),
        Identifier("nct", "NCT04187911"),
    )
    assert registrations_in("an actual function") == ()
    assert registrations_in(None) == ()


def test_registration_schemes():
    assert normalise("nct", " nct04187911 ") == Identifier("nct", "NCT04187911")
    assert normalise("isrctn", "18308962") == Identifier("isrctn", "ISRCTN18308962")
    assert normalise("nct", "04187911") is None
    with pytest.raises(KeyError):
        normalise("issn", "1234-5678")


def test_distinct_leaves_out_what_is_missing_and_repeated():
    one, two = Identifier("pmid", "1"), Identifier("pmid", "2")
    assert distinct(one, None, two, one) == (one, two)


@pytest.mark.parametrize(
    "between",
    ["", " ", ": ", "-", " number ", " No. ", " ID: ", " identifier = ", " #", " (", "/", "\u2011",
     "\u200b", "\u00a0", " registration number: ", " registry number is ", " reg. no. ", "-Nr. ", " N° "],
)  # fmt: skip
@pytest.mark.parametrize("letters", ["NCT", "ISRCTN", "Isrctn"])
def test_what_may_stand_between_a_registry_and_its_number(letters, between):
    value = f"{letters.upper()}01234567"
    assert [one.value for one in registrations_in(f"See {letters}{between}01234567).")] == [value]
    assert [one.value for one in registrations_in(f"{letters}{between}0123 4567, 2020")] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "ClinicalTrials.gov Identifier: 01234567",
        "(clinicaltrials.gov, number 01234567)",
        "Clinical Trials.gov ID 0123 4567",
        "ClinicalTrials.gov NCT01234567, ClinicalTrials.gov 01234567",
    ],
)
def test_digits_behind_the_american_registrys_name_are_its_number(text):
    assert registrations_in(text) == (Identifier("nct", "NCT01234567"),)


@pytest.mark.parametrize(
    "text",
    [
        "NCT00000000", "ISRCTN: 00000000", "ISRCTN 0000 0000",  # stand for none
        "NCT 0123456 7 children", "ISRCTN 1234 567 of", "ISRCTN 1234 5678 90", "ISRCTN12345678901",
        "ClinicalTrials.gov 20210304", "registered at ClinicalTrials.gov, 12345678 families",
        "ISRCTN number of families 12345678", "FUNCTION: 12345678", "a distinct number 12345678",
    ],
)  # fmt: skip
def test_what_is_no_registration(text):
    assert registrations_in(text) == ()
    assert normalise("nct", text) is None
    assert normalise("isrctn", text) is None
