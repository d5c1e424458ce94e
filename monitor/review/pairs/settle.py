"""What a person says of two papers: one paper, two, or of one study; and a merge taken back."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, NotFound
from monitor.literature import service as literature
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers import linking, merging, unmerge
from monitor.literature.papers.settling import one_at_a_time
from monitor.literature.tables import Paper, PaperLink, PaperMerge, StudyPaper
from monitor.literature.words import TO_SCREEN, LinkState, Relation
from monitor.review import locking
from monitor.review.pairs import follow
from monitor.review.pairs.compare import Hanging, hanging, seen, two_studies, who
from monitor.review.queue import screening

CHANGED = (
    "One of the two papers has changed since you opened this page. "
    "Compare them again: nothing was recorded"
)
_Both = tuple[Paper, Paper]
_ONE = "The two papers are one by now: nothing was recorded"


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of two ``papers``. ``merge`` is None where they did not become one, or parted.

    ``studies`` are those whose papers are others now, so that their grades may be too; ``why``
    tells a reader.
    """

    studies: tuple[int, ...] = ()
    why: str = ""
    merge: PaperMerge | None = None
    papers: tuple[int, ...] = ()


_NOTHING = Settled()


def settle_link(  # noqa: PLR0913 - the form's fields
    session: Session,
    *,
    link_id: int,
    confirm: bool,
    version: str,
    matcher: Matcher,
    by: User,
    at: datetime,
) -> Settled:
    """Confirm or reject a proposed link, with what follows for papers, study and queue.

    The same answer again changes nothing. ``version`` is ``compare.seen`` of the two papers as
    the form showed them.

    Raises:
        NotFound: there is no such link.
        Conflict: somebody gave the other answer, one of the papers has changed, each reports a
            study of its own, or ``by`` may not.
    """
    one_at_a_time(session)
    link = session.get(PaperLink, link_id, populate_existing=True, with_for_update=True)
    if link is None:
        raise NotFound(f"There is no proposal {link_id}")
    wanted = LinkState.CONFIRMED if confirm else LinkState.REJECTED
    if link.state is wanted:
        return _NOTHING
    if link.state is not LinkState.PROPOSED:
        raise Conflict(_settled_before(session, link))
    locking.require_reviewer(session, by)
    both = _as_seen(session, (link.paper_id, link.other_id), version)
    if confirm and link.relation is Relation.SAME_PAPER:
        return _merge(session, both, link.reason, matcher, by=by, at=at)  # settles the link too
    done = _hang(session, link.relation, both, by, at) if confirm else _NOTHING
    linking.settle(session, link, wanted, by=actors.of_user(by.id), at=at)
    return replace(done, papers=(both[0].id, both[1].id))


def merge_papers(
    session: Session,
    *,
    papers: tuple[int, int],
    version: str,
    matcher: Matcher,
    by: User,
    at: datetime,
) -> Settled:
    """Make two papers one because a person says so, whatever was said before.

    Said again of papers that are one already, it changes nothing.

    Raises:
        NotFound: no such paper.
        Conflict: one of them has changed, each reports a study of its own, or ``by`` may not.
    """
    one_at_a_time(session)
    if len({linking.current(session, paper_id).id for paper_id in papers}) == 1:
        return _NOTHING
    locking.require_reviewer(session, by)
    both = _as_seen(session, papers, version)
    return _merge(session, both, "a person said that they are one paper", matcher, by=by, at=at)


def undo_merge(
    session: Session, *, merge_id: int, matcher: Matcher, by: User, at: datetime
) -> Settled:
    """Make two papers of one again; both stand where they stood, and no job merges them again.

    Raises:
        NotFound: there is no such merge.
        Conflict: it was undone before, by whom and when; something has to be undone first; or
            ``by`` may not.
    """
    merge = unmerge.hold(session, merge_id)
    if merge.undone_at:
        name = who(session, merge.undone_by)
        raise Conflict(
            f"{name} undid this merge on {locking.when(merge.undone_at)}. Nothing changed"
        )
    locking.require_reviewer(session, by)
    locking.hold_together(session, (merge.kept_id, merge.gone_id))
    actor = actors.of_user(by.id)
    unmerge.undo(session, merge, matcher=matcher, by=actor, at=at)
    follow.follow_parting(session, merge, by=actor, at=at)
    studies = _studies(session, merge.kept_id, merge.gone_id)
    return Settled(studies, "one of its papers was two", merge, (merge.kept_id, merge.gone_id))


def _as_seen(session: Session, papers: tuple[int, int], version: str) -> _Both:
    """Give two papers as they are now, if they are as the form showed them."""
    left, right = (linking.current(session, paper_id) for paper_id in papers)
    if left.id == right.id:
        raise Conflict(_ONE)
    locking.hold_together(session, (left.id, right.id))
    if seen(left, right) != version:
        raise Conflict(CHANGED)
    return left, right


def _merge(
    session: Session, both: _Both, reason: str, matcher: Matcher, *, by: User, at: datetime
) -> Settled:
    left, right = both
    if objection := two_studies(session, left.id, right.id):
        raise Conflict(f"{objection}. Nothing was recorded")
    kept, gone = merging.older_first(session, left, right)
    actor = actors.of_user(by.id)
    merge = literature.merge(
        session,
        kept_id=kept.id,
        gone_id=gone.id,
        reason=reason,
        matcher=matcher,
        by=actor,
        at=at,
    )
    follow.follow_merge(session, kept=kept.id, gone=gone.id, by=actor, at=at)
    session.flush()
    if kept.lane in TO_SCREEN:  # by what the other says
        screening.enqueue(session, [kept.id], at=at)
    return Settled(_studies(session, kept.id), "two of its papers are one", merge, (kept.id,))


def _hang(session: Session, relation: Relation, both: _Both, by: User, at: datetime) -> Settled:
    """Let both papers report the study that one of them reports."""
    left, right = both
    report = hanging(session, relation, left.id, right.id)
    if isinstance(report, str):
        raise Conflict(f"{report}. Nothing was recorded")
    if report is None:
        return _NOTHING
    locking.hold_study(session, report.study_id)
    literature.link_paper(
        session, paper_id=report.paper_id, study_id=report.study_id, role=report.role, by=by, at=at
    )
    if report.beside:
        _change_role(session, report, by, at)
    item = locking.hold_items(session, [report.paper_id]).get(report.paper_id)
    if item is not None:
        locking.move(item, locking.stage_of(session, report.study_id), at)
    return Settled((report.study_id,), "another paper was found to report it")


def _change_role(session: Session, report: Hanging, by: User, at: datetime) -> None:
    """Say what the study's first paper is, now that its main report is there."""
    link = session.get_one(StudyPaper, report.linked_id)
    was, link.role = link.role, report.beside or link.role
    session.flush()
    audit.record(
        session,
        at=at,
        actor=actors.of_user(by.id),
        action="study.role-changed",
        subject=f"study:{report.study_id}",
        paper=report.linked_id,
        role=link.role,
        was=was,
    )


def _settled_before(session: Session, link: PaperLink) -> str:
    words = {
        LinkState.CONFIRMED: "confirmed this",
        LinkState.REJECTED: "said that this is not so",
    }[link.state]
    when = f" on {locking.when(link.settled_at)}" if link.settled_at else ""
    return f"{who(session, link.settled_by)} {words}{when}. Nothing was recorded"


def _studies(session: Session, *paper_ids: int) -> tuple[int, ...]:
    found = select(StudyPaper.study_id).where(StudyPaper.paper_id.in_(paper_ids)).distinct()
    return tuple(session.scalars(found.order_by(StudyPaper.study_id)))
