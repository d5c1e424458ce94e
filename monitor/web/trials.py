"""Registered trials: which have ended and are not published, for reviewers; and one public sentence.

The words say what is known here, and until when: a report may exist that no source has sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from flask import Blueprint, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from monitor.accounts.tables import Role
from monitor.feeds import queries as feeds
from monitor.feeds.records import Identifier
from monitor.feeds.sources import SOURCES
from monitor.kernel.language.english import counted, month, plural
from monitor.kernel.language.uk import uk_day_of
from monitor.literature.linkage.overdue import JOURNAL_MONTHS, OVERDUE_MONTHS, TrialStanding
from monitor.review import trials as registered
from monitor.review.trials import RegisteredTrial, StandingTrial, Unpublished
from monitor.web import auth, formats, forms, made, shared
from monitor.web.current import now, service

blueprint = Blueprint("trials", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

_ORDER = list(TrialStanding)
PASSING = "in-passing"  # the group of those that evaluate none of the ten; no intervention's slug
_BEGINNING, _PART = 25, 50  # trials shown of each group, and on a page of one
# How many stand so, after the headline has said how many are overdue.
_COUNTED = {
    TrialStanding.UNPUBLISHED: "ended and not yet due",
    TrialStanding.UNCONFIRMED: "should have ended, which the registry has not confirmed",
    TrialStanding.RUNNING: "not ended yet",
    TrialStanding.UNKNOWN: "without a date of its end",
    TrialStanding.STOPPED: "stopped early, suspended or withdrawn",
    TrialStanding.REPORTED: "reported",
}
# Not known to have ended.
_GOING = frozenset({TrialStanding.RUNNING, TrialStanding.UNCONFIRMED})
SHORT = {
    TrialStanding.OVERDUE: "Overdue",
    TrialStanding.UNPUBLISHED: "Ended, not yet due",
    TrialStanding.UNCONFIRMED: "End not confirmed",
    TrialStanding.RUNNING: "Not ended yet",
    TrialStanding.UNKNOWN: "End not known",
    TrialStanding.STOPPED: "Stopped or withdrawn",
    TrialStanding.REPORTED: "Reported",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the public page says of the trials that wait for a report."""

    sentence: str
    told: str


@dataclass(frozen=True, slots=True)
class TrialGroup:
    """Trials of one intervention, or those that name one in passing; those overdue first.

    ``trials`` are ``total`` in all, or a part: ``first`` of them came before.
    """

    slug: str
    name: str
    trials: list[RegisteredTrial]
    total: int
    first: int = 0

    @property
    def last(self) -> int:
        """How many there were up to and with these."""
        return self.first + len(self.trials)


@dataclass(frozen=True, slots=True)
class StandingTrials:
    """All registered trials as they stand on a day, by the group that lists them."""

    groups: dict[str, list[StandingTrial]]

    @property
    def about(self) -> list[TrialStanding]:
        """How those stand that evaluate one of the ten."""
        return [
            one.standing for slug, some in self.groups.items() if slug != PASSING for one in some
        ]


@dataclass(frozen=True, slots=True)
class TrialsAddress:
    """What an address asks to see: the beginning of all groups, or one (a slug, or ``PASSING``)."""

    group: str | None
    first: int

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "TrialsAddress":
        """Read the query part of an address; what it says wrong is not asked."""
        group = args.get("intervention")
        if group not in {*service().catalogue.slugs, PASSING}:
            return cls(None, 0)
        return cls(group, forms.row_id(args.get("after", "")) or 0)


@blueprint.get("/trials")
@made.for_one_reader
def trials() -> str:
    """List the registered trials of the ten by intervention: how many are overdue comes first."""
    with shared.reading() as reading:
        day, asked = uk_day_of(now()).date, TrialsAddress.of(request.args)
        judged = reading.shared(("trials", day), lambda apart: _judged(apart, day))
        listed = reading.shared(
            ("trials", day, asked, request.script_root),
            lambda apart: _listed(apart, judged, asked),
        )
    return render_template("staff/queue/trials.html", listed=listed)


def _judged(session: Session, day: date) -> StandingTrials:
    """Put each trial under the first of the interventions it evaluates."""
    order = [*service().catalogue.slugs, PASSING]
    groups: dict[str, list[StandingTrial]] = {slug: [] for slug in order}
    for trial in registered.longest_first(registered.standings(session, day)):
        groups[min(trial.evaluates, key=order.index, default=PASSING)].append(trial)
    return StandingTrials(
        {
            slug: sorted(some, key=lambda one: _ORDER.index(one.standing))
            for slug, some in groups.items()
            if some
        }
    )


def _listed(session: Session, judged: StandingTrials, asked: TrialsAddress) -> Markup:
    """Render what the page shows on a day, the same for whoever is signed in."""
    standings = judged.about
    shown = render_template(
        "staff/queue/_trials.html",
        headline=headline(standings.count(TrialStanding.OVERDUE), len(standings)),
        counts=[
            f"{counted(standings.count(standing))} {words}"
            for standing, words in _COUNTED.items()
            if standing in standings
        ],
        groups=_groups(session, judged, asked),
        asked=asked,
        PASSING=PASSING,
        told=told(session),
        short=SHORT,
        months=(OVERDUE_MONTHS, JOURNAL_MONTHS),
    )
    return Markup(shown)  # noqa: S704 - a template's own, escaped there


