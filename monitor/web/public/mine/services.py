"""Entering own services: one by one with ten boxes, or many from a table."""

from collections.abc import Iterable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from monitor.kernel.errors import InvalidInput
from monitor.mine import buyers_table, queries, rules
from monitor.mine import service as mine
from monitor.mine.queries import HeldService
from monitor.mine.rules import ServiceEntry
from monitor.web import posting
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed, chosen, number
from monitor.web.public.mine import guard

blueprint = guard.close(Blueprint("own_services", __name__))


@blueprint.get("/mine/services/new")
def new() -> str:
    """Show the empty form of a service; nothing is ticked."""
    return _new(Typed(), None)


def _new(typed: Typed, problems: Problems | None) -> str:
    return _page(None, typed, problems)


@blueprint.post("/mine/services/new")
@posting.form(_new)
def add() -> ResponseReturnValue:
    """Enter a service."""
    entry = _entry(request.form)
    with service().database.write() as session:
        mine.add(session, guard.whose().buyer_key, entry, now())
    return redirect(url_for("mine.view", done="added"), code=303)


@blueprint.get("/mine/services/<int:service_id>")
def one(service_id: int) -> str:
    """Show a service to change it."""
    held = _held(service_id)
    return _page(held, _as_typed(held), None)


def _one(typed: Typed, problems: Problems | None, *, service_id: int) -> str:
    held = _held(service_id)
    # a button of the same page brings nothing that was typed
    return _page(held, typed if "name" in typed else _as_typed(held), problems)


@blueprint.post("/mine/services/<int:service_id>")
@posting.form(_one)
def change(service_id: int) -> ResponseReturnValue:
    """Say anew what a service is and offers."""
    entry, seen = _entry(request.form), request.form.get("seen", "")
    with service().database.write() as session:
        mine.change(session, guard.whose().buyer_key, service_id, entry, seen=seen, at=now())
    return redirect(url_for("mine.view", done="changed"), code=303)


@blueprint.post("/mine/services/<int:service_id>/remove")
@posting.form(_one)
def remove(service_id: int) -> ResponseReturnValue:
    """Take a service out."""
    with service().database.write() as session:
        mine.remove(session, guard.whose().buyer_key, service_id, now())
    return redirect(url_for("mine.view", done="removed"), code=303)


@blueprint.get("/mine/table")
def table() -> str:
    """Show how a table is brought in."""
    return _table(Typed(), None)


def _table(typed: Typed, problems: Problems | None, wrong: Iterable[str] = ()) -> str:  # noqa: ARG001 - no file can be put back
    return render_template(
        "public/mine/table.html",
        problems=problems,
        wrong=wrong,
        columns=", ".join(buyers_table.COLUMNS),
    )


@blueprint.post("/mine/table")
@posting.form(_table)
def bring() -> ResponseReturnValue:
    """Bring a table in whole, or say everything that is wrong with it."""
    file = request.files.get("table")
    if file is None or not file.filename:
        raise InvalidInput("Choose the table, a CSV file", field="table")
    read = buyers_table.read(file.stream.read(), service().catalogue)
    if read.problems:
        told = Problems({"form": "Nothing was kept: mend what is named below, and bring it again"})
        return _table(Typed(), told, read.problems), 400
    with service().database.write() as session:
        done = mine.bring(session, guard.whose().buyer_key, read.entries, now())
    brought = url_for("mine.view", new=done.new, replaced=done.replaced, same=done.same)
    return redirect(brought, code=303)


def _held(service_id: int) -> HeldService:
    with service().database.read() as session:
        return queries.service(session, guard.whose().buyer_key, service_id)


def _page(held: HeldService | None, typed: Typed, problems: Problems | None) -> str:
    return render_template(
        "public/mine/service.html",
        held=held,
        typed=typed,
        ticked=set(typed.getlist("interventions")),
        problems=problems,
    )


def _as_typed(held: HeldService) -> Typed:
    """Put what is kept of a service as its form would send it."""
    entry = held.entry
    typed = Typed([("name", entry.name), ("group", entry.group)])
    typed.setlist("interventions", list(entry.offers))
    for slug, families in entry.offers.items():
        typed[f"families-{slug}"] = "" if families is None else str(families)
    return typed


def _entry(typed: Typed) -> ServiceEntry:
    """Read a service's form.

    Raises:
        ToMend: something must be mended; says all of it.
    """
    problems = Problems()
    name, group = typed.get("name", ""), typed.get("group", "")
    problems.attempt(lambda: rules.clean_name(name, "name", needed=True))
    problems.attempt(lambda: rules.clean_name(group, "group", needed=False))
    slugs = service().catalogue.slugs
    ticked = chosen(typed, slugs, problems)
    families = {slug: _families(typed, slug, problems, ticked=slug in ticked) for slug in slugs}
    problems.must_be_none()
    return ServiceEntry(
        rules.clean_name(name, "name", needed=True),
        rules.clean_name(group, "group", needed=False),
        {slug: families[slug] for slug in ticked},
    )


def _families(typed: Typed, slug: str, problems: Problems, *, ticked: bool) -> int | None:
    """Read the families of one row; a number beside an empty box is a problem."""
    said, field = typed.get(f"families-{slug}", "").strip(), f"families-{slug}"
    if not said:
        return None
    if not ticked:
        problems.add(field, "Tick the box too, or take the number away")
    families = number(said.replace(",", ""))
    problems.attempt(lambda: rules.check_families(-1 if families is None else families, field))
    return families
