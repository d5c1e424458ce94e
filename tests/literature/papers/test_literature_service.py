import gzip
import itertools
import json
from dataclasses import fields
from datetime import date

import pytest
from sqlalchemy import event, func, select

from monitor.feeds.readers import europepmc_json, pubmed_xml
from monitor.feeds.records import FetchedRecord, Identifier, Trial
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.literature import service
from monitor.literature.papers import queries, reconcile
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperLink,
    PaperMerge,
    PaperRecord,
    PaperRegistration,
    PaperTrial,
    StudyPaper,
)
from monitor.literature.words import Lane, LinkState, Relation

TITLE = "Circle of Security in the invented town of Nowhere: a trial"
TRIAL = Identifier("nct", "NCT00000001")


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


def papers(session):
    return session.scalars(select(Paper).where(Paper.merged_into_id.is_(None))).all()


def audited(session, action):
    of_action = select(AuditEntry).where(AuditEntry.action == action)
    return session.scalars(of_action.order_by(AuditEntry.seq)).all()


def snapshot(session):
    session.flush()
    return {
        table.__tablename__: sorted(map(repr, session.execute(select(table.__table__)).all()))
        for table in (Paper, PaperIdentifier, PaperRecord, PaperRegistration, Match, AuditEntry)
    }


def test_a_first_record_makes_a_paper_with_its_matches(session, intake, cite, now):
    taken = intake(cite(pmid="1", doi="10.1/a", abstract="In NCT00000001.", year=2024))
    assert (taken.is_new, taken.changed, taken.lane) == (True, False, Lane.EVALUATED)
    paper = queries.paper(session, taken.paper_id)
    assert paper.identifiers == (Identifier("pmid", "1"), Identifier("doi", "10.1/a"))
    assert paper.registrations == (TRIAL,)
    assert [(h.slug, h.words, h.field, h.start) for h in paper.hits] == [
        ("cos", "Circle of Security", "title", 0)
    ]
    assert (paper.version, paper.first_seen_at, paper.changed_at) == (1, now, now)
    assert [(r.source, r.joined_by) for r in paper.records] == [("pubmed", "new paper")]


def test_taking_the_same_in_again_changes_nothing(session, intake, cite):
    stored = intake.stored(cite(pmid="1", abstract="NCT00000001"))
    first = intake.again(stored)
    before = snapshot(session)
    again = intake.again(stored)
    assert snapshot(session) == before
    assert (again.paper_id, again.is_new, again.changed) == (first.paper_id, False, False)
    assert again.lane is Lane.EVALUATED


def test_a_source_that_calls_everything_by_one_number_is_read_no_more_than_so_much(
    session, intake, cite
):
    """Its newest words count, as ever; and what another source said long before is not drowned."""
    paper_id = intake(cite(doi="10.1/a", journal="Told first"), source="europepmc").paper_id
    for number in range(reconcile._MOST + 5):
        taken = intake(cite(f"{TITLE}, {number}", doi="10.1/a"))
        assert taken.paper_id == paper_id
    read = reconcile.held(session, [paper_id])[paper_id].versions
    assert len(read) == reconcile._MOST + 1
    paper = queries.paper(session, paper_id)
    assert (paper.title, paper.journal) == (f"{TITLE}, {number}", "Told first")
    assert len(paper.records) == reconcile._MOST + 6, "all are kept"


def test_five_sources_bring_one_paper(session, intake, cite):
    one = intake(cite(pmid="1", doi="10.1/a"))
    others = [
        intake(cite(doi="10.1/a"), source="europepmc"),
        intake(cite(pmid="1", pmcid="PMC1"), source="pubmed_rss"),
        intake(cite(pmcid="PMC1"), source="journals"),
        intake(cite("Another wording, circles of safety", doi="10.1/a"), source="crossref"),
    ]
    assert {taken.paper_id for taken in others} == {one.paper_id}
    assert not any(taken.is_new for taken in others)
    paper = queries.paper(session, one.paper_id)
    assert paper.title == TITLE  # PubMed's word comes first
    assert [record.joined_by for record in paper.records] == [
        "new paper",
        "same doi",
        "same pmid",
        "same pmcid",
        "same doi",
    ]
    assert audited(session, "paper.identity-conflict") == []


