"""The queue follows papers that become one, and that are two again. Judges nothing."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.kernel import audit
from monitor.literature.tables import Paper, PaperMerge
from monitor.literature.words import TO_SCREEN
from monitor.review import locking, rules
from monitor.review.alerts import opening
from monitor.review.queue import screening
from monitor.review.tables import QueueItem, Screening
from monitor.review.words import Stage

_JOB = "job:ingest"
_UNKNOWN: dict[str, Any] = {"kept": None, "gone": None, "stage": None, "said": 0}


def follow_merge(session: Session, *, kept: int, gone: int, at: datetime, by: str = _JOB) -> None:
    """Give one place in the queue to two papers that turned out to be one.

    It is the place nearer to a decision, or that of the study which the paper that stays
    reports. Verdicts stay with the paper they were given on; alerts move. Both places are written
    down with the merge, for ``follow_parting``.
    """
    items = locking.hold_items(session, [kept, gone])
    old, new = items.get(gone), items.get(kept)
    before = {"kept": _place(new), "gone": _place(old)}
    if old is not None:
        new = _one_place(session, kept, old, new, at)
        audit.record(
            session,
            at=at,
            actor=by,
            action="queue.merged",
            subject=f"paper:{kept}",
            gone=gone,
            stage=new.stage.value,
        )
    after = {"stage": new.stage.value if new else None, "said": _said(session)}
    _write_down(session, kept, gone, before | after)
    opening.follow_merge(session, kept=kept, gone=gone, at=at)


def _one_place(
    session: Session, kept: int, old: QueueItem, new: QueueItem | None, at: datetime
) -> QueueItem:
    if new is None:
        new = QueueItem(
            paper_id=kept,
            stage=old.stage,
            queued_at=old.queued_at,
            moved_at=at,
            version=old.version,
            score=old.score,
            parts=old.parts,
        )
        session.add(new)
    study = locking.study_of(session, kept)
    stage = locking.stage_of(session, study) if study else rules.further(old.stage, new.stage)
    new.queued_at = min(old.queued_at, new.queued_at)
    new.version = max(old.version, new.version)
    locking.move(new, stage, at)
    session.delete(old)
    return new


def follow_parting(session: Session, merge: PaperMerge, *, by: str, at: datetime) -> None:
    """Give both papers of a merge that was taken back their places in the queue.

    Each has the place it had, or that of the study it reports. What was said of the two while
    they were one was said of the paper that stays: that keeps the place it came to by it.
    """
    was = merge.moved.get("queue") or _UNKNOWN
    session.flush()
    held = locking.hold_items(session, [merge.kept_id]).get(merge.kept_id)
    reopened = was["stage"] == Stage.EXCLUDED and held and held.stage is Stage.TO_SCREEN
    _return_kept(session, merge.kept_id, held, was, at)
    _return_gone(session, merge.gone_id, was["gone"], at, again=bool(reopened))
    session.flush()
    both = (merge.kept_id, merge.gone_id)
    to_screen = select(Paper.id).where(Paper.id.in_(both), Paper.lane.in_(TO_SCREEN))
    screening.enqueue(session, list(session.scalars(to_screen)), at=at)
    places = locking.hold_items(session, both)
    audit.record(
        session,
        at=at,
        actor=by,
        action="queue.parted",
        subject=f"paper:{merge.kept_id}",
        gone=merge.gone_id,
        stages={str(paper_id): item.stage.value for paper_id, item in places.items()},
    )


def _return_kept(
    session: Session, paper_id: int, held: QueueItem | None, was: dict[str, Any], at: datetime
) -> None:
    if held is None:
        return
    before = was["kept"]
    study = locking.study_of(session, paper_id)
    untouched = held.stage.value == was["stage"] and not _said(session, paper_id, was["said"])
    if before is None and untouched and study is None:
        session.delete(held)  # it had no place; where it is to be screened, it gets one
        return
    if before is not None:
        held.queued_at = datetime.fromisoformat(before["queued_at"])
        held.score, held.parts = before["score"], before["parts"]
    if study is not None:
        stage = locking.stage_of(session, study)
    elif before is not None and untouched:
        stage = Stage(before["stage"])
    else:
        judged = screening.last_screening(session, paper_id)
        stage = held.stage if judged else Stage.TO_SCREEN
    locking.move(held, stage, at)


def _return_gone(
    session: Session, paper_id: int, before: dict[str, Any] | None, at: datetime, *, again: bool
) -> None:
    """Give the paper that returns its place; ``again``: somebody wants both looked at again."""
    if before is None:
        return
    stage = Stage(before["stage"])
    if study := locking.study_of(session, paper_id):
        stage = locking.stage_of(session, study)
    elif again and stage is Stage.EXCLUDED:
        stage = Stage.TO_SCREEN
    session.add(
        QueueItem(
            paper_id=paper_id,
            stage=stage,
            queued_at=datetime.fromisoformat(before["queued_at"]),
            moved_at=at,
            version=before["version"] + 1,
            score=before["score"],
            parts=before["parts"],
        )
    )


def _said(session: Session, paper_id: int | None = None, since: int = 0) -> int:
    """Give the number of the newest verdict, of one paper or of all; 0 for none."""
    newest = select(func.max(Screening.id)).where(Screening.id > since)
    if paper_id is not None:
        newest = newest.where(Screening.paper_id == paper_id)
    return session.scalar(newest) or 0


def _place(item: QueueItem | None) -> dict[str, Any] | None:
    if item is None:
        return None
    return {
        "stage": item.stage.value,
        "queued_at": item.queued_at.isoformat(),
        "version": item.version,
        "score": item.score,
        "parts": item.parts,
    }


def _write_down(session: Session, kept: int, gone: int, places: dict[str, Any]) -> None:
    merge = session.scalar(
        select(PaperMerge)
        .where(
            PaperMerge.kept_id == kept,
            PaperMerge.gone_id == gone,
            PaperMerge.undone_at.is_(None),
        )
        .order_by(PaperMerge.id.desc())
        .limit(1)
    )
    if merge is not None:
        merge.moved = merge.moved | {"queue": places}
