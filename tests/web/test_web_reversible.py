"""What counted once and counts again gives the bytes of before, with effects, by each way there is."""

from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from readings import appraise  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    as_accepted,
    counted,
    result,
    smd,
    trial,
)

from monitor import story_of_papers, workflow
from monitor.accounts.tables import Role
from monitor.catalogue.words import InReview, ResultClass
from monitor.evidence.showing import of_studies
from monitor.evidence.tables import GradeRow
from monitor.feeds import service as feeds
from monitor.feeds.records import Answer, Citation, FetchedRecord, Identifier, Link, LinkKind
from monitor.feeds.watermarks import Query, Watermark
from monitor.gap import queries
from monitor.gap.tables import Change
from monitor.notify.announcements import weighing
from monitor.notify.tables import Announcement
from monitor.notify.writing import wording
from monitor.review import service as review
from monitor.review.family import compare
from monitor.review.tables import StudyAlert

OF_A_GRADE = ("policy", "statements", "tier", "tier_low", "tier_high", "direction", "facts",
              "counted", "reasons")  # fmt: skip


class Seen:
    """What ledgers hold of one intervention, and the ways by which a study goes and comes."""

    def __init__(self, evidence):
        self.evidence, self.database = evidence, evidence.database

    def grade(self):
        return repr([getattr(self._rows(GradeRow)[-1], name) for name in OF_A_GRADE])

    def state(self):
        with self.database.read() as session:
            return queries.state(session, "vipp")

    def change(self):
        return self._rows(Change)[-1]

    def mails(self):
        with self.database.read() as session:
            return len(session.scalars(select(Announcement)).all())

    def retracted(self, pmid):
        citation = Citation(
            title="Retraction: an invented study",
            identifiers=(Identifier("doi", f"10.5555/retraction.{pmid}"),),
            links=(Link(LinkKind.RETRACTS, Identifier("pmid", pmid)),),
        )
        record = FetchedRecord("retraction", b"<invented/>", "text/xml", citation)
        answer = Answer(Query("retractions", "retractions"), (record,), Watermark("2026-11-23"))
        at = self.evidence.clock.advance(days=1)
        with self.database.write() as session:
            lease = feeds.lease(session, "crossref", at, 60)
            assert lease is not None
            poll = feeds.start_poll(session, lease, at)
            stored = feeds.store(session, lease, poll, [answer], at)
            workflow.ingest(session, self.evidence.service, stored, at=at)
            feeds.finish(session, lease, poll, at=at, next_due_at=at + timedelta(hours=24))

    def counted_again(self):
        with self.database.write() as session:
            alert = session.scalars(select(StudyAlert)).one()
            workflow.settle_alert(
                session, self.evidence.service, alert_id=alert.id, token=str(uuid4()),
                outcome=review.AlertOutcome.COUNT_AGAIN, reason="Another paper was meant.",
                by=session.merge(self.evidence.people[2]), at=self.evidence.clock(),
            )  # fmt: skip

    def merged(self, one, other):
        with self.database.write() as session:
            change, by = review.Merge(one, other), session.merge(self.evidence.people[0])
            version = compare.version(session, change)
            form = review.Form(str(uuid4()), version, "One trial", by, self.evidence.clock())
            moved = story_of_papers.regroup(session, self.evidence.service, change, form)
            assert moved.regrouping is not None
            return moved.regrouping.id

    def parted(self, number):
        with self.database.write() as session:
            story_of_papers.undo_regrouping(
                session, self.evidence.service, regrouping_id=number,
                by=session.merge(self.evidence.people[0]), at=self.evidence.clock(),
            )  # fmt: skip

    def read_again(self, study_id, reading):
        """Open another round, and let two people agree in it."""
        with self.database.write() as session:
            lead = session.merge(self.evidence.people[2])
            lead.role = Role.LEAD
            session.flush()
            review.open_round(
                session, study_id=study_id, reason="Asked again", by=lead, at=self.evidence.clock()
            )
        for person in (0, 1):
            with self.database.write() as session:
                appraise(
                    session, self.evidence.service, study_id=study_id, token=str(uuid4()),
                    by=self.evidence.people[person], judgement=reading, at=self.evidence.clock(),
                )  # fmt: skip

    def _rows(self, table):
        with self.database.read() as session:
            rows = select(table).where(table.slug == "vipp").order_by(table.id)
            return list(session.scalars(rows))


