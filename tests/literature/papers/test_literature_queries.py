import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import given
from hypothesis import strategies as st
from published import ten  # type: ignore[import-not-found]  # tests/support is on pytest's path
from query_plans import plan_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import insert, text

from monitor.feeds.records import Identifier
from monitor.feeds.tables import RecordQuery
from monitor.kernel.errors import NotFound
from monitor.literature import service
from monitor.literature.papers import queries
from monitor.literature.papers.queries import Segment
from monitor.literature.tables import Match, Paper

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


@pytest.fixture
def naming(session, catalogue, now):
    """Give a function that adds a paper naming interventions."""
    ten(session, catalogue, now)

    def add(title, *slugs):
        paper = rows.paper(session, title, at=now)
        session.add_all(_match(paper.id, slug) for slug in slugs)
        session.flush()
        return paper

    return add


def _match(paper_id, slug):
    return Match(paper_id=paper_id, slug=slug, words="x", field="title", start=0, rule="full name")


def test_studies_are_listed_by_label_of_those_with_a_paper_that_names_one(session, naming, now):
    made = {
        label: rows.study(session, label, *papers, at=now).id
        for label, papers in {
            "Doe 2": [naming("Of VIG", "vig")],
            "Doe 1": [naming("B of VIG", "vig"), naming("A of COS and VIG", "cos", "vig")],
            "Abel": [naming("Of COS", "cos")],
            "None": [naming("Of neither")],
            "Empty": [],
        }.items()
    }
    naming("Of VIG, and of no study", "vig")
    of_vig = [(made["Doe 1"], "Doe 1", "A of COS and VIG"), (made["Doe 2"], "Doe 2", "Of VIG")]
    of_cos = [(made["Abel"], "Abel", "Of COS"), of_vig[0]]
    every = [of_cos[0], *of_vig, (made["None"], "None", "Of neither")]
    assert queries.studies(session, ["vig"], limit=9) == of_vig
    assert queries.studies(session, ["cos"], limit=9) == of_cos
    assert queries.studies(session, ["vig", "cos"], limit=2) == every[:2]
    assert queries.studies(session, ["theraplay"], limit=9) == []
    assert queries.studies(session, None, limit=9) == every


@pytest.mark.parametrize("named", [True, False])
def test_studies_to_choose_from_are_found_whatever_papers_there_are(session, naming, now, named):
    """Neither all matches of an intervention, nor all papers: nearly all of them report no study."""
    for number in range(40):
        rows.study(session, f"Study {number}", naming("Of VIG", "vig"), at=now)
    paper = {
        "authors": [], "publication_types": [], "keywords": [], "lane": "evaluated", "title": "x",
        "first_seen_at": now, "changed_at": now, "version": 1, "read_by": 1,
    }  # fmt: skip
    match = {"slug": "vig", "words": "x", "field": "title", "start": 0, "rule": "full name"}
    ids = range(1_000, 7_000)
    session.execute(insert(Paper), [paper | {"id": id_} for id_ in ids])
    session.execute(insert(Match), [match | {"paper_id": id_} for id_ in ids])
    session.execute(text("ANALYZE"))
    plan = plan_of(session, lambda: queries.studies(session, ["vig"] if named else None, limit=20))
    assert "ix_study_label_id" in plan
    whole = ("ix_match_slug", "Seq Scan on match", "Seq Scan on paper", "SCAN match", "SCAN paper")
    assert not [read for read in whole if read in plan]


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
