"""What puts a paper, or a study by its papers, in doubt: retracted, in part too, or of concern.

Said first wherever one of them is shown, from the queue to the public page and the mail, so that
nobody decides on a retracted paper without knowing. Reads only; decides nothing.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.feeds.records import Identifier
from monitor.kernel.language import english
from monitor.literature.papers import statements
from monitor.literature.tables import StudyPaper
from monitor.review.alerts.rules import GRAVE, Concern, concern
from monitor.review.notices import retracting
from monitor.review.tables import Decision, StudyAlert
from monitor.review.words import DecisionVerdict

_SAID = {
    Concern.RETRACTED: "is retracted",
    Concern.PARTLY_RETRACTED: "is retracted in part",
    Concern.IN_DOUBT: "is in doubt: its editors have voiced concern",
}
_RANK = {one: place for place, one in enumerate(GRAVE)}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing said of a paper. ``sources`` say so, in the ``notice`` where they name one.

    ``answer`` is what a person made of it, in words for readers; empty: nobody has looked yet.
    """

    paper_id: int
    concern: Concern
    sources: tuple[str, ...]
    notice: Identifier | None
    answer: str = ""

    def sentence(self, what: str) -> str:
        """Say it of ``what``, such as "This paper".

        >>> Doubt(1, Concern.RETRACTED, ("Crossref", "PubMed"), None).sentence("This paper")
        'This paper is retracted, Crossref and PubMed say.'
        """
        who = english.listed(self.sources) or "a source"
        verb = "say" if len(self.sources) > 1 else "says"
        return f"{what} {_SAID[self.concern]}, {who} {verb}."


def of_papers(session: Session, paper_ids: Collection[int]) -> dict[int, list[Doubt]]:
    """Find what puts some papers in doubt, the gravest first; papers free of doubt are left out."""
    by_paper = {
        paper_id: _doubts(session, paper_id)
        for paper_id in sorted(statements.perhaps_spoken_of(session, paper_ids))
    }
    return {paper_id: doubts for paper_id, doubts in by_paper.items() if doubts}


def of_paper(session: Session, paper_id: int) -> list[Doubt]:
    """Find what puts one paper in doubt, the gravest first, without asking whether anything may."""
    return _doubts(session, paper_id)


def of_studies(session: Session, study_ids: Collection[int]) -> dict[int, list[Doubt]]:
    """Find what puts some studies in doubt: what is said of any of their papers, with the answers.

    Studies free of doubt are left out.
    """
    rows = session.execute(
        select(StudyPaper.paper_id, StudyPaper.study_id).where(StudyPaper.study_id.in_(study_ids))
    )
    study_of = {row.paper_id: row.study_id for row in rows}
    by_study: dict[int, list[Doubt]] = defaultdict(list)
    for paper_id, doubts in of_papers(session, study_of.keys()).items():
        answers = _answers(session, study_of[paper_id], paper_id)
        by_study[study_of[paper_id]] += [_answered(doubt, answers) for doubt in doubts]
    return {study: sorted(doubts, key=_order) for study, doubts in by_study.items()}


def of_study(session: Session, study_id: int) -> list[Doubt]:
    """Find what puts one study in doubt, the gravest first."""
    return of_studies(session, [study_id]).get(study_id, [])


def graver_on_study(session: Session, study_id: int, than: Concern) -> list[Doubt]:
    """Find what puts a study in doubt more than ``than`` does, the gravest first.

    Whoever answers an expression of concern must know that the paper is retracted.
    """
    limit = _RANK.get(than, len(GRAVE))
    return [doubt for doubt in of_study(session, study_id) if _RANK[doubt.concern] < limit]


def _doubts(session: Session, paper_id: int) -> list[Doubt]:
    """Tell each concern once, by all who voice it, in the first notice named."""
    said: dict[Concern, Doubt] = {}
    for word in statements.words_on(session, paper_id):
        about = concern(word.kind)
        if about not in _RANK:
            continue
        known = said.get(about, Doubt(paper_id, about, (), None))
        sources = dict.fromkeys((*known.sources, *retracting.who_says(session, paper_id, word)))
        names = [name for name in word.names if name.scheme != "paper"]
        notice = known.notice or next(iter(names), None)
        said[about] = Doubt(paper_id, about, tuple(sources), notice)
    return sorted(said.values(), key=_order)


def _answers(session: Session, study_id: int, paper_id: int) -> dict[Concern, str]:
    """Find what people last made of what is said of a study's paper."""
    settled = session.scalars(
        select(StudyAlert)
        .where(
            StudyAlert.study_id == study_id,
            StudyAlert.paper_id == paper_id,
            StudyAlert.closed_by.startswith("user:"),
        )
        .order_by(StudyAlert.closed_at, StudyAlert.id)
    )
    return {concern(alert.kind): retracting.answer_for_readers(alert) for alert in settled}


def _answered(doubt: Doubt, answers: dict[Concern, str]) -> Doubt:
    answer = answers.get(doubt.concern, "")
    return Doubt(doubt.paper_id, doubt.concern, doubt.sources, doubt.notice, answer)


def _order(doubt: Doubt) -> tuple[int, int]:
    return _RANK[doubt.concern], doubt.paper_id


def left_out_as_retracted(
    session: Session, study_ids: Collection[int], at: datetime | None = None
) -> set[int]:
    """Tell which studies are left out, or withdrawn, since papers of theirs are retracted.

    ``at``: as of then.

    One that a person counts again after its sources took the retraction back is not.
    """
    if not study_ids:
        return set()
    last = select(func.max(Decision.id)).where(Decision.study_id.in_(study_ids))
    last = last.where(Decision.at <= at) if at else last
    decisions = session.scalars(
        select(Decision).where(
            Decision.id.in_(last.group_by(Decision.study_id)),
            Decision.verdict != DecisionVerdict.ACCEPT,
        )
    )
    alert_of = {decision.study_id: decision.facts.get("alert") for decision in decisions}
    alerts = session.scalars(select(StudyAlert).where(StudyAlert.study_id.in_(alert_of)))
    gone: set[int] = set()
    for alert in sorted(alerts, key=lambda row: row.id):
        about = concern(alert.kind)
        if about is Concern.RETRACTED and alert.id == alert_of[alert.study_id]:
            gone.add(alert.study_id)
        elif about is Concern.REINSTATED and _was_counted_again(alert, at):
            gone.discard(alert.study_id)
    return gone


def _was_counted_again(alert: StudyAlert, at: datetime | None) -> bool:
    closed = alert.closed_at is not None and (at is None or alert.closed_at <= at)
    return closed and (alert.outcome or "").startswith(retracting.COUNTED_AGAIN)