FIRST = result(smd(0.43, 150))
BESIDE = result(smd(-0.6, 80), kind=ResultClass.PROXIMAL, measure="", outcome="Sensitivity")


@pytest.fixture
def studies(evidence):
    """Two trials that settle the headline, and one of parents' sensitivity beside it."""
    readings = (trial("vipp", FIRST), trial("vipp", result(smd(0.31, 170))), trial("vipp", BESIDE))
    return [counted(evidence, "vipp", reading) for reading in readings]


@pytest.fixture
def seen(evidence, studies):
    return Seen(evidence)


def test_retracted_and_counted_again_is_as_it_was_and_both_name_the_label(seen):
    before, stood, mails = seen.grade(), seen.state(), seen.mails()
    seen.retracted("40000003")
    change = seen.change()
    assert change.kinds == ["findings", "studies counted"], "the headline rests on the other two"
    assert "trials since read “no result to go on” for what leads to attachment" in change.sentence
    seen.counted_again()
    assert "(before: “no result to go on”)" in seen.change().sentence
    assert seen.state() == stood
    assert seen.grade() == before
    assert seen.mails() == mails + 2


def test_two_studies_made_one_and_parted_are_as_they_were(seen, studies):
    before, stood = seen.grade(), seen.state()
    number = seen.merged(studies[0], studies[1])
    assert [line.k for line in seen.state().shows] == [1, 1]
    seen.parted(number)
    assert seen.state() == stood
    assert seen.grade() == before


def test_a_later_round_turns_whether_the_review_has_it_and_back_and_readers_told_are_told(
    seen, studies
):
    before, stood, mails = seen.grade(), seen.state(), seen.mails()
    for said, heard in ((InReview.YES, 1), (InReview.UNKNOWN, 2), (InReview.NO, 2)):
        reading = trial(
            "vipp", FIRST, in_review=said, in_review_reason="Invented: we looked it up."
        )
        seen.read_again(studies[0], reading)
        assert seen.state().shows[0].k == heard
    assert seen.state() == stood
    assert seen.grade() == before
    # they were told of it when it came: of the headline without it and with it again they are too
    assert seen.mails() == mails + 2


def test_a_study_of_unknown_standing_is_mailed_where_a_label_moves_with_it_and_only_there(
    evidence, seen
):
    mails, stood = seen.mails(), seen.state()
    unknown = {"in_review": InReview.UNKNOWN, "in_review_reason": ""}
    quiet = trial("vipp", result(smd(0.37, 150)), **unknown)
    counted(evidence, "vipp", quiet)
    assert seen.state().direction is stood.direction
    assert seen.mails() == mails, "it adds to a count, for all anybody knows"
    counted(evidence, "vipp", trial("vipp", result(smd(-0.9, 400)), **unknown))
    assert seen.state().direction is not stood.direction
    assert "own studies is not known" in seen.change().sentence
    assert seen.mails() == mails + 1, "what a page says is never other than what was mailed"


def test_a_mail_says_that_a_study_was_appraised_again_and_why_and_corrects_whoever_was_told(
    seen, studies
):
    seen.read_again(studies[0], trial("vipp", result(smd(-0.6, 150))))
    with seen.database.read() as session:
        told = session.scalars(select(Announcement).order_by(Announcement.id)).all()[-1]
        content, corrects = told.content, weighing.corrects(told.content)
    assert content["study"]["reappraised"] == "Asked again"
    assert corrects, "whoever was told of it gets this one, whatever they follow now"
    said = wording.headline(content["changes"], content["study"], correction=False)
    assert "was appraised again and favours the comparison" in said
    assert wording.study_title(content["study"]) == "The study that was appraised again"


def test_the_order_of_decisions_makes_no_difference(catalogue):
    efforts = [
        trial("vipp", result(smd(effect, 60 + 10 * n)))
        for n, effect in enumerate((0.1, 0.3, 0.7, 0.35, 0.2))
    ]
    told = [as_accepted(reading, number) for number, reading in enumerate(efforts, start=1)]
    found = {repr(of_studies(catalogue, "vipp", order).findings) for order in permutations(told)}
    assert len(found) == 1
