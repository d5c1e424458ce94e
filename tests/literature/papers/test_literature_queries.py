import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.records import Identifier
from monitor.feeds.tables import RecordQuery
from monitor.kernel.errors import NotFound
from monitor.literature import service
from monitor.literature.papers import queries
from monitor.literature.papers.queries import Segment

TRIAL = Identifier("nct", "NCT00000001")


def test_what_does_not_exist_is_not_found(session):
    for ask in (queries.paper, queries.record):
        with pytest.raises(NotFound):
            ask(session, 1)


def test_a_record_is_shown_as_sent_with_what_asked_for_it(session, intake, cite, now):
    taken = intake(cite(pmid="1"), key="a")
    for query in ("www", "cos"):
        session.add(RecordQuery(source="pubmed", key="a", query_key=query, first_seen_at=now))
    (row,) = queries.paper(session, taken.paper_id).records
    record = queries.record(session, row.id)
    assert (record.raw, record.key, record.paper_id) == (b"as sent", "a", taken.paper_id)
    assert record.query_keys == ("cos", "www")
    assert record.citation["title"] == cite().title


def test_studies_that_share_a_registration_are_named(session, intake, cite, reviewer, now):
    report = intake(cite(pmid="1", registrations=(TRIAL,))).paper_id
    protocol = intake(cite("A protocol for Theraplay", pmid="2", registrations=(TRIAL,))).paper_id
    registration = intake(cite("A registered trial", nct=TRIAL.value)).paper_id
    stranger = intake(cite("Another trial of Theraplay", pmid="3")).paper_id
    assert queries.same_registration(session, protocol) == []
    study = service.create_study(session, paper_id=report, label="Doe", by=reviewer, at=now)
    shared = [(study.id, "Doe", "NCT00000001")]
    assert queries.same_registration(session, protocol) == shared
    assert queries.same_registration(session, registration) == shared
    assert queries.same_registration(session, report) == []
    assert queries.same_registration(session, stranger) == []
    service.link_paper(
        session, paper_id=registration, study_id=study.id, role="registration", by=reviewer, at=now
    )
    assert queries.same_registration(session, protocol) == shared
    assert queries.same_registration(session, registration) == []


SPANS = st.lists(
    st.tuples(st.integers(-3, 30), st.integers(-3, 30), st.sampled_from(["cos", "vig"])), max_size=9
)


@given(st.text(max_size=25), SPANS)
def test_segments_joined_are_the_text_again(text, spans):
    segments = queries.segments(text, spans)
    assert "".join(segment.text for segment in segments) == text
    assert all(segment.text for segment in segments)


@given(st.text(max_size=25), SPANS, st.randoms())
def test_the_order_of_marks_does_not_matter(text, spans, random):
    spans = list({(start, end): (start, end, kind) for start, end, kind in spans}.values())
    shuffled = random.sample(spans, len(spans))
    assert queries.segments(text, shuffled) == queries.segments(text, spans)


def test_a_text_is_cut_at_its_marks():
    assert queries.segments("a VIG b", [(2, 5, "vig"), (3, 5, "cos"), (9, 12, "x")]) == [
        Segment("a ", None),
        Segment("VIG", "vig"),
        Segment(" b", None),
    ]
    assert queries.segments("", [(0, 1, "x")]) == []
