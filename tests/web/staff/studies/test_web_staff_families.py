"""Papers put with other studies on their pages, with what follows for tiers, readers and pages."""

import pytest
from lxml import html
from sqlalchemy import func, select

from monitor.evidence.tables import GradeRow
from monitor.feeds.records import Citation, Identifier
from monitor.gap.tables import Change
from monitor.kernel.audit import AuditEntry
from monitor.literature.tables import Regrouping, StudyPaper
from monitor.notify.tables import Announcement
from monitor.review import locking
from monitor.review.tables import Decision
from monitor.review.words import ScreeningVerdict


def text(page):
    return " ".join("".join(map(str, html.document_fromstring(page.text).itertext())).split())


@pytest.fixture
def counted(world):
    """A second study of the same trial that counts: a follow-up that was taken for a study."""
    world.screen("follow", ScreeningVerdict.INCLUDE, world.ann)
    for person in (world.ann, world.ben):
        world.appraise("follow", person)
    return world.studies["follow"]


def newest(world, table):
    with world.database.read() as session:
        return session.scalars(select(table).order_by(table.id.desc()).limit(1)).one()


def count(world, table):
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def reports(world, study_id):
    with world.database.read() as session:
        rows = select(StudyPaper.paper_id, StudyPaper.role).where(StudyPaper.study_id == study_id)
        names = {number: name for name, number in world.papers.items()}
        return {names[row.paper_id]: row.role for row in session.execute(rows)}


def studies_counted(world):
    with world.database.read() as session:
        newest_grade = select(GradeRow).where(GradeRow.slug == "ddp").order_by(GradeRow.id.desc())
        return session.scalars(newest_grade.limit(1)).one().counted


def test_what_may_belong_is_offered_with_its_reason_and_never_taken(world, browse):
    browser, study = browse(world.ann), world.studies["ddp"]
    page = browser.get(f"/studies/{study}/papers")
    assert "What may belong to it" in page.text
    assert "both name ISRCTN00000002" in text(page)
    assert reports(world, study) == {"ddp": "main report"}
    address = f"/studies/{study}/papers/{world.papers['follow']}"
    page = browser.get(address)
    assert "It may belong to this study: both name ISRCTN00000002" in text(page)
    assert not html.document_fromstring(page.text).xpath("//input[@checked]")
    paper = text(browser.get(f"/papers/{world.papers['follow']}"))
    assert "Perhaps a study you have" in paper
    assert "both name ISRCTN00000002" in paper


def test_a_paper_is_attached_as_a_follow_up_and_it_is_undone(world, browse):
    browser, study = browse(world.ann), world.studies["ddp"]
    address = f"/studies/{study}/papers/{world.papers['follow']}"
    grades = count(world, GradeRow)
    missing = browser.send(address)
    assert missing.status_code == 400
    for sentence in ("Choose what the paper is to this study", "Say why: colleagues read it later"):
        assert sentence in missing.text
    answer = {"role": "follow-up", "reason": "The same 96 families, four years on"}
    assert browser.send(address, answer).location == f"/studies/{study}/papers"
    assert reports(world, study) == {"ddp": "main report", "follow": "follow-up"}
    assert count(world, GradeRow) == grades, "a follow-up is no second study"
    page = text(browser.get(f"/studies/{study}"))
    assert "Since it was decided: “Four-year follow-up" in page
    assert "ask a lead reviewer to have it appraised again" in page
    history = text(browser.get(f"/studies/{study}/papers"))
    assert "Attached by Ann Example: The same 96 families, four years on." in history
    assert "of no study → follow-up of" in history
    undo = "/regroupings/1/undo"
    assert browser.send(undo).location == f"/studies/{study}/papers"
    assert reports(world, study) == {"ddp": "main report"}
    assert browser.post(undo, {}, csrf=browser.csrf()).status_code == 303, "a double click"
    other = browse(world.ben)
    assert "Ann Example undid it" in text(other.get(undo))
    refused = other.post(undo, {}, csrf=other.csrf())
    assert refused.status_code == 409
    assert "Ann Example undid this on" in text(refused)


def test_what_is_typed_stays_where_the_paper_was_moved_meanwhile(world, browse):
    ann, ben, study = browse(world.ann), browse(world.ben), world.studies["ddp"]
    address = f"/studies/{study}/papers/{world.papers['follow']}"
    fields = ann.fields(ann.get(address), address)
    other = f"/studies/{world.studies['ddp2']}/papers/{world.papers['follow']}"
    ben.send(other, {"role": "other", "reason": "I think it is this one"})
    before = world.contents()
    sent = {**fields, "role": "follow-up", "reason": "The same families"}
    answer = ann.client.post(address, data=sent)
    assert answer.status_code == 409
    assert "have changed since you opened this page" in text(answer)
    assert "The same families" in answer.text
    assert "and would leave it" in text(answer), "it says what happened"
    assert world.contents() == before, "nothing half-done"
    sent = ann.fields(answer, address) | {"role": "follow-up", "reason": "The same families"}
    assert ann.client.post(address, data=sent).status_code == 303, "sent again, having seen it"


