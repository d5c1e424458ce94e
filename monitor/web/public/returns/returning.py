"""A service's return: three short pages behind a mailed link, without an account or JavaScript.

Opening a link changes nothing, however often and by whomever. Addresses here hold a token: such pages
send no referrer, and nobody keeps them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from monitor.kernel.errors import InvalidInput, NotFound
from monitor.kernel.language.uk import uk_day
from monitor.notify import survey_words
from monitor.usage.returns import answering, queries, rules
from monitor.usage.returns.answering import Change, OpenedReturn
from monitor.usage.returns.rules import NONE, ServiceAnswers
from monitor.web import posting
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed, number
from monitor.web.public.returns import return_words
from monitor.web.security import csrf

blueprint = Blueprint("returning", __name__)

OFFERED, COUNTS, MEASURES = "offered", "counts", "measures"
_STEPS = (OFFERED, COUNTS, MEASURES)
_COUNTED = ("families", "trained")
# many answer on the last day: rather than be turned away, whoever sends waits for a turn so long
_PATIENCE_SECONDS = 3.0
_ANSWERS = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class _Typed:
    """One page as typed: what it makes of the answers before, and what must be mended first."""

    change: Change
    problems: Problems


@blueprint.get("/returns/<token>")
def start(token: str) -> str:
    """Show the first page; to who has sent their answers, what they said."""
    opened = _opened(token)
    if opened.is_open and opened.sent is not None and not opened.has_draft:
        return _done(opened, token)
    return _page(opened, Typed(), None, token, OFFERED)


@blueprint.get("/returns/<token>/<step>")
def step(token: str, step: str) -> ResponseReturnValue:
    """Show one of the three pages with what was saved of it."""
    return _step(Typed(), None, token=token, step=step)


def _step(typed: Typed, problems: Problems | None, *, token: str, step: str) -> ResponseReturnValue:
    if step not in _STEPS:
        raise NotFound("there is no such page of a return")
    opened = _opened(token)
    if step == COUNTS and not opened.now.offered and opened.is_open:
        return redirect(url_for("returning.step", token=token, step=MEASURES), code=303)
    return _page(opened, typed, problems, token, step)


@blueprint.post("/returns/<token>/<step>")
@posting.form(_step)
def save(token: str, step: str) -> ResponseReturnValue:
    """Save one page and go on; the last one sends. After closing it is kept, and counts nowhere."""
    if step not in _STEPS:
        raise NotFound("there is no such page of a return")
    opened = _opened(token)
    typed = _READERS[step](opened)
    if opened.is_open:
        typed.problems.must_be_none()
    if not _kept(token, step, typed.change):
        return _closed(_opened(token)), 409
    return redirect(_next(token, step), code=303)


def _kept(token: str, step: str, change: Change) -> bool:
    """Save, and send with the last page; tells whether the wave is still open."""
    version, at = number(request.form.get("version", "")), now()
    if version is None:
        raise InvalidInput("This form is not whole: check what is below, and send it again")
    here = service()
    with here.database.write(wait=_PATIENCE_SECONDS) as session:
        if step != MEASURES:
            return answering.save(session, token, change, version=version, at=at)
        sent = answering.send(session, here.catalogue, token, change, version=version, at=at)
    return sent is not None


def _next(token: str, step: str) -> str:
    if step == MEASURES:
        return url_for("returning.start", token=token)
    following = _STEPS[_STEPS.index(step) + 1]
    return url_for("returning.step", token=token, step=following)


@blueprint.get("/returns/<token>/stop")
def ask_stop(token: str) -> str:
    """Show the button that stops the mails to this service; opening the link stops nothing."""
    opened = _opened(token)
    return render_template("public/returns/return_stop.html", opened=opened)


def _ask_stop(typed: Typed, problems: Problems | None, *, token: str) -> str:  # noqa: ARG001 - a button alone
    return ask_stop(token)


@blueprint.post("/returns/<token>/stop")
@csrf.exempt  # type: ignore[untyped-decorator]  # flask_wtf has no types
@posting.form(_ask_stop)
def stop(token: str) -> str:
    """Never ask this service again (RFC 8058): no cookie, no form token, any body; again is the same."""
    with service().database.write() as session:
        answering.leave(session, token, now())
    return render_template("public/returns/return_stop.html", opened=_opened(token))


@blueprint.after_request
def _private(response: Response) -> Response:
    """Keep a page whose address holds a token out of stores, and its address to itself."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _opened(token: str) -> OpenedReturn:
    with service().database.read() as session:
        opened = answering.opened(session, token, now())
        session.expunge_all()  # the end of a read forgets what is not taken out
    return opened


