"""What papers are compared by is remembered by all it was made of: never an old thing is shown."""

from datetime import date

import pytest
from sqlalchemy import insert, update

from monitor.feeds.records import Trial
from monitor.literature.linkage import kept_facts
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperRegistration,
    PaperStatement,
    PaperTrial,
)

ENDED = Trial("completed", date(2020, 1, 31), date(2022, 6, 30), participants=130)
# one change of each thing that facts are made of
CHANGES = {
    **{
        name: update(Paper).values({name: value})
        for name, value in (
            ("title", "Another title"), ("abstract", "Of 12 families."), ("authors", ["Other O"]),
            ("journal", "Another"), ("year", 1999), ("published", date(1999, 1, 2)),
            ("volume", "9"), ("issue", "8"), ("pages", "7"), ("keywords", ["another"]),
            ("publication_types", ["Review"]),
        )
    },
    "own number": insert(PaperIdentifier).values(paper_id=1, scheme="pmid", value="77"),
    "named number": insert(PaperRegistration).values(paper_id=1, scheme="nct", value="NCT00000077"),
    "statement": insert(PaperStatement).values(
        paper_id=1, kind="retracted by", scheme="pmid", value="78"
    ),
    "trial": update(PaperTrial).values(participants=131),
    "match": update(Match).values(start=Match.start + 1),
}  # fmt: skip


@pytest.fixture
def registered(cite, intake):
    said = cite(
        "Theraplay for invented families",
        nct="NCT00000001",
        trial=ENDED,
        publication_types=("Clinical Trial Registration",),
    )
    return intake(said, source="clinicaltrials").paper_id


@pytest.mark.parametrize("changed", CHANGES)
def test_what_is_remembered_is_what_would_be_read_anew(session, registered, changed):
    before = kept_facts.remembered_facts_of(session, [registered])
    assert before == kept_facts.facts_of(session, [registered])
    session.execute(CHANGES[changed].execution_options(synchronize_session=False))
    session.flush()
    after = kept_facts.remembered_facts_of(session, [registered])
    assert after == kept_facts.facts_of(session, [registered])
    assert after != before


def test_nothing_is_read_twice_from_what_has_not_changed(session, registered):
    (first,) = kept_facts.remembered_facts_of(session, [registered]).values()
    (second,) = kept_facts.remembered_facts_of(session, [registered]).values()
    assert first is second


def test_a_paper_that_was_merged_has_none(session, registered, cite, intake):
    other = intake(cite("Another paper on Theraplay", pmid="5")).paper_id
    session.execute(update(Paper).where(Paper.id == registered).values(merged_into_id=other))
    assert set(kept_facts.remembered_facts_of(session, [registered, other])) == {other}