def _groups(session: Session, judged: StandingTrials, asked: TrialsAddress) -> list[TrialGroup]:
    """Read what is shown, of all groups at once: the beginning of each, or a part of one."""
    names = {
        intervention.slug: intervention.name for intervention in service().catalogue.interventions
    }
    wanted = {slug: some for slug, some in judged.groups.items() if asked.group in {None, slug}}
    first = {slug: asked.first if asked.first < len(some) else 0 for slug, some in wanted.items()}
    most = _BEGINNING if asked.group is None else _PART
    parts = {slug: some[first[slug] : first[slug] + most] for slug, some in wanted.items()}
    shown = iter(registered.shown(session, [trial for part in parts.values() for trial in part]))
    return [
        TrialGroup(
            slug,
            names.get(slug, ""),
            list(islice(shown, len(part))),
            len(wanted[slug]),
            first[slug],
        )
        for slug, part in parts.items()
    ]


def headline(overdue: int, total: int) -> str:
    """Say how many are overdue.

    >>> headline(3, 8), headline(1, 8), headline(0, 1)
    ('3 of 8 registered trials are overdue', '1 of 8 registered trials is overdue', 'The one registered trial is not overdue')
    """
    if total == 0:
        return "No registered trial of the ten is known here"
    if total == 1:
        return f"The one registered trial is {'' if overdue else 'not '}overdue"
    many = f"of {total:,} registered trials"
    if overdue == 0:
        return f"None {many} is overdue"
    return f"{overdue:,} {many} {'is' if overdue == 1 else 'are'} overdue"


def waiting(session: Session, slug: str) -> Waiting | None:
    """Give the public sentence on an intervention's unpublished trials; None where none is known."""
    return _waiting(session, registered.standings(session, uk_day_of(now()).date, slug), slug)


def running(session: Session) -> dict[str, str]:
    """Say of each intervention which registered trials of it have not ended, as registries date it."""
    return _running(session, registered.standings(session, uk_day_of(now()).date))


def _waiting(session: Session, trials: Sequence[StandingTrial], slug: str) -> Waiting | None:
    found = registered.unpublished_of(trials, slug)
    return Waiting(sentence(found), told(session)) if found.count or found.proposed else None


def _running(session: Session, trials: Sequence[StandingTrial]) -> dict[str, str]:
    going: dict[str, list[StandingTrial]] = {}
    for trial in trials:
        if trial.standing in _GOING and trial.trial.completed:
            for slug in trial.evaluates:
                going.setdefault(slug, []).append(trial)
    first = {slug: min(some, key=_by_end) for slug, some in going.items()}
    papers = sorted({paper_id for trial in first.values() for paper_id in trial.papers})
    numbers = registered.numbers_of(session, papers)
    return {
        slug: still_going(
            first[slug],
            [n for paper_id in first[slug].papers for n in numbers[paper_id]],
            len(some),
        )
        for slug, some in going.items()
    }


def _by_end(trial: StandingTrial) -> tuple[date, int]:
    return trial.trial.completed or date.max, trial.paper_id


def still_going(first: StandingTrial, numbers: Sequence[Identifier], trials: int) -> str:
    """Tell of the trials that have not ended, the one that ends first by name and date."""
    end = month(first.trial.completed) if first.trial.completed else ""
    name = next((f", {number.value}," for number in numbers), "")
    people = first.trial.participants
    size = f" with {plural(people, 'person', 'people')}" if people else ""
    passed = first.standing is TrialStanding.UNCONFIRMED
    ends = f"should have ended in {end}, and its registry has not said that it did"
    ends = ends if passed else f"is to end in {end}, its registry says"
    perhaps = " A paper held here may be its report." if first.may_be_reported else ""
    if trials == 1:
        return f"A registered trial of it{name}{size} {ends}.{perhaps}"
    many = plural(trials, "registered trial")
    return f"{many} of it have not ended; the first{name}{size} {ends}.{perhaps}"


def sentence(unpublished: Unpublished) -> str:
    """Say how many trials wait for a report, and since when at most.

    >>> sentence(Unpublished(1, None))
    '1 registered trial of it has ended, and no report of it is known here yet.'
    >>> sentence(Unpublished(0, None, 1))
    '1 registered trial of it has ended, and a paper held here may be its report.'
    """
    return " ".join(filter(None, (_without_report(unpublished), _perhaps_reported(unpublished))))


def _perhaps_reported(unpublished: Unpublished) -> str:
    many = unpublished.proposed
    trials = f"{many:,} more" if unpublished.count else f"{plural(many, 'registered trial')} of it"
    if many == 1:
        return f"{trials} has ended, and a paper held here may be its report."
    return f"{trials} have ended, and papers held here may be their reports." if many else ""


def _without_report(unpublished: Unpublished) -> str:
    if not unpublished.count:
        return ""
    if unpublished.count == 1 and unpublished.longest:
        when = f"{month(unpublished.longest)}"
        return f"1 registered trial of it ended in {when}, and no report of it is known here: it is overdue."
    if unpublished.count == 1:
        return "1 registered trial of it has ended, and no report of it is known here yet."
    many = f"{unpublished.count:,} registered trials of it have ended, and no report of them is known here"
    if unpublished.longest is None:
        return f"{many} yet."
    return f"{many}; the longest overdue ended in {month(unpublished.longest)}."


def told(session: Session) -> str:
    """Say until when the registries have been heard."""
    heard = {source.name: source for source in feeds.last_heard(session, service().settings, now())}
    answers = [
        f"{source.title} on {formats.day(source.last_success)}"
        for name, definition in SOURCES.items()
        if definition.is_registry and (source := heard.get(name)) and source.last_success
    ]
    if not answers:
        return "No registry has answered yet."
    return f"The registries last answered: {formats.listed(answers)}."