RECORDS: dict[str, dict[str, object]] = {
    "pubmed": {"pmid": "1", "year": 2024, "publication_types": ("Journal Article",)},
    "europepmc": {"pmid": "1", "doi": "10.1/a", "abstract": "A trial of attachment."},
    "journals": {"doi": "10.1/a", "abstract": "Buy!", "year": 2023, "issue": "4"},
}


@pytest.mark.parametrize("order", list(itertools.permutations(RECORDS)))
def test_the_order_of_sources_does_not_matter(session, intake, cite, order):
    merged = [intake(cite(f"{TITLE}, {s}", **RECORDS[s]), source=s).merged for s in order]
    (row,) = papers(session)
    paper = queries.paper(session, row.id)
    assert (paper.title, paper.abstract, paper.year, paper.issue) == (
        f"{TITLE}, pubmed",
        "A trial of attachment.",
        2024,
        "4",
    )
    assert len(paper.records) == 3
    # PubMed's and the journal's have nothing in common until Europe PMC's joins them
    bridged = order[2] == "europepmc"
    assert [m is not None for m in merged] == [False, False, bridged]


def test_a_material_change_raises_the_version_and_matches_anew(session, intake, cite):
    first = intake(cite(pmid="1"), key="1")
    second = intake(cite("Theraplay in the invented town of Nowhere", pmid="1"), key="1")
    assert (second.paper_id, second.is_new, second.changed) == (first.paper_id, False, True)
    paper = queries.paper(session, first.paper_id)
    assert (paper.version, queries.matched(session, paper.id)) == (2, ["theraplay"])


def test_a_change_that_says_nothing_new_does_not(session, intake, cite):
    first = intake(cite(pmid="1", abstract="Told.", year=2024), key="1")
    ids = session.scalars(select(Match.id)).all()
    second = intake(cite(pmid="1", volume="3"), key="1")
    assert not second.changed
    paper = queries.paper(session, first.paper_id)
    assert (paper.version, paper.volume, paper.abstract, paper.year) == (1, "3", "Told.", 2024)
    assert session.scalars(select(Match.id)).all() == ids


def test_keywords_may_name_an_intervention_later(session, intake, cite):
    first = intake(cite("Parenting in an invented town: a study", pmid="1"), key="1")
    assert first.lane is Lane.NONE
    second = intake(
        cite("Parenting in an invented town: a study", pmid="1", keywords=("a", "Theraplay")),
        key="1",
    )
    assert (second.lane, second.changed) == (Lane.EVALUATED, False)
    (hit,) = queries.paper(session, first.paper_id).hits
    assert (hit.field, hit.start) == ("keywords", 3)


def test_an_abstract_that_comes_later_is_a_change(session, intake, cite):
    intake(cite(pmid="1"))
    later = intake(cite(pmid="1", abstract="Now told."), source="europepmc")
    assert later.changed


def test_records_that_share_a_trial_are_papers_of_their_own(session, intake, cite):
    one = intake(cite(pmid="1", registrations=(TRIAL,)))
    two = intake(cite("Theraplay in the same invented trial", pmid="2", registrations=(TRIAL,)))
    registration = intake(cite("A registered trial of VIPP-SD", nct=TRIAL.value), source="ctgov")
    assert len({one.paper_id, two.paper_id, registration.paper_id}) == 3
    assert count(session, PaperRegistration) == 2


PLACE = {"year": 2024, "journal": "Child Development", "authors": ("Doe J", "Roe AB")}


