"""Tells mark-up in a text from signs that look like it, and takes it out. Pure; see ``text``.

Known are HTML, what journals put into titles and abstracts (JATS, MathML), and the tags of some
exports (Scopus, Wiley, EndNote). Each tag becomes one of a few marks, control characters that no
text has; then simple patterns say what stands in their places.
"""

import re
import string
from collections.abc import Iterator

# The marks: of a block's edge and a heading's end; of an inline tag; of what is raised, and its
# end; of what joins (below the line, or a part of a formula).
_BLOCK, _HEADING, _INLINE, _RAISED, _LOWERED, _JOINED = "\x01\x02\x03\x04\x05\x06"
_OURS = re.compile("[\x01-\x06]")

_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "br", "caption", "dd", "def",
        "def-item", "def-list", "disp-formula", "disp-quote", "div", "dl", "dt", "fig",
        "figcaption", "figure", "footer", "header", "hr", "li", "list", "list-item", "ol",
        "p", "para", "pre", "sec", "section", "simple-para", "table", "tbody", "td", "th",
        "thead", "tr", "ul", "abstract", "break", "body", "html", "head",
    }
)  # fmt: skip
_HEADINGS = frozenset(
    {
        "h1", "h2", "h3", "h4", "h5", "h6", "title",
    }
)  # fmt: skip
_INLINES = frozenset(
    {
        "a", "abbr", "acronym", "alternatives", "b", "bdi", "bdo", "big", "bold", "cite",
        "code", "data", "del", "dfn", "em", "email", "emphasis", "ext-link", "fn", "font",
        "i", "img", "inline-formula", "inline-graphic", "ins", "italic", "kbd", "label",
        "mark", "math", "monospace", "named-content", "nobr", "overline", "q", "roman", "s",
        "samp", "sans-serif", "sc", "scp", "small", "span", "strike", "strong",
        "styled-content", "time", "tt", "u", "underline", "uri", "var", "xref", "center",
        "input", "svg",
    }
)  # fmt: skip
_RAISING = frozenset(("sup", "superscript"))
_JOINING = frozenset(
    {
        "sub", "subscript", "inf", "wbr", "mi", "mo", "mn", "mrow", "msub", "msup",
        "msubsup", "mfrac", "mtext", "msqrt", "mroot", "mover", "munder", "munderover",
        "mspace", "mstyle", "mfenced", "mpadded", "mphantom", "mtable", "mtr", "mtd",
        "menclose", "semantics",
    }
)  # fmt: skip
_HIDDEN = ("script", "style", "template", "noscript", "iframe", "object", "tex-math", "annotation")
_PREFIXES = frozenset(("jats", "mml", "m", "ce", "xhtml", "html", "ns1", "ns2", "ns3", "ns4"))
# ordinary words: a tag only where something ends it, or where it has attributes
_WORDS = frozenset(
    {
        "abstract", "address", "annotation", "article", "aside", "body", "break", "caption",
        "center", "cite", "code", "data", "email", "emphasis", "figure", "font", "footer",
        "head", "header", "hidden", "label", "list", "mark", "math", "object", "section",
        "small", "strike", "strong", "table", "template", "time", "title", "underline",
        "var",
    }
)  # fmt: skip
_MARKS = dict.fromkeys(_BLOCKS, _BLOCK) | dict.fromkeys(_INLINES, _INLINE)
_MARKS |= dict.fromkeys(_JOINING, _JOINED)

# A value holds no "<" or ">": each look ends at the next of them, however long the text. Names
# alone are attributes only where HTML knows them: "a<b and c>d" is no tag.
_ATTRIBUTE = (
    r"""\s++(?:[A-Za-z_:][\w:.-]*+\s*+=\s*+(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>=`]++)"""
    r"""|(?:async|defer|hidden|nowrap|reversed|compact|noshade|controls|allowfullscreen)\b)"""
)
_TAG = re.compile(
    rf"<(?:(?P<end>/?)(?P<name>[A-Za-z][\w:.-]*+)(?P<given>(?:{_ATTRIBUTE})*+)\s*+/?>"
    r"|!\[CDATA\[|\?[A-Za-z][^<>]*+\?>|!(?:DOCTYPE|doctype)[^<>]*+>)"
)
_QUOTED = re.compile("=\\s*[\"']")
# what hides, up to its end; a comment has no name
_OPENING = re.compile(rf"<(?:!--|(?P<name>{'|'.join(_HIDDEN)})(?=[\s>]))", re.IGNORECASE)
_ENDING = {"": re.compile("-->")} | {
    name: re.compile(rf"</{name}\s*+>", re.IGNORECASE) for name in _HIDDEN
}
# EndNote's, of which each piece of text has one
_STYLED = re.compile(
    r"""<style\s[^<>]*?\bface=["']?(?P<face>\w+)[^<>]*+>(?P<text>[^<>]*+)</style>""", re.IGNORECASE
)
_FACES = {"superscript": "<sup>{}</sup>", "subscript": "<sub>{}</sub>", "normal": "{}"}


