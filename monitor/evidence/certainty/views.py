"""Where the certainty of each label stands: suggested, confirmed, confirmed on other facts. Changes nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts.tables import User
from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import Certainty, CertaintyDomain
from monitor.evidence.certainty import rules as certainty
from monitor.evidence.certainty import wording as certainty_words
from monitor.evidence.certainty.facts import facts_of
from monitor.evidence.certainty.rules import CertaintyFacts, SuggestedCertainty
from monitor.evidence.showing import Showing, showing
from monitor.evidence.synthesis.harm_words import for_readers
from monitor.evidence.tables import CertaintyOpinion, CertaintyRow
from monitor.kernel.errors import NotFound
from monitor.literature.linkage.overdue import TrialStanding
from monitor.review import trials
from monitor.review.words import Settling

PAIR = 2  # people say how sure they are; where they differ, somebody settles it


class LabelTurn(StrEnum):
    """What a label waits for, from one person."""

    FIRST = "nobody has said how sure they are"
    SECOND = "one person has"  # and it waits for this one
    WAITS = "you have; a second person has to"
    BETWEEN = "you and another differ"
    SETTLE = "two differ"  # and this one, a third, may settle it
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one person said, for those who may see it."""

    reviewer_id: int
    name: str
    level: Certainty
    downgrades: Mapping[CertaintyDomain, int]
    reasons: Mapping[CertaintyDomain, str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was confirmed; ``holds``: on the facts of now. ``numbers`` are those it was done on."""

    level: Certainty
    label: str
    downgrades: Mapping[CertaintyDomain, int]
    reasons: Mapping[CertaintyDomain, Sequence[str]]
    numbers: Mapping[CertaintyDomain, str]
    how: Settling
    people: tuple[str, ...]
    at: datetime
    holds: bool


@dataclass(frozen=True, slots=True)
class BodyCertainty:
    """One label: its facts, what they suggest, what people have said of it on these facts.

    ``seen`` tells these facts from others. ``two`` are the opinions of the first two people, and
    ``differ`` the domains in which they do; neither may see the other's before having said their own.
    """

    slug: str
    outcome_class: str
    facts: CertaintyFacts
    assessment: SuggestedCertainty
    numbers: Mapping[CertaintyDomain, str]
    policy: str
    seen: str
    confirmed: Confirmed | None
    two: tuple[Opinion, ...]
    differ: tuple[CertaintyDomain, ...]

    @property
    def is_open(self) -> bool:
        """Whether it waits for people."""
        return self.confirmed is None or not self.confirmed.holds

    def turn(self, user_id: int) -> LabelTurn:
        """Tell what it waits for, from one person."""
        spoke = user_id in {opinion.reviewer_id for opinion in self.two}
        if not self.is_open:
            return LabelTurn.CONFIRMED
        if len(self.two) == PAIR:
            return LabelTurn.BETWEEN if spoke else LabelTurn.SETTLE
        if self.two:
            return LabelTurn.WAITS if spoke else LabelTurn.SECOND
        return LabelTurn.FIRST


def standings(
    session: Session,
    catalogue: Catalogue,
    slug: str,
    today: date,
    *,
    shown: Showing | None = None,
    overdue: int | None = None,
) -> list[BodyCertainty]:
    """Say where the certainty of every label of an intervention stands, in the order of classes.

    ``shown`` and ``overdue``: what its trials show, and how many registered ones are overdue, where
    the caller has read them already.

    Raises:
        NotFound: there is no such intervention.
    """
    catalogue.intervention(slug)
    shown = shown or showing(session, catalogue, slug)
    if overdue is None:
        overdue = _overdue(trials.standings(session, today, slug), slug)
    leading = certainty.leading(shown.findings)
    if not leading:
        return []
    rows = _rows(session, slug)
    opinions = _opinions(session, slug)
    names = _names(session, rows, opinions)
    return [
        _standing(
            catalogue,
            slug,
            facts_of(
                finding,
                shown.studies,
                catalogue.tool_by_reference,
                catalogue.synthesis,
                overdue=overdue,
            ),
            [row for row in rows if row.outcome_class == kind],
            [opinion for opinion in opinions if opinion.outcome_class == kind],
            names,
        )
        for kind, finding in leading.items()
    ]


def every_standing(session: Session, catalogue: Catalogue, today: date) -> list[BodyCertainty]:
    """Say where the certainty of every label of the ten stands."""
    registered = trials.standings(session, today)
    return [
        body
        for slug in catalogue.slugs
        for body in standings(session, catalogue, slug, today, overdue=_overdue(registered, slug))
    ]


def standing(
    session: Session, catalogue: Catalogue, slug: str, outcome_class: str, today: date
) -> BodyCertainty:
    """Say where the certainty of one label stands.

    Raises:
        NotFound: there is no such intervention, or nothing of this class to rate.
    """
    for body in standings(session, catalogue, slug, today):
        if body.outcome_class == outcome_class:
            return body
    name = catalogue.intervention(slug).name
    raise NotFound(f"There is no result of {name} to rate here: none of this kind counts now")


def confirmed(
    session: Session, catalogue: Catalogue, slug: str, today: date
) -> dict[str, Certainty]:
    """Give what stands confirmed of an intervention, by outcome class."""
    if session.scalar(select(CertaintyRow.id).where(CertaintyRow.slug == slug).limit(1)) is None:
        return {}
    return confirmed_levels(standings(session, catalogue, slug, today))


def confirmed_levels(bodies: Iterable[BodyCertainty]) -> dict[str, Certainty]:
    """Give what stands confirmed, by outcome class: on the facts of now, or on others until then."""
    return {body.outcome_class: body.confirmed.level for body in bodies if body.confirmed}


def opinions_on(
    session: Session, slug: str, outcome_class: str, seen: str
) -> list[CertaintyOpinion]:
    """List what people said of one label on the same facts, in the order they did."""
    said = select(CertaintyOpinion).where(
        CertaintyOpinion.slug == slug,
        CertaintyOpinion.outcome_class == outcome_class,
        CertaintyOpinion.fingerprint == seen,
    )
    return list(session.scalars(said.order_by(CertaintyOpinion.id)))


def pair(opinions: Iterable[CertaintyOpinion]) -> list[CertaintyOpinion]:
    """Give the newest opinion of each of the first two people, the first one's first."""
    newest: dict[int, CertaintyOpinion] = {}
    for opinion in opinions:
        if opinion.reviewer_id in newest or len(newest) < PAIR:
            newest[opinion.reviewer_id] = opinion
    return list(newest.values())


def downgrades_of(row: CertaintyOpinion | CertaintyRow) -> dict[CertaintyDomain, int]:
    """Read the levels that a row takes off, by domain."""
    return {domain: row.downgrades[domain.value] for domain in CertaintyDomain}


def _standing(
    catalogue: Catalogue,
    slug: str,
    facts: CertaintyFacts,
    rows: Sequence[CertaintyRow],
    opinions: Sequence[CertaintyOpinion],
    names: Mapping[int, str],
) -> BodyCertainty:
    seen = certainty.fingerprint(facts)
    on_these = [opinion for opinion in opinions if opinion.fingerprint == seen]
    two = tuple(_opinion(opinion, names) for opinion in pair(on_these))
    return BodyCertainty(
        slug=slug,
        outcome_class=facts.outcome_class,
        facts=facts,
        assessment=certainty.assess(facts, catalogue.certainty),
        numbers=certainty_words.numbers(facts, catalogue.certainty),
        policy=catalogue.certainty.version,
        seen=seen,
        confirmed=_confirmed(rows, seen, names),
        two=two,
        differ=certainty.differing(*(opinion.downgrades for opinion in two))
        if len(two) == PAIR
        else (),
    )


def _confirmed(
    rows: Sequence[CertaintyRow], seen: str, names: Mapping[int, str]
) -> Confirmed | None:
    """Give what was confirmed on these facts; else what was confirmed last, on others."""
    same = [row for row in rows if row.fingerprint == seen]
    if not rows:
        return None
    row = (same or rows)[-1]
    return Confirmed(
        level=row.level,
        label=for_readers(row.facts["label"], row.outcome_class),
        downgrades=downgrades_of(row),
        reasons={domain: row.reasons.get(domain, []) for domain in CertaintyDomain},
        numbers={domain: row.suggested[domain]["numbers"] for domain in CertaintyDomain},
        how=row.how,
        people=tuple(names.get(who, f"person {who}") for who in row.people),
        at=row.at,
        holds=bool(same),
    )


def _opinion(row: CertaintyOpinion, names: Mapping[int, str]) -> Opinion:
    return Opinion(
        reviewer_id=row.reviewer_id,
        name=names.get(row.reviewer_id, f"person {row.reviewer_id}"),
        level=row.level,
        downgrades=downgrades_of(row),
        reasons={domain: row.reasons.get(domain, "") for domain in CertaintyDomain},
        at=row.at,
    )


def _rows(session: Session, slug: str) -> list[CertaintyRow]:
    rows = select(CertaintyRow).where(CertaintyRow.slug == slug).order_by(CertaintyRow.id)
    return list(session.scalars(rows))


def _opinions(session: Session, slug: str) -> list[CertaintyOpinion]:
    said = select(CertaintyOpinion).where(CertaintyOpinion.slug == slug)
    return list(session.scalars(said.order_by(CertaintyOpinion.id)))


def _names(
    session: Session, rows: Iterable[CertaintyRow], opinions: Iterable[CertaintyOpinion]
) -> dict[int, str]:
    ids: Collection[int] = {who for row in rows for who in row.people}
    ids = {*ids, *(opinion.reviewer_id for opinion in opinions)}
    if not ids:
        return {}
    return dict(session.execute(select(User.id, User.name).where(User.id.in_(ids))).all())


def _overdue(registered: Iterable[trials.StandingTrial], slug: str) -> int:
    """Count those without a report; one that may be reported here says nothing of missing results."""
    return sum(
        trial.standing is TrialStanding.OVERDUE
        and not trial.may_be_reported
        and slug in trial.evaluates
        for trial in registered
    )
