"""The queue and screening on real databases."""

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select, text

from monitor.accounts.tables import Role
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.literature.tables import Study, StudyPaper
from monitor.review import queries, service
from monitor.review.locking import study_of
from monitor.review.tables import QueueItem, Screening
from monitor.review.words import ExclusionReason, ScreeningVerdict, Stage

EXCLUDE = {"verdict": ScreeningVerdict.EXCLUDE, "reason": ExclusionReason.NOT_A_STUDY}


def _item(world, paper_id):
    return world.session.get_one(QueueItem, paper_id)


def _entries(session, subject):
    return list(
        session.scalars(
            select(audit.AuditEntry)
            .where(audit.AuditEntry.subject == subject)
            .order_by(audit.AuditEntry.seq)
        )
    )


def test_a_paper_is_queued_once(session, world, now):
    paper_id = world.paper()
    assert service.enqueue(session, [paper_id, paper_id], at=now) == 1
    assert service.enqueue(session, [paper_id], at=now) == 0
    assert queries.counts(session)[Stage.TO_SCREEN] == 1
    assert [(e.action, e.details) for e in _entries(session, "queue")] == [
        ("papers.queued", {"papers": [paper_id]})
    ]


def test_a_decided_paper_is_not_queued_again(session, world, now):
    paper_id = world.queued()
    world.screen(paper_id, world.ann, **EXCLUDE)
    assert service.enqueue(session, [paper_id], at=now) == 0
    assert _item(world, paper_id).stage is Stage.EXCLUDED


def test_including_makes_a_study_to_appraise(session, world):
    paper_id = world.queued()
    row = world.screen(
        paper_id, world.ann, interventions=["ddp", "cos", "ddp"], note=" Looks\r\nright\x00 "
    )
    assert row.interventions == ["cos", "ddp"]  # once each, in the catalogue's order
    assert row.note == "Looks\nright"
    assert _item(world, paper_id).stage is Stage.TO_APPRAISE
    study = session.scalars(select(Study)).one()
    assert study.label == "Example 2026"
    assert study_of(session, paper_id) == study.id
    entry = next(e for e in _entries(session, f"paper:{paper_id}") if e.action == "paper.screened")
    assert entry.actor == f"user:{world.ann.id}"
    assert entry.details == {
        "screening": row.id,
        "verdict": "include",
        "reason": None,
        "interventions": ["cos", "ddp"],
        "stage": "to appraise",
        "study": study.id,
    }
    assert audit.broken_link(session) is None


def test_excluding_keeps_the_reason(session, world):
    paper_id = world.queued()
    row = world.screen(paper_id, world.ann, interventions=[], **EXCLUDE)
    assert (row.verdict, row.reason) == (ScreeningVerdict.EXCLUDE, ExclusionReason.NOT_A_STUDY)
    assert _item(world, paper_id).stage is Stage.EXCLUDED
    assert not session.scalars(select(Study)).all()


def test_unsure_waits_in_its_own_lane_for_anybody(session, world):
    paper_id = world.queued()
    world.screen(paper_id, world.ann, ScreeningVerdict.UNSURE, interventions=[])
    assert _item(world, paper_id).stage is Stage.UNSURE
    world.screen(paper_id, world.ben, ScreeningVerdict.UNSURE, version=2)
    assert _item(world, paper_id).stage is Stage.UNSURE
    world.screen(paper_id, world.ann, version=3)
    assert _item(world, paper_id).stage is Stage.TO_APPRAISE
    said = [(s.reviewer, s.verdict) for s in queries.screenings(session, paper_id)]
    assert said == [
        ("Ann Example", ScreeningVerdict.UNSURE),
        ("Ben Example", ScreeningVerdict.UNSURE),
        ("Ann Example", ScreeningVerdict.INCLUDE),
    ]


