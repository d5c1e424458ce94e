"""Papers put with other studies, and back: nothing lost, nothing counted twice, once for a form."""

from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from hypothesis import given as anything
from hypothesis import strategies as st
from sqlalchemy import select

from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.literature.tables import Paper, Regrouping, Study, StudyPaper
from monitor.literature.words import Lane, PaperRole, Regrouped
from monitor.review import locking, queries, service
from monitor.review.family import compare, rules
from monitor.review.family.regrouping import CHANGED
from monitor.review.family.rules import NEW, Attach, Detach, Merge, Report, SplitOff, plan
from monitor.review.tables import Appraisal, Decision, QueueItem, ReadingDraft, StudyAlert
from monitor.review.words import DecisionVerdict, Stage

TOKENS = map("regrouping-{}".format, count(1))


@pytest.fixture
def do(world):
    """Send a form as its page shows it now."""

    def sent(change, by=None, token=None, version=None, reason="They report one trial"):
        form = service.Form(
            token or next(TOKENS),
            version or compare.version(world.session, change),
            reason,
            by or world.ann,
            world.now,
        )
        return service.regroup(world.session, change, form)

    return sent


@pytest.fixture
def undo(world):
    def sent(moved, by=None):
        return service.undo_regrouping(
            world.session, regrouping_id=moved.regrouping.id, by=by or world.ann, at=world.now
        )

    return sent


def links(world, study_id):
    rows = select(StudyPaper).where(StudyPaper.study_id == study_id).order_by(StudyPaper.paper_id)
    return [(row.paper_id, row.role) for row in world.session.scalars(rows)]


def stage(world, paper_id):
    return world.session.get_one(QueueItem, paper_id).stage


def everything(world):
    """All that a person or the queue says of studies, but for what is added by going there and back."""
    session = world.session
    return {
        "links": sorted(
            (row.paper_id, row.study_id, row.role, row.linked_at)
            for row in session.scalars(select(StudyPaper))
        ),
        "labels": sorted((row.id, row.label) for row in session.scalars(select(Study))),
        "queue": sorted((row.paper_id, row.stage) for row in session.scalars(select(QueueItem))),
        "appraisals": sorted((a.id, a.study_id) for a in session.scalars(select(Appraisal))),
        "drafts": sorted(
            (d.study_id, d.reviewer_id, d.version) for d in session.scalars(select(ReadingDraft))
        ),
        "alerts": sorted(
            (a.study_id, a.paper_id, a.kind, a.closed_at is None)
            for a in session.scalars(select(StudyAlert))
        ),
        "counted": sorted(one.study_id for one in queries.accepted(session)),
    }


def paper_of(world, study_id):
    return locking.papers_of(world.session, study_id)[0]


def test_a_paper_is_attached_and_leaves_again(world, do, undo):
    study_id = world.accepted()
    follow_up = world.queued("Two years later: an invented follow-up")
    before = everything(world)
    moved = do(Attach(study_id, follow_up, PaperRole.FOLLOW_UP))
    assert moved.regrouping.kind is Regrouped.ATTACHED
    assert (follow_up, "follow-up") in links(world, study_id)
    assert stage(world, follow_up) is Stage.ACCEPTED, "it stands with its study"
    assert len(queries.accepted(world.session)) == 1, "a follow-up counts no second time"
    undo(moved)
    assert everything(world) == before


def test_a_paper_leaves_another_study_that_has_others(world, do, undo):
    one, other = world.study(), world.study(title="Another invented trial")
    follow_up = world.queued("An invented follow-up")
    do(Attach(one, follow_up, PaperRole.FOLLOW_UP))
    before = everything(world)
    moved = do(Attach(other, follow_up, PaperRole.SECONDARY))
    assert (moved.regrouping.study_id, moved.regrouping.other_id) == (other, one)
    assert (follow_up, "secondary report") in links(world, other)
    assert len(links(world, one)) == 1
    undo(moved)
    assert everything(world) == before


def test_the_only_paper_of_a_study_is_no_newcomer_to_another(world, do):
    one, other = world.study(), world.study(title="Another invented trial")
    with pytest.raises(Conflict, match=r"only paper of .* merge the two studies instead"):
        do(Attach(one, paper_of(world, other), PaperRole.FOLLOW_UP))
    with pytest.raises(Conflict, match=r"only paper of .* withdraw the study"):
        do(Detach(one, paper_of(world, one)))


