"""Two papers side by side: answered, linked, merged, taken back; with what follows from each."""

import re

import pytest
from lxml import html
from sqlalchemy import func, select

from monitor import story_of_papers
from monitor.evidence.tables import GradeRow
from monitor.feeds.records import Citation, Identifier
from monitor.gap.tables import Change
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import Conflict, NotFound
from monitor.literature.papers import linking
from monitor.literature.tables import Paper, PaperLink, PaperMerge, StudyPaper
from monitor.literature.words import LinkState, Relation
from monitor.notify.tables import Announcement
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.tables import QueueItem
from monitor.review.words import ScreeningVerdict, Stage

DDP = "Example trial of Dyadic Developmental Psychotherapy in adoptive families"


@pytest.fixture
def proposed(world):
    """Propose that one paper is (relation) another; gives the link's number."""

    def propose(one, other, relation=Relation.SAME_PAPER):
        with world.database.write() as session:
            ids = world.papers[one], world.papers[other]
            linking.propose(session, *ids, relation, "invented likeness", world.at)
            return linking.between(session, *ids)[-1].id

    return propose


@pytest.fixture
def settle(world):
    """Answer a link as a person does, having seen the papers as they are."""

    def answer(link_id, by, *, confirm, version=None):
        with world.database.write() as session:
            return story_of_papers.settle_link(
                session,
                world.service,
                link_id=link_id,
                confirm=confirm,
                version=version or reviews.pair(session, link_id).version,
                by=by,
                at=world.at,
            )

    return answer


@pytest.fixture
def undo(world):
    def undo_merge(merge_id, by):
        with world.database.write() as session:
            story_of_papers.undo_merge(
                session,
                world.service,
                merge_id=merge_id,
                by=by,
                at=world.at,
            )

    return undo_merge


def stage(world, name):
    with world.database.read() as session:
        item = session.get(QueueItem, world.papers[name])
        return item.stage if item else None


def reports(world):
    with world.database.read() as session:
        names = {number: name for name, number in world.papers.items()}
        rows = session.execute(select(StudyPaper.paper_id, StudyPaper.study_id, StudyPaper.role))
        return {names[row.paper_id]: (row.study_id, row.role) for row in rows}


def link(world, link_id):
    with world.database.read() as session:
        found = session.get_one(PaperLink, link_id)
        session.expunge(found)
        return found


def words(element):
    return " ".join("".join(map(str, element.itertext())).split())


def text(page):
    return words(html.document_fromstring(page.text))


def the_link(world, one, other):
    """Find the number of the proposal between two papers."""
    with world.database.read() as session:
        pair = [world.papers[one], world.papers[other]]
        return session.scalars(
            select(PaperLink.id).where(PaperLink.paper_id.in_(pair), PaperLink.other_id.in_(pair))
        ).one()


def waiting(browser):
    """Read from the queue how many pairs wait to be compared."""
    (count,) = re.findall(r"To compare (\d+)", text(browser.get("/queue")))
    return int(count)


def test_a_doubtful_pair_is_compared_merged_and_parted_again(world, browse):
    title = f"{world.hostile} Theraplay for siblings, an invented study"
    world.arrive("crossref", twin=Citation(title=title, year=2026))
    browser, link = browse(world.ann), the_link(world, "hostile", "twin")
    before = waiting(browser)
    assert before >= 1
    for page in (browser.get("/compare"), browser.get(f"/compare/{link}")):
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text
        assert "too little else to go by" in page.text
    page = browser.get(f"/papers/{world.papers['twin']}")
    assert "Perhaps the same paper as one you have" in page.text
    assert "Compare the two" in page.text

    sent = browser.send(f"/compare/{link}", {"answer": "yes"})
    assert (sent.status_code, sent.location) == (303, f"/compare?done={link}")
    assert "Recorded: one paper." in text(browser.get(sent.location))
    assert (stage(world, "hostile"), stage(world, "twin")) == (Stage.TO_SCREEN, None)
    assert browser.get(f"/compare/{link}").location == f"/papers/{world.papers['hostile']}"
    history = browser.get(f"/papers/{world.papers['hostile']}")
    assert 'href="/merges/1/undo"' in history.text
    assert "Ann Example merged another paper into it" in text(history)

    page = browser.get("/merges/1/undo")
    assert "1 record goes back to the one that returns" in text(page)
    assert "<script>alert" not in page.text
    assert browser.send("/merges/1/undo").location == f"/papers/{world.papers['twin']}"
    assert (stage(world, "hostile"), stage(world, "twin")) == (Stage.TO_SCREEN, Stage.TO_SCREEN)
    assert "Ann Example undid it" in text(browser.get("/merges/1/undo"))
    again = browser.post("/merges/1/undo", {}, csrf=browser.csrf())
    assert again.status_code == 409
    assert "Ann Example undid this merge on" in text(again)
    assert waiting(browser) == before - 1


