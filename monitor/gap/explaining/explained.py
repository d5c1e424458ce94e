"""Why a state is as it is, what it hangs on, what would change it next. Reads only; page and CLI share it.

Everything is worked out by the rules that decide, on the studies that counted at the moment asked
about, some of them taken away or one imagined; trials under way are as registries last dated them.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import Tier
from monitor.evidence import registered
from monitor.evidence import service as evidence
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.standing import BaselineInForce
from monitor.evidence.distance import distance
from monitor.evidence.facts import CountRange
from monitor.evidence.people_needed import Enough, people_to_settle
from monitor.evidence.registered import AwaitedTrial
from monitor.evidence.service import WeighedStudy
from monitor.evidence.showing import showing
from monitor.evidence.shown import ShownFinding, place
from monitor.evidence.synthesis.findings import Finding
from monitor.evidence.words import OF_DECISIONS
from monitor.gap import history, service
from monitor.gap.explaining import rule_lines
from monitor.gap.explaining.undoing import Smallest, in_words, smallest
from monitor.gap.states import State
from monitor.gap.tables import Change
from monitor.gap.wording import maybe_words, moved, tier_words
from monitor.gap.words import ChangeKind
from monitor.kernel.language.english import day, listed, plural
from monitor.kernel.language.uk import uk_day_of
from monitor.literature.linkage.overdue import TrialStanding
from monitor.review import trials
from monitor.review.words import shown
from monitor.usage import service as usage

_TIERS = tuple(Tier)
_TRIALS = 3  # registered ones that are named
_WAITED_FOR = (TrialStanding.RUNNING, TrialStanding.UNCONFIRMED)
# Causes of a change that a study is behind.
_OF_STUDIES = OF_DECISIONS | {"papers"}


@dataclass(frozen=True, slots=True)
class Explained:
    """A state explained, each part as sentences.

    ``decided``: the lines of the rules that gave it. ``moves_most``: which study moves each pool
    most. ``hangs_on``: the smallest set of studies without which it would be otherwise.
    ``next_tier``, ``next_label``: what would change them. ``coming``: what registered trials could.
    """

    state: State
    findings: tuple[Finding, ...]
    decided: tuple[str, ...]
    moves_most: tuple[str, ...]
    hangs_on: str
    next_tier: str
    next_label: str
    coming: tuple[str, ...]


def explain_state(
    session: Session, catalogue: Catalogue, slug: str, at: datetime, *, stands: bool = False
) -> Explained:
    """Explain how an intervention stood at a moment, by the catalogue's policies.

    ``stands``: as it stands, where that moment is now; it only says which day it is.

    Raises:
        NotFound: no such intervention.
    """
    then = None if stands else at
    case = _Case.read(session, catalogue, slug, then)
    findings = showing(session, catalogue, slug, at=then).findings
    state = case.without(())
    needs = _people(catalogue, findings)
    return Explained(
        state=state,
        findings=findings,
        decided=tuple(rule_lines.decided(catalogue, state)),
        moves_most=tuple(rule_lines.moves_most(catalogue, findings)),
        hangs_on=_hangs_on(case, state),
        next_tier=_next_tier(case, state),
        next_label=_next_label(needs),
        coming=tuple(_coming(session, case, state, needs, uk_day_of(at).date)),
    )


def undone_by(session: Session, catalogue: Catalogue, change: Change) -> str:
    """Say which smallest set of studies would undo a change; empty of a first state.

    By the policies of then, on the studies that counted right after it.

    Raises:
        NotFound: the ledger names a policy that the catalogue lacks.
    """
    if change.before is None:
        return ""
    if change.cause_kind not in _OF_STUDIES:
        return "It came from no study, so none would undo it."
    before, after = State.from_dict(change.before), State.from_dict(change.after)
    then = history.in_force_at(session, catalogue, change.slug, change.at)
    case = _Case.read(session, then, change.slug, change.at)
    undone = _is_undone(before, after, change.kinds)
    search = smallest(case.names, lambda gone: undone(case.without(gone)))
    return in_words(
        search,
        does="this would not have changed",
        stays="this would have changed all the same",
    )


def decided_then(session: Session, catalogue: Catalogue, change: Change) -> tuple[str, ...]:
    """Say which lines of the rules of then gave the state after a change.

    Raises:
        NotFound: the ledger names a policy that the catalogue lacks.
    """
    then = history.in_force_at(session, catalogue, change.slug, change.at)
    return tuple(rule_lines.decided(then, State.from_dict(change.after)))


@dataclass(frozen=True, slots=True)
class _Case:
    """The studies that counted at a moment, and all else that a state is made of."""

    catalogue: Catalogue
    slug: str
    studies: Sequence[WeighedStudy]
    own: BaselineInForce  # what holds of the review's own studies
    put_together: Callable[[evidence.Grade], State]

    @classmethod
    def read(
        cls, session: Session, catalogue: Catalogue, slug: str, at: datetime | None
    ) -> "_Case":
        observation = usage.latest(session, slug, at=at)
        told = history.told_at(session, slug, at)
        sure = told.certainty if told else {}
        return cls(
            catalogue,
            slug,
            evidence.counting(session, catalogue, slug, at),
            baselines.standing(session, at),
            lambda grade: service.state_of(catalogue.gap, grade, observation, sure),
        )

    @property
    def names(self) -> list[str]:
        return [study.facts.label for study in self.studies]

    def without(self, gone: Collection[int]) -> State:
        """Give the state without the studies at some positions."""
        kept = [study for at, study in enumerate(self.studies) if at not in gone]
        return self.put_together(self._graded(kept))

    def short_of(self, tier: Tier) -> CountRange:
        """Count the sound randomised trials that are missing for a tier: at both ends of the facts.

        Each such trial meets every fact that a tier asks for.
        """
        below = _TIERS[_TIERS.index(tier) - 1]
        far = distance(self.catalogue.grading, below, self._graded(self.studies).facts)
        return far.missing if far else CountRange(0, 0)

    def _graded(self, studies: Sequence[WeighedStudy]) -> evidence.Grade:
        return evidence.weigh(self.catalogue, self.slug, studies, self.own)


def _is_undone(before: State, after: State, kinds: Sequence[str]) -> Callable[[State], bool]:
    """Make the test whether a state is again what it was in all that a change moved."""
    whats = {ChangeKind(kind) for kind in kinds}
    only_count = whats == {ChangeKind.STUDIES}
    labels = {_at(line): line.label for line in before.shows}
    changed = [_at(line) for line in moved(before, after)]

    def undone(state: State) -> bool:
        now = {_at(line): line.label for line in state.shows}
        return all(
            (
                ChangeKind.TIER not in whats or state.tier is before.tier,
                ChangeKind.SETTLED not in whats or state.settled == before.settled,
                ChangeKind.DIRECTION not in whats or state.direction is before.direction,
                ChangeKind.GAP not in whats or state.kind is before.kind,
                all(now.get(each) == labels.get(each) for each in changed),
                not only_count or state.studies == before.studies,
            )
        )

    return undone


def _at(line: ShownFinding) -> tuple[str, str]:
    return line.comparator_class, line.outcome_class


def _hangs_on(case: _Case, now: State) -> str:
    def otherwise(state: State) -> bool:
        return (tier_words(state), state.direction, state.kind) != (
            tier_words(now),
            now.direction,
            now.kind,
        )

    search = smallest(case.names, lambda gone: otherwise(case.without(gone)))
    stays = "tier, headline and gap would stay as they are"
    return in_words(search, does=_then(case, now, search), stays=stays)


def _then(case: _Case, now: State, search: Smallest) -> str:
    """Tell what would be without the first set found."""
    if not search.sets:
        return ""
    gone = _positions(case.names, search.sets[0])
    state = case.without(gone)
    moves = [
        f"the {what} would be “{after}” (now “{before}”)"
        for what, before, after in (
            ("tier", tier_words(now), tier_words(state)),
            ("headline", shown(now.direction), shown(state.direction)),
            ("gap", now.kind.value, state.kind.value),
        )
        if before != after
    ]
    which = f"without {listed(search.sets[0])}, " if len(search.sets) > 1 else ""
    several = "tier, headline or gap would be otherwise: " if len(search.sets) > 1 else ""
    return f"{several}{which}{listed(moves)}"


def _positions(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    left, positions = list(wanted), []
    for at, name in enumerate(names):
        if name in left:
            left.remove(name)
            positions.append(at)
    return positions


def _next_tier(case: _Case, state: State) -> str:
    """Say how many more sound trials would settle the tier, or reach the next one."""
    wanted = _wanted(state)
    if wanted is None:
        return "There is no tier above strong: more studies cannot raise it."
    short = case.short_of(wanted)
    many = plural(short.hi, "more sound randomised trial")
    if short.lo == 0:
        return f"{many} would settle the tier as {wanted}: now it {maybe_words(state)}."
    if short.is_exact:
        return f"{many} would make the tier {wanted}."
    return (
        f"{many} would make the tier {wanted} for certain; "
        f"{short.lo:,} would do if the review counted as many as it may have."
    )


def _wanted(state: State) -> Tier | None:
    """Give the tier that is to be settled, or reached next; None: there is none above."""
    if not state.settled:
        return state.tier_high
    above = _TIERS[_TIERS.index(state.tier) + 1 :]
    return above[0] if above else None


def _people(catalogue: Catalogue, findings: Sequence[Finding]) -> tuple[Finding, Enough] | None:
    finding = rule_lines.unsettled(catalogue, findings)
    pooled = finding.main.pool if finding else None
    if finding is None or pooled is None:
        return None
    enough = people_to_settle(pooled, finding.main.people, catalogue.synthesis)
    return (finding, enough) if enough else None


def _next_label(needs: tuple[Finding, Enough] | None) -> str:
    if needs is None:
        return ""
    finding, enough = needs
    return (
        f"About {enough.people:,} more people at this spread would settle the findings "
        f"{place(finding)}, as “{enough.label}” if the estimate stays where it is."
    )


def _coming(
    session: Session,
    case: _Case,
    state: State,
    needs: tuple[Finding, Enough] | None,
    today: date,
) -> Iterator[str]:
    """Say what each registered trial of it that has not ended could do, the first to end first."""
    waited = [
        trial
        for trial in registered.waiting_of(trials.standings(session, today, case.slug), case.slug)
        if trial.standing in _WAITED_FOR
    ]
    waited.sort(key=lambda trial: (trial.trial.completed or date.max, trial.paper_id))
    reach = _tier_with_one(case, state)
    for trial in registered.described(session, waited[:_TRIALS]):
        could = [words for words in (reach, _label_with(trial, needs)) if words]
        told = f" If it is sound, it {listed(could)}." if could else ""
        yield f"{_named(trial)}.{told}"
    if len(waited) > _TRIALS:
        yield f"{plural(len(waited) - _TRIALS, 'more registered trial')} of it have not ended."


def _named(trial: AwaitedTrial) -> str:
    number = next(
        (f" ({number.value})" for number in trial.numbers if number.value != trial.name), ""
    )
    size = f", {plural(trial.people, 'person', 'people')}" if trial.people else ""
    said = f", as {trial.said_by} said on {day(trial.said_on)}" if trial.said_on else ""
    confirmed = trial.standing is not TrialStanding.UNCONFIRMED
    unsure = "" if confirmed else "; its registry has not said that it did"
    unsure += "; a paper held here may be its report" if trial.may_be_reported else ""
    return f"{trial.name}{number}{size}: {trial.when}{said}{unsure}"


def _tier_with_one(case: _Case, state: State) -> str:
    """Say what one more sound randomised trial could do to the tier; empty: nothing."""
    wanted = _wanted(state)
    short = case.short_of(wanted) if wanted else None
    if short is None or short.lo > 1:
        return ""
    if short.hi > 1:
        return f"could make the tier {wanted}"
    does = "make" if state.settled else "settle"
    return f"would {does} the tier {'' if state.settled else 'as '}{wanted}"


def _label_with(trial: AwaitedTrial, needs: tuple[Finding, Enough] | None) -> str:
    if needs is None or not trial.people:
        return ""
    if trial.people >= needs[1].people:
        return "could settle the findings"
    return f"is by itself too small to settle the findings (about {needs[1].people:,} people are needed)"
