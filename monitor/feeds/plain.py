"""Text from outside made plain: no mark-up, no control characters, white space collapsed, bounded.

Never trusts: what comes in may be anything, what goes out fits a database row and a line of mail.
"""

import hashlib
import html
import re

import nh3

MAX_TITLE = 1_000
MAX_ABSTRACT = 50_000
MAX_FIELD = 500
MAX_LIST = 2_000
_MAX_HTML = 4 * MAX_ABSTRACT

# C0, C1 and DEL; lone surrogates, which no database takes; the byte order mark; and the marks
# that reverse the reading direction, which can disguise what a line says.
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")  # fmt: skip
_BLOCKS = {
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption",
    "figure", "footer", "header", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th",
    "tr", "ul",
}  # fmt: skip
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_HEADING_ENDS = {f"</{name}>" for name in _HEADINGS}
_HIDDEN = {"script", "style", "template", "noscript", "iframe", "object"}
# some text and the tag that ends it, or the end of everything
_PART = re.compile(r"(?P<text>[^<]*)(?P<tag></?[a-z0-9]+>|$)")


def line(raw: str | None, limit: int = MAX_FIELD) -> str:
    """Make one plain line of at most ``limit`` characters; what is cut off ends in "…".

    >>> line("  A\\n title ")
    'A title'
    """
    if not raw:
        return ""
    # most lines are plain already: to see that costs less than to take them apart
    if raw.isprintable() and "  " not in raw:
        text = raw.strip(" ")
    else:
        text = " ".join(_UNWANTED.sub("", " ".join(raw.split())).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def lines(raw: object, limit: int = MAX_FIELD) -> tuple[str, ...]:
    """Make plain lines of what should be a list of texts; anything else in it is left out."""
    if not isinstance(raw, list):
        return ()
    made = (line(item, limit) for item in raw[:MAX_LIST] if isinstance(item, str))
    return tuple(dict.fromkeys(item for item in made if item))


def html_line(raw: str | None, limit: int = MAX_FIELD) -> str:
    """Make one plain line of HTML.

    >>> html_line("p &lt; 0.05 in <i>children</i>")
    'p < 0.05 in children'
    """
    return line(" ".join(_paragraphs(raw or "")), limit)


def html_text(raw: str | None, limit: int = MAX_ABSTRACT) -> str:
    """Make plain paragraphs of HTML, parted by a blank line; a heading becomes "HEADING: ".

    >>> html_text("<h4>Aim</h4>To see.<p>Seen.</p>")
    'AIM: To see.\\n\\nSeen.'
    """
    return joined([line(part, limit) for part in _paragraphs(raw or "")], limit)


def joined(paragraphs: list[str], limit: int = MAX_ABSTRACT) -> str:
    """Join plain paragraphs with a blank line, at most ``limit`` characters in all."""
    text = "\n\n".join(part for part in paragraphs if part)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def digest(text: str, length: int = 16) -> str:
    """Shorten a text to the first hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:length]


def _paragraphs(raw: str) -> list[str]:
    """Part HTML into its paragraphs; what a browser would not show is left out.

    The sanitiser keeps block tags alone, without attributes, and closes what is open, so that
    what it leaves can be taken apart by a simple pattern. (The standard library's reader needs
    minutes for some broken mark-up.)
    """
    if "<" not in raw and "&" not in raw:
        return [raw]
    kept = nh3.clean(
        raw[:_MAX_HTML], tags=_BLOCKS | _HEADINGS, clean_content_tags=_HIDDEN, attributes={}
    )
    paragraphs, label = [], ""
    for found in _PART.finditer(kept):
        text = line(html.unescape(found["text"]), MAX_ABSTRACT)
        if text and found["tag"] in _HEADING_ENDS:
            label = text.rstrip(": ").upper()
        elif text:
            paragraphs.append(f"{label}: {text}" if label else text)
            label = ""
    return paragraphs