def test_the_page_marks_what_differs_and_says_what_is_missing(world, browse, proposed):
    world.arrive(
        "crossref",
        twin=Citation(
            title=DDP.upper().replace("ADOPTIVE", "foster"), year=2025, authors=("Example A",)
        ),
    )
    page = browse(world.ann).get(f"/compare/{proposed('ddp', 'twin')}")
    document = html.document_fromstring(page.text)
    rows = {words(row).split()[0]: row for row in document.iterfind(".//tbody/tr")}
    said = {name: words(row) for name, row in rows.items()}
    marked = [words(mark) for mark in rows["Title"].iter("mark")]
    assert marked == ["only here: adoptive", "only here: foster"]
    assert said["Year"].startswith("Year differs")
    assert said["Journal"].startswith("Journal only one says")
    assert said["Journal"].endswith("Second paper Not said")
    assert "Neither says: published, volume, issue, pages" in text(page)
    assert not list(rows["Journal"].iter("mark")), "what only one says is not a difference"
    assert [h.tag for h in document.iter("h1", "h2")] == ["h1", "h2"]


def test_no_keeps_both_and_is_not_asked_again(world, browse, proposed, settle):
    number = proposed("ddp", "ddp2")
    browser = browse(world.ann)
    assert browser.send(f"/compare/{number}", {"answer": "no"}).status_code == 303
    found = link(world, number)
    assert (found.state, found.settled_by) == (LinkState.REJECTED, f"user:{world.ann.id}")
    before = world.contents()
    assert settle(number, world.ben, confirm=False).merge is None
    assert world.contents() == before, "the same answer again changes nothing"
    with pytest.raises(Conflict, match="Ann Example said that this is not so on 23 November 2026"):
        settle(number, world.ben, confirm=True)
    with world.database.write() as session:
        ids = world.papers["ddp2"], world.papers["ddp"]
        assert not linking.propose(session, *ids, Relation.SAME_PAPER, "again", world.at)


def test_a_person_may_change_their_mind_and_merge_after_all(world, browse, proposed, settle):
    number = proposed("cosp", "possible")
    settle(number, world.ann, confirm=False)
    browser = browse(world.ben)
    assert "two papers" in text(browser.get(f"/compare/{number}"))
    address = f"/compare/{number}/merge"
    stale = browser.post(address, {"version": "1.1-2.1"}, csrf=browser.csrf())
    assert stale.status_code == 409
    assert browser.send(address, page=f"/compare/{number}").status_code == 303
    assert link(world, number).state is LinkState.CONFIRMED
    with world.database.read() as session:
        assert session.get_one(Paper, world.papers["possible"]).merged_into_id
    before = world.contents()
    sent = browser.post(address, {"version": ""}, csrf=browser.csrf())
    assert (sent.status_code, world.contents()) == (303, before), "once is enough"


def test_stale_and_odd_forms_do_no_harm(world, browse, proposed, settle):
    number = proposed("cosp", "possible")
    with world.database.read() as session:
        version = reviews.pair(session, number).version
    changed = Citation(
        title="Example trial of Circle of Security-Parenting, corrected",
        identifiers=(Identifier("pmid", "40000001"),),
    )
    world.arrive("pubmed", cosp=changed)
    before = world.contents()
    with pytest.raises(Conflict, match="has changed since you opened this page"):
        settle(number, world.ann, confirm=True, version=version)
    browser = browse(world.ann)
    csrf = browser.csrf()
    answers = (
        ({"answer": "yes", "version": version}, 409),
        ({"answer": "perhaps"}, 400),
        ({"answer": "yes"}, 409),
    )
    for data, status in answers:
        page = browser.post(f"/compare/{number}", data, csrf=csrf)
        assert page.status_code == status
        assert "There is a problem" in page.text
    for address in ("/compare?after=x&done=99999999999", "/compare?done=9"):
        assert browser.get(address).status_code == 200
    with pytest.raises(NotFound):
        settle(999, world.ann, confirm=True, version="1")
    with pytest.raises(Conflict, match="is not a reviewer"):
        settle(number, world.rob, confirm=True)
    assert world.contents() == before


def test_papers_of_two_studies_are_not_brought_together(world, browse, proposed, settle):
    for relation in (Relation.SAME_PAPER, Relation.PROTOCOL_OF):
        number = proposed("half", "differ", relation)
        page = text(browse(world.ann).get(f"/compare/{number}"))
        assert "cannot be recorded now" in page
        assert "withdraw the one that should not count" in page
        with pytest.raises(Conflict, match="Each reports a study of its own"):
            settle(number, world.ann, confirm=True)
        assert link(world, number).state is LinkState.PROPOSED


