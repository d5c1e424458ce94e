"""Services' own returns for admins: the list of services, a collection, how far it is, its closing."""

from collections.abc import Callable, Sequence
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.accounts.tables import Role
from monitor.catalogue.loader import Intervention
from monitor.collecting import AT_ONCE
from monitor.kernel.errors import InvalidInput, NotFound
from monitor.kernel.language import uk
from monitor.notify import survey_words
from monitor.notify.readers import surveying
from monitor.usage import queries as waves
from monitor.usage import splits
from monitor.usage.returns import inviting, queries, rules, services_list
from monitor.usage.returns import service as returns
from monitor.usage.returns.queries import PAGE, ReturnStands
from monitor.usage.returns.tables import Collection
from monitor.web import auth, posting, turns
from monitor.web.current import now, service
from monitor.web.forms import Problems, ToMend, Typed, number, row_id
from monitor.web.public.returns import return_words
from monitor.web.staff import labels

blueprint = Blueprint("collections", __name__)
blueprint.before_request(auth.only(Role.ADMIN))

_READ = "read"  # the box that says: I have seen who has not answered
_FORM = ("name", "closes_on", "frame", "promoters")
_EMPTY = {"name": "Give the wave a name", "frame": "Say who can answer, such as which list it is"}
_BROUGHT = ("added", "changed", "same", "left", "not_in_it")


@blueprint.get("/services")
@turns.large
def services() -> str:
    """Show the list of services, with the form to bring one."""
    return _services(Typed(), None)


def _services(typed: Typed, problems: Problems | None, refused: Sequence[str] = ()) -> str:  # noqa: ARG001 - no file can be put back
    after = row_id(request.args.get("after", "")) or 0
    with service().database.read() as session:
        listed = queries.listed(session, after=after)
        return render_template(
            "staff/use/services.html",
            on_the_list=queries.on_the_list(session),
            listed=listed[:PAGE],
            more=listed[PAGE - 1].id if len(listed) > PAGE else None,
            collection=returns.current(session),
            brought=_numbers(request.args.get("brought", "")),
            refused=refused,
            problems=problems,
            columns=", ".join(services_list.COLUMNS),
            areas=service().catalogue.areas,
        )


@blueprint.post("/services")
@posting.form(_services)
def bring() -> ResponseReturnValue:
    """Read a list whole; keep it, or say everything that is wrong with it."""
    sent = request.files.get("list")
    if sent is None or not sent.filename:
        raise ToMend(Problems({"list": "Choose the list, a CSV file"}))
    read = services_list.read(sent.stream.read(), service().catalogue.areas)
    if read.problems:
        told = Problems({"form": "Nothing was kept: mend what is named below, and bring it again"})
        return _services(Typed(), told, read.problems), 400
    with service().database.write() as session:
        came = returns.bring_list(session, read, by=auth.actor(), at=now())
    brought = ",".join(str(getattr(came, name)) for name in _BROUGHT)
    return redirect(url_for("collections.services", brought=brought), code=303)


@blueprint.get("/collections")
@turns.large
def listing() -> str:
    """List the collections, with the form to open one."""
    return _listing(Typed(), None)


def _listing(typed: Typed, problems: Problems | None) -> str:
    with service().database.read() as session:
        collections = queries.collections(session)
        return render_template(
            "staff/use/collections.html",
            collections=[
                (listed_collection, queries.counts(session, listed_collection.id))
                for listed_collection in collections
            ],
            current=returns.current(session),
            on_the_list=queries.on_the_list(session),
            question=rules.QUESTION,
            typed=typed,
            problems=problems,
        )


@blueprint.post("/collections")
@posting.form(_listing)
def begin() -> ResponseReturnValue:
    """Open a collection; nobody is written to yet."""
    form, problems = request.form, Problems()
    for name, message in _EMPTY.items():
        if not form.get(name, "").strip():
            problems.add(name, message)
    problems.attempt(lambda: _day(form.get("closes_on", "")))
    problems.in_order(_FORM).must_be_none()
    opening = returns.Opening(
        name=form.get("name", ""),
        frame=form.get("frame", ""),
        promoters=tuple(form.get("promoters", "").splitlines()),
        closes_on=_day(form.get("closes_on", "")),
    )
    with service().database.write() as session:
        opened = returns.open_collection(session, opening, by=auth.actor(), at=now())
    return redirect(url_for("collections.collection", collection_id=opened.id), code=303)


@blueprint.get("/collections/<int:collection_id>")
@turns.large
def collection(collection_id: int) -> str:
    """Show how far a collection is, and what is missing."""
    return _collection(Typed(), None, collection_id=collection_id)


