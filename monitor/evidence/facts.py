"""What a grading rule looks at: the accepted studies sorted, and ranges of counts. Pure.

A count is a range because the published review gave ranges, and because a study published before
the review closed may be one of its own. Nothing here ever turns a range into a guess.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.catalogue.loader import Baseline, GradingPolicy
from monitor.catalogue.shapes.policies import CountedFact
from monitor.catalogue.words import (
    Design,
    FindingDirection,
    InReview,
    OutcomeClass,
    RiskOfBias,
)


@dataclass(frozen=True, slots=True)
class CountRange:
    """A count known to lie between two ends, both included."""

    lo: int
    hi: int

    @property
    def is_exact(self) -> bool:
        """Whether both ends are the same."""
        return self.lo == self.hi

    def __str__(self) -> str:
        return str(self.lo) if self.is_exact else f"{self.lo} to {self.hi}"


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What the rule may know of one accepted study.

    ``published`` and ``year`` are of its first report of results; None: not known. They say
    whether it may be among the review's own where ``in_review`` is None: nobody was asked.
    """

    study_id: int
    label: str
    design: Design
    risk_of_bias: RiskOfBias | None  # None: not judged, so it meets no fact that asks for a risk
    outcome_class: OutcomeClass
    direction: FindingDirection | None  # None: of several interventions, so no voice on one
    published: date | None = None
    year: int | None = None
    in_review: InReview | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """The accepted studies, sorted by what they can do to a grade. Each stands in it once, by id."""

    new: tuple[StudyFacts, ...]  # counted, and surely not among the review's own
    uncertain: tuple[StudyFacts, ...]  # counted, and possibly among the review's own
    voices: tuple[StudyFacts, ...]  # counted, and heard on the direction
    fallback: bool  # no sound study and no published direction: every counted study is heard
    other_outcome: int  # accepted, not counted: they measured another outcome
    known: tuple[StudyFacts, ...] = ()  # among the review's own: its counts have them already

    @property
    def counted(self) -> tuple[StudyFacts, ...]:
        """Every counted study, by id."""
        return _by_id((*self.new, *self.uncertain, *self.known))


def tally(
    policy: GradingPolicy,
    baseline: Baseline,
    review_closed: date,
    studies: Iterable[StudyFacts],
) -> Tally:
    """Sort the accepted studies; their order and repetitions make no difference."""
    distinct = _distinct(studies)
    counted = tuple(study for study in distinct if study.outcome_class in policy.outcomes)
    known = tuple(study for study in counted if study.in_review is InReview.YES)
    others = [study for study in counted if study.in_review is not InReview.YES]
    heard, fallback = _voices(policy, baseline, others)
    new = tuple(study for study in counted if not may_be_known(study, review_closed))
    sure = {study.study_id for study in (*known, *new)}
    return Tally(
        new=new,
        uncertain=tuple(study for study in counted if study.study_id not in sure),
        voices=heard,
        fallback=fallback,
        other_outcome=len(distinct) - len(counted),
        known=known,
    )


def _voices(
    policy: GradingPolicy, baseline: Baseline, counted: Sequence[StudyFacts]
) -> tuple[tuple[StudyFacts, ...], bool]:
    """Find whose directions are votes, where the policy counts any; and whether unsound ones are."""
    if policy.direction is None:
        return (), False
    sound = policy.facts[policy.direction.studies_of]
    speaking = tuple(study for study in counted if study.direction)
    heard = tuple(study for study in speaking if meets(sound, study))
    if heard or baseline.direction != policy.direction.silence:
        return heard, False
    wider = policy.facts[policy.direction.otherwise_of]
    return tuple(study for study in speaking if meets(wider, study)), True


def count(name: str, fact: CountedFact, baseline: Baseline, tally: Tally) -> CountRange:
    """Count one fact: a new study adds 1 to both ends, an uncertain one 0 or 1, a known one nothing.

    The lower end is never below the studies in hand: they exist, whoever counted them first.
    """
    low, high = baseline.facts[name]
    new, uncertain, known = (
        sum(meets(fact, study) for study in studies)
        for studies in (tally.new, tally.uncertain, tally.known)
    )
    return CountRange(new + max(low, uncertain + known), new + max(high, known) + uncertain)


def meets(fact: CountedFact, study: StudyFacts) -> bool:
    """Tell whether a counted study is one that the fact counts."""
    return any(
        clause.design == study.design
        and (clause.risks is None or study.risk_of_bias in clause.risks)
        for clause in fact.counts
    )


def may_be_known(study: StudyFacts, review_closed: date) -> bool:
    """Tell whether a study may be among the review's own: not known to be later than its close.

    What people said of it, where they were asked, goes before its dates.
    """
    if study.in_review is not None:
        return study.in_review is not InReview.NO
    return not is_later(study.published, study.year, review_closed)


def is_later(published: date | None, year: int | None, review_closed: date) -> bool:
    """Tell whether first results are known to be later than the review's close."""
    if published is not None:
        return published > review_closed
    return year is not None and year > review_closed.year


def _distinct(studies: Iterable[StudyFacts]) -> tuple[StudyFacts, ...]:
    """Keep each study once; of copies that differ always the same one, whatever their order."""
    study_of: dict[int, StudyFacts] = {}
    for study in studies:
        other = study_of.setdefault(study.study_id, study)
        if other != study:
            study_of[study.study_id] = min(other, study, key=repr)
    return _by_id(study_of.values())


def _by_id(studies: Iterable[StudyFacts]) -> tuple[StudyFacts, ...]:
    return tuple(sorted(studies, key=lambda study: study.study_id))
