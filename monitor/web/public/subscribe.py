"""Getting and stopping e-mails. The same answer for everybody; opening a link never changes anything.

Addresses in links hold a token (never an address): such pages send no referrer and are not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from monitor.accounts.rules import check_address
from monitor.kernel.errors import InvalidInput, NotFound
from monitor.notify import service as notify
from monitor.notify import tokens
from monitor.web.current import now, service
from monitor.web.security import csrf, limiter

blueprint = Blueprint("subscribe", __name__)

PURPOSE = (
    "E-mail me when the evidence, the findings, the use or the gap changes for the interventions I "
    "chose, and if an earlier e-mail turns out wrong."
)
# From one address: an office shares one, and coming from the overview takes two.
_TOO_MANY = "20 per minute; 100 per hour"


@dataclass(frozen=True, slots=True)
class _Form:
    """What was typed; ``problems`` by field, in the order of the page."""

    address: str
    chosen: tuple[str, ...]
    problems: dict[str, str]


@blueprint.get("/subscribe")
def form() -> ResponseReturnValue:
    """Show the form; ``?follow=cos`` ticks one intervention, otherwise all are ticked."""
    slugs = service().catalogue.slugs
    follow = request.args.get("follow", "")
    return _page(_Form("", (follow,) if follow in slugs else tuple(slugs), {}))


@blueprint.post("/subscribe")
@limiter.limit(_TOO_MANY)
def subscribe() -> ResponseReturnValue:
    """Take an address and interventions; the short form of the overview asks for the latter here."""
    typed = _read()
    if "full" not in request.form:
        return _page(_Form(typed.address, tuple(service().catalogue.slugs), {}))
    if typed.problems:
        return _page(typed), 400
    with service().database.write() as session:
        notify.subscribe(
            session,
            service().settings,
            address=typed.address,
            interventions=typed.chosen,
            purpose=PURPOSE,
            at=now(),
        )
    return render_template("public/subscribe_sent.html")


@blueprint.get("/confirm/<token>")
def confirm_form(token: str) -> ResponseReturnValue:
    """Show what would be confirmed, and the button that does."""
    uuid = _message(tokens.Purpose.CONFIRM, token)
    with service().database.read() as session:
        asked = notify.awaiting(session, uuid, now())
    page = "public/confirmed.html" if asked.confirmed else "public/confirm.html"
    return render_template(page, chosen=_names(asked.interventions), purpose=asked.purpose)


@blueprint.post("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """Confirm a subscription; again is the same."""
    uuid = _message(tokens.Purpose.CONFIRM, token)
    with service().database.write() as session:
        chosen = tuple(notify.confirm(session, uuid, now()).interventions)
    return render_template("public/confirmed.html", chosen=_names(chosen))


@blueprint.get("/u/<token>")
def unsubscribe_form(token: str) -> ResponseReturnValue:
    """Show the button that stops the mails; opening the link stops nothing."""
    _message(tokens.Purpose.UNSUBSCRIBE, token)
    return render_template("public/unsubscribe.html")


@blueprint.post("/u/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]  # flask_wtf has no types
def unsubscribe(token: str) -> ResponseReturnValue:
    """Stop the mails at once (RFC 8058): no cookie, no form token, any body; again is the same."""
    uuid = _message(tokens.Purpose.UNSUBSCRIBE, token)
    with service().database.write() as session:
        notify.unsubscribe(session, uuid, now())
    return render_template("public/unsubscribed.html")


@blueprint.after_request
def _private(response: Response) -> Response:
    """Keep a page whose address holds a token out of stores, and its address to itself."""
    if request.view_args:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _message(purpose: tokens.Purpose, token: str) -> str:
    """Give the uuid of the message whose link this is.

    Raises:
        NotFound: we never made this link, or not for this purpose.
    """
    uuid = tokens.verify(service().secret, purpose, token)
    if uuid is None:
        raise NotFound("This link is not whole, or not ours. Copy it from the e-mail in full.")
    return uuid


def _read() -> _Form:
    address = request.form.get("email", "").strip()
    slugs = set(request.form.getlist("interventions"))
    chosen = tuple(slug for slug in service().catalogue.slugs if slug in slugs)
    problems = {}
    try:
        check_address(address)
    except InvalidInput as error:
        problems["email"] = str(error)
    if not chosen:
        problems["interventions"] = "Choose at least one intervention"
    return _Form(address, chosen, problems)


def _page(typed: _Form) -> str:
    entries = service().catalogue.interventions
    return render_template(
        "public/subscribe.html",
        form=typed,
        purpose=PURPOSE,
        choices=[
            {"value": entry.slug, "text": entry.name, "checked": entry.slug in typed.chosen}
            for entry in entries
        ],
        problem_list=[
            {"text": words, "href": f"#{field}"} for field, words in typed.problems.items()
        ],
    )


def _names(slugs: Sequence[str]) -> list[str]:
    return [entry.name for entry in service().catalogue.interventions if entry.slug in slugs]
