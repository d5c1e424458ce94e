"""What we hold of a reader, by the link in their mail: taken away whole, or erased."""

import json
from pathlib import Path

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from monitor.kernel.language.uk import uk_day_of
from monitor.notify.readers import own_data, tokens
from monitor.web import posting
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.public.readers.subscribe import message_of, private

blueprint = Blueprint("own_data", __name__)
blueprint.after_request(private)


@blueprint.get("/choices/<token>/data")
def data(token: str) -> Response:
    """Give everything that is held of the reader whose mail has this link."""
    uuid = message_of(tokens.Purpose.CHOICES, token)
    with service().database.read() as session:
        told = own_data.held(session, uuid)
    text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    answer = Response(text, content_type="application/json; charset=utf-8")
    name = f"gap-monitor-{uk_day_of(now()).date.isoformat()}.json"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


@blueprint.get("/choices/<token>/erase")
def ask_erase(token: str) -> str:
    """Say what would be erased and what stays, and show the button that does it."""
    return _ask(Typed(), None, token=token)


def _ask(typed: Typed, problems: Problems | None, *, token: str) -> str:  # noqa: ARG001 - a button alone
    uuid = message_of(tokens.Purpose.CHOICES, token)
    with service().database.read() as session:
        told = own_data.held(session, uuid)
    return render_template(
        "public/readers/erase.html", token=token, address=told["address"], problems=problems
    )


@blueprint.post("/choices/<token>/erase")
@posting.form(_ask)
def erase(token: str) -> ResponseReturnValue:
    """Erase; again is the same."""
    here, uuid = service(), message_of(tokens.Purpose.CHOICES, token)
    with here.database.write() as session:
        uuids = own_data.erase(session, uuid, now())
    for each in uuids:  # copies, where mail is written to a folder
        Path(here.settings.var / "mail" / f"{each}.eml").unlink(missing_ok=True)
    return render_template("public/readers/erased.html")
