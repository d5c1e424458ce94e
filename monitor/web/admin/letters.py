"""Shows one e-mail to admins, from the mailbox folder or as written. Never runs, loads or rewrites what it says."""

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

from werkzeug.wrappers import Response

from monitor.notify.writing.rendering import Written

_HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe")
_LARGEST = 2_000_000  # bytes
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


# A mail was written for mail clients: it styles itself inline. It runs nothing, loads nothing and
# can do nothing but be read; its links open in the whole window.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail, its parts as text."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str

    def framed(self) -> str:
        """Give the HTML part for a frame, with its links opening in the whole window."""
        head, tag, rest = self.html.partition("<head>")
        base = '<base target="_top">'
        return f"{head}{tag}{base}{rest}" if tag else base + self.html


def read(folder: Path, uuid: str) -> Letter | None:
    """Read ``<uuid>.eml``; None when it is not there, or not (any more) readable as one."""
    try:
        path = folder / f"{UUID(uuid)}.eml"
        raw = path.read_bytes()
    except (ValueError, OSError):
        return None
    if len(raw) > _LARGEST:
        return None
    message = email.message_from_bytes(raw, policy=email.policy.default)
    return Letter(
        headers=tuple((name, str(message[name])) for name in _HEADERS if message[name]),
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def of_written(written: Written, to: str) -> Letter:
    """Take what was written as a letter to somebody."""
    return Letter((("To", to), ("Subject", written.subject)), written.text, written.html)


def in_frame(letter: Letter) -> Response:
    """Give a letter's HTML part alone, for a frame that can do nothing."""
    answer = Response(letter.framed(), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def pieces(text: str, own: str) -> list[tuple[str, bool]]:
    """Cut text into pieces, each with whether it is an address on our own host ``own``.

    >>> pieces("Open http://x.test/a now.", "http://x.test")
    [('Open ', False), ('http://x.test/a', True), (' now.', False)]
    """
    parts: list[tuple[str, bool]] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        if match[0] == own or match[0].startswith(own + "/"):
            parts += [(text[end : match.start()], False), (match[0], True)]
            end = match.end()
    parts.append((text[end:], False))
    return [(piece, is_link) for piece, is_link in parts if piece]


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    content = part.get_content()
    return content if isinstance(content, str) else ""