def test_records_without_identifiers_join_by_their_words_if_these_are_certain(
    session, intake, cite
):
    one = intake(cite(pmid="1", **PLACE))
    same = intake(cite(TITLE.upper() + ".", **PLACE), source="journals")
    assert (same.paper_id, same.is_new) == (one.paper_id, False)
    assert queries.paper(session, one.paper_id).records[1].joined_by.startswith("same title; ")
    other = intake(cite(**PLACE | {"authors": ("Nobody X",)}), source="journals")
    assert other.is_new


def test_what_is_not_certain_is_a_persons_to_compare(session, intake, cite):
    one = intake(cite(pmid="1", **PLACE))
    doubtful = intake(cite(year=2024), source="journals")
    assert doubtful.is_new
    (link,) = session.scalars(select(PaperLink)).all()
    assert (link.paper_id, link.other_id) == (one.paper_id, doubtful.paper_id)
    assert (link.relation, link.state) == (Relation.SAME_PAPER, LinkState.PROPOSED)
    assert link.reason == "same title, too little else to go by"
    again = intake(cite(year=2024, pages="1-9"), source="journals")
    assert again.is_new


def test_what_becomes_certain_later_merges_and_says_why(session, intake, cite):
    one = intake(cite(pmid="1", **PLACE)).paper_id
    two = intake(cite(year=2024), source="journals", key="a").paper_id
    taken = intake(cite(**PLACE), source="journals", key="a")
    assert taken.merged == (one, two)
    (merge,) = session.scalars(select(PaperMerge)).all()
    assert merge.reason == "same title; authors, year and journal agree"


def test_what_nobody_is_to_screen_is_nobodys_to_compare(session, intake, cite):
    for source in ("pubmed", "journals"):
        assert intake(cite("Beetles of the invented town of Nowhere", year=2024), source=source)
    assert count(session, Paper) == 2
    assert count(session, PaperLink) == 0


def test_a_paper_without_identifiers_is_found_by_one_that_has_some(session, intake, cite):
    feed = intake(cite(**PLACE), source="journals", key="a")
    article = intake(cite(pmid="1", **PLACE))
    assert article.paper_id == feed.paper_id
    assert queries.paper(session, feed.paper_id).identifiers == (Identifier("pmid", "1"),)


def test_two_papers_with_identifiers_are_never_joined_by_title(session, intake, cite):
    """A preprint and its article share title, year and authors."""
    article = intake(cite(pmid="1", year=2024, authors=("Doe J",)))
    preprint = intake(cite(doi="10.1101/a", year=2024, authors=("Doe J",)))
    assert preprint.paper_id != article.paper_id
    (link,) = session.scalars(select(PaperLink)).all()
    assert (link.paper_id, link.other_id) == (preprint.paper_id, article.paper_id)
    assert link.relation is Relation.PREPRINT_OF


def test_several_candidates_make_a_new_paper_to_be_compared_with_each(session, intake, cite):
    two = [intake(cite(pmid=number, **PLACE)).paper_id for number in ("1", "2")]
    third = intake(cite(**PLACE), source="journals")
    assert third.is_new
    compared = select(PaperLink.paper_id).where(PaperLink.other_id == third.paper_id)
    assert list(session.scalars(compared.order_by(PaperLink.paper_id))) == two


def test_editorials_of_one_title_stay_apart(session, intake, cite):
    for _ in range(3):
        assert intake(cite("Editorial", year=2024, journal="J"), source="journals").is_new
    assert len(papers(session)) == 3


def test_a_changed_record_without_identifiers_stays_with_its_paper(session, intake, cite):
    first = intake(cite(), source="journals", key="a")
    changed = intake(cite(TITLE + ", corrected"), source="journals", key="a")
    found_its_doi = intake(cite(TITLE, doi="10.1/a"), source="journals", key="a")
    assert {changed.paper_id, found_its_doi.paper_id} == {first.paper_id}
    records = queries.paper(session, first.paper_id).records
    assert records[1].joined_by == "new version of the same record"


def test_a_key_used_again_for_another_paper_makes_another_paper(session, intake, cite):
    first = intake(cite(), source="journals", key="a")
    other = intake(cite("Theraplay: something else entirely"), source="journals", key="a")
    assert other.is_new
    (entry,) = audited(session, "paper.identity-conflict")
    assert entry.subject == f"paper:{first.paper_id}"


