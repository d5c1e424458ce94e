"""The queue, and one paper to decide on. Shows suggestions with their reason and never chooses.

What was typed is kept on every page that refuses it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from textwrap import shorten

from flask import Blueprint, get_template_attribute, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from monitor import story_of_papers
from monitor.accounts.tables import Role
from monitor.evidence.baseline import standing as baselines
from monitor.feeds.sources import databases
from monitor.kernel.errors import NotFound
from monitor.kernel.remembering import Remembered
from monitor.literature.design.detection import read_design
from monitor.literature.design.rules import DesignSuggestion
from monitor.literature.linkage import kept_facts
from monitor.literature.linkage import queries as proposals
from monitor.literature.papers import queries as literature
from monitor.literature.papers.statements import said_of
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.family import belonging
from monitor.review.notices import alert_queries, doubts
from monitor.review.queries import Order
from monitor.review.queue.traces import Traces, traces_of
from monitor.review.words import OPEN
from monitor.web import auth, formats, forms, made, posting, shared
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.staff import (
    excerpts,
    first_questions,
    includes,
    labels,
    likeness,
    placing,
    suggestions,
    unqueued,
)
from monitor.web.staff import queue as lanes

blueprint = Blueprint("review", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

for _name, _filter in labels.FILTERS.items():
    blueprint.add_app_template_filter(_filter, _name)

_TITLE = 70  # characters of a title in a list of studies
_TO_FIT = 200  # studies offered to link a paper to
_MARKED = 500  # papers whose marked words are remembered, of some six kilobytes
_marked: "Remembered[Read]" = Remembered(_MARKED)
_TITLES = 2_000  # of these studies, whose shortening is remembered


@blueprint.app_template_filter()
def source_title(name: str) -> str:
    """Give a source's name for readers; one no longer known keeps its own."""
    return databases.in_words(name)


@blueprint.get("/queue")
@made.for_one_reader
def queue() -> str:
    """Show one lane in its order, as filtered."""
    with shared.reading() as reading:
        done = includes.said(reading, request.args.get("done"))
        return lanes.page(reading, lanes.QueueAddress.of(request.args), done=done)


@blueprint.get("/papers/<int:paper_id>")
@made.for_one_reader
def paper(paper_id: int) -> ResponseReturnValue:
    """Show a paper and, while it is open, the decision form with nothing chosen."""
    with shared.reading() as reading:
        view = literature.paper(reading.session, paper_id)
        if view.id != paper_id:
            return redirect(url_for("review.paper", paper_id=view.id))  # for now: merges are undone
        return _paper_page(reading, view, first_questions.untouched(view), None)


def _again(typed: Typed, problems: Problems | None, *, paper_id: int) -> str:
    with shared.reading() as reading:
        view = literature.paper(reading.session, paper_id)
        return _paper_page(reading, view, typed, problems)


@blueprint.post("/papers/<int:paper_id>")
@posting.form(_again)
def screen(paper_id: int) -> ResponseReturnValue:
    """Record a verdict, then open the next paper of the lane."""
    form, problems = forms.screening(request.form, service().catalogue.slugs)
    problems.must_be_none()
    assert form is not None  # noqa: S101 - else there is a problem; tells mypy
    with service().database.write() as session:
        place = reviews.item(session, paper_id)
        story_of_papers.screen(
            session,
            service(),
            paper_id=paper_id,
            token=form.token,
            by=auth.reader(),
            at=now(),
            answer=review.ScreeningAnswer(
                verdict=form.verdict,
                reason=form.reason,
                interventions=form.interventions,
                note=form.note,
                version=form.version,
                study_id=form.study_id,
            ),
        )
        target = _next(session, place, done=paper_id)
    return redirect(target, code=303)


@blueprint.post("/papers/<int:paper_id>/reopen")
@posting.form(_again, {"reason": "reason_again", "note": "reason_again"})
def reopen(paper_id: int) -> ResponseReturnValue:
    """Put an excluded paper back to be screened again."""
    typed = request.form
    with service().database.write() as session:
        review.reopen(
            session,
            paper_id=paper_id,
            reason=typed.get("reason_again", ""),
            by=auth.reader(),
            version=forms.row_id(typed.get("version", "")) or 0,
            at=now(),
        )
    return redirect(url_for("review.paper", paper_id=paper_id), code=303)


