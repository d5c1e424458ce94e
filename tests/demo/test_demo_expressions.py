"""What the stand-ins take a query to mean."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.demo.dialects.expressions import (
    Document,
    Unreadable,
    contains,
    day,
    europepmc,
    pubmed,
    words,
)


def document(**texts: str) -> Document:
    dates = {"created": date(2026, 3, 5), "revised": date(2026, 6, 1)}
    return Document(texts=texts, dates=dates)


SECURITY = document(
    title="A trial of Circle of Security–Parenting", abstract="Attachment, sensitivity"
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('"Circle of Security"[tiab]', True),
        ('"circle security"[tiab]', False),
        ('"Circle of Secur*"[tiab]', True),
        ("sensitiv*[tiab]", True),
        ("sensitiv[tiab]", False),
        ('("Theraplay"[tiab] OR "Circle of Security"[ti])', True),
        ('"Circle of Security"[tiab] AND Theraplay[tiab]', False),
        ('"Circle of Security"[tiab] NOT attachment[tiab]', False),
        ("attachment[ti]", False),
        ("attachment", True),
        # from left to right: (true OR false) AND false
        ("attachment[tiab] OR Theraplay[tiab] AND Theraplay[tiab]", False),
        ("attachment[tiab] AND 2026/03/01:2026/03/31[crdt]", True),
        ('attachment[tiab] AND ("2026/04/01"[crdt] : "3000"[crdt])', False),
        ("attachment[tiab] AND 2026/06[mdat]:2026/06[mdat]", True),
    ],
)
def test_pubmed_queries_mean_what_pubmed_says(query, found):
    assert pubmed(query).test(SECURITY) is found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('TITLE:"Circle of Security"', True),
        ('ABSTRACT:"Circle of Security"', False),
        ('(TITLE:"Theraplay" OR ABSTRACT:attachment)', True),
        ("TITLE:(Theraplay OR circle)", True),
        ('TITLE_ABS:"attachment sensitiv*"', True),
        # AND binds first: true OR (false AND false)
        ("attachment OR Theraplay AND Theraplay", True),
        ("attachment Theraplay", False),
        ("attachment AND FIRST_IDATE:[2026-03-01 TO 2026-03-31]", True),
        ("attachment AND FIRST_IDATE:[2026-04-01 TO 2026-12-31]", False),
        ("attachment AND UPDATE_DATE:[2026-06-01 TO 2026-06-01]", True),
        ("attachment NOT TITLE:circle", False),
    ],
)
def test_europepmc_queries_mean_what_europepmc_says(query, found):
    assert europepmc(query).test(SECURITY) is found


@pytest.mark.parametrize("query", ["", "((", "(a OR b", "a OR", "AND a", '"open', "a[nosuch]", ")"])
def test_an_expression_that_cannot_be_read_is_an_error(query):
    with pytest.raises(Unreadable):
        pubmed(query)


def test_recorded_documents_answer_every_query_but_not_every_date():
    recorded = Document({"title": "Cancer"}, {"created": date(2026, 3, 5)}, always=True)
    assert pubmed("Theraplay[tiab] NOT cancer[ti]").test(recorded)
    assert not pubmed("Theraplay[tiab] AND 2027:2028[crdt]").test(recorded)


def test_the_translation_names_every_phrase():
    said = pubmed('("Circle of Security"[tiab] OR Theraplay[ti])')
    assert said.translation == '("circle of security"[Title/Abstract] OR "theraplay"[ti])'
    assert said.phrases == ("Circle of Security", "Theraplay")


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=60))
def test_a_phrase_is_found_wherever_it_stands(before, phrase, after):
    found = contains(f"{before} {phrase.rstrip('*')} {after}", phrase.rstrip("*"))
    assert found is bool(words(phrase))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024/02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-03", date(2024, 2, 3), date(2024, 2, 3)),
    ],
)
def test_a_short_date_means_its_first_or_last_day(text, first, last):
    assert (day(text, end=False), day(text, end=True)) == (first, last)


def test_a_date_that_does_not_exist_is_an_error():
    with pytest.raises(Unreadable):
        day("2024/13/01", end=False)