def test_an_identifier_two_papers_claim_stays_with_the_first(session, intake, cite):
    first = intake(cite(pmid="1", doi="10.1/a"))
    claim = intake(cite("Theraplay: something else entirely", pmid="2", doi="10.1/a"))
    assert claim.is_new
    held = {i.value for i in queries.paper(session, claim.paper_id).identifiers}
    assert held == {"2"}
    (entry,) = audited(session, "paper.identity-conflict")
    assert entry.details["reason"] == "same doi, but another pmid and another title"
    assert len(queries.paper(session, first.paper_id).records) == 1


@pytest.mark.parametrize("registered_first", [True, False])
def test_a_registration_stays_beside_an_article_of_the_same_title(intake, cite, registered_first):
    registered = cite(
        nct=TRIAL.value, year=2026, publication_types=("Clinical Trial Registration",)
    )
    # as a feed sends it: no number, no journal, the trial's own title
    article = cite(year=2026)
    records = [(registered, "clinicaltrials"), (article, "journals")]
    taken = [
        intake(record, source=source)
        for record, source in (records if registered_first else reversed(records))
    ]
    assert all(one.is_new for one in taken)
    assert len({one.paper_id for one in taken}) == 2


def test_a_second_number_of_the_same_paper_is_kept_as_its_alias(session, intake, cite):
    first = intake(cite(pmid="1", doi="10.1/a"))
    renumbered = intake(cite(pmid="2", doi="10.1/a"))
    assert renumbered.paper_id == first.paper_id
    assert intake(cite(pmid="1"), source="europepmc").paper_id == first.paper_id
    assert len(queries.paper(session, first.paper_id).identifiers) == 3


def _bridge(intake, cite, other_title=TITLE, **fields):
    one = intake(cite(doi="10.1/a", registrations=(TRIAL,)), source="journals")
    two = intake(cite(other_title, pmid="1", registrations=(TRIAL,), **fields))
    return one.paper_id, two.paper_id


def test_a_record_with_identifiers_of_both_makes_two_papers_one(session, intake, cite):
    one, two = _bridge(intake, cite, abstract="Told.")
    taken = intake(cite(pmid="1", doi="10.1/a"), source="europepmc")
    assert taken.merged == (one, two)
    assert taken.paper_id == one
    kept = queries.paper(session, one)
    assert {i.value for i in kept.identifiers} == {"1", "10.1/a"}
    assert (len(kept.records), kept.registrations, kept.abstract) == (3, (TRIAL,), "Told.")
    assert queries.paper(session, two) == kept  # an old link still leads somewhere
    assert session.scalars(select(Match.paper_id)).all() == [one]
    (entry,) = audited(session, "paper.merged")
    assert (entry.subject, entry.details["gone"]) == (f"paper:{one}", two)
    assert entry.details["identifiers"] == [["pmid", "1"]]
    assert len(entry.details["records"]) == 1
    standing = select(Paper.id).where(Paper.merged_into_id.is_(None))
    assert session.scalars(standing).all() == [one]
    assert not intake(cite(pmid="1"), source="x").is_new


def test_a_merge_keeps_the_paper_people_worked_on(session, intake, cite, reviewer, now):
    one, two = _bridge(intake, cite)
    study = service.create_study(session, paper_id=two, label="Doe 2024", by=reviewer, at=now)
    taken = intake(cite(pmid="1", doi="10.1/a"), source="europepmc")
    assert taken.merged == (two, one)
    assert queries.paper(session, one).study == (study.id, "Doe 2024")


