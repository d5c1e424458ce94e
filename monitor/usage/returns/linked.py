"""The same services in two waves: how many began to offer an intervention, and how many stopped.

It stands beside the cross-section and decides nothing: services that answer twice are not all that
answer. Shown of ten services or more alone. Source: the method of findings, section 9.
"""

from dataclasses import dataclass
from math import comb

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from monitor.usage.comparison import same_question
from monitor.usage.returns.queries import of_wave
from monitor.usage.returns.rules import Answers
from monitor.usage.returns.tables import Return
from monitor.usage.splits import FEWEST


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


def mcnemar(one: int, other: int) -> float:
    """Give the exact two-sided p of McNemar's test, 0 to 1, of how many moved each way.

    Of those that moved, each way is as likely as the other if nothing changed (McNemar 1947,
    doi 10.1007/BF02295996; exact by the binomial). 1 where nobody moved.

    >>> round(mcnemar(2, 8), 6), mcnemar(0, 0)
    (0.109375, 1.0)
    """
    moved = one + other
    tail = sum(comb(moved, fewer) for fewer in range(min(one, other) + 1))
    return float(min(1.0, 2 * tail / 2**moved))


def linked(session: Session, slug: str, *, before: int | None, now: int | None) -> Linked | None:
    """Compare what the same services answered in two waves of returns (their ids).

    None where a wave is not of returns, the question differs, or fewer than ten answered both.
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
    if len(pairs) < FEWEST:
        return None
    offered = [tuple(slug in Answers.from_dict(one).offered for one in pair) for pair in pairs]
    return Linked(len(pairs), offered.count((False, True)), offered.count((True, False)))
