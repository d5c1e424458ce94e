"""What is kept and not queued: nothing that a source sent is dropped silently. Shows why, of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, get_template_attribute, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from monitor.accounts.tables import Role
from monitor.kernel.remembering import Remembered
from monitor.literature.matching.matcher import Rejection
from monitor.literature.papers import unqueued
from monitor.literature.papers.queries import PaperView
from monitor.literature.words import TO_SCREEN, Lane
from monitor.web import auth, formats, forms, made
from monitor.web.current import now, service
from monitor.web.staff import labels

blueprint = Blueprint("kept", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

_PAGE = 25
_TURNED_AWAY = 5  # look-alikes told of one paper
_REMEMBERED = 500  # rendered papers, of some four kilobytes with all that they hang on
_rows: Remembered[Markup] = Remembered(_REMEMBERED)


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Words like an intervention's that do not count, where they stand, and why."""

    name: str
    words: str
    fields: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why nobody is asked to screen a paper, and which interventions' queries brought it."""

    is_notice: bool
    turned_away: tuple[TurnedAway, ...]
    searched_for: tuple[str, ...]


@blueprint.get("/papers")
@made.for_one_reader
def listing() -> str:
    """List the papers kept and not queued, as asked for."""
    slug = request.args.get("intervention")
    query = slug if slug in service().catalogue.slugs else None
    lane = next((lane for lane in unqueued.LANES if lane.value == request.args.get("lane")), None)
    typed = request.args.get("words", "")
    words = unqueued.searched(typed)
    with service().database.read() as session:
        papers = unqueued.kept(
            session,
            lane=lane,
            query=query,
            words=words,
            limit=_PAGE + 1,
            after=forms.row_id(request.args.get("after", "")),
        )
    lines, at = papers[:_PAGE], now()
    chosen = {"intervention": query, "lane": lane.value if lane else None, "words": " ".join(words)}
    return render_template(
        "staff/queue/kept.html",
        lines=[_row(line, formats.lately(line.first_seen_at, at)) for line in lines],
        more=lines[-1].id if len(papers) > _PAGE else None,
        chosen={name: value for name, value in chosen.items() if value},
        lanes=unqueued.LANES,
        labels=labels,
    )


def _row(line: unqueued.KeptPaper, came: str) -> Markup:
    """Render one paper's lines, or give them as they were rendered for the same before."""
    here = service()
    return _rows.get(
        (line, came, request.script_root),
        (here.catalogue, here.matcher),
        lambda: _rendered(line, came),
    )


def _rendered(line: unqueued.KeptPaper, came: str) -> Markup:
    made: Markup = get_template_attribute("staff/queue/_kept_row.html", "row")(
        line, _why(line, line.queries), came
    )
    return made


def reasons(session: Session, paper: PaperView) -> Why | None:
    """Say why a paper that has no place in the queue is not there; None: it is to be queued."""
    if paper.lane in TO_SCREEN:
        return None
    return _why(paper, unqueued.brought_by(session, [paper.id])[paper.id])


def _why(paper: PaperView | unqueued.KeptPaper, queries: Sequence[str]) -> Why:
    rejections = service().matcher.rejections(
        title=paper.title, abstract=paper.abstract, keywords=paper.keywords
    )
    return Why(
        is_notice=paper.lane is Lane.NOTICE,
        turned_away=_turned_away(rejections),
        searched_for=tuple(_short(slug) for slug in service().catalogue.slugs if slug in queries),
    )


def _turned_away(rejections: Sequence[Rejection]) -> tuple[TurnedAway, ...]:
    """Tell each thing once, with every place where it stands."""
    fields: dict[tuple[str, str, str], list[str]] = {}
    for rejection in rejections:
        fields.setdefault((rejection.slug, rejection.words, rejection.reason), []).append(
            rejection.field
        )
    told = [
        TurnedAway(
            service().catalogue.intervention(slug).name, words, tuple(dict.fromkeys(where)), reason
        )
        for (slug, words, reason), where in fields.items()
    ]
    return tuple(told[:_TURNED_AWAY])


def _short(slug: str) -> str:
    return service().catalogue.intervention(slug).short
