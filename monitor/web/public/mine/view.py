"""The private view: own use and the gap on it beside the national one, the mail about it, its end."""

from datetime import datetime
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor.gap import queries as gap
from monitor.gap.tables import Change
from monitor.mine import compared, links, mail, queries, rules, wording
from monitor.mine import service as mine
from monitor.mine.mail import Choice
from monitor.mine.queries import HeldService
from monitor.mine.rules import ServiceEntry, own_use
from monitor.web import posting, trials
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed, word
from monitor.web.public.mine import guard
from monitor.web.public.readers.subscribe import PURPOSE

blueprint = guard.close(Blueprint("mine", __name__))

_DONE = {
    "added": "The service is entered.",
    "changed": "The service is changed.",
    "removed": "The service is taken out.",
    "mail": "Your choice of mail is saved.",
}
_MOST_NEWS = 5


@blueprint.get("/mine")
def view() -> str:
    """Show the private view of whoever has it open."""
    return _view(Typed(), None)


def _view(typed: Typed, problems: Problems | None) -> str:  # noqa: ARG001 - radios and buttons alone
    here, whose = service(), guard.whose()
    with here.database.read() as session:
        buyer = queries.buyer(session, whose.buyer_key)
        held = queries.services(session, whose.buyer_key)
        entries = [kept.entry for kept in held]
        ten = gap.overview(session, here.catalogue)
        states = {intervention.slug: intervention.state for intervention in ten}
        lines = compared.lines(here.catalogue.gap, ten, entries)
        return render_template(
            "public/mine/view.html",
            until=whose.until,
            held=held,
            newest=max((kept.changed_at for kept in held), default=None),
            title=wording.title(states, entries),
            pattern=wording.pattern(states, entries),
            unknown=wording.unknown(states, entries),
            sections=compared.sections(lines, entries),
            groups=_groups(states, held),
            news=_news(session, buyer.looked_before, entries),
            most_news=_MOST_NEWS,
            since=buyer.looked_before,
            survey=next(
                (intervention.state.use.now for intervention in ten if intervention.state.use), None
            ),
            running=trials.running(session),
            mail=mail.of_buyer(session, whose.address, here.catalogue.slugs),
            purpose=PURPOSE,
            policy=here.catalogue.gap,
            wording=wording,
            done=_done(),
            problems=problems,
        )


@blueprint.post("/mine/mail")
@posting.form(_view)
def choose_mail() -> ResponseReturnValue:
    """Let the buyer be mailed of what touches their services, of all ten, or never."""
    problems = Problems()
    choice = word(request.form, "mail", Choice, problems, "Choose when we write to you")
    problems.must_be_none()
    assert choice is not None  # noqa: S101 - else there is a problem; tells mypy
    with service().database.write() as session:
        mail.choose(
            session,
            guard.whose().buyer_key,
            choice,
            every=service().catalogue.slugs,
            purpose=PURPOSE,
            at=now(),
        )
    return redirect(url_for("mine.view", done="mail"), code=303)


@blueprint.post("/mine/close")
@posting.form(_view)
def close() -> ResponseReturnValue:
    """Close the view on this device."""
    with service().database.write() as session:
        links.close(session, request.cookies.get(guard.cookie_name(), ""))
    return guard.forget(make_response(redirect(url_for("my_services.form"), code=303)))


@blueprint.get("/mine/erase")
def ask_erase() -> str:
    """Ask before everything is erased."""
    return _ask_erase(Typed(), None)


def _ask_erase(typed: Typed, problems: Problems | None) -> str:
    whose = guard.whose()
    with service().database.read() as session:
        held = queries.services(session, whose.buyer_key)
        told = mail.of_buyer(session, whose.address, service().catalogue.slugs)
    return render_template(
        "public/mine/erase.html", held=held, mail=told, typed=typed, problems=problems
    )


@blueprint.post("/mine/erase")
@posting.form(_ask_erase)
def erase() -> ResponseReturnValue:
    """Erase everything entered; e-mails go on unless they are to end too."""
    whose, at = guard.whose(), now()
    with service().database.write() as session:
        if request.form.get("stop") == "yes":
            mail.choose(
                session,
                whose.buyer_key,
                Choice.NEVER,
                every=service().catalogue.slugs,
                purpose=PURPOSE,
                at=at,
            )
        mine.erase(session, whose.buyer_key, at)
    return guard.forget(make_response(render_template("public/mine/erased.html")))


def _groups(states: Any, held: list[HeldService]) -> list[dict[str, Any]]:  # noqa: ANN401 - states by slug
    """Tell of each group how many of each kind of gap it buys; of fewer than two, nothing."""
    parted = rules.groups([kept.entry for kept in held])
    if len(parted) < 2:  # noqa: PLR2004 - one group says what the heading says
        return []
    return [
        {
            "name": name or "No group",
            "services": len(entries),
            "counted": [
                rules.bought_of(kinds, states, rules.touched(entries))
                for kinds in rules.HEADINGS
                if rules.bought_of(kinds, states, ()).of
            ],
        }
        for name, entries in parted.items()
    ]


def _news(
    session: Session, since: datetime | None, entries: list[ServiceEntry]
) -> list[tuple[Change, str]]:
    """Give what changed since the view was opened the time before, with own use of it."""
    if since is None:
        return []
    changes = [change for change in gap.changes(session, limit=_MOST_NEWS) if change.at > since]
    return [(change, wording.own(own_use(entries, change.slug))) for change in changes]


def _done() -> str:
    """Say what was just done, in our own words, whatever the address says."""
    brought = [request.args.get(name, type=int) for name in ("new", "replaced", "same")]
    if all(number is not None and 0 <= number <= rules.MOST_SERVICES for number in brought):
        new, replaced, same = brought
        return f"Brought in: {new} new, {replaced} replaced, {same} as they were."
    return _DONE.get(request.args.get("done", ""), "")
