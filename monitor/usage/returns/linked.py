"""The same services in two waves: how many began to offer an intervention, and how many stopped.

It stands beside the cross-section and decides nothing: services that answer twice are not all that
answer. Shown only where no service's answer follows from it and both waves. Source: the method of findings, section 9.
"""

from dataclasses import dataclass
from math import comb

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from monitor.usage.returns.queries import of_wave
from monitor.usage.returns.rules import ServiceAnswers
from monitor.usage.returns.tables import Collection, Return
from monitor.usage.splits import FEWEST
from monitor.usage.tables import Wave
from monitor.usage.waves_compared import same_question


@dataclass(frozen=True, slots=True)
class Linked:
    """Services that answered both waves. ``p`` is McNemar's, exact and two-sided."""

    both: int
    began: int
    stopped: int

    @property
    def p(self) -> float:
        """How likely so uneven a split of those that moved is, if as many begin as stop."""
        return mcnemar(self.began, self.stopped)


def mcnemar(began: int, stopped: int) -> float:
    """Give the exact two-sided p of McNemar's test, 0 to 1, of how many moved each way.

    Of those that moved, each way is as likely as the other if nothing changed (McNemar 1947,
    doi 10.1007/BF02295996; exact by the binomial). 1 where nobody moved.

    >>> round(mcnemar(2, 8), 6), mcnemar(0, 0)
    (0.109375, 1.0)
    """
    moved = began + stopped
    tail = sum(comb(moved, fewer) for fewer in range(min(began, stopped) + 1))
    return float(min(1.0, 2 * tail / 2**moved))


def linked(session: Session, slug: str, *, before: int | None, now: int | None) -> Linked | None:
    """Compare what the same services answered in two waves of returns (their ids).

    None where a wave is not of returns, the question differs, or fewer than ten answered both. Both
    waves tell how many offered it, so those who answered one alone are none or ten, too: else what
    they answered is what is left over. Nor once a service was forgotten, which is left over as well.
    """
    first, second = (of_wave(session, wave) if wave else None for wave in (before, now))
    if first is None or second is None or not same_question(first.question, second.question):
        return None
    then, later = aliased(Return), aliased(Return)
    pairs = session.execute(
        select(then.answers, later.answers)
        .join(later, later.service_id == then.service_id)
        .where(
            then.collection_id == first.id,
            later.collection_id == second.id,
            then.answers.is_not(None),
            later.answers.is_not(None),
        )
    ).all()
    alone = _answered(session, first) + _answered(session, second) - 2 * len(pairs)
    if len(pairs) < FEWEST or 0 < alone < FEWEST:
        return None
    if not all(_is_whole(session, collection) for collection in (first, second)):
        return None
    offered = [
        tuple(slug in ServiceAnswers.from_dict(answers).offered for answers in pair)
        for pair in pairs
    ]
    return Linked(len(pairs), offered.count((False, True)), offered.count((True, False)))


def _answered(session: Session, of: Collection) -> int:
    """Count the answers of a collection that are kept."""
    sent = select(func.count()).where(Return.collection_id == of.id, Return.answers.is_not(None))
    return session.scalar(sent) or 0


def _is_whole(session: Session, of: Collection) -> bool:
    """Tell whether all the answers that its wave counts are kept."""
    counted = session.scalar(select(Wave.services).where(Wave.id == of.wave_id))
    return _answered(session, of) == counted
