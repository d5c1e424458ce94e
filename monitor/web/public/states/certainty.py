"""How sure each label of an intervention is, as readers see it: suggested, or confirmed by people."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from monitor.catalogue.words import CertaintyDomain
from monitor.evidence.certainty import views as certainty_views
from monitor.evidence.certainty import wording as certainty_words
from monitor.evidence.certainty.views import BodyCertainty, Confirmed
from monitor.evidence.showing import Showing
from monitor.evidence.synthesis.harm_words import for_readers
from monitor.kernel.language.english import day
from monitor.kernel.language.uk import uk_day_of
from monitor.review.words import Settling
from monitor.web import formats
from monitor.web.current import now, service

_WHO = {
    Settling.AGREED: "confirmed on {day} by two reviewers",
    Settling.PAIR: "confirmed on {day} by two reviewers, who differed first",
    Settling.THIRD: "settled on {day} by a third reviewer, as two differed",
}


@dataclass(frozen=True, slots=True)
class DomainShown:
    """One of the five reasons. ``said`` is what people made of it; empty: they have not."""

    domain: str
    numbers: str
    suggested: str
    said: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CertaintyShown:
    """How sure one label is. ``status`` follows the level, as in a sentence."""

    outcome_class: str
    outcome: str
    comparator: str
    label: str
    level: str
    status: str
    start: str
    domains: tuple[DomainShown, ...]
    policy: str
    is_confirmed: bool
    holds: bool


def of_intervention(
    session: Session, slug: str, showing: Showing | None = None
) -> list[CertaintyShown]:
    """Say how sure each label of an intervention is; ``showing``: what its trials show, if read."""
    today = uk_day_of(now()).date
    bodies = certainty_views.standings(session, service().catalogue, slug, today, shown=showing)
    return shown(bodies)


def shown(bodies: Iterable[BodyCertainty]) -> list[CertaintyShown]:
    """Put standings into words for readers. Names nobody."""
    return [_shown(body) for body in bodies]


def _shown(body: BodyCertainty) -> CertaintyShown:
    confirmed = body.confirmed
    suggested = certainty_words.span(body.assessment)
    return CertaintyShown(
        outcome_class=body.outcome_class,
        outcome=formats.outcome_class(body.outcome_class),
        comparator=body.facts.comparator_class,
        label=for_readers(body.facts.label, body.outcome_class),
        level=confirmed.level.value if confirmed else suggested,
        status=_status(confirmed, suggested),
        start=certainty_words.start(body.assessment.start, randomised=body.facts.randomised),
        domains=tuple(_domain(body, domain) for domain in CertaintyDomain),
        policy=body.policy,
        is_confirmed=confirmed is not None,
        holds=confirmed is not None and confirmed.holds,
    )


def _status(confirmed: Confirmed | None, suggested: str) -> str:
    if confirmed is None:
        return (
            "suggested, not confirmed: worked out by rule, and two reviewers have yet to judge it"
        )
    who = _WHO[confirmed.how].format(day=day(confirmed.at))
    return who if confirmed.holds else f"{who}, on other facts; suggested now: {suggested}"


def _domain(body: BodyCertainty, domain: CertaintyDomain) -> DomainShown:
    confirmed = body.confirmed
    return DomainShown(
        domain=domain.value,
        numbers=body.numbers[domain],
        suggested=certainty_words.suggested(body.assessment.of(domain)),
        said=certainty_words.went_down(confirmed.downgrades[domain]) if confirmed else "",
        why=tuple(confirmed.reasons[domain]) if confirmed else (),
    )