def test_a_main_report_that_comes_makes_the_old_one_a_secondary_report(world, do, undo):
    study_id = world.study()
    first, main = paper_of(world, study_id), world.queued("The main report, invented")
    moved = do(Attach(study_id, main, PaperRole.MAIN))
    assert links(world, study_id) == [(first, "secondary report"), (main, "main report")]
    undo(moved)
    assert links(world, study_id) == [(first, "main report")]


def test_a_role_is_said_anew(world, do, undo):
    study_id = world.study()
    protocol = world.queued("An invented protocol")
    do(Attach(study_id, protocol, PaperRole.SECONDARY))
    moved = do(Attach(study_id, protocol, PaperRole.PROTOCOL))
    assert moved.regrouping.kind is Regrouped.ROLE
    assert (protocol, "protocol") in links(world, study_id)
    with pytest.raises(Conflict, match="It is its protocol already"):
        do(Attach(study_id, protocol, PaperRole.PROTOCOL))
    undo(moved)
    assert (protocol, "secondary report") in links(world, study_id)


def test_a_paper_that_is_taken_out_is_screened_again(world, do, undo):
    study_id = world.study()
    other = world.queued("An invented paper of something else")
    do(Attach(study_id, other, PaperRole.SECONDARY))
    moved = do(Detach(study_id, other), reason="It is another trial")
    assert (stage(world, other), len(links(world, study_id))) == (Stage.TO_SCREEN, 1)
    undo(moved)
    assert (other, "secondary report") in links(world, study_id)
    assert stage(world, other) is Stage.TO_APPRAISE


def test_a_study_is_split(world, do, undo):
    study_id = world.accepted()
    main = paper_of(world, study_id)
    other = world.queued("Another trial, invented", year=2025, authors=["Birch Q"])
    do(Attach(study_id, other, PaperRole.SECONDARY))
    before = everything(world)
    moved = do(SplitOff(study_id, (other,)))
    new = moved.regrouping.other_id
    assert links(world, new) == [(other, "main report")], "what reports it alone is its main report"
    assert world.session.get_one(Study, new).label == "Birch 2025"
    assert (stage(world, main), stage(world, other)) == (Stage.ACCEPTED, Stage.TO_APPRAISE)
    assert [one.study_id for one in queries.accepted(world.session)] == [study_id]
    undo(moved)
    after = everything(world)
    after["labels"] = [one for one in after["labels"] if one[0] != new]
    assert after == before


def test_a_split_is_not_undone_once_the_new_study_is_appraised(world, do, undo):
    study_id = world.study()
    other = world.queued("Another trial, invented")
    do(Attach(study_id, other, PaperRole.SECONDARY))
    moved = do(SplitOff(study_id, (other,)))
    world.hand_in(moved.regrouping.other_id, world.ben)
    with pytest.raises(Conflict, match="merge the two studies instead"):
        undo(moved)


@pytest.mark.parametrize("chosen", ["none", "all", "of another"])
def test_a_split_names_some_of_the_study_s_papers(world, do, chosen):
    study_id = world.study()
    papers = {"none": (), "all": (paper_of(world, study_id),), "of another": (world.queued(),)}
    with pytest.raises(Conflict, match=r"(Choose papers|has to stay)"):
        do(SplitOff(study_id, papers[chosen]))


def test_two_studies_that_count_are_one_and_count_once(world, do, undo):
    one, other = world.accepted(), world.accepted(title="A follow-up taken for a study")
    before = everything(world)
    moved = do(Merge(one, other))
    (ended,) = moved.decisions
    assert (ended.study_id, ended.verdict) == (other, DecisionVerdict.WITHDRAW)
    assert ended.reason.startswith("it is one study with ")
    assert [study.study_id for study in queries.accepted(world.session)] == [one]
    assert [role for _, role in links(world, one)] == ["main report", "secondary report"]
    assert len(world.session.scalars(select(Appraisal)).all()) == 4, "nothing is lost"
    back = undo(moved)
    assert (back.decisions[0].study_id, back.decisions[0].verdict) == (other, "accept")
    after = everything(world)
    assert after == before
    judged = [d.facts["reading"] for d in world.session.scalars(select(Decision).order_by("id"))]
    assert judged[1] == judged[3], "it counts again by the same judgement"


