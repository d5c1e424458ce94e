"""What every form that is sent goes through: one way back to it, whatever happened.

``form`` names the function that shows a form. After it, a form is *shown* again with everything that
was typed and never sent: where something must be mended, where somebody else was first, where the
database is busy, where its token is not this browser's any more, and after signing in again
(``action=restore``). A page that cannot be asked to show its form refuses that word.
"""

import functools
import json
from collections.abc import Callable, Mapping
from typing import ParamSpec, cast

from flask import Response, current_app, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from monitor.kernel.errors import Conflict, InvalidInput, Unavailable
from monitor.web.forms import Problems, ToMend

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]
Show = Callable[..., ResponseReturnValue]  # (typed, problems, **what the path names)

RESTORE = "restore"
RETRY_SECONDS = 5
EXPIRED = (
    "This form was opened before you signed in anew or restarted your browser, or your browser keeps "
    "no cookies. Nothing was recorded. Check what you typed, and send it again"
)
BUSY = "Nothing was recorded: {why}. What you typed is below. Send it again in a few seconds"
_MAX_DRAFT = 150_000  # characters of typed text carried over a sign-in
# Never carried: a form's own token, the button pressed, and what is nobody's to read but its owner's.
_NOT_CARRIED = {"csrf_token", "action", "draft"}
_SECRET = {"password", "again", "current"}
_SHOWS = "shows_form"


def form(show: Show, fields: Mapping[str, str] | None = None) -> Callable[[View[P]], View[P]]:
    """Make a view that takes a form, with ``show(typed, problems, **path)`` to show it again.

    ``fields`` gives the form's names of fields that the services call otherwise.
    """

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def taken(*args: P.args, **path: P.kwargs) -> ResponseReturnValue:
            if request.form.get("action") == RESTORE:
                return _answer(show, None, 200)
            try:
                return view(*args, **path)
            except (ToMend, InvalidInput, Conflict, Unavailable) as error:
                return _answer(show, *_told(error, fields or {}))

        setattr(taken, _SHOWS, show)
        return taken

    return decorate


def _told(error: Exception, fields: Mapping[str, str]) -> tuple[Problems, int]:
    """Say what is wrong with a form, and with which status."""
    if isinstance(error, ToMend):
        return error.problems, 400
    if isinstance(error, InvalidInput):
        name = error.field or "form"
        return Problems({fields.get(name, name): str(error)}), 400
    if isinstance(error, Unavailable):
        return Problems({"form": BUSY.format(why=error)}), 503
    return Problems({"form": str(error)}), 409


def _answer(show: Show, problems: Problems | None, status: int) -> Response:
    answer = make_response(show(request.form, problems, **(request.view_args or {})))
    if answer.status_code == 200:  # noqa: PLR2004 - a form; else it leads elsewhere, since it is settled
        answer.status_code = status
    if status == 503:  # noqa: PLR2004 - HTTP's own number
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def refuse_blind_restore() -> None:
    """Refuse to send a form that somebody only wants to see again, before any view has it.

    Raises:
        BadRequest: this address takes no form that it could show.
    """
    if request.method == "POST" and request.form.get("action") == RESTORE and _shown_by() is None:
        raise BadRequest("Nothing was recorded.")


def shown_again(message: str, status: int) -> ResponseReturnValue | None:
    """Show the form that was sent, before its view had it; None where it cannot be shown.

    Whoever may not send it is answered as everywhere.

    Raises:
        HTTPException: they may not.
        MonitorError: what it is about is not there, or cannot be read now.
    """
    show = _shown_by()
    if request.method != "POST" or show is None:
        return None
    refused = _refused()
    if refused is not None:
        return refused
    return _answer(show, Problems({"form": message}), status)


def has_form() -> bool:
    """Tell whether the address that was posted to can show its form again."""
    return _shown_by() is not None


def typed_pairs() -> list[tuple[str, str]]:
    """List what was typed and may be carried, in the order of the form."""
    left_out = _NOT_CARRIED | _SECRET
    return [(k, v) for k, v in request.form.items(multi=True) if k not in left_out]


def draft_of_request() -> str | None:
    """Pack what was typed into one hidden field, so that signing in again does not lose it.

    None where it is too long; a form without fields is an empty draft, and a draft all the same.
    """
    packed = json.dumps(typed_pairs(), ensure_ascii=False)
    return packed if len(packed) <= _MAX_DRAFT else None


def unpack(draft: str) -> list[tuple[str, str]] | None:
    """Read a packed draft back; None for anything else than pairs of strings."""
    if not draft or len(draft) > _MAX_DRAFT:
        return None
    try:
        pairs = json.loads(draft)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, list):
        return None
    left_out = _NOT_CARRIED | _SECRET
    return [(p[0], p[1]) for p in pairs if _is_pair(p) and p[0] not in left_out]


def _is_pair(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2  # noqa: PLR2004 - a name and its value
        and all(isinstance(part, str) for part in value)
    )


def _shown_by() -> Show | None:
    view = current_app.view_functions.get(request.endpoint or "")
    return cast("Show | None", getattr(view, _SHOWS, None))


def _refused() -> ResponseReturnValue | None:
    """Ask the guards of this address's blueprint, which a refused token has come before."""
    for guard in current_app.before_request_funcs.get(request.blueprint, ()):
        answer = current_app.ensure_sync(guard)()
        if answer is not None:
            return cast(ResponseReturnValue, answer)
    return None