HUNG = [
    (Relation.PREPRINT_OF, "preprint"),
    (Relation.REGISTRATION_OF, "registration"),
    (Relation.PROTOCOL_OF, "protocol"),
    (Relation.SAME_STUDY, "secondary report"),
]


def test_the_forerunner_of_a_report_hangs_on_its_study(world, browse, proposed, settle):
    for name, (relation, role) in zip(
        ("cosp", "follow", "possible", "excluded"), HUNG, strict=True
    ):
        number = proposed(name, "half", relation)
        page = text(browse(world.ann).get(f"/compare/{number}"))
        assert f"reports the study Example 2026d too, as its {role}, and stands with it" in page
        settle(number, world.ann, confirm=True)
        assert reports(world)[name] == (world.studies["half"], role)
        assert stage(world, name) is Stage.TO_APPRAISE
        assert link(world, number).state is LinkState.CONFIRMED
    assert "This is the preprint of a paper you have" in text(
        browse(world.ann).get(f"/papers/{world.papers['cosp']}")
    )


def test_the_article_of_an_included_protocol_becomes_the_main_report(
    world, browse, proposed, settle
):
    number = proposed("half", "cosp", Relation.PROTOCOL_OF)
    page = text(browse(world.ann).get(f"/compare/{number}"))
    assert "as its main report" in page
    assert "is then its protocol" in page
    settle(number, world.ann, confirm=True)
    study = world.studies["half"]
    assert (reports(world)["half"], reports(world)["cosp"]) == (
        (study, "protocol"),
        (study, "main report"),
    )
    settle(proposed("half", "follow", Relation.PREPRINT_OF), world.ann, confirm=True)
    assert reports(world)["follow"] == (study, "secondary report"), "it has its main report"
    with world.database.read() as session:
        (entry,) = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "study.role-changed")
        )
        assert (entry.details["was"], entry.details["role"]) == ("main report", "protocol")


def test_a_link_between_papers_without_a_study_moves_nothing(world, browse, proposed, settle):
    for one, other, relation in (
        ("cosp", "follow", Relation.PREPRINT_OF),
        ("cosp", "half", Relation.NOTICE_OF),
    ):
        before = reports(world), stage(world, one), stage(world, other)
        number = proposed(one, other, relation)
        settle(number, world.ann, confirm=True)
        assert link(world, number).state is LinkState.CONFIRMED
        page = text(browse(world.ann).get(f"/papers/{world.papers[one]}"))
        assert "How they were compared" in page
        assert (reports(world), stage(world, one), stage(world, other)) == before


def grades(world, slug="ddp"):
    with world.database.read() as session:
        rows = session.scalars(
            select(GradeRow).where(GradeRow.slug == slug).order_by(GradeRow.id)
        ).all()
        return [(row.cause_kind, tuple(row.facts["studies"])) for row in rows]


def older(world, **more):
    """A paper from before the review closed, so that its study may be one of the 61 already."""
    citation = Citation(
        title="A first invented report of Dyadic Developmental Psychotherapy", year=2019, **more
    )
    world.arrive("crossref", older=citation)


def test_an_older_report_of_a_study_that_counts_works_its_tier_out_again(
    world, browse, proposed, settle
):
    world.decided_before_readings("ddp")
    older(world)
    before = grades(world)
    settle(proposed("ddp", "older", Relation.SAME_STUDY), world.ann, confirm=True)
    assert stage(world, "older") is Stage.ACCEPTED
    after = grades(world)
    low, high = before[-1][1]
    assert after == [*before, ("papers", (low - 1, high))], "it may be among those counted then"
    with world.database.read() as session:
        said = [str(content) for content in session.scalars(select(Announcement.content))]
        assert not [content for content in said if "found to report it" in content], (
            "a count alone is no news: it stands on the page of changes"
        )
        change = session.scalars(select(func.max(Change.id))).one()
    assert "another paper was found to report it" in browse().get(f"/changes/{change}").text
    assert browse().get("/interventions/ddp").status_code == 200


def test_a_protocol_says_nothing_of_when_results_were_known(world, proposed, settle):
    older(world)
    before = grades(world)
    settle(proposed("older", "ddp", Relation.PROTOCOL_OF), world.ann, confirm=True)
    assert grades(world) == before


