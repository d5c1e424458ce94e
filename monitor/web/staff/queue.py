"""The queue page: one lane, in its order, narrowed as asked, each paper with why it stands there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import get_template_attribute, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from monitor.accounts.tables import Role
from monitor.kernel.remembering import Remembered
from monitor.literature.linkage import queries as proposals
from monitor.literature.matching.lanes import evaluations
from monitor.literature.matching.matcher import Hit
from monitor.literature.papers import queries as literature
from monitor.literature.words import Lane
from monitor.ops.first_steps import FirstSteps, first_steps
from monitor.review import queries as reviews
from monitor.review.notices import alert_queries, doubts
from monitor.review.queries import Filters, Kinds, Order, PageEnd, QueueEntry
from monitor.review.words import OPEN, Stage
from monitor.web import auth, formats
from monitor.web.current import now, service
from monitor.web.shared import PageReading
from monitor.web.staff import excerpts, labels, placing

_PAGE = 25
_REMEMBERED = 500  # rendered papers, of some six kilobytes with all that they hang on


@dataclass(frozen=True, slots=True)
class QueueAddress:
    """What an address asks to see; what it says wrong is not asked."""

    stage: Stage
    order: Order
    filters: Filters
    after: PageEnd | None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "QueueAddress":
        """Read the query part of an address."""
        slug, design = args.get("intervention"), args.get("design")
        lane = next((lane for lane in labels.WHY_HERE if lane == args.get("why")), None)
        return cls(
            stage=stage_named(args.get("stage")),
            order=order_named(args.get("order")),
            filters=Filters(
                slug=slug if slug in service().catalogue.slugs else None,
                design=design if design in labels.SUGGESTED else None,
                lane=lane,
            ),
            after=PageEnd.parse(args.get("after", "")),
        )

    def address(self, **other: object) -> dict[str, Any]:
        """Give the query part again, from the first page on; ``other`` replaces what it names."""
        said: dict[str, object | None] = {
            "stage": self.stage.value,
            "intervention": self.filters.slug,
            "design": self.filters.design,
            "why": self.filters.lane.value if self.filters.lane else None,
            "order": self.order.value if self.order is not Order.LIKELY else None,
        }
        return {name: value for name, value in (said | other).items() if value is not None}


@dataclass(frozen=True, slots=True)
class InPassing:
    """A sentence that names interventions only in passing; ``words`` are the names in it."""

    names: tuple[str, ...]
    reason: str
    sentence: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tasks:
    """How many pairs wait to be compared, and how many alerts wait for a person."""

    to_compare: int
    alerts: int


def tasks(session: Session) -> Tasks:
    """Count the work beside the lanes of the queue."""
    return Tasks(proposals.count_proposed(session), alert_queries.count_open(session))


@dataclass(frozen=True, slots=True)
class BesideLane:
    """What stands beside every page of a lane, whoever looks and however it is narrowed."""

    counts: dict[Stage, int]
    by_intervention: dict[str, int]
    kinds: Kinds
    tasks: Tasks
    since: datetime | None
    taught: reviews.Taught

    @classmethod
    def of(cls, session: Session, stage: Stage) -> "BesideLane":
        """Read it."""
        tallies = reviews.tallies(session, stage)
        return cls(
            counts=tallies.counts,
            by_intervention=tallies.by_intervention,
            kinds=tallies.kinds,
            tasks=tasks(session),
            since=reviews.waiting_since(session, stage),
            taught=reviews.taught(session),
        )


@dataclass(frozen=True, slots=True)
class Excluded:
    """By whom a paper was excluded (None: by the service, as a notice), and when, in words."""

    by: reviews.ScreeningView | None
    when: str


@dataclass(frozen=True, slots=True)
class ShownPaper:
    """All that one paper's lines on a page of a lane hang on: whoever sees the same sees them alike.

    ``when``: since when it is there, in words. ``taught`` is None where its place is not explained.
    ``root`` is where the service's pages begin.
    """

    entry: QueueEntry
    stage: Stage
    doubts: tuple[doubts.Doubt, ...]
    when: str
    is_mine: bool
    excluded: Excluded | None
    taught: reviews.Taught | None
    is_first: bool
    oldest_first: bool
    root: str


@dataclass(frozen=True, slots=True)
class Papers:
    """The papers on one page of a lane as rendered; ``more``: where the next page begins."""

    rows: tuple[Markup, ...]
    more: PageEnd | None

    @classmethod
    def of(cls, session: Session, asked: QueueAddress, taught: reviews.Taught | None) -> "Papers":
        """Read and render them."""
        first = reviews.queue(
            session,
            stage=asked.stage,
            order=asked.order,
            filters=asked.filters,
            limit=_PAGE + 1,
            after=asked.after,
        )
        entries = first[:_PAGE]
        rows = tuple(_row(paper) for paper in _shown(session, asked, entries, taught))
        return cls(rows, _place(entries[-1], asked) if len(first) > _PAGE else None)


_rows: Remembered[Markup] = Remembered(_REMEMBERED)


def page(reading: PageReading, asked: QueueAddress, **more: object) -> str:
    """Show one page of a lane; ``more`` is for the template."""
    reader = auth.reader()
    beside = reading.shared(
        ("beside", asked.stage), lambda apart: BesideLane.of(apart, asked.stage)
    )
    # who looks at studies in work sees which wait for them; anything else is the same for all of a role
    whose = reader.id if asked.stage in labels.IN_WORK else None
    lane = reading.shared(
        ("lane", asked, whose, reader.role, request.script_root),
        lambda apart: _lane(apart, asked, beside),
    )
    begun = _begun(reading) if reader.role is Role.ADMIN else None
    return render_template(
        "staff/queue/queue.html",
        stage=asked.stage,
        lane=lane,
        begun=begun,
        labels=labels,
        at=now() if begun and begun.at_the_beginning else None,  # else the page hangs on no time
        **more,
    )


def _lane(session: Session, asked: QueueAddress, beside: BesideLane) -> Markup:
    """Render what the page of a lane shows all who may see the same."""
    ordered = asked.stage in OPEN and asked.order is Order.LIKELY
    papers = Papers.of(session, asked, beside.taught if ordered else None)
    shown = render_template(
        "staff/queue/_lane.html",
        stage=asked.stage,
        beside=beside,
        rows=papers.rows,
        ordered=ordered,
        asked=asked,
        more=papers.more,
        labels=labels,
        at=now(),
    )
    return Markup(shown)  # noqa: S704 - a template's own, escaped there


def _shown(
    session: Session, asked: QueueAddress, entries: list[QueueEntry], taught: reviews.Taught | None
) -> list[ShownPaper]:
    at, open_lane = now(), asked.stage in labels.OPEN_LANES
    doubtful = doubts.of_papers(session, [entry.paper_id for entry in entries])
    mine = _mine(session, asked.stage, entries)
    excluded = _excluded_by(session, asked.stage, entries)
    return [
        ShownPaper(
            entry=entry,
            stage=asked.stage,
            doubts=tuple(doubtful.get(entry.paper_id, ())),
            when=(
                labels.since(entry.queued_at, at)
                if open_lane
                else formats.lately(entry.moved_at, at)
            ),
            is_mine=entry.study_id in mine,
            excluded=excluded.get(entry.paper_id),
            taught=taught,
            is_first=number == 0 and not asked.after,
            oldest_first=asked.order is Order.OLDEST,
            root=request.script_root,
        )
        for number, entry in enumerate(entries)
    ]


def _row(one: ShownPaper) -> Markup:
    """Render one paper's lines, or give them as they were rendered for the same before."""
    return _rows.get(one, (service().catalogue,), lambda: _rendered(one))