def test_papers_of_two_studies_are_not_merged(session, intake, cite, reviewer, now):
    one, two = _bridge(intake, cite)
    for paper_id in (one, two):
        service.create_study(session, paper_id=paper_id, label="A", by=reviewer, at=now)
    taken = intake(cite(pmid="1", doi="10.1/a"), source="europepmc")
    assert (taken.merged, taken.paper_id) == (None, two)  # the PMID tells more than the DOI
    (entry,) = audited(session, "paper.identity-conflict")
    assert entry.details["reason"] == "each belongs to a study of its own"
    with pytest.raises(Conflict, match="different studies"):
        _merge(session, intake, one, two)


def test_papers_of_different_titles_are_not_merged(session, intake, cite):
    _, two = _bridge(intake, cite, "Theraplay: something else entirely")
    taken = intake(cite(pmid="1", doi="10.1/a"), source="europepmc")
    assert (taken.merged, taken.paper_id) == (None, two)
    (entry,) = audited(session, "paper.identity-conflict")
    assert entry.details == {"other": two, "reason": "their titles differ"}
    assert len(papers(session)) == 2


def _merge(session, intake, kept, gone):
    service.merge(
        session,
        kept_id=kept,
        gone_id=gone,
        reason="they look alike",
        matcher=intake.matcher,
        by="user:1",
        at=intake.now,
    )


def test_a_person_may_merge_and_both_links_of_one_study_become_one(
    session, intake, cite, reviewer, now
):
    one, two = _bridge(intake, cite, "Theraplay: something else entirely")
    study = service.create_study(session, paper_id=one, label="A", by=reviewer, at=now)
    service.link_paper(
        session, paper_id=two, study_id=study.id, role="follow-up", by=reviewer, at=now
    )
    _merge(session, intake, one, two)
    assert session.scalars(select(StudyPaper.paper_id)).all() == [one]
    assert queries.paper(session, one).title == "Theraplay: something else entirely"
    with pytest.raises(Conflict, match="one already"):
        _merge(session, intake, one, two)
    with pytest.raises(Conflict, match="one already"):
        _merge(session, intake, one, one)
    with pytest.raises(NotFound):
        _merge(session, intake, one, 999)


def test_a_study_is_made_once_and_audited(session, intake, cite, reviewer, now):
    paper_id = intake(cite(pmid="1")).paper_id
    study = service.create_study(
        session, paper_id=paper_id, label=" Doe\n2024\x00 ", by=reviewer, at=now
    )
    again = service.create_study(session, paper_id=paper_id, label="B", by=reviewer, at=now)
    assert (again.id, study.label) == (study.id, "Doe 2024")
    link = session.get(StudyPaper, paper_id)
    assert (link.role, link.linked_by) == ("main report", reviewer.id)
    (entry,) = audited(session, "study.paper-linked")
    assert (entry.actor, entry.subject) == (f"user:{reviewer.id}", f"study:{study.id}")


def test_a_paper_reports_one_study(session, intake, cite, reviewer, now):
    one, two, three = (
        intake(cite(f"Invented trial number {n}: Theraplay", pmid=n)).paper_id for n in "123"
    )
    study = service.create_study(session, paper_id=one, label="A", by=reviewer, at=now)
    other = service.create_study(session, paper_id=two, label="B", by=reviewer, at=now)
    given = {"by": reviewer, "at": now}
    service.link_paper(session, paper_id=three, study_id=study.id, role="protocol", **given)
    service.link_paper(session, paper_id=three, study_id=study.id, role="protocol", **given)
    assert count(session, StudyPaper) == 3
    with pytest.raises(Conflict, match="already reports"):
        service.link_paper(session, paper_id=three, study_id=other.id, role="other", **given)
    with pytest.raises(InvalidInput):
        service.link_paper(session, paper_id=three, study_id=study.id, role="x", **given)
    with pytest.raises(NotFound):
        service.link_paper(session, paper_id=three, study_id=999, role="other", **given)
    with pytest.raises(NotFound):
        service.create_study(session, paper_id=999, label="A", **given)
    fresh = intake(cite("A fourth invented trial: Theraplay", pmid="4")).paper_id
    with pytest.raises(InvalidInput):
        service.create_study(session, paper_id=fresh, label=" \x00", **given)


