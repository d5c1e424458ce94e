"""Getting and stopping e-mails. The same answer for everybody; opening a link never changes anything.

Addresses in links hold a token (never an address): such pages send no referrer and are not kept.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from monitor.accounts.rules import check_address
from monitor.kernel.addresses import masked
from monitor.kernel.errors import InvalidInput, LinkOver
from monitor.mine import mail as own_mail
from monitor.mine import queries as mine
from monitor.notify import service as notify
from monitor.notify.readers import helping, narrowing, tokens
from monitor.notify.terms import Terms
from monitor.web import posting
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.public.readers import asking, often
from monitor.web.security import csrf, limiter

blueprint = Blueprint("subscribe", __name__)

PURPOSE = (
    "E-mail me about the interventions I chose, as often as I chose, when the evidence, the findings, "
    "the use or the gap changes, and if an earlier e-mail turns out wrong."
)
ALL = "all"  # the box above the ten
_HELPED = "helped"  # the last box: ask me whether it helped
_ONLY = "only"  # the box below them: only what touches my services


@dataclass(frozen=True, slots=True)
class _Form:
    """What was typed; ``problems`` by field, in the order of the page."""

    address: str
    ticked: tuple[str, ...]  # the boxes, the one for all among them
    problems: dict[str, str]
    often: str = often.USUAL


@blueprint.get("/subscribe")
def form() -> ResponseReturnValue:
    """Show the form; ``?follow=cos`` ticks that one: its page asked for it. Else nothing is ticked."""
    follow = request.args.get("follow", "")
    return _page(_Form("", (follow,) if follow in service().catalogue.slugs else (), {}))


def _again(typed: Typed, problems: Problems | None) -> str:
    told = problems.of if problems else {}
    return _page(replace(_read(typed), problems=dict(told)))


@blueprint.post("/subscribe/begin")
@csrf.exempt  # type: ignore[untyped-decorator]  # flask_wtf has no types
@limiter.limit(asking.OF_ONE)
@posting.form(_again)
def begin() -> ResponseReturnValue:
    """Take an address from the overview to the form, which asks the rest. Asks and keeps nothing.

    So the overview needs no form token, and sets no cookie.
    """
    return _page(_Form(request.form.get("email", "").strip(), (), {}))


@blueprint.post("/subscribe")
@asking.bounded
@posting.form(_again, {"address": "email"})
def subscribe() -> ResponseReturnValue:
    """Take an address and interventions, and how often."""
    typed = _read(request.form)
    Problems(typed.problems).must_be_none()
    cadence, budget = often.read(typed.often, service().settings.mail.interruptions)
    with service().database.write() as session:
        notify.subscribe(
            session,
            service().settings,
            address=typed.address,
            interventions=_chosen(typed.ticked),
            purpose=PURPOSE,
            at=now(),
            cadence=cadence,
            budget=budget,
        )
    return render_template("public/readers/subscribe_sent.html")


@blueprint.get("/confirm/<token>")
def confirm_form(token: str) -> str:
    """Show what would be confirmed, and the button that does."""
    return _confirm_page(Typed(), None, token=token)


def _confirm_page(typed: Typed, problems: Problems | None, *, token: str) -> str:  # noqa: ARG001 - a button alone
    uuid = message_of(tokens.Purpose.CONFIRM, token)
    with service().database.read() as session:
        asked = notify.awaiting(session, uuid, now())
        gets = notify.choices(session, uuid)
        theirs = notify.terms_of(session, uuid)
    page = "public/readers/confirmed.html" if asked.confirmed else "public/readers/confirm.html"
    told = often.words(asked.cadence, asked.budget)
    chosen = _names(asked.interventions)
    return render_template(
        page,
        chosen=chosen,
        purpose=asked.purpose,
        problems=problems,
        often=told,
        gets=_names(gets or ()),
        gets_often=often.words(theirs.cadence, theirs.budget),
        choices=tokens.choices_token(service().secret, uuid),
    )


@blueprint.post("/confirm/<token>")
@posting.form(_confirm_page)
def confirm(token: str) -> ResponseReturnValue:
    """Confirm a subscription; again is the same."""
    uuid = message_of(tokens.Purpose.CONFIRM, token)
    with service().database.write() as session:
        chosen = tuple(notify.confirm(session, uuid, now()).interventions)
        theirs = notify.terms_of(session, uuid)
    told = often.words(theirs.cadence, theirs.budget)
    return render_template(
        "public/readers/confirmed.html",
        chosen=_names(chosen),
        problems=None,
        often=told,
        choices=tokens.choices_token(service().secret, uuid),
    )


@blueprint.get("/choices/<token>")
def choices_form(token: str) -> str:
    """Show what a reader gets now, to change it."""
    return choices_now(token, None)


def choices_now(token: str, problems: Problems | None) -> str:
    """Show it with what was wrong with a button there."""
    uuid = message_of(tokens.Purpose.CHOICES, token)
    with service().database.read() as session:
        chosen = notify.choices(session, uuid)
        reader = narrowing.of_message(session, uuid)
        only = reader is not None and reader.narrowed_to is not None
        theirs = notify.terms_of(session, uuid)
        asked = helping.agreed(session, uuid)
    if chosen is None:
        return render_template("public/readers/unsubscribed.html", already=True)
    typed = Typed([("interventions", slug) for slug in chosen])
    if only:
        typed[_ONLY] = "yes"
    if asked:
        typed[_HELPED] = "yes"
    typed.setlist("kinds", [kind.value for kind in theirs.kinds])
    typed["often"] = often.of(theirs)
    return _choices_page(typed, problems, token=token)


def _choices_page(typed: Typed, problems: Problems | None, *, token: str) -> str:
    uuid = message_of(tokens.Purpose.CHOICES, token)
    stop = tokens.unsubscribe_token(service().secret, uuid)
    with service().database.read() as session:
        reader = narrowing.of_message(session, uuid)
        entered = reader is not None and (
            reader.narrowed_to is not None or mine.has_services(session, reader.address)
        )
        address = masked(reader.address) if reader is not None else ""
    return render_template(
        "public/readers/choices.html",
        boxes=_boxes(typed.getlist("interventions")),
        entered=entered,
        only=_ONLY in typed,
        helped=_HELPED in typed,
        often=often.radios(typed.get("often", ""), service().settings.mail.interruptions),
        kinds=often.boxes(typed.getlist("kinds")),
        problems=problems,
        problem_list=_problem_list(problems.of if problems else {}),
        stop=stop,
        token=token,
        address=address,
    )


@blueprint.post("/choices/<token>")
@limiter.limit(asking.OF_ONE)
@posting.form(_choices_page)
def choices(token: str) -> ResponseReturnValue:
    """Let a reader follow others, of other kinds or as often; their mail's link proves who they are."""
    uuid = message_of(tokens.Purpose.CHOICES, token)
    chosen = _chosen(request.form.getlist("interventions"))
    if not chosen:
        raise InvalidInput("Choose at least one, or stop the e-mails", field="interventions")
    terms = _terms(request.form)
    with service().database.write() as session:
        asked = _HELPED in request.form
        only = own_mail.choose_by_link(
            session, uuid, chosen, terms, only=_ONLY in request.form, asked=asked, at=now()
        )
        theirs = notify.terms_of(session, uuid)
    told = often.words(theirs.cadence, theirs.budget)
    return render_template(
        "public/readers/chosen.html",
        chosen=_names(chosen),
        only=only,
        often=told,
        kinds=often.named(theirs.kinds),
        asked=asked,
    )