def _rendered(one: ShownPaper) -> Markup:
    row = get_template_attribute("staff/queue/_row.html", "row")
    made: Markup = row(one, passing(one.entry, one.entry.hits), labels, excerpts, placing)
    return made


def _mine(
    session: Session, stage: Stage, entries: list[QueueEntry]
) -> dict[int, reviews.StudyTurn]:
    """Tell of the studies on this page what they wait for from this reviewer."""
    if stage not in labels.IN_WORK:
        return {}
    studies = [entry.study_id for entry in entries if entry.study_id is not None]
    return reviews.waiting_for(session, auth.reader().id, list(dict.fromkeys(studies)))


def _excluded_by(session: Session, stage: Stage, entries: list[QueueEntry]) -> dict[int, Excluded]:
    """Tell of each paper of the excluded lane who excluded it."""
    if stage is not Stage.EXCLUDED:
        return {}
    ids, at = [entry.paper_id for entry in entries], now()
    given, ours = reviews.last_screenings(session, ids), alert_queries.set_aside_times(session, ids)
    told = {}
    for entry in entries:
        by = _by(given.get(entry.paper_id), ours.get(entry.paper_id))
        told[entry.paper_id] = Excluded(by, formats.lately(by.at if by else entry.moved_at, at))
    return told


def _by(last: reviews.ScreeningView | None, ours: datetime | None) -> reviews.ScreeningView | None:
    return None if ours and (last is None or last.at < ours) else last


def passing(paper: QueueEntry | literature.PaperView, hits: tuple[Hit, ...]) -> list[InPassing]:
    """Say, of a paper that names interventions only in passing, how it names them."""
    if paper.lane is not Lane.MENTIONED:
        return []
    told: dict[tuple[str, str], list[str]] = {}
    for evaluation in evaluations(hits, paper.title, paper.abstract):
        told.setdefault((evaluation.reason, evaluation.sentence), []).append(evaluation.slug)
    return [
        InPassing(
            names=tuple(service().catalogue.intervention(slug).short for slug in slugs),
            reason=reason,
            sentence=sentence,
            words=tuple({hit.words: None for hit in hits if hit.slug in slugs}),
        )
        for (reason, sentence), slugs in told.items()
    ]


def _begun(reading: PageReading) -> FirstSteps:
    """Tell an admin what a new service lacks; nobody else can do it."""
    return first_steps(reading.session, service().settings)


def stage_named(value: str | None) -> Stage:
    """Read a stage; to screen where none is named."""
    return next((one for one in Stage if one.value == value), Stage.TO_SCREEN)


def order_named(value: str | None) -> Order:
    """Read an order; what is likely to matter first where none is named."""
    return Order.OLDEST if value == Order.OLDEST else Order.LIKELY


def _place(last: QueueEntry, asked: QueueAddress) -> PageEnd:
    if asked.stage in OPEN and asked.order is Order.LIKELY:
        return PageEnd(last.paper_id, last.standing.score)
    return PageEnd(last.paper_id)