HOSTILE = [
    "",
    "\x00",
    "Theraplay\x00 in Nowhere",
    "Theraplay " * 500,
    "א" * 5_000,
    "\u202eTheraplay\u202c \u2067x",
    "\ud800Theraplay",
    "<script>alert('Theraplay')</script>",
    "𝕋heraplay 👪",
]


@pytest.mark.parametrize("text", HOSTILE, ids=map(str, range(len(HOSTILE))))
def test_hostile_text_is_stored_and_shown(session, intake, cite, text):
    citation = cite(
        text, doi=text, abstract=text, authors=(text,), journal=text, year=10**12, url=text,
        keywords=(text,), publication_types=(text,), volume=text, pages=text, language=text,
    )  # fmt: skip
    stored = intake.stored(cite("placeholder"))
    taken = intake.again(type(stored)(stored.record_id, stored.source, citation, "q", None))
    session.flush()
    session.expire_all()
    paper = queries.paper(session, taken.paper_id)
    assert paper.year is None
    for field, shown in (("title", paper.title), ("abstract", paper.abstract or "")):
        assert (
            "".join(segment.text for segment in queries.marked(shown, field, paper.hits)) == shown
        )


def test_a_new_paper_costs_few_statements(database, session, intake, cite):
    intake(cite("A first invented paper about Theraplay", pmid="1"))
    stored = intake.stored(cite("A second invented paper about Theraplay", pmid="2", doi="10.1/b"))
    statements = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]), named=False
    )
    intake.again(stored)
    assert len(statements) <= 14, statements


def test_papers_whose_titles_only_begin_alike_are_not_looked_up_one_by_one(
    database, session, intake, matcher, cite, now
):
    begins = "A randomised controlled trial of Theraplay in"
    names = ("Aberford", "Bexholme with infants", "Cawsand", "Dunmere for fathers")
    stored = [
        intake.stored(cite(f"{begins} {name}", authors=(f"Heron {initial}",), year=2020))
        for initial, name in zip("ABCD", names, strict=True)
    ]
    statements = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]), named=False
    )
    done = service.ingest(session, stored, matcher, now)
    assert len(statements) <= 20, statements
    assert [one.is_new for one in done] == [True] * 4
    # one that may be the same is compared, with those before it and with those of its own batch
    again = [
        intake.stored(cite(f"{begins} {names[1]}", authors=("Heron B",), year=2020)),
        intake.stored(cite(f"{begins} {names[1]}", authors=("Heron B",), year=2020)),
    ]
    for one in service.ingest(session, again, matcher, now):
        linked = select(PaperLink).where(
            (PaperLink.paper_id == one.paper_id) | (PaperLink.other_id == one.paper_id)
        )
        assert one.paper_id == done[1].paper_id or session.scalars(linked).first()


def test_what_a_joined_record_changed_is_seen_by_those_after_it_in_one_batch(
    session, intake, matcher, cite, now
):
    by = {"authors": ("Heron A", "Wren B"), "year": 2020, "journal": "J Invented", "volume": "7"}
    of_town = "A randomised controlled trial of Theraplay in Aberford"
    of_sea = "Playing by the sea: what foster carers in Bexholme told us of their first year"
    batch = [
        intake.stored(cite(of_town, pmid="11", pages="1-9", **by), source="file"),
        # the preferred source says that the same paper is called otherwise
        intake.stored(cite(of_sea, pmid="11", pages="21-39", **by)),
        # none of these has an identifier: two are that paper by its new words, one is another
        intake.stored(cite(of_sea, pages="21-39", **by), source="file"),
        intake.stored(cite(f"{of_town}, two years on", authors=("Finch C",), year=2022)),
        intake.stored(cite(of_sea.upper(), pages="21-39", **by), source="file"),
    ]
    at_once = session.begin_nested()
    together = [one.paper_id for one in service.ingest(session, batch, matcher, now)]
    at_once.rollback()
    session.expire_all()
    alone = [service.ingest(session, [one], matcher, now)[0].paper_id for one in batch]
    places = [ids.index(one) for ids in (together, alone) for one in ids]
    assert places == [0, 0, 0, 3, 0] * 2