def _terms(typed: Typed) -> Terms | None:
    """Read how often and of what; None where the page was opened before it asked for that."""
    if "often" not in typed:
        return None
    problems = Problems()
    if typed["often"] not in often.VALUES:
        problems.add("often", "Choose how often")
    kinds = often.read_kinds(typed.getlist("kinds"))
    if not kinds:
        problems.add("kinds", "Choose at least one kind of news, or stop the e-mails")
    problems.must_be_none()
    cadence, budget = often.read(typed["often"], service().settings.mail.interruptions)
    return Terms(cadence, kinds, budget)


@blueprint.get("/u/<token>")
def unsubscribe_form(token: str) -> ResponseReturnValue:
    """Show the button that stops the mails; opening the link stops nothing."""
    uuid = message_of(tokens.Purpose.UNSUBSCRIBE, token)
    with service().database.read() as session:
        already = notify.has_left(session, uuid)
    if already:
        return render_template("public/readers/unsubscribed.html", already=True)
    return render_template("public/readers/unsubscribe.html")


def _stop_page(typed: Typed, problems: Problems | None, *, token: str) -> ResponseReturnValue:  # noqa: ARG001 - a button alone
    return unsubscribe_form(token)


@blueprint.post("/u/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]  # flask_wtf has no types
@posting.form(_stop_page)
def unsubscribe(token: str) -> ResponseReturnValue:
    """Stop the mails at once (RFC 8058): no cookie, no form token, any body; again is the same."""
    uuid = message_of(tokens.Purpose.UNSUBSCRIBE, token)
    with service().database.write() as session:
        stopped = notify.unsubscribe(session, uuid, now())
    return render_template("public/readers/unsubscribed.html", already=not stopped)


@blueprint.after_request
def private(response: Response) -> Response:
    """Keep a page whose address holds a token out of stores, and its address to itself."""
    if request.view_args:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


def message_of(purpose: tokens.Purpose, token: str) -> str:
    """Give the uuid of the message whose link this is.

    Raises:
        LinkOver: we never made this link, or not for this purpose.
    """
    uuid = tokens.verify(service().secret, purpose, token)
    if uuid is None:
        raise LinkOver("This link is not whole, or not ours. Copy it from the e-mail in full.")
    return uuid


def _read(form: Typed) -> _Form:
    address = form.get("email", "").strip()
    ticked = tuple(form.getlist("interventions"))
    problems = {}
    try:
        check_address(address)
    except InvalidInput as error:
        problems["email"] = str(error)
    if not _chosen(ticked):
        problems["interventions"] = "Choose at least one intervention"
    how = form.get("often", often.USUAL)
    if how not in often.VALUES:
        problems["often"] = "Choose how often"
    return _Form(address, ticked, problems, how)


def _chosen(ticked: Collection[str]) -> tuple[str, ...]:
    """Give the interventions that the ticked boxes stand for, in the catalogue's order."""
    slugs = service().catalogue.slugs
    return tuple(slug for slug in slugs if slug in ticked or ALL in ticked)


def _page(typed: _Form) -> str:
    return render_template(
        "public/readers/subscribe.html",
        form=typed,
        purpose=PURPOSE,
        choices=_boxes(typed.ticked),
        often=often.radios(typed.often, service().settings.mail.interruptions),
        problem_list=_problem_list(typed.problems),
    )


def _boxes(ticked: Collection[str]) -> list[dict[str, object]]:
    """List the ten as boxes to tick, below one that stands for all of them."""
    entries = service().catalogue.interventions
    return [
        {"value": ALL, "text": f"All {len(entries)}", "checked": ALL in ticked},
        {"divider": "or"},
        *(
            {"value": entry.slug, "text": entry.name, "checked": entry.slug in ticked}
            for entry in entries
        ),
    ]


def _problem_list(problems: Mapping[str, str]) -> list[dict[str, str]]:
    """List what to mend, each with a link to its field; what is about the whole form has none."""
    return [
        {"text": words} if field == "form" else {"text": words, "href": f"#{field}"}
        for field, words in problems.items()
    ]


def _names(slugs: Sequence[str]) -> list[str]:
    return [entry.name for entry in service().catalogue.interventions if entry.slug in slugs]