def test_a_reason_belongs_to_an_exclusion_only(world):
    row = world.screen(world.queued(), world.ann, reason=ExclusionReason.NOTICE)
    assert row.reason is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"verdict": ScreeningVerdict.EXCLUDE}, "reason"),
        ({"interventions": []}, "interventions"),
        ({"interventions": ["cos", "nope"]}, "interventions"),
        ({"verdict": ScreeningVerdict.UNSURE, "interventions": ["x'; --"]}, "interventions"),
        ({"interventions": [f"s{n}" for n in range(5000)]}, "interventions"),
        ({"note": "x" * 5001}, "note"),
        ({"token": ""}, "token"),
        ({"token": "a\x00"}, "token"),
        ({"token": "x" * 101}, "token"),
    ],
)
def test_a_form_that_is_not_whole_changes_nothing(session, world, fields, field):
    paper_id = world.queued()
    with pytest.raises(InvalidInput) as refused:
        world.screen(paper_id, world.ann, **fields)
    assert refused.value.field == field
    assert _item(world, paper_id).version == 1
    assert not session.scalars(select(Screening)).all()
    assert not session.scalars(select(Study)).all()


def test_a_paper_outside_the_queue_cannot_be_screened(world):
    with pytest.raises(NotFound):
        world.screen(world.paper(), world.ann)
    with pytest.raises(NotFound):
        world.screen(999, world.ann)


def test_only_reviewers_and_admins_screen(session, world, now):
    paper_id = world.queued()
    with pytest.raises(Conflict, match="not a reviewer"):
        world.screen(paper_id, world.reader)
    world.ann.disabled_at = now
    with pytest.raises(Conflict, match="disabled"):
        world.screen(paper_id, world.ann)
    assert not session.scalars(select(Screening)).all()
    world.screen(paper_id, world.cat)


def test_a_person_disabled_meanwhile_is_refused_whatever_the_caller_holds(session, world, now):
    paper_id = world.queued()
    held = world.ann
    session.expunge(held)  # as a page holds it: read in an earlier transaction
    session.get_one(type(held), held.id).disabled_at = now
    assert held.disabled_at is None
    with pytest.raises(Conflict, match="disabled"):
        world.screen(paper_id, held)


def test_a_person_disabled_since_this_transaction_read_them_is_refused(session, world, now):
    paper_id = world.queued()
    session.refresh(world.ann)
    elsewhere = text('UPDATE "user" SET disabled_at = created_at WHERE id = :id')
    session.execute(elsewhere, {"id": world.ann.id})
    assert world.ann.disabled_at is None  # as it was read before
    with pytest.raises(Conflict, match="disabled"):
        world.screen(paper_id, world.ann)


def test_the_same_form_twice_is_one_verdict(session, world):
    paper_id = world.queued()
    one = world.screen(paper_id, world.ann, token="same")
    two = world.screen(paper_id, world.ann, token="same")
    assert one is two
    assert len(session.scalars(select(Study)).all()) == 1
    assert _item(world, paper_id).version == 2
    actions = [e.action for e in _entries(session, f"paper:{paper_id}")]
    assert actions.count("paper.screened") == 1


def test_the_same_form_sent_again_with_another_answer_is_told(world):
    paper_id, other = world.queued(), world.queued("Another")
    world.screen(paper_id, world.ann, token="same")
    with pytest.raises(Conflict, match="another answer"):
        world.screen(paper_id, world.ann, token="same", **EXCLUDE)
    with pytest.raises(Conflict, match="another answer"):
        world.screen(other, world.ann, token="same")
    with pytest.raises(Conflict, match="another answer"):
        world.screen(paper_id, world.ben, token="same")


def test_the_second_reviewer_hears_who_was_first(session, world):
    paper_id = world.queued()
    world.screen(paper_id, world.ann, **EXCLUDE)
    with pytest.raises(Conflict) as late:
        world.screen(paper_id, world.ben)
    assert str(late.value).startswith("Ann Example excluded this paper on 23 November 2026, 06:10")
    with pytest.raises(Conflict, match="Ann Example"):
        world.screen(paper_id, world.ben, version=2)  # not stale, but decided
    assert len(session.scalars(select(Screening)).all()) == 1