def _recorded(recordings):
    """Real replies of two sources, which share papers, read by the real readers."""
    for path in sorted((recordings / "pubmed_xml").glob("reciter*.xml")):
        with path.open("rb") as file:
            yield from (("pubmed", one) for one in pubmed_xml.read(file))
    for name in ("search_cancer_core.json.gz", "search_cancer.json"):
        path = recordings / "europepmc" / f"pyeuropepmc__{name}"
        raw = path.read_bytes()
        reply = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
        for result in reply["resultList"]["result"]:
            yield "europepmc", europepmc_json.read(result)


def test_recorded_replies_make_one_paper_of_each_number(session, intake, recordings):
    records = [(source, r) for source, r in _recorded(recordings) if isinstance(r, FetchedRecord)]
    stored = [intake.stored(r.citation, source=source, key=r.key) for source, r in records]
    for one in stored:
        intake.again(one)
    sent = {i for _, r in records for i in r.citation.identifiers}
    held = {
        Identifier(row.scheme, row.value): row.paper_id
        for row in session.scalars(select(PaperIdentifier))
    }
    assert held.keys() == sent
    numbered = [paper for i, paper in held.items() if i.scheme == "pmid"]
    assert len(numbered) == len(set(numbered)) > 20
    assert count(session, PaperRecord) == len(records) > len(papers(session))
    before = snapshot(session)
    for one in stored:
        intake.again(one)
    assert snapshot(session) == before


def test_a_registration_keeps_the_facts_of_its_trial_and_renews_them(session, intake, cite):
    planned = Trial("recruiting", date(2020, 1, 31), date(2022, 2, 28), True, 200, False)
    first = intake(cite(nct=TRIAL.value, trial=planned), source="clinicaltrials", key="a")
    assert _trial(session, first) == planned
    ended = Trial("completed", date(2020, 1, 31), date(2022, 3, 31), False, 187, None)
    again = intake(cite(nct=TRIAL.value, trial=ended), source="clinicaltrials", key="a")
    assert again.paper_id == first.paper_id
    assert _trial(session, first) == ended
    article = intake(cite("Theraplay in an invented town, a report", pmid="1"))
    assert session.get(PaperTrial, article.paper_id) is None


def _trial(session, taken):
    row = session.get(PaperTrial, taken.paper_id)
    return Trial(**{field.name: getattr(row, field.name) for field in fields(Trial)})


def _named(session, intake, cite, reviewer, now, label, **paper):
    paper_id = intake(cite(**paper)).paper_id
    study = service.create_study(session, paper_id=paper_id, label=label, by=reviewer, at=now)
    return paper_id, study


def test_a_study_that_an_older_rule_named_is_named_anew(session, intake, cite, reviewer, now):
    given = session, intake, cite, reviewer, now
    about = {"authors": ("Alder, Pat", "Birch, Quin"), "year": 2026}
    old, study = _named(*given, "Alder, Pat 2026", title="Invented: Theraplay", pmid="1", **about)
    new, good = _named(
        *given, "Alder 2026", title="Another: Theraplay", pmid="2", authors=("Alder P",), year=2026
    )
    own, kept = _named(
        *given, "The nursery trial", title="A third: Theraplay", pmid="3", authors=("Sorrel, Ada",)
    )
    assert service.rename_by_rule(session, [old, new, own], by="job:renew", at=now) == 1
    assert (study.label, good.label) == ("Alder 2026b", "Alder 2026a"), "told apart as ever"
    assert kept.label == "The nursery trial", "no rule gave it"
    assert service.rename_by_rule(session, [old, new, own], by="job:renew", at=now) == 0
    renamed = audited(session, "study.renamed")
    assert [(entry.actor, entry.subject) for entry in renamed] == [
        ("job:renew", f"study:{good.id}"),
        ("job:renew", f"study:{study.id}"),
    ]