def test_the_study_that_counts_stays(world, do):
    one, other = world.study(), world.accepted(title="Another invented trial")
    with pytest.raises(Conflict, match="the one that counts stays"):
        do(Merge(one, other))
    moved = do(Merge(other, one))
    assert moved.decisions == ()
    assert [study.study_id for study in queries.accepted(world.session)] == [other]


def test_appraisals_and_drafts_of_the_other_are_kept_and_nobody_goes_on_with_them(world, do, undo):
    one, other = world.study(), world.study(title="Another invented trial")
    world.hand_in(other, world.ben)
    reading = service.draft(
        world.session, study_id=other, by=world.cat, tools=world.catalogue.tool_by_reference
    ).reading
    service.keep_draft(
        world.session, study_id=other, by=world.cat, reading=reading, version=0, at=world.now
    )
    before = everything(world)
    assert compare.family(world.session, other).begun == 1
    moved = do(Merge(one, other))
    with pytest.raises(Conflict, match=r"is one study with .* now: open that one"):
        world.hand_in(other, world.cat)
    with pytest.raises(Conflict, match="is one study with"):
        service.require_asked(world.session, other, world.cat)
    undo(moved)
    assert everything(world) == before
    outcome = world.hand_in(other, world.cat)
    assert outcome.stage is Stage.AGREED, "the first one's appraisal was not lost"


def test_a_paper_included_into_a_study_that_is_part_of_another_is_told(world, do):
    one, other = world.study(), world.study(title="Another invented trial")
    paper_id = world.queued("A third report, invented")
    do(Merge(one, other))
    with pytest.raises(Conflict, match="choose that one"):
        world.screen(paper_id, world.ann, study_id=other)


def test_alerts_wait_with_the_study_that_the_paper_reports(world, do, undo):
    one, other = world.study(), world.study(title="Another invented trial")
    paper_id = paper_of(world, other)
    alert = StudyAlert(
        study_id=other, paper_id=paper_id, kind="corrected by", scheme="doi", value="10.5555/c",
        opened_at=world.now,
    )  # fmt: skip
    world.session.add(alert)
    world.session.flush()
    moved = do(Merge(one, other))
    assert (alert.study_id, alert.closed_at) == (one, None)
    undo(moved)
    assert (alert.study_id, alert.closed_at) == (other, None)


def test_the_same_form_twice_is_one_and_undone_twice_is_once(world, do, undo):
    one, other = world.accepted(), world.accepted(title="Another invented trial")
    version = compare.version(world.session, Merge(one, other))
    first = do(Merge(one, other), token="twice", version=version)
    again = do(Merge(one, other), token="twice", version=version)
    assert (again.regrouping.id, again.decisions) == (first.regrouping.id, ())
    undo(first)
    assert undo(first).decisions == ()
    with pytest.raises(Conflict, match="Ann Example undid this on"):
        undo(first, by=world.ben)
    assert len(world.session.scalars(select(Regrouping)).all()) == 1


def test_a_form_of_another_study_is_told(world, do):
    one, other = world.study(), world.study(title="Another invented trial")
    do(Attach(one, world.queued(), PaperRole.OTHER), token="once")
    with pytest.raises(Conflict, match="sent before for another study"):
        do(Attach(other, world.queued(), PaperRole.OTHER), token="once")


@pytest.mark.parametrize("meanwhile", ["appraised", "attached", "decided"])
def test_what_changed_since_the_page_was_opened_is_told(world, do, meanwhile):
    one, other = world.study(), world.study(title="Another invented trial")
    version = compare.version(world.session, Merge(one, other))
    if meanwhile == "appraised":
        world.hand_in(other, world.ben)
    elif meanwhile == "attached":
        do(Attach(other, world.queued(), PaperRole.OTHER))
    else:
        world.appraise(one, world.ann)
        world.appraise(one, world.ben)
    before = everything(world)
    with pytest.raises(Conflict, match=CHANGED):
        do(Merge(one, other), version=version)
    assert everything(world) == before, "nothing half-done"


def test_a_reason_is_asked_for_and_only_reviewers_may(world, do):
    one, other = world.study(), world.study(title="Another invented trial")
    with pytest.raises(InvalidInput, match="Say why"):
        do(Merge(one, other), reason=" ")
    with pytest.raises(Conflict, match="is not a reviewer"):
        do(Merge(one, other), by=world.reader)
    with pytest.raises(Conflict, match="these are one"):
        do(Merge(one, one))
    with pytest.raises(NotFound):
        do(Merge(one, 999))