@blueprint.post("/papers/<int:paper_id>/take-back")
@posting.form(_again, {"reason": "reason_back"})
def take_back(paper_id: int) -> ResponseReturnValue:
    """Take one's own include back, while nothing rests on it."""
    typed = request.form
    with service().database.write() as session:
        story_of_papers.take_back(
            session,
            service(),
            paper_id=paper_id,
            reason=typed.get("reason_back", ""),
            by=auth.reader(),
            version=forms.row_id(typed.get("version", "")) or 0,
            at=now(),
        )
    return redirect(url_for("review.paper", paper_id=paper_id), code=303)


@blueprint.get("/papers/<int:paper_id>/records/<int:record_id>")
def record(paper_id: int, record_id: int) -> Response:
    """Give a record as the source sent it, as plain text whatever it is.

    Raises:
        NotFound: the paper has no such record.
    """
    with service().database.read() as session:
        record = literature.record(session, record_id)
        if record.paper_id != literature.paper(session, paper_id).id:
            raise NotFound("This paper has no such record.")
    if record.raw_removed_at:
        raise NotFound(
            f"The record as sent on {formats.day(record.fetched_at)} is no longer kept: a newer one "
            "is (see sources.keep_raw_days in the settings)."
        )
    return Response(record.raw, content_type="text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True)
class StudyChoice:
    """A study this paper may report too; ``why`` says what suggests it, if anything does."""

    id: int
    label: str
    title: str
    why: str

    @property
    def words(self) -> str:
        """How the form names it: label, and its paper's title, since labels may be alike."""
        if self.why:
            return f"{self.label}: {self.why}"
        return f"{self.label}, {_short(self.title)}"


@lru_cache(maxsize=_TITLES)
def _short(title: str) -> str:
    return shorten(title, _TITLE, placeholder="…")


@dataclass(frozen=True, slots=True)
class Read:
    """A paper's own words as the page marks them, and the design that they suggest."""

    suggestion: DesignSuggestion | None
    title: Markup
    abstract: tuple[Markup, ...]


def _read(view: literature.PaperView) -> Read:
    """Read a paper's words and mark them, once for all who open it."""
    said = (view.title, view.abstract, view.publication_types, view.keywords, view.hits)
    return _marked.get(said, (), lambda: _mark(view))


def _mark(view: literature.PaperView) -> Read:
    suggestion = read_design(view.title, view.abstract, view.publication_types, view.keywords)
    pieces = get_template_attribute("macros/staff/staff.html", "pieces")
    paragraphs = excerpts.paragraphs(view.abstract or "", view.hits, suggestion)
    return Read(
        suggestion, pieces(excerpts.title(view.title, view.hits)), tuple(map(pieces, paragraphs))
    )


def _paper_page(
    reading: shared.PageReading, view: literature.PaperView, typed: Typed, problems: Problems | None
) -> str:
    session, there = reading.session, traces_of(reading.session, view.id)
    place, read = there.place, _read(view)
    is_open = place is not None and place.stage in OPEN
    screenings = reviews.screenings(session, view.id) if there.screened else []
    to_decide = _to_decide(reading, view, there, typed, problems) if is_open else _NOTHING_TO_DECIDE
    return render_template(
        "staff/papers/paper.html",
        paper=view,
        said=said_of(session, view.id) if there.speaks else [],
        doubts=doubts.of_paper(session, view.id) if there.spoken_of else [],
        alike=proposals.of_paper(session, view.id) if there.linked or there.merged else [],
        this_is=likeness.this_is,
        merges=reviews.merges(session, view.id) if there.merged else [],
        alerts=alert_queries.open_alerts(session, paper_id=view.id) if there.alerted else [],
        set_aside_at=alert_queries.set_aside_at(session, view.id) if there.set_aside else None,
        standing=place,
        of_the_review=not is_open and view.id in _named_by_the_review(reading),
        is_open=is_open,
        screenings=screenings,
        reopenings=reviews.reopenings(session, view.id) if there.put_back else [],
        came=includes.came_to_studies(reading, view, there, screenings),
        my_include=includes.my_include(session, place, screenings),
        suggestion=read.suggestion,
        unqueued=unqueued.reasons(session, view) if place is None else None,
        marked=read,
        typed=typed,
        problems=problems,
        done=includes.said(reading, request.args.get("done")),
        placing=placing,
        excerpts=excerpts,
        labels=labels,
        at=now(),
        **to_decide,
    )


def _to_decide(
    reading: shared.PageReading,
    view: literature.PaperView,
    there: Traces,
    typed: Typed,
    problems: Problems | None,
) -> dict[str, object]:
    """Give what only the page of an open paper shows: the form, and what is read to decide by."""
    session = reading.session
    assert there.place is not None  # noqa: S101 - it is open; tells mypy
    return {
        "waiting": reading.shared("counts", reviews.counts),
        "taught": reading.shared("taught", reviews.taught),
        "passing": lanes.passing(view, view.hits),
        "read": suggestions.rows(view),
        "questions": first_questions.of(view, typed, problems),
        "studies": _choices(reading, view, there),
        "token": forms.token_for(typed, problems),
        "skip": _next(session, there.place),
    }


def _named_by_the_review(reading: shared.PageReading) -> frozenset[int]:
    """Find the papers that the review's own table names."""
    return reading.shared("named", baselines.all_named)


@dataclass(frozen=True, slots=True)
class StudyChoices:
    """The studies that a paper may report too: those that something suggests, and others."""

    suggested: tuple[StudyChoice, ...]
    others: tuple[StudyChoice, ...]
    written: Markup  # the options of the others, of which none is chosen

    def all(self) -> list[tuple[int, str]]:
        """List them as a form's list has them."""
        return [(one.id, one.words) for one in (*self.suggested, *self.others)]

    def options(self) -> Markup:
        """Write the options of all, of which none is chosen."""
        return _options(self.suggested) + self.written


_LISTS = 30  # lists of studies whose options are remembered, of some fifty kilobytes
_written: Remembered[StudyChoices] = Remembered(_LISTS)
_NOTHING_TO_DECIDE: dict[str, object] = {"studies": StudyChoices((), (), Markup())}


def _options(studies: Iterable[StudyChoice]) -> Markup:
    written = (f'<option value="{one.id}">{escape(one.words)}</option>' for one in studies)
    return Markup("".join(written))  # noqa: S704 - a number, and words that are escaped


def _offered(session: Session, slugs: frozenset[str]) -> StudyChoices:
    """Offer the studies of some interventions, or of all; as no paper was compared with them yet."""
    found = tuple(literature.studies(session, slugs or None, limit=_TO_FIT))
    return _written.get(found, (), lambda: _choices_of(found))


def _choices_of(found: tuple[tuple[int, str, str], ...]) -> StudyChoices:
    others = tuple(StudyChoice(*other, "") for other in found)
    return StudyChoices((), others, _options(others))


def _choices(
    reading: shared.PageReading, view: literature.PaperView, there: Traces
) -> StudyChoices:
    """List the studies this paper may report too, those that something suggests first."""
    session, slugs = reading.session, frozenset(view.named)
    reported = reading.shared(("reported", slugs), lambda apart: belonging.reported(apart, slugs))
    if there.speaks or there.registers:
        facts = kept_facts.remembered_facts_of(session, [view.id])[view.id]
    else:
        facts = kept_facts.shown_facts(view)
    suggested = belonging.studies_for_one(session, view, facts, reported, linked=there.linked)
    offered = reading.shared(("studies", slugs), lambda apart: _offered(apart, slugs))
    if not suggested:
        return offered
    first = tuple(
        StudyChoice(study.study_id, study.label, "", "; ".join(study.reasons))
        for study in suggested
    )
    known = {study.id for study in first}
    others = tuple(study for study in offered.others if study.id not in known)
    return StudyChoices(first, others, _options(others))


def _next(session: Session, place: reviews.QueueItemView, *, done: int | None = None) -> str:
    """Give the address of the paper after this one at its stage; the queue when it was the last."""
    stage = place.stage
    if stage not in OPEN:
        return url_for("review.queue", done=done)
    order = lanes.order_named(request.values.get("order"))
    said = order.value if order is not Order.LIKELY else None
    following = reviews.next_of(session, stage=stage, order=order, after=place)
    if following is None or following == place.paper_id:
        return url_for("review.queue", stage=stage.value, order=said, done=done)
    return url_for("review.paper", paper_id=following, order=said, done=done)
