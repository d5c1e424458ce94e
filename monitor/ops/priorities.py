"""The research-priority list: where one more sound trial would matter most, and what is under way.

Reads the ledgers and the registrations held; nothing of it is typed by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import Label
from monitor.evidence import imagined
from monitor.evidence import queries as grades
from monitor.evidence import service as evidence
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.standing import BaselineInForce
from monitor.evidence.distance import Distance
from monitor.evidence.facts import CountRange
from monitor.evidence.registered import AwaitedTrial, registered
from monitor.evidence.shown import ShownFinding
from monitor.gap import queries as gaps
from monitor.gap import service as gap
from monitor.gap.rules import State
from monitor.gap.wording import tier_clause
from monitor.kernel.language.uk import uk_day_of
from monitor.ops import priority_rules as rules

_FEWEST = 4  # people, that two groups have a spread
_FINDS = {
    "a clear benefit": imagined.CLEAR,
    "no difference": 0.0,
    "a clear loss": -imagined.CLEAR,
}


@dataclass(frozen=True, slots=True)
class Priority:
    """One intervention of the list. ``place`` is None at the top tier: there is no next one.

    ``distance``: to the next tier. ``used``: 1 to ``out_of``, more is more used. ``weight`` is their product. ``could`` says
    what one more sound trial would do to the tier by the rule itself. ``counted`` is how many
    studies have been counted here since the review. ``ranks`` are the source's, or by the shares of
    a survey. ``label`` is that of attachment against usual care, ``labels`` what each registered
    trial (by its paper) could make of it, by what it finds.
    """

    slug: str
    name: str
    state: State
    place: CountRange | None
    distance: Distance | None
    used: CountRange
    ranks: tuple[int, ...]
    out_of: int
    weight: rules.WeightRange | None
    could: str
    counted: int
    trials: tuple[AwaitedTrial, ...]
    label: Label
    labels: Mapping[int, Mapping[str, Label]]

    def could_say(self, trial: AwaitedTrial) -> str:
        """Say what a registered trial could make of the label."""
        then = self.labels.get(trial.paper_id)
        if not then:
            return "how many people it has is not known, so nothing can be said of the label"
        return rules.label_words(self.label, then)


def priorities(session: Session, catalogue: Catalogue, *, at: datetime) -> list[Priority]:
    """List the ten, first the one whose next trial would matter most; the top tier comes last.

    Raises:
        NotFound: the baseline is not published yet.
    """
    overview = gaps.overview(session, catalogue)
    states = {intervention.slug: intervention.state for intervention in overview}
    missing = {intervention.slug: intervention.distance for intervention in overview}
    newest = grades.newest(session)
    out_of = catalogue.gap.out_of
    shares = {slug: state.use.now for slug, state in states.items() if state.use}
    ranks = {slug: state.ranks for slug, state in states.items()}
    ranks |= rules.ranks_by_share(shares, out_of)
    used = {slug: rules.use(possible, out_of) for slug, possible in ranks.items()}
    weights = {
        slug: rules.weight(used[slug], distance) for slug, distance in missing.items() if distance
    }
    places = rules.places(weights)
    awaited = registered(session, None, uk_day_of(at).date)
    standing = baselines.standing(session)
    listed = []
    for slug, state in states.items():
        studies = evidence.counting(session, catalogue, slug)
        case = _Case(catalogue, slug, state, studies, standing, at)
        trials = tuple(trial for trial in awaited if slug in trial.evaluates)
        of_size = {
            people: case.labels_with(people) for people in {trial.people for trial in trials}
        }
        listed.append(
            Priority(
                slug=slug,
                name=catalogue.intervention(slug).name,
                state=state,
                place=places.get(slug),
                distance=missing[slug],
                used=used[slug],
                ranks=ranks[slug],
                out_of=out_of,
                weight=weights.get(slug),
                could=case.could(session),
                counted=len(newest[slug].counted),
                trials=trials,
                label=case.label,
                labels={trial.paper_id: of_size[trial.people] for trial in trials},
            )
        )
    return sorted(listed, key=lambda priority: _order(priority, len(listed)))


def rows(listed: Sequence[Priority], *, at: datetime) -> list[dict[str, Any]]:
    """Lay the list out as data: a row for each trial that is awaited, and for each without one."""
    return [
        {
            **_of_intervention(priority),
            **_of_trial(trial),
            **_of_label(priority, trial),
            "worked_out": uk_day_of(at).date.isoformat(),
        }
        for priority in listed
        for trial in (priority.trials or (None,))
    ]


def _order(one: Priority, last: int) -> tuple[int, int]:
    return (one.place.lo, one.place.hi) if one.place else (last + 1, last + 1)


@dataclass(frozen=True, slots=True)
class _Case:
    """The studies that count of one intervention, to try a trial on that does not exist."""

    catalogue: Catalogue
    slug: str
    state: State
    studies: Sequence[evidence.WeighedStudy]
    standing: BaselineInForce
    at: datetime

    @property
    def label(self) -> Label:
        """The label that a trial of attachment against usual care would be pooled into."""
        return _label(self.state.shows)

    def could(self, session: Session) -> str:
        """Try one sound trial on the rule itself, and say what the tier would be."""
        then = gap.preview(
            session, self.catalogue, self.slug, self._with(imagined.CLEAR, imagined.PEOPLE)
        )
        before, after = _apart(tier_clause(self.state)), _apart(tier_clause(then))
        return (
            f"the tier moves from {before} to {after}"
            if before != after
            else f"the tier stays {after}"
        )

    def labels_with(self, people: int | None) -> dict[str, Label]:
        """Try a sound trial of a size on the rule itself: the label, by what it finds.

        Nothing where nobody knows how many people it has.
        """
        if people is None or people < _FEWEST:
            return {}
        return {what: _label(self._with(effect, people).shows) for what, effect in _FINDS.items()}

    def _with(self, effect: float, people: int) -> evidence.Grade:
        trial = imagined.trial(self.catalogue, self.slug, effect, at=self.at, people=people)
        return evidence.weigh(self.catalogue, self.slug, [*self.studies, trial], self.standing)


def _label(shows: Sequence[ShownFinding]) -> Label:
    at = {(line.comparator_class, line.outcome_class): line.label for line in shows}
    return at.get(imagined.PLACE, Label.NOTHING)


def _apart(clause: str) -> str:
    """Set a clause of several parts off: from “weak for now, may become intermediate” to strong."""
    return f"“{clause}”" if "," in clause else clause


def _of_intervention(priority: Priority) -> dict[str, Any]:
    use = priority.state.use.now if priority.state.use else None
    return {
        "place_first": priority.place.lo if priority.place else None,
        "place_last": priority.place.hi if priority.place else None,
        "intervention": priority.name,
        "tier": priority.state.tier.value,
        "tier_low": priority.state.tier_low.value,
        "tier_high": priority.state.tier_high.value,
        "studies_low": priority.state.studies[0],
        "studies_high": priority.state.studies[1],
        "next_tier": priority.distance.tier.value if priority.distance else None,
        "missing_low": priority.distance.missing.lo if priority.distance else None,
        "missing_high": priority.distance.missing.hi if priority.distance else None,
        "missing_of": priority.distance.asked if priority.distance else None,
        "missing_kind": priority.distance.many if priority.distance else None,
        "ranks_of_use": list(priority.ranks),
        "ranks_out_of": priority.state.out_of or (priority.out_of if priority.ranks else None),
        "share_of_use": use.numerator / use.denominator if use else None,
        "share_low": use.low if use else None,
        "share_high": use.high if use else None,
        "share_of": use.unit if use else None,
        "share_when": use.when if use else None,
        "one_sound_trial": priority.could,
    }


def _of_trial(trial: AwaitedTrial | None) -> dict[str, Any]:
    return {
        "trial": trial.name if trial else None,
        "numbers": [number.value for number in trial.numbers] if trial else None,
        "title": trial.title if trial else None,
        "stands": trial.standing.value if trial else None,
        "may_be_reported": trial.may_be_reported if trial else None,
        "registry_status": trial.status if trial else None,
        "due": trial.due.isoformat() if trial and trial.due else None,
        "due_is_expected": trial.expected if trial and trial.due else None,
        "people": trial.people if trial else None,
        "registry": trial.said_by if trial else None,
        "registry_read": trial.said_on.date().isoformat() if trial and trial.said_on else None,
    }


def _of_label(one: Priority, trial: AwaitedTrial | None) -> dict[str, Any]:
    then = one.labels.get(trial.paper_id, {}) if trial else {}
    columns = ("label_if_clear_benefit", "label_if_no_difference", "label_if_clear_loss")
    found = [then[what].value if what in then else None for what in _FINDS]
    return {"label_now": one.label.value, **dict(zip(columns, found, strict=True))}
