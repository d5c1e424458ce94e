"""What a mail said, on the web: whoever has its link may read it and pass it on.

The link is a token; the page is kept by nobody, is in no index, and holds nothing by which e-mails
could be stopped or changed.
"""

from flask import Blueprint, Response

from monitor.notify.readers import tokens
from monitor.notify.writing import viewing
from monitor.web.current import service
from monitor.web.public.readers.subscribe import message_of

blueprint = Blueprint("mailed", __name__)

# A mail was written for mail programs: it styles itself inline. It runs nothing and loads nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "


@blueprint.get("/m/<token>")
def mailed(token: str) -> Response:
    """Show what was sent."""
    here, uuid = service(), message_of(tokens.Purpose.VIEW, token)
    with here.database.read() as session:
        written = viewing.for_reader(session, here.settings, here.secret, uuid)
    return alone(written.html, frames="'none'")


def alone(html: str, *, frames: str) -> Response:
    """Give a mail's HTML as a page of its own that can do nothing; ``frames``: who may frame it."""
    answer = Response(html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = f"{POLICY}frame-ancestors {frames}"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