def _read_offered(opened: OpenedReturn) -> _Typed:  # noqa: ARG001 - one shape for all pages
    slugs, ticked = service().catalogue.slugs, request.form.getlist("offered")
    problems = Problems()
    if told := rules.offered_problems(ticked, slugs):
        problems.add("offered", told)
    return _Typed(lambda before: rules.with_offered(before, ticked, slugs), problems)


def _read_counts(opened: OpenedReturn) -> _Typed:
    problems = Problems()
    counts: dict[str, dict[str, int | None]] = {name: {} for name in _COUNTED}
    for slug in opened.now.offered:
        for name in _COUNTED:
            field = f"{name}-{slug}"
            try:
                counts[name][slug] = rules.count(request.form.get(field, ""))
            except InvalidInput as error:
                problems.add(field, str(error))
    return _Typed(
        lambda before: rules.with_counts(before, counts["families"], counts["trained"]), problems
    )


def _read_measures(opened: OpenedReturn) -> _Typed:
    known = answering.asked_measures(service().catalogue)
    ticked = request.form.getlist("measures")
    shown = _ANSWERS.get(request.form.get("may_show_area", ""))
    problems = Problems()
    if told := rules.measures_problems(ticked, known):
        problems.add("measures", told)
    if opened.service.area and shown is None:
        problems.add("may_show_area", "Say whether we may show your area")
    if not opened.now.offered and not opened.now.none:
        problems.add("offered", "The first page is still empty: tick what your service offered")
    return _Typed(
        lambda before: rules.with_measures(before, ticked, known, may_show_area=shown), problems
    )


_READERS: dict[str, Callable[[OpenedReturn], _Typed]] = {
    OFFERED: _read_offered,
    COUNTS: _read_counts,
    MEASURES: _read_measures,
}


def _page(
    opened: OpenedReturn, typed: Typed, problems: Problems | None, token: str, step: str
) -> str:
    """Show one page: as typed where it was sent and must be mended, else as saved."""
    if not opened.is_open:
        return _closed(opened)
    catalogue = service().catalogue
    with service().database.read() as session:
        last = answering.last_time(session, opened) if step != MEASURES else None
    filled = typed or _filled(opened.now)
    return render_template(
        "public/returns/returning.html",
        opened=opened,
        last=last,
        token=token,
        step=step,
        number=_STEPS.index(step) + 1,
        typed=filled,
        problems=problems,
        version=_version(opened, typed, problems),
        interventions=catalogue.interventions,
        chosen=[catalogue.intervention(slug) for slug in opened.now.offered],
        measures=[(name, name) for name in answering.asked_measures(catalogue)]
        + list(rules.OTHER_MEASURES.items()),
        none_of_them=NONE,
        words=return_words,
        promises=survey_words,
        meanwhile=_said(opened, opened.now) if _was_told(problems) else [],
    )


def _filled(answers: ServiceAnswers) -> Typed:
    """Fill the three pages in with what was saved."""
    pairs = [("offered", slug) for slug in answers.offered]
    pairs += [("offered", NONE)] if answers.none else []
    for name, counts in (("families", answers.families), ("trained", answers.trained)):
        pairs += [(f"{name}-{slug}", str(count)) for slug, count in counts.items()]
    pairs += [("measures", name) for name in answers.measures]
    if answers.may_show_area is not None:
        pairs.append(("may_show_area", "yes" if answers.may_show_area else "no"))
    return Typed(pairs)


def _version(opened: OpenedReturn, typed: Typed, problems: Problems | None) -> str:
    """Give the version that a page changes: its own, until it was told that somebody saved another."""
    own = typed.get("version", "")
    return own if own and not _was_told(problems) else str(opened.version)


def _was_told(problems: Problems | None) -> bool:
    """Tell whether a page was refused because somebody saved another meanwhile."""
    return problems is not None and problems.of.get("form") == answering.MEANWHILE


def _done(opened: OpenedReturn, token: str) -> str:
    with service().database.read() as session:
        counts = queries.counts(session, opened.collection.id)
    return render_template(
        "public/returns/returned.html",
        opened=opened,
        token=token,
        said=_said(opened, opened.sent),
        offered=[service().catalogue.intervention(slug) for slug in opened.now.offered],
        promises=survey_words,
        progress=return_words.progress(counts.answered, counts.asked),
    )


def _closed(opened: OpenedReturn) -> str:
    collection = opened.collection
    last_moment = uk_day(collection.closes_on).start
    return render_template(
        "public/returns/return_closed.html",
        opened=opened,
        said=_said(opened, opened.sent),
        closed_on=min(collection.closed_at or collection.closes_at, last_moment),
        unsent=_said(opened, opened.now if opened.has_draft else None),
    )


def _said(opened: OpenedReturn, answers: ServiceAnswers | None) -> list[tuple[str, str]]:
    if answers is None:
        return []
    return return_words.said(answers, service().catalogue, has_area=bool(opened.service.area))
