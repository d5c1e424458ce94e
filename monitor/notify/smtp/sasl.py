"""How one signs in to a mail server with a name and a password (RFC 4954). Pure.

Names and passwords are UTF-8 (RFC 4616 asks for it; the older two are sent likewise).
"""

import base64
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# ways that need more than a name and a password, by the name a server gives them
_OTHERS = ("XOAUTH2", "OAUTHBEARER", "GSSAPI", "NTLM", "EXTERNAL", "KERBEROS_V4", "DIGEST-MD5")
# of the replies to AUTH: not in this way, so another may do
NOT_THIS_WAY = frozenset({500, 501, 502, 504, 534, 538})
_BASIC_IS_OFF = re.compile(rb"5\.7\.139|basic auth", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SaslMechanism:
    """One mechanism: ``first`` goes with the command, or nothing; then one answer to each question."""

    name: str
    first: Callable[[bytes, bytes], bytes] | None
    answers: tuple[Callable[[bytes, bytes, bytes], bytes], ...]

    def command(self, username: str, password: str) -> str:
        """Write the AUTH command's words."""
        if self.first is None:
            return self.name
        return f"{self.name} {_text(self.first(username.encode(), password.encode()))}"

    def answer(self, number: int, username: str, password: str, question: bytes) -> str | None:
        """Answer the server's question of this ``number``; None where nothing is left to say."""
        if number >= len(self.answers):
            return None
        asked = _bytes(question)
        return _text(self.answers[number](username.encode(), password.encode(), asked))


def ways(offered: Iterable[str]) -> list[SaslMechanism]:
    """List the ways that a server offers and we know, the plainest first.

    >>> [way.name for way in ways(["XOAUTH2", "LOGIN", "PLAIN"])]
    ['PLAIN', 'LOGIN']
    """
    known = frozenset(name.upper() for name in offered)
    return [way for way in _WAYS if way.name in known]


def not_let_in(code: int, words: bytes, offered: Iterable[str]) -> str:
    """Say why nobody was let in, and what to check; ``code`` 0: no way of ours is offered."""
    if not code:
        return _no_way(offered)
    if 400 <= code < 500:  # noqa: PLR2004 - SMTP's own numbers
        return f"cannot check our sign-in now ({code})"
    if _BASIC_IS_OFF.search(words):
        return (
            f"no longer lets anybody sign in with a password ({code}): switch SMTP AUTH on for "
            "this account there, or send through another server"
        )
    if code in NOT_THIS_WAY:
        return (
            f"takes a name and a password in no way that it offers ({code}): it may want an app "
            "password, or another mail.tls"
        )
    return f"refused the sign-in ({code}): check mail.username and mail.password_file"


def _no_way(offered: Iterable[str]) -> str:
    known = frozenset(name.upper() for name in offered)
    if others := [name for name in _OTHERS if name in known]:
        return (
            f"lets one sign in by {' or '.join(others)} only, which Gap Monitor does not speak: "
            "switch sign-in with a password (an app password) on there, or send through another "
            "server"
        )
    return "offers no sign-in here: check mail.tls and mail.port, or leave mail.username empty"


def _plain(username: bytes, password: bytes) -> bytes:
    return b"\0" + username + b"\0" + password


def _cram(username: bytes, password: bytes, question: bytes) -> bytes:
    return username + b" " + hmac.new(password, question, "md5").hexdigest().encode()


_WAYS = (
    SaslMechanism("PLAIN", _plain, (lambda username, password, _: _plain(username, password),)),
    SaslMechanism(
        "LOGIN", None, (lambda username, _, __: username, lambda _, password, __: password)
    ),
    SaslMechanism("CRAM-MD5", None, (_cram,)),
)


def _text(said: bytes) -> str:
    return base64.b64encode(said).decode("ascii")


def _bytes(question: bytes) -> bytes:
    """Read a question; one that is no base64 is none."""
    try:
        return base64.b64decode(question)
    except ValueError:
        return b""