def test_merging_and_undoing_work_a_tier_out_again(world, proposed, settle, undo):
    older(world, authors=("Example A",))
    before = grades(world)
    link_id = proposed("ddp", "older")
    settle(link_id, world.ann, confirm=True)
    assert reports(world).keys() >= {"ddp"}
    with world.database.read() as session:
        merge = session.scalars(select(PaperMerge)).one()
        assert merge.kept_id == world.papers["ddp"], "people worked on it"
        assert merge.by == f"user:{world.ann.id}"
    assert grades(world) == before, "PubMed's year stands"
    undo(merge.id, world.ann)
    assert grades(world) == before
    assert (stage(world, "ddp"), stage(world, "older")) == (Stage.ACCEPTED, Stage.TO_SCREEN)


def test_a_merge_that_brings_an_older_year_and_its_undoing_move_the_facts(
    world, proposed, settle, undo
):
    world.decided_before_readings("ddp")
    world.arrive(
        "crossref",
        late=Citation(title=DDP + ", in short", year=2019),
    )
    settle(proposed("ddp", "late", Relation.SAME_STUDY), world.ann, confirm=True)
    with_old = grades(world)
    world.arrive(
        "pubmed",
        corrected=Citation(
            title=DDP + ", in short", year=2026, identifiers=(Identifier("pmid", "40000099"),)
        ),
    )
    settle(proposed("corrected", "late"), world.ann, confirm=True)
    merged = grades(world)
    low, high = with_old[-1][1]
    assert merged[-1] == ("papers", (low + 1, high)), "PubMed says that it came later"
    with world.database.read() as session:
        merge_id = session.scalars(select(PaperMerge.id)).one()
    undo(merge_id, world.ben)
    assert grades(world)[-1] == ("papers", (low, high))


def test_a_verdict_given_while_they_were_one_stays_with_the_paper_it_was_given_on(
    world, proposed, settle, undo
):
    settle(proposed("cosp", "possible"), world.ann, confirm=True)
    world.screen("cosp", ScreeningVerdict.INCLUDE, world.ben, interventions=("cos",))
    with world.database.read() as session:
        merge_id = session.scalars(select(PaperMerge.id)).one()
    undo(merge_id, world.ann)
    assert (stage(world, "cosp"), stage(world, "possible")) == (Stage.TO_APPRAISE, Stage.TO_SCREEN)
    with world.database.read() as session:
        assert len(reviews.screenings(session, world.papers["cosp"])) == 1
        assert reviews.screenings(session, world.papers["possible"]) == []


def test_the_page_says_what_has_to_be_undone_first(world, browse, proposed, settle):
    settle(proposed("cosp", "possible"), world.ann, confirm=True)
    settle(proposed("cosp", "ddp"), world.ann, confirm=True)
    browser = browse(world.ben)
    page = browser.get("/merges/1/undo")
    assert "It cannot be undone now." in text(page)
    assert "has itself become one with" in text(page)
    before = world.contents()
    answer = browser.post("/merges/1/undo", {}, csrf=browser.csrf())
    assert (answer.status_code, world.contents()) == (409, before)
    assert 'href="/merges/2/undo"' in browser.get(f"/papers/{world.papers['ddp']}").text


def test_what_was_put_back_while_they_were_one_is_looked_at_again(world, proposed, settle, undo):
    settle(proposed("cosp", "excluded"), world.ann, confirm=True)
    assert stage(world, "cosp") is Stage.EXCLUDED
    with world.database.write() as session:
        place = reviews.item(session, world.papers["cosp"])
        review.reopen(
            session,
            paper_id=place.paper_id,
            reason="It is a trial",
            by=world.ben,
            version=place.version,
            at=world.at,
        )
    undo(1, world.ann)
    assert {stage(world, "cosp"), stage(world, "excluded")} == {Stage.TO_SCREEN}


def test_each_has_the_place_it_had(world, proposed, settle, undo):
    for one, other in (("unsure", "excluded"), ("cosp", "none"), ("half", "follow")):
        places = stage(world, one), stage(world, other)
        settle(proposed(one, other), world.ann, confirm=True)
        assert [stage(world, one), stage(world, other)].count(None) == 1
        with world.database.read() as session:
            merge_id = session.scalars(select(func.max(PaperMerge.id))).one()
        undo(merge_id, world.ann)
        assert (stage(world, one), stage(world, other)) == places


def test_pairs_are_listed_page_by_page_oldest_first(world, browse):
    names = [name for name in world.papers if name != "none"]
    pairs = [(one, other) for one in names for other in names if one < other][:27]
    with world.database.write() as session:
        for one, other in pairs:
            ids = world.papers[one], world.papers[other]
            linking.propose(session, *ids, Relation.SAME_STUDY, "invented", world.at)
    browser = browse(world.ann)
    page = browser.get("/compare")
    assert page.text.count('class="gm-item"') == 25
    assert "Showing 25 of 27" in text(page)
    assert browser.get("/compare?after=25").text.count('class="gm-item"') == 2
    assert 'aria-current="page">To compare <b>27</b>' in page.text