def marked(raw: str, *, paired: bool = False) -> str:
    """Put a mark in the place of each tag; every other "<" stays.

    ``paired``: a tag is one only where its pair stands there too.
    """
    text = raw if raw.isprintable() else _OURS.sub("", raw)
    if not paired and (quickly := _of_sure_tags(text)) is not None:
        return quickly
    text = _without_hidden(_STYLED.sub(_unstyled, text) if "<style" in text else text)
    if "<![CDATA[" in text:
        text = text.replace("]]>", "")
    tags = list(_TAG.finditer(text))
    ends = frozenset(tag["name"].lower() for tag in tags if tag["end"])
    both = ends & {tag["name"].lower() for tag in tags if tag["name"] and not tag["end"]}
    made, at = [], 0
    for tag in tags:
        alone = paired and (tag["name"] or "br").lower() not in both | {"br"}
        made += [text[at : tag.start()], tag[0] if alone else _mark(tag, text, ends, both)]
        at = tag.end()
    return "".join([*made, text[at:]])


def parts(marked_text: str) -> Iterator[tuple[str, bool]]:
    """Part a text with marks at the edges of its blocks; True where the part is a heading."""
    text = _boundaries(marked_text) if _OURS.search(marked_text) else marked_text
    if _BLOCK not in text and _HEADING not in text:
        yield text, False
        return
    for match in _PART.finditer(text):
        yield match[1], match[2] == _HEADING


def _mark(tag: re.Match[str], text: str, ends: frozenset[str], both: frozenset[str]) -> str:
    if not tag["name"]:
        return ""  # a comment and its like
    whole = tag["name"].lower()
    prefix, _, name = whole.rpartition(":")
    known = _kind(name, ends=bool(tag["end"]))
    if known and not (prefix and prefix not in _PREFIXES):
        return tag[0] if _is_a_sign(tag, text, closed=whole in ends) else known
    # a tag not known is one where it has what only tags have, or its pair stands there too
    surely = _QUOTED.search(tag["given"]) or prefix in _PREFIXES or whole in both
    return (known or _INLINE) if surely else tag[0]


def _kind(name: str, *, ends: bool) -> str | None:
    if name in _HEADINGS:
        return _HEADING if ends else _BLOCK
    if name in _RAISING:
        return _LOWERED if ends else _RAISED
    return _MARKS.get(name) or (_INLINE if name in _HIDDEN else None)


def _is_a_sign(tag: re.Match[str], text: str, *, closed: bool) -> bool:
    """Tell "a<b>c", a single letter between two words, and "<time>", a word: nothing ends them."""
    name = tag["name"].lower()
    if closed or tag["end"] or tag["given"].strip():
        return False
    before, after = text[tag.start() - 1 : tag.start()], text[tag.end() : tag.end() + 1]
    between = before.isalnum() and after.isalnum()
    return name in _WORDS or (len(name) == 1 and name != "p" and between)


# What is a tag whatever stands around it, and what is one where it is ended: most texts have no
# other tags, and to put marks for these costs a fifth of the patterns.
_NAMES = (_MARKS.keys() | _RAISING | _HEADINGS) - {*_HIDDEN}
_SURE = {f"/{name}": mark for name in _NAMES if (mark := _kind(name, ends=True))}
_SURE_WHERE_ENDED = {name: mark for name in _NAMES if (mark := _kind(name, ends=False))}
_SURE |= {
    name: mark
    for name, mark in _SURE_WHERE_ENDED.items()
    if name == "p" or (len(name) > 1 and name not in _WORDS)
}
_BEGINS_A_TAG = frozenset(string.ascii_letters + "/!?")


def _of_sure_tags(text: str) -> str | None:
    """Put the marks where each "<" begins a tag that is surely one, or none; None elsewhere."""
    before, *pieces = text.split("<")
    made, ended = [before], set()
    for piece in pieces:
        name, closed, rest = piece.partition(">")
        mark = _SURE.get(name) if closed else None
        if mark is None and closed and name in _SURE_WHERE_ENDED:
            if name not in ended and f"</{name}>" not in text:
                return None
            ended.add(name)
            mark = _SURE_WHERE_ENDED[name]
        if mark is not None:
            made += (mark, rest)
        elif piece[:1] in _BEGINS_A_TAG:
            return None
        else:
            made += ("<", piece)
    return "".join(made)