def test_two_studies_that_count_become_one_and_readers_are_told(world, browse, counted):
    study, browser = world.studies["ddp"], browse(world.ann)
    assert set(studies_counted(world)) == {study, counted}
    address = f"/studies/{study}/merge/{counted}"
    page = browser.get(address)
    assert "Both count now. Then they count once" in text(page)
    assert "no longer counts by itself" in text(page)
    told = count(world, Announcement)
    answer = {"stays": study, "reason": "One trial, two reports"}
    assert browser.send(address, answer).status_code == 303
    assert studies_counted(world) == [study]
    assert reports(world, study) == {"ddp": "main report", "follow": "secondary report"}
    change, mailed = newest(world, Change), newest(world, Announcement)
    assert (change.cause_kind, change.id in mailed.change_ids) == ("withdrawal", True)
    assert "is one study with" in change.cause
    assert count(world, Announcement) == told + 1, "once"
    gone = text(browser.get(f"/studies/{counted}"))
    assert "It is one study with" in gone
    assert "Appraisals" in gone, "nothing is lost"
    public = browse(None).get(f"/interventions/ddp/studies/{counted}")
    assert "is one study with" in text(public)

    assert browser.send("/regroupings/1/undo").status_code == 303
    assert set(studies_counted(world)) == {study, counted}
    assert reports(world, counted) == {"follow": "main report"}
    assert newest(world, Change).cause_kind == "reinstatement"


def test_a_double_click_merges_once(world, browse, counted):
    study, browser = world.studies["ddp"], browse(world.ann)
    address = f"/studies/{study}/merge/{counted}"
    fields = browser.fields(browser.get(address), address)
    sent = {**fields, "stays": study, "reason": "One trial"}
    decisions = count(world, Decision)
    assert [browser.client.post(address, data=sent).status_code for _ in range(2)] == [303, 303]
    assert (count(world, Regrouping), count(world, Decision)) == (1, decisions + 1)


def test_a_form_of_a_study_that_became_part_of_another_is_told(world, browse):
    """A step of the appraisal, in another tab, keeps nothing and says where to go on."""
    ben, study, half = browse(world.ben), world.studies["ddp"], world.studies["half"]
    step = f"/studies/{half}/appraise"
    fields = ben.fields(ben.get(step), step)
    address = f"/studies/{study}/merge/{half}"
    browse(world.ann).send(address, {"stays": study, "reason": "One trial"})
    before = world.contents()
    answer = ben.client.post(step, data={**fields, "count_it": "yes", "setting": "A nursery"})
    assert answer.status_code == 409
    assert "is one study with" in text(answer)
    assert world.contents() == before


def test_the_one_that_counts_stays(world, browse):
    study, half = world.studies["ddp"], world.studies["half"]
    page = browse(world.ann).get(f"/studies/{half}/merge/{study}")
    choices = html.document_fromstring(page.text).xpath("//input[@name='stays']/@value")
    assert choices == [str(study)]
    assert "the one that counts stays" in text(page)


def test_a_study_is_split_and_the_new_one_is_appraised(world, browse):
    browser, study = browse(world.ann), world.studies["ddp"]
    attach = f"/studies/{study}/papers/{world.papers['follow']}"
    browser.send(attach, {"role": "secondary report", "reason": "One trial"})
    address = f"/studies/{study}/split"
    assert "Choose the papers that report another study" in browser.send(address).text
    browser.send(address, {"papers": [world.papers["follow"]], "reason": "Two samples"})
    new = newest(world, Regrouping).other_id
    assert reports(world, new) == {"follow": "main report"}
    assert "Nobody has appraised it" in text(browser.get(f"/studies/{new}"))
    with world.database.read() as session:
        assert locking.stage_of(session, new) == "to appraise"


def test_a_paper_is_found_by_its_number(world, browse):
    browser, study = browse(world.ann), world.studies["ddp"]
    find = f"/studies/{study}/papers?find="
    for number in ("40000007", "ISRCTN00000002", str(world.papers["follow"])):
        page = browser.get(find + number)
        if number != "ISRCTN00000002":  # an article names it, and does not own it
            assert f"/studies/{study}/papers/{world.papers['follow']}" in page.text
    assert "is a paper of this study already" in text(browser.get(find + "40000002"))
    assert "are the two one study?" in text(browser.get(find + "40000003"))
    assert "No paper here has the number “10.5555/nothing”" in text(
        browser.get(find + "10.5555/nothing")
    )


def test_the_line_of_time_tells_days_years_and_standing(world, browse):
    study = world.studies["ddp"]
    world.arrive(
        "crossref",
        registered=Citation(
            title="A registration, invented",
            year=2021,
            identifiers=(Identifier("isrctn", "ISRCTN00000002"),),
        ),
    )
    browser = browse(world.ann)
    attach = f"/studies/{study}/papers/{world.papers['registered']}"
    browser.send(attach, {"role": "registration", "reason": "It is its registration"})
    for page in (
        browser.get(f"/studies/{study}/papers"),
        browser.get(f"/studies/{study}"),
        browse(None).get(f"/interventions/ddp/studies/{study}"),
    ):
        (table,) = html.document_fromstring(page.text).iterfind(
            ".//table[@class='gm-table gm-family']"
        )
        rows = [
            " ".join("".join(map(str, row.itertext())).split())
            for row in table.iterfind("tbody/tr")
        ]
        assert rows[0].startswith("2021 Registration")
        assert any(row.startswith("2026 Main report Corrected") for row in rows)
        marks = table.xpath(".//*[local-name()='svg']")
        assert marks, "a year alone is drawn as a year"
        assert table.xpath(".//*[local-name()='path' and @class='gm-year']")
        assert world.hostile not in page.text


def test_moves_stand_in_the_audit_ledger(world, browse):
    study = world.studies["ddp"]
    address = f"/studies/{study}/papers/{world.papers['follow']}"
    browse(world.ann).send(address, {"role": "follow-up", "reason": "The same families"})
    with world.database.read() as session:
        entry = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == "study.papers-attached")
            .order_by(AuditEntry.seq.desc())
        ).first()
        assert entry.details["reason"] == "The same families"
        assert entry.details["papers"] == [[world.papers["follow"], None, [study, "follow-up"]]]
