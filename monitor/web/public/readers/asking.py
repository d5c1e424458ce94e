"""How often strangers may have mail sent, by the addresses they type, known or not.

Each of the forms that mail a link asks all of these. They count what is asked, never what is known of
an address, so they tell nobody who gets e-mails. Readers need none of the forms: the links in their
mail lead on.
"""

import hashlib
from collections.abc import Callable
from typing import ParamSpec

from flask import Response, request
from flask.typing import ResponseReturnValue

from monitor.web.security import limiter

P = ParamSpec("P")

# of one client: an office shares one, and coming from the overview takes two
OF_ONE = "20 per minute; 100 per hour"
# to one mailbox, by whatever form and tag (name+tag@…)
_TO_ONE = "10 per day"
# of all clients: enough for a day in the news, and no way to mail thousands whom nobody asked
OF_ALL = "600 per hour"
_OK = 200


def bounded(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let a form that mails a link to a typed address do so only so often."""
    for often, scope, key in (
        (lambda: OF_ALL, "links for all", lambda: "all"),
        (lambda: _TO_ONE, "links to a mailbox", _mailbox),
    ):
        view = limiter.shared_limit(often, scope=scope, key_func=key, deduct_when=_taken)(view)
    return limiter.shared_limit(OF_ONE, scope="links of a client")(view)


def _taken(answer: Response) -> bool:
    return answer.status_code == _OK


def _mailbox() -> str:
    """Name the mailbox that was typed by a hash: no address is kept for counting."""
    local, _, domain = request.form.get("email", "").strip().lower().rpartition("@")
    name = f"{local.partition('+')[0]}@{domain}"
    return hashlib.sha256(name.encode()).hexdigest()