def _unstyled(match: re.Match[str]) -> str:
    return _FACES.get(match["face"].lower(), "<i>{}</i>").format(match["text"])


def _without_hidden(text: str) -> str:
    """Take out what a browser would not show; what nothing ends is shown."""
    kept, at, endless = [], 0, set()
    for opened in _OPENING.finditer(text):
        name = (opened["name"] or "").lower()
        if opened.start() < at or name in endless:
            continue
        if ended := _ENDING[name].search(text, opened.end()):
            kept += [text[at : opened.start()], " " if name else ""]
            at = ended.end()
        else:
            endless.add(name)
    return "".join([*kept, text[at:]])


_PART = re.compile(f"([^{_BLOCK}{_HEADING}]*)([{_BLOCK}{_HEADING}]|$)")
_ANY = "[\x03\x06\\s]*+"  # inline tags and blanks inside a raised mark
_TRADE_MARK = re.compile(
    f"{_RAISED}{_ANY}\\(?(TM|SM|R|®|™|℠|©)\\)?{_ANY}{_LOWERED}(?=([\x03-\x06]*[^\\W_])?)"
)
_SIGNS = {"TM": "™", "SM": "℠", "R": "®"}
# raised digits: behind a number or a longer word a power, or the number of a note
_RAISED_DIGITS = re.compile(
    f"{_RAISED}[\x03\x06]*+([+-−]?[0-9,]{{1,4}})[\x03\x06]*+{_LOWERED}(?=([\x03-\x06]*+[^\\W_])?)"
)
_BEHIND = re.compile("(?:[0-9.,;:)\\]”]|[^\\W\\d_]{4})$")
_SUPERSCRIPTS = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
# Each pattern below begins with its mark, and only then looks behind: so it is found fast.
# Raised letters behind a longer word are a note, no part of the word
_RAISED_NOTE = re.compile(f"{_RAISED}(?<=[^\\W\\d_]{{4}}{_RAISED})(?=[\x03\x06]*+[^\\W_])")
# the first letter of a word set apart, as where an acronym is explained: "<b>V</b>ideo"
_INITIAL = re.compile("\x03(?<![^\\W_]\x03)([A-Z])\x03(?=[a-z])")
# single capitals, as of a formula: "T<i>X</i>Y"
_CAPITALS = re.compile("\x03(?<=[A-Z]\x03)(?<![^\\W_][A-Z]\x03)(?=[A-Z](?![^\\W_]))")
_PLURAL = re.compile("\x03(?<=[^\\W_]\x03)(?=s(?![^\\W_]))")
_BETWEEN_LETTERS = re.compile(
    "\x03(?:(?<=[^\\W\\d_]\x03)(?=[^\\W\\d_])|(?<=[^\\W\\d_]{3}\x03)(?=[0-9])"
    "|(?<=[0-9]\x03)(?=[^\\W\\d_]{3}))"
)
_RUN = re.compile("[\x03-\x06]+")
_RUNNING = (2 * _INLINE, _RAISED, _LOWERED, _JOINED)  # without these each run is one inline tag


def _boundaries(text: str) -> str:
    """Say what stands where inline tags stood: nothing, or a space between two words."""
    if _RAISED in text:
        text = _TRADE_MARK.sub(lambda m: _SIGNS.get(m[1], m[1]) + (" " if m[2] else ""), text)
        text = _RAISED_DIGITS.sub(_superscript, text)
        text = _RAISED_NOTE.sub(" ", text)
    # one mark is left of each run; beside what joins, an inline tag joins too
    if any(mark in text for mark in _RUNNING):
        text = _RUN.sub(lambda m: "" if m[0].strip(_INLINE) else _INLINE, text)
    if _INLINE in text:
        text = _INITIAL.sub(r"\1", text)
        text = _CAPITALS.sub("", text)
        text = _PLURAL.sub("", text)
        text = _BETWEEN_LETTERS.sub(" ", text)
    return text.replace(_INLINE, "")


def _superscript(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 20) : match.start()].rstrip("\x03\x06")
    if not _BEHIND.search(before):
        return match[0]
    return match[1].translate(_SUPERSCRIPTS) + (" " if match[2] else "")
