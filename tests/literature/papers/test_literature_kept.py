"""Papers kept and not queued: each can be listed, by what brought it, by lane, by words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.records import Identifier, Link, LinkKind
from monitor.feeds.tables import RecordQuery
from monitor.kernel.persistence import triggers
from monitor.literature.papers import unqueued
from monitor.literature.words import Lane


@pytest.fixture
def papers(session, intake, cite, now):
    """Take in a queued paper, two about bridges and a notice; gives their ids by name."""
    records = {
        "queued": cite("Theraplay, an invented trial", pmid="1"),
        "bridge": cite("Railway bridges of 100% steel", pmid="2"),
        "other": cite("Road BRIDGES of the town of Nowhere", pmid="3"),
        "notice": cite(
            "Correction to: an invented trial",
            pmid="4",
            links=(Link(LinkKind.CORRECTS, Identifier("doi", "10.5555/1")),),
        ),
    }
    made = {name: intake(said, key=name).paper_id for name, said in records.items()}
    for name, query in (("bridge", "cos"), ("bridge", "ddp"), ("other", "ddp"), ("notice", "cos")):
        session.add(RecordQuery(source="pubmed", key=name, query_key=query, first_seen_at=now))
    triggers.settle(session)
    return made


def _listed(session, papers, **asked):
    names = {paper_id: name for name, paper_id in papers.items()}
    return [names[one.id] for one in unqueued.kept(session, **asked)]


def test_everything_that_is_not_queued_is_listed_newest_first(session, papers):
    assert _listed(session, papers) == ["notice", "other", "bridge"]
    assert _listed(session, papers, lane=Lane.NONE) == ["other", "bridge"]
    assert _listed(session, papers, lane=Lane.NOTICE) == ["notice"]
    assert _listed(session, papers, lane=Lane.EVALUATED) == []


def test_it_is_listed_by_the_query_that_brought_it(session, papers):
    assert _listed(session, papers, query="cos") == ["notice", "bridge"]
    assert _listed(session, papers, query="ddp", lane=Lane.NONE) == ["other", "bridge"]
    assert _listed(session, papers, query="x' OR 1=1 --") == []


def test_words_of_the_title_find_it_whatever_their_case(session, papers):
    assert _listed(session, papers, words=["bridges"]) == ["other", "bridge"]
    assert _listed(session, papers, words=["bridges", "steel"]) == ["bridge"]
    assert _listed(session, papers, words=["100%"]) == ["bridge"]
    assert _listed(session, papers, words=["r%s"]) == [], "a sign is a sign, not a wild card"
    assert _listed(session, papers, words=["_teel"]) == []


def test_pages_follow_each_other(session, papers):
    first = unqueued.kept(session, limit=2)
    rest = unqueued.kept(session, limit=2, after=first[-1].id)
    assert [one.id for one in (*first, *rest)] == sorted(
        (papers[name] for name in ("bridge", "other", "notice")), reverse=True
    )


def test_each_says_what_brought_it_and_what_it_is_about(session, papers):
    notice, other, bridge = unqueued.kept(session)
    assert notice.about == (("corrects", Identifier("doi", "10.5555/1")),)
    assert (other.queries, bridge.queries) == (("ddp",), ("cos", "ddp"))
    assert bridge.about == ()


@given(st.text())
def test_what_is_typed_becomes_a_few_plain_words(text):
    words = unqueued.searched(text)
    assert len(words) <= 8
    assert all(word and len(word) <= 60 and word.isprintable() for word in words)