def test_what_moved_on_is_undone_in_its_order(world, do, undo):
    one, other = world.study(), world.study(title="Another invented trial")
    third = world.study(title="A third invented trial")
    first = do(Merge(one, other))
    second = do(Merge(third, one))
    with pytest.raises(Conflict, match=r"moved again since.*Undo that first"):
        undo(first)
    undo(second)
    undo(first)
    assert [len(links(world, study)) for study in (one, other, third)] == [1, 1, 1]


def test_an_attached_paper_does_not_leave_a_study_empty(world, do, undo):
    one, other = world.study(), world.study(title="Another invented trial")
    late = world.queued("A late report, invented")
    moved = do(Attach(one, late, PaperRole.FOLLOW_UP))
    do(Attach(other, paper_of(world, one), PaperRole.SECONDARY))
    with pytest.raises(Conflict, match=r"reports something else|moved again|has no other paper"):
        undo(moved)


def test_a_notice_is_attached_as_a_correction_alone(world, do):
    study_id = world.study()
    notice = world.paper("Correction to: an invented trial", lane=Lane.NOTICE)
    with pytest.raises(InvalidInput, match="attach it as a correction"):
        do(Attach(study_id, notice, PaperRole.SECONDARY))
    do(Attach(study_id, notice, PaperRole.CORRECTION))
    assert service.look_for_alerts(world.session, [notice], world.now) == []
    assert queries.first_results(world.session, [study_id])[study_id] == (2026, None)


def test_a_follow_up_does_not_move_the_day_of_the_first_results(world, do):
    study_id = world.accepted(published=date(2022, 3, 1), year=2022)
    late = world.queued("Four years on, invented", published=date(2026, 3, 1), year=2026)
    do(Attach(study_id, late, PaperRole.FOLLOW_UP))
    (counted,) = queries.accepted(world.session)
    assert counted.published == date(2022, 3, 1)


def test_each_move_stands_in_the_audit_ledger_of_both_studies(world, do, undo):
    one, other = world.study(), world.study(title="Another invented trial")
    undo(do(Merge(one, other)))
    for study_id in (one, other):
        rows = select(AuditEntry).where(
            AuditEntry.subject == f"study:{study_id}", AuditEntry.action.like("study.papers-%")
        )
        said = [entry.action for entry in world.session.scalars(rows.order_by(AuditEntry.seq))]
        assert said == ["study.papers-merged", "study.papers-undone"]


REPORTS = st.lists(
    st.builds(
        Report,
        st.integers(1, 8),
        st.sampled_from([role.value for role in PaperRole]),
        st.none() | st.integers(2015, 2026),
    ),
    min_size=2,
    max_size=5,
    unique_by=lambda one: one.paper_id,
)


@anything(REPORTS, st.data())
def test_a_study_never_has_two_main_reports_by_a_move_and_no_paper_is_lost(reports, data):
    mains = [one for one in reports if one.role == PaperRole.MAIN]
    held = {1: [replace(one, role="other") if one in mains[1:] else one for one in reports]}
    ids = [one.paper_id for one in reports]
    change = data.draw(
        st.one_of(
            st.builds(Attach, st.just(1), st.sampled_from([*ids, 9]), st.sampled_from(PaperRole)),
            st.builds(Detach, st.just(1), st.sampled_from(ids)),
            st.builds(SplitOff, st.just(1), st.just((ids[0],))),
        )
    )
    steps = plan(change, held)
    then: dict[int, tuple[int | None, str]] = {one.paper_id: (1, one.role) for one in held[1]}
    for step in steps:
        then[step.paper_id] = (step.study_id, step.role)
    assert set(then) >= set(ids)
    assert len({step.paper_id for step in steps}) == len(steps), "each paper moves once"
    for study in (1, NEW):
        roles = [role for where, role in then.values() if where == study]
        assert roles.count(PaperRole.MAIN) <= 1


def test_a_role_says_whether_results_may_come_with_it():
    assert rules.brings_results("follow-up")
    assert not rules.brings_results("correction")


def test_a_paper_that_was_merged_is_attached_as_what_it_became(world, do):
    study_id = world.study()
    kept, gone = world.queued("The kept one, invented"), world.paper("The gone one")
    world.session.get_one(Paper, gone).merged_into_id = kept
    do(Attach(study_id, gone, PaperRole.OTHER))
    assert (kept, "other") in links(world, study_id)