def _collection(typed: Typed, problems: Problems | None, *, collection_id: int) -> str:
    only, after = _only(), row_id(request.args.get("after", "")) or 0
    with service().database.read() as session:
        shown_collection = queries.collection(session, collection_id)
        counts = queries.counts(session, collection_id)
        rows = queries.rows(session, collection_id, after=after, only=only)
        is_open = returns.is_open(shown_collection, now())
        return render_template(
            "staff/use/collection.html",
            collection=shown_collection,
            is_open=is_open,
            counts=counts,
            promises=survey_words,
            progress=return_words.progress(counts.answered, counts.asked),
            uninvited=inviting.uninvited(session, collection_id) if is_open else 0,
            to_remind=inviting.to_remind(session, collection_id, now()) if is_open else 0,
            remind_after=rules.REMIND_AFTER.days,
            most_reminders=rules.MOST_REMINDERS,
            parts=[
                ("Nation", queries.by_nation(session, collection_id)),
                ("Kind", queries.by_kind(session, collection_id)),
            ],
            volumes=_volumes(session, shown_collection, counts.answered),
            fewest=splits.FEWEST,
            mails=surveying.sent(session, collection_id),
            rows=rows[:PAGE],
            more=rows[PAGE - 1].id if len(rows) > PAGE else None,
            only=only,
            stands=ReturnStands,
            labels=labels,
            typed=typed,
            problems=problems,
        )


@blueprint.post("/collections/<int:collection_id>/invite")
@posting.form(_collection)
def invite(collection_id: int) -> ResponseReturnValue:
    """Ask every service on the list that was not asked yet."""
    return _write_to(workflow.invite_services, collection_id)


@blueprint.post("/collections/<int:collection_id>/remind")
@posting.form(_collection)
def remind(collection_id: int) -> ResponseReturnValue:
    """Remind every service that has not answered and may be reminded now."""
    return _write_to(workflow.remind_services, collection_id)


@blueprint.post("/collections/<int:collection_id>/last-day")
@posting.form(_collection)
def move_last_day(collection_id: int) -> ResponseReturnValue:
    """Let a collection run to another last day."""
    with service().database.write() as session:
        workflow.move_last_day(
            session,
            collection_id=collection_id,
            last_day=_day(request.form.get("closes_on", "")),
            by=auth.actor(),
            at=now(),
        )
    return redirect(url_for("collections.collection", collection_id=collection_id), code=303)


@blueprint.post("/collections/<int:collection_id>/close")
@posting.form(_collection)
def close(collection_id: int) -> ResponseReturnValue:
    """Close a collection; its wave makes itself, a draft to be looked at."""
    if request.form.get(_READ) != "yes":
        raise InvalidInput("Tick that you have seen who has not answered", field=_READ)
    with service().database.write() as session:
        wave = workflow.close_collection(
            session, service(), collection_id=collection_id, by=auth.actor(), at=now()
        )
    if wave is None:
        return redirect(url_for("collections.collection", collection_id=collection_id), code=303)
    return redirect(url_for("waves.wave", wave_id=wave.id), code=303)


def _write_to(ask: Callable[..., int], collection_id: int) -> ResponseReturnValue:
    """Queue mails in short transactions; what was cut off goes on by the same button."""
    asked = AT_ONCE
    while asked == AT_ONCE:
        with service().database.write() as session:
            asked = ask(session, service(), collection_id=collection_id, by=auth.actor(), at=now())
    return redirect(url_for("collections.collection", collection_id=collection_id), code=303)


def _volumes(
    session: Session, collection: Collection, answered: int
) -> list[tuple[Intervention, queries.Volume]]:
    """Give sums by intervention of a collection that is closed, once none can be told apart.

    Nor where a service of them was forgotten since: what is missing then is what it answered.
    """
    wave = waves.wave(session, collection.wave_id) if collection.wave_id else None
    if wave is None or answered < splits.FEWEST or answered != wave.services:
        return []
    catalogue = service().catalogue
    volumes = queries.volumes(session, collection.id, catalogue.slugs)
    return [(catalogue.intervention(volume.slug), volume) for volume in volumes]


def _numbers(written: str) -> returns.BroughtList | None:
    """Read back what a list came to, as its redirect carries it."""
    numbers = [number(one) for one in written.split(",")]
    known = [one for one in numbers if one is not None]
    return returns.BroughtList(*known) if len(known) == len(numbers) == len(_BROUGHT) else None


def _only() -> ReturnStands | None:
    try:
        return ReturnStands(request.args.get("only", ""))
    except ValueError:
        return None


def _day(written: str) -> date:
    try:
        return uk.read_day(written.strip())
    except NotFound:
        raise InvalidInput("Choose the last day, such as 2029-04-30", field="closes_on") from None