def test_a_stale_form_is_told(world):
    paper_id = world.queued()
    world.screen(paper_id, world.ann, ScreeningVerdict.UNSURE)
    with pytest.raises(Conflict, match="Ann Example was unsure about this paper"):
        world.screen(paper_id, world.ben)
    with pytest.raises(Conflict):
        world.screen(paper_id, world.ben, version=3)  # never issued
    world.screen(paper_id, world.ben, version=2)


# linking to a study that is there


def test_a_further_report_shares_its_studys_stage(session, world, judgement):
    study_id = world.accepted()
    paper_id = world.queued("Example follow-up")
    world.screen(paper_id, world.ben, study_id=study_id)
    assert _item(world, paper_id).stage is Stage.ACCEPTED
    assert study_of(session, paper_id) == study_id
    assert len(session.scalars(select(Study)).all()) == 1
    (counted,) = queries.accepted(session)
    assert counted.study_id == study_id  # two papers, one study


def test_papers_of_one_study_move_together(session, world, judgement):
    study_id = world.study()
    paper_id = world.queued("Example follow-up")
    world.screen(paper_id, world.ben, study_id=study_id)
    assert _item(world, paper_id).stage is Stage.TO_APPRAISE
    world.appraise(study_id, world.ann)
    world.appraise(study_id, world.ben)
    stages = {_item(world, p).stage for p in session.scalars(select(StudyPaper.paper_id))}
    assert stages == {Stage.ACCEPTED}


def test_no_link_to_a_study_that_is_not_there(session, world):
    paper_id = world.queued()
    with pytest.raises(NotFound, match="study 999"):
        world.screen(paper_id, world.ann, study_id=999)
    assert _item(world, paper_id).stage is Stage.TO_SCREEN


def test_a_study_is_only_linked_by_including(session, world):
    study_id = world.study()
    paper_id = world.queued("Another")
    world.screen(paper_id, world.ann, study_id=study_id, **EXCLUDE)
    assert study_of(session, paper_id) is None


def test_a_further_report_is_not_excluded_as_one_of_no_named_study(session, world, now):
    study_id = world.study()
    paper_id = world.queued("Example follow-up")
    before = len(session.scalars(select(Screening)).all())
    for named in (None, study_id):
        with pytest.raises(InvalidInput, match="Choose Include, and its study") as refused:
            world.screen(
                paper_id,
                world.ben,
                ScreeningVerdict.EXCLUDE,
                reason=ExclusionReason.ALREADY_KNOWN,
                study_id=named,
            )
        assert refused.value.field == "reason"
    assert _item(world, paper_id).stage is Stage.TO_SCREEN
    assert len(session.scalars(select(Screening)).all()) == before


def test_one_that_was_excluded_so_before_stays_readable_and_can_be_put_back(session, world, now):
    study_id = world.study()
    paper_id = world.queued("Example follow-up")
    rows.excluded_of_before(session, paper_id, by=world.ben, at=now)
    (said,) = queries.screenings(session, paper_id)
    assert (said.reviewer, said.reason) == ("Ben Example", ExclusionReason.ALREADY_KNOWN)
    service.reopen(
        session, paper_id=paper_id, reason="It reports that study", by=world.ann, version=2, at=now
    )
    world.screen(paper_id, world.ann, study_id=study_id, version=3)
    assert study_of(session, paper_id) == study_id


# opening again


def test_an_excluded_paper_is_opened_again_with_a_reason(session, world, now):
    paper_id = world.queued()
    world.screen(paper_id, world.ann, **EXCLUDE)
    service.reopen(
        session, paper_id=paper_id, reason="The full text has results", by=world.ben, version=2,
        at=now,
    )  # fmt: skip
    assert (_item(world, paper_id).stage, _item(world, paper_id).version) == (Stage.TO_SCREEN, 3)
    (opened,) = queries.reopenings(session, paper_id)
    assert (opened.reviewer, opened.reason) == ("Ben Example", "The full text has results")
    with pytest.raises(Conflict, match="changed since you opened it"):
        world.screen(paper_id, world.cat, version=1)
    world.screen(paper_id, world.ann, version=3)
    assert _item(world, paper_id).stage is Stage.TO_APPRAISE
    assert len(queries.screenings(session, paper_id)) == 2


