"""People say how sure a label is. Appends; never edits, never commits, never shows one the other's.

Two say it apart, on the facts of now. Where they judge every domain alike, it is confirmed; else a
third person settles it, or one of the two comes round to what the other said. What was confirmed
stands until the facts behind it change: then it is asked again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.catalogue.loader import Catalogue
from monitor.catalogue.tables import InterventionRow
from monitor.catalogue.words import CertaintyDomain
from monitor.evidence.certainty import rules as certainty
from monitor.evidence.certainty.rules import Downgrades
from monitor.evidence.certainty.views import (
    PAIR,
    BodyCertainty,
    downgrades_of,
    opinions_on,
    pair,
    standing,
)
from monitor.evidence.tables import CertaintyOpinion, CertaintyRow
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.kernel.language.uk import uk_day_of
from monitor.review import locking, rules
from monitor.review.words import Settling

CHANGED = (
    "The facts have changed since you opened this: what they are now is shown. Check what you said "
    "against them, and send it again"
)


@dataclass(frozen=True, slots=True)
class SentCertainty:
    """A form that somebody sent about one label; ``seen`` is the fingerprint of the facts shown."""

    slug: str
    outcome_class: str
    token: str
    seen: str
    by: User
    at: datetime


@dataclass(frozen=True, slots=True)
class Certified:
    """What an opinion led to; ``confirmed`` is None while it waits for another person."""

    opinion: CertaintyOpinion
    confirmed: CertaintyRow | None


def certify(
    session: Session,
    catalogue: Catalogue,
    sent: SentCertainty,
    *,
    downgrades: Downgrades,
    reasons: Mapping[CertaintyDomain, str],
) -> Certified:
    """Record what one person says of how sure a label is, and what it has come to by that.

    A form sent twice is one opinion.

    Raises:
        NotFound: there is no such intervention, or nothing of this class to rate.
        InvalidInput: a domain is not judged, or a sentence is missing; names the domain.
        Conflict: the facts have changed since they were shown; it is confirmed already; it waits
            for somebody else; or ``by`` may not.
    """
    locking.check_token(sent.token)
    _hold(session, sent.slug)
    told = {domain: rules.plain(reason) for domain, reason in reasons.items() if reason.strip()}
    if earlier := _sent_before(session, sent, downgrades, told):
        return earlier
    locking.require_reviewer(session, sent.by)
    now = standing(session, catalogue, sent.slug, sent.outcome_class, uk_day_of(sent.at).date)
    if now.seen != sent.seen:
        raise Conflict(CHANGED)
    _check(now, downgrades, told)
    before = opinions_on(session, sent.slug, sent.outcome_class, now.seen)
    _require_turn(now, before, sent.by.id, downgrades)
    opinion = _opinion(session, now, sent, downgrades, told)
    confirmed = _came_to(session, now, [*before, opinion])
    _record(session, opinion, confirmed)
    return Certified(opinion, confirmed)


def why(catalogue: Catalogue, said: Certified) -> str:
    """Say in words what was confirmed, for the ledger of changes."""
    row = said.confirmed or said.opinion
    name = catalogue.intervention(row.slug).name
    return f"Certainty of what trials of {name} show ({row.outcome_class}): {row.level}, confirmed"


def _hold(session: Session, slug: str) -> None:
    """Keep others from rating the same intervention until this transaction ends."""
    held = select(InterventionRow.slug).where(InterventionRow.slug == slug).with_for_update()
    if session.scalar(held) is None:
        raise NotFound(f"there is no intervention {slug!r}")


def _sent_before(
    session: Session,
    sent: SentCertainty,
    downgrades: Downgrades,
    reasons: Mapping[CertaintyDomain, str],
) -> Certified | None:
    earlier = session.scalar(select(CertaintyOpinion).where(CertaintyOpinion.token == sent.token))
    if earlier is None:
        return None
    place = (earlier.slug, earlier.outcome_class, earlier.reviewer_id)
    same = place == (sent.slug, sent.outcome_class, sent.by.id) and earlier.reasons == reasons
    if not same or certainty.differing(downgrades_of(earlier), downgrades):
        raise Conflict("This form was sent before with other answers, which stand. Open it again")
    rows = select(CertaintyRow).where(
        CertaintyRow.slug == earlier.slug,
        CertaintyRow.outcome_class == earlier.outcome_class,
        CertaintyRow.fingerprint == earlier.fingerprint,
    )
    return Certified(earlier, session.scalar(rows.order_by(CertaintyRow.id.desc()).limit(1)))


def _check(
    now: BodyCertainty, downgrades: Downgrades, reasons: Mapping[CertaintyDomain, str]
) -> None:
    for domain, sentence in certainty.to_mend(now.assessment, downgrades, reasons):
        raise InvalidInput(sentence, field=domain.value)
    for domain, reason in reasons.items():
        rules.check_text(reason, field=domain.value)


def _require_turn(
    now: BodyCertainty, before: Sequence[CertaintyOpinion], user_id: int, downgrades: Downgrades
) -> None:
    if now.confirmed and now.confirmed.holds:
        raise Conflict(
            "Two people have confirmed this already. It is asked again if its facts change"
        )
    own = [opinion for opinion in before if opinion.reviewer_id == user_id]
    two = pair(before)
    if own and len(two) < PAIR:
        raise Conflict("You have said how sure you are. Now a second person has to")
    if own and not certainty.differing(downgrades_of(own[-1]), downgrades):
        raise Conflict("You said the same before: it waits for the other of the two, or a third")


def _opinion(
    session: Session,
    now: BodyCertainty,
    sent: SentCertainty,
    downgrades: Downgrades,
    reasons: Mapping[CertaintyDomain, str],
) -> CertaintyOpinion:
    opinion = CertaintyOpinion(
        token=sent.token,
        slug=sent.slug,
        outcome_class=sent.outcome_class,
        fingerprint=now.seen,
        policy=now.policy,
        start=now.assessment.start,
        level=certainty.rated(now.assessment.start, downgrades),
        downgrades={domain.value: downgrades[domain] for domain in CertaintyDomain},
        reasons={domain.value: reason for domain, reason in reasons.items()},
        reviewer_id=sent.by.id,
        at=sent.at,
    )
    session.add(opinion)
    session.flush()
    return opinion


def _came_to(
    session: Session, now: BodyCertainty, opinions: Sequence[CertaintyOpinion]
) -> CertaintyRow | None:
    """Write down what two have agreed on, or a third has settled; None: neither yet."""
    last, two = opinions[-1], pair(opinions)
    if len(two) < PAIR:
        return None
    is_third = last.reviewer_id not in {opinion.reviewer_id for opinion in two}
    if not is_third and certainty.differing(*(downgrades_of(opinion) for opinion in two)):
        return None
    first_two = [
        next(o for o in opinions if o.reviewer_id == opinion.reviewer_id) for opinion in two
    ]
    differed = certainty.differing(*(downgrades_of(opinion) for opinion in first_two))
    how = Settling.THIRD if is_third else Settling.PAIR if differed else Settling.AGREED
    speaking = [last] if is_third else two
    row = CertaintyRow(
        slug=last.slug,
        outcome_class=last.outcome_class,
        fingerprint=last.fingerprint,
        policy=now.policy,
        facts=certainty.as_json(now.facts),
        suggested=_suggested(now),
        start=last.start,
        level=last.level,
        downgrades=last.downgrades,
        reasons=_reasons(speaking),
        how=how,
        opinions=[opinion.id for opinion in opinions],
        people=list(dict.fromkeys(opinion.reviewer_id for opinion in opinions)),
        differences=[domain.value for domain in differed],
        at=last.at,
    )
    session.add(row)
    session.flush()
    return row


def _suggested(now: BodyCertainty) -> dict[str, Any]:
    return {
        suggestion.domain.value: asdict(suggestion) | {"numbers": now.numbers[suggestion.domain]}
        for suggestion in now.assessment.suggestions
    }


def _reasons(opinions: Sequence[CertaintyOpinion]) -> dict[str, list[str]]:
    """Give every sentence on each domain, of whoever gave one."""
    return {
        domain.value: said
        for domain in CertaintyDomain
        if (said := list(dict.fromkeys(filter(None, (o.reasons.get(domain) for o in opinions)))))
    }


def _record(session: Session, opinion: CertaintyOpinion, confirmed: CertaintyRow | None) -> None:
    subject, by = f"intervention:{opinion.slug}", actors.of_user(opinion.reviewer_id)
    audit.record(
        session,
        at=opinion.at,
        actor=by,
        action="certainty.said",
        subject=subject,
        opinion=opinion.id,
        outcome_class=opinion.outcome_class,
    )
    if confirmed:
        audit.record(
            session,
            at=opinion.at,
            actor=by,
            action="certainty.confirmed",
            subject=subject,
            certainty=confirmed.id,
            outcome_class=confirmed.outcome_class,
            level=confirmed.level.value,
            how=confirmed.how.value,
        )
