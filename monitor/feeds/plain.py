"""Text from outside made plain and bounded: what goes out fits a database row and a line of mail.

Never trusts: what comes in may be anything. What mark-up is, and which characters nobody sees, says
``kernel.language.text``, for every reader; here are the limits of length.
"""

import hashlib

from monitor.kernel.language import text

MAX_TITLE = 1_000
MAX_ABSTRACT = 50_000
MAX_FIELD = 500
MAX_LIST = 2_000
_MAX_MARKED = 4 * MAX_ABSTRACT


def line(raw: str | None, limit: int = MAX_FIELD) -> str:
    """Make one line of at most ``limit`` characters; what is cut off ends in "…".

    For names, addresses and keys: mark-up stays as it is.

    >>> line("  A\\n title ")
    'A title'
    """
    return _bounded(text.line(raw), limit) if raw else ""


def lines(raw: object, limit: int = MAX_FIELD) -> tuple[str, ...]:
    """Make plain lines of what should be a list of texts; anything else in it is left out."""
    if not isinstance(raw, list) or not raw:
        return ()
    made = html_lines([item for item in raw[:MAX_LIST] if isinstance(item, str)], limit)
    return tuple(dict.fromkeys(item for item in made if item))


def html_line(raw: str | None, limit: int = MAX_FIELD) -> str:
    """Make one plain line of text that may hold mark-up.

    >>> html_line("p &lt; 0.05 in <i>children</i> <five years")
    'p < 0.05 in children <five years'
    """
    if not raw:
        return ""
    if raw.isalnum() and len(raw) <= limit:
        return raw
    # most lines are plain already: to see that costs less than to take them apart
    if "<" not in raw and "&" not in raw and text.is_printable(raw) and "  " not in raw:
        made = raw.strip(" ")
        return made if len(made) <= limit else _bounded(made, limit)
    return _bounded(text.plain(raw[:_MAX_MARKED]), limit)


def html_lines(raws: list[str], limit: int = MAX_FIELD) -> list[str]:
    """Make one plain line of each of several texts that may hold mark-up.

    >>> html_lines(["Alder P", "Birch  &amp; Sons"])
    ['Alder P', 'Birch & Sons']
    """
    # most are plain already: to see it of all at once costs little more than of one
    whole = " ".join(raws)
    if not ("<" in whole or "&" in whole or "  " in whole) and text.is_printable(whole):
        fits = len(whole) <= limit or max(map(len, raws)) <= limit
        if fits and whole == whole.strip(" "):
            return raws
    return [html_line(raw, limit) for raw in raws]


def html_text(raw: str | None, limit: int = MAX_ABSTRACT) -> str:
    """Make plain paragraphs of text that may hold mark-up; a heading becomes "HEADING: ".

    >>> html_text("<h4>Aim</h4>To see.<p>Seen.</p>")
    'AIM: To see.\\n\\nSeen.'
    """
    return joined(text.paragraphs((raw or "")[:_MAX_MARKED]), limit)


def joined(paragraphs: list[str], limit: int = MAX_ABSTRACT) -> str:
    """Join plain paragraphs with a blank line, at most ``limit`` characters in all."""
    return _bounded("\n\n".join(part for part in paragraphs if part), limit)


def digest(text: str, length: int = 16) -> str:
    """Shorten a text to the first hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:length]


def _bounded(made: str, limit: int) -> str:
    return made if len(made) <= limit else made[: limit - 1].rstrip() + "…"
