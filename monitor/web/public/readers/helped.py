"""Did it help? A question by mail, and its page: opening it answers nothing, one press of a button does."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from monitor.kernel.errors import InvalidInput
from monitor.notify.readers import helping, tokens
from monitor.notify.words import ANSWERS, Helped
from monitor.web import posting
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.public.readers.subscribe import message_of, private

blueprint = Blueprint("helped", __name__)
blueprint.after_request(private)


@blueprint.get("/helped/<token>")
def ask(token: str) -> str:
    """Show the question with its four buttons."""
    return _ask(Typed(), None, token=token)


def _ask(typed: Typed, problems: Problems | None, *, token: str) -> str:  # noqa: ARG001 - buttons alone
    uuid = message_of(tokens.Purpose.HELPED, token)
    with service().database.read() as session:
        asked = helping.question(session, uuid, now())
    return render_template(
        "public/readers/helped.html", asked=asked, words=ANSWERS, problems=problems
    )


@blueprint.post("/helped/<token>")
@posting.form(_ask)
def answer(token: str) -> ResponseReturnValue:
    """Keep an answer; again is the same, and another takes its place while the question is open."""
    uuid = message_of(tokens.Purpose.HELPED, token)
    said = request.form.get("answer", "")
    if said not in {choice.value for choice in Helped}:
        raise InvalidInput("Press one of the buttons", field="form")
    with service().database.write() as session:
        helping.answer(session, uuid, Helped(said), now())
    return _ask(Typed(), None, token=token)