def test_opening_again_needs_a_reason_a_reviewer_and_an_excluded_paper(session, world, now):
    paper_id, fresh = world.queued(), world.queued("Another")
    world.screen(paper_id, world.ann, **EXCLUDE)

    def reopen(which=paper_id, reason="Because", by=world.ann, version=2):
        return service.reopen(
            session, paper_id=which, reason=reason, by=by, version=version, at=now
        )

    with pytest.raises(InvalidInput) as refused:
        reopen(reason=" \x00")
    assert refused.value.field == "reason"
    with pytest.raises(Conflict, match="not a reviewer"):
        reopen(by=world.reader)
    with pytest.raises(Conflict, match="Only an excluded paper"):
        reopen(which=fresh, version=1)
    with pytest.raises(Conflict, match="Ann Example excluded"):
        reopen(version=1)
    with pytest.raises(NotFound):
        reopen(which=999)
    reopen()
    with pytest.raises(Conflict, match="to screen"):
        reopen()  # the button pressed twice


# two papers that turn out to be one


def _merge(world, kept, gone):
    """As literature does it, as far as review can see."""
    from monitor.literature.tables import Paper

    session = world.session
    session.get_one(Paper, gone).merged_into_id = kept
    linked = session.get(StudyPaper, gone)
    if linked:
        session.delete(linked)
        session.flush()
        session.add(
            StudyPaper(
                paper_id=kept, study_id=linked.study_id, role=linked.role, linked_at=world.now
            )
        )
    service.follow_merge(session, kept=kept, gone=gone, at=world.now)
    session.flush()


def test_a_merge_leaves_one_place_in_the_queue(session, world):
    kept, gone = world.queued(), world.queued("Twin")
    world.screen(gone, world.ann, **EXCLUDE)
    _merge(world, kept, gone)
    assert session.get(QueueItem, gone) is None
    assert _item(world, kept).stage is Stage.EXCLUDED
    assert [s.reviewer for s in queries.screenings(session, kept)] == ["Ann Example"]
    with pytest.raises(Conflict, match="Ann Example excluded"):
        world.screen(kept, world.ben, version=_item(world, kept).version)
    with pytest.raises(NotFound, match=f"one with paper {kept}"):
        world.screen(gone, world.ben)


def test_a_merge_follows_the_study(session, world):
    kept = world.queued()
    study_id = world.accepted(title="Twin")
    gone = session.scalars(select(StudyPaper.paper_id)).one()
    _merge(world, kept, gone)
    assert _item(world, kept).stage is Stage.ACCEPTED
    assert queries.item(session, kept).study_id == study_id


def test_a_merge_moves_the_place_to_a_paper_that_had_none(session, world):
    kept, gone = world.paper(), world.queued("Twin")
    world.screen(gone, world.ann, ScreeningVerdict.UNSURE)
    _merge(world, kept, gone)
    assert _item(world, kept).stage is Stage.UNSURE
    assert _item(world, kept).version == 3
    assert audit.broken_link(session) is None


def test_a_merge_of_a_paper_never_queued_changes_nothing(session, world):
    kept, gone = world.queued(), world.paper("Twin")
    _merge(world, kept, gone)
    assert (_item(world, kept).stage, _item(world, kept).version) == (Stage.TO_SCREEN, 1)


def test_a_disabled_admin_is_no_reviewer(world, now):
    late = world.person("Late Example", Role.ADMIN)
    late.disabled_at = now
    with pytest.raises(Conflict, match="disabled"):
        world.screen(world.queued(), late)
