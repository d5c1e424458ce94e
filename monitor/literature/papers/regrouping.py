"""Which study a paper reports, moved and moved back. Nothing is lost: each move is written down.

What counts, the queue, and who may ask for it, are the caller's (``review.family``).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from monitor.kernel.errors import Conflict
from monitor.kernel.persistence.database import affected
from monitor.literature.papers.merging import study_link
from monitor.literature.tables import Regrouping, Study, StudyPaper
from monitor.literature.words import Regrouped

# A move: {"paper": its id, "was": as ``merging.study_link`` has it or None, "now": the same}.
Moved = dict[str, Any]


def put(
    session: Session, paper_id: int, *, study_id: int, role: str, by: int, at: datetime
) -> Moved:
    """Let a paper report a study, whatever it reported before; ``by`` is a user's id."""
    was = study_link(session, paper_id)
    stays = was is not None and was["id"] == study_id
    linked_at = datetime.fromisoformat(was["linked_at"]) if was and stays else at
    _set(session, paper_id, was, study_id=study_id, role=role, linked_at=linked_at, linked_by=by)
    return {"paper": paper_id, "was": was, "now": study_link(session, paper_id)}


def take_out(session: Session, paper_id: int) -> Moved:
    """Let a paper report no study."""
    was = study_link(session, paper_id)
    _delete(session, paper_id)
    return {"paper": paper_id, "was": was, "now": None}


def put_back(session: Session, moved: Moved) -> None:
    """Let a paper report what it reported before a move."""
    was = moved["was"]
    if was is None:
        _delete(session, moved["paper"])
        return
    _set(
        session,
        moved["paper"],
        moved["now"],
        study_id=was["id"],
        role=was["role"],
        linked_at=datetime.fromisoformat(was["linked_at"]),
        linked_by=was["linked_by"],
    )


def stands(session: Session, moved: Moved) -> bool:
    """Tell whether a paper still reports what a move has made of it."""
    link = study_link(session, moved["paper"])
    return _place(link) == _place(moved["now"])


def part_of(session: Session, study_id: int) -> Regrouping | None:
    """Give the merge by which a study is part of another now; None: it is whole."""
    merged = select(Regrouping).where(
        Regrouping.other_id == study_id,
        Regrouping.kind == Regrouped.MERGED,
        Regrouping.undone_at.is_(None),
    )
    return session.scalars(merged.order_by(Regrouping.id.desc())).first()


def current_study(session: Session, study_id: int) -> int:
    """Give the number of a study, or of the one that it is part of."""
    merged = part_of(session, study_id)
    return study_id if merged is None else current_study(session, merged.study_id)


def require_whole(session: Session, study: Study) -> None:
    """Refuse to add to a study that is part of another.

    Raises:
        Conflict: says which one it is part of.
    """
    now = current_study(session, study.id)
    if now != study.id:
        label = session.get_one(Study, now).label
        raise Conflict(f"“{study.label}” is one study with “{label}” now: choose that one")


def _place(link: dict[str, Any] | None) -> tuple[int, str] | None:
    return (link["id"], link["role"]) if link else None


def _set(
    session: Session,
    paper_id: int,
    now: dict[str, Any] | None,
    **values: Any,  # noqa: ANN401 - the columns of a link
) -> None:
    if now is None:
        session.add(StudyPaper(paper_id=paper_id, **values))
        session.flush()
        return
    moved = session.execute(
        update(StudyPaper)
        .where(StudyPaper.paper_id == paper_id, StudyPaper.study_id == now["id"])
        .values(**values)
    )
    affected(moved, expected=1, what="link of the paper to its study")


def _delete(session: Session, paper_id: int) -> None:
    gone = session.execute(delete(StudyPaper).where(StudyPaper.paper_id == paper_id))
    affected(gone, expected=1, what="link of the paper to its study")
