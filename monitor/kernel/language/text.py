"""The one cleaner of text from outside: no mark-up, no character that cannot be seen, one line.

Pure. Text is plain unless it holds known, well-formed tags: "<" in "P <or= .05", "<median" or
"<five years" is a sign like any other, and nothing behind it is lost. Where an inline tag stood
between two letters goes a space, so that no name is glued to its neighbours; what stands below or
above the line stays with what it belongs to (CO₂ is "CO2"), and a raised TM or R is a mark.

Every reader of feeds, files and sources comes here; ``feeds.plain`` adds the limits of length.
"""

import csv
import html
import re

from monitor.kernel.language import markup

# Characters of a table's cell, for every reader of tables. It is the library's for the whole
# process: set by one reader it would be another's too, and what a file comes to would hang on which
# was read before it.
LARGEST_CELL = 2**20
csv.field_size_limit(LARGEST_CELL)

# Characters that no reader sees: control characters; soft hyphens; zero-width spaces and joiners;
# the marks that turn the reading direction, which can disguise what a line says; halves of
# surrogate pairs and noncharacters, which no database takes; the byte order mark. Each is looked at
# by ``_left_of``.
_UNSEEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f"
)
_UNWANTED = re.compile(f"[{_UNSEEN}\x0c]")
_UNWANTED_OR_UNLAID = re.compile(f"[{_UNSEEN}\x0b\x0c\r]")
# Joiners part and join letters in the scripts from Hebrew to Greek Extended.
_JOINERS = "\u200c\u200d"
_JOINING = range(0x590, 0x2000)
# What Windows has in place of C1, less the signs that cannot stand within a word
_NOT_WITHIN_A_WORD = frozenset("\x80\x82\x84\x86\x87\x88\x89\x8b\x95\x98\x99\x9b")

_PRINTABLE = bytes(range(0x20, 0x7F))  # of ASCII
_SHORT = 60  # characters, of which each can be looked at in less time than it takes to write bytes
_BLANKS = "\n\t\r\xa0\u2009\u202f\u2003"  # spaces as texts mostly have them

_TAG_LIKE = re.compile("<[A-Za-z/!?]")
_ENTITY = re.compile(
    r"&(?:(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
    r"|(?:amp|lt|gt|quot|nbsp)(?![A-Za-z0-9;=]))"
)


def line(raw: str) -> str:
    """Make one line without characters that cannot be seen; mark-up stays as it is.

    >>> line("  The\\u00adraplay\\x92s\\n title ")
    'Theraplay’s title'
    """
    # most texts are such lines already: to see that costs less than to take them apart
    if is_printable(raw) and "  " not in raw:
        return raw.strip(" ")
    # and most others have nothing but line ends, tabs and wide or narrow spaces
    spaced = raw
    for blank in _BLANKS:
        spaced = spaced.replace(blank, " ")
    seen = spaced if is_printable(spaced) else _UNWANTED.sub(_left_of, raw)
    return " ".join(seen.split())


def is_printable(raw: str) -> bool:
    """Tell what ``str.isprintable`` tells, of a long text in ASCII in a quarter of its time.

    >>> is_printable("A title"), is_printable("A\\ttitle"), is_printable("Grün"), is_printable("")
    (True, False, True, True)
    """
    if len(raw) > _SHORT and raw.isascii():
        return not raw.encode().translate(None, _PRINTABLE)
    return raw.isprintable()


def bearable(raw: str) -> str:
    """Take out what ``line`` takes out; line ends and tabs stay where they are."""
    # an abstract has blank lines, and mostly nothing else that is not printed
    if is_printable(raw) or is_printable(raw.replace("\n", "")):
        return raw
    return _UNWANTED_OR_UNLAID.sub(_left_of, raw)


def plain(raw: str) -> str:
    """Make one line of text that may hold mark-up.

    >>> plain("P &lt; .05 of<i>Circle of Security</i>in families <five years; CO<sub>2</sub>")
    'P < .05 of Circle of Security in families <five years; CO2'
    >>> plain("Theraplay<sup>TM</sup> at 10<sup>3</sup> sites")
    'Theraplay™ at 10³ sites'
    """
    return line(raw) if _is_plain(raw) else " ".join(paragraphs(raw))


def paragraphs(raw: str) -> list[str]:
    """Part text that may hold mark-up into its paragraphs; a heading becomes "HEADING: ".

    What a browser would not show (scripts, comments) is left out. Mark-up that was escaped once
    too often is read as mark-up too, where its tags come in pairs.

    >>> paragraphs("<h4>Aim</h4>To see.<p>Seen.</p>")
    ['AIM: To see.', 'Seen.']
    """
    if _is_plain(raw):
        return [text] if (text := line(raw)) else []
    return [
        text
        for part in _read(raw)
        for text in ([part] if _is_plain(part) else _read(part, paired=True))
    ]


def _is_plain(raw: str) -> bool:
    """Tell a text that cannot hold mark-up: "p < .05" and "R & D" are too."""
    if "&" in raw and _ENTITY.search(raw):
        return False
    return "<" not in raw or _TAG_LIKE.search(raw) is None


def _read(raw: str, *, paired: bool = False) -> list[str]:
    marked = markup.marked(raw, paired=paired) if "<" in raw else raw
    marked = _ENTITY.sub(_meant, marked) if "&" in raw else marked
    lines, label = [], ""
    for written, is_heading in markup.parts(marked):
        text = line(written)
        if text and is_heading:
            label = text.rstrip(": ").upper()
        elif text:
            lines.append(f"{label}: {text}" if label else text)
            label = ""
    return lines


def _left_of(match: re.Match[str]) -> str:
    """Say what is left of a character that nobody sees: nothing, mostly.

    Where Latin-1 and Unicode have control characters Windows has others: "\x92" is its apostrophe.
    A form feed within a word is what is left of a ligature ("bene\x0cfits"), elsewhere a new page.
    """
    character, at, text = match[0], match.start(), match.string
    before, after = text[max(0, at - 1) : at], text[at + 1 : at + 2]
    within = before.isalpha() and "a" <= after <= "z"
    if "\x80" <= character <= "\x9f":
        is_rubbish = within and character in _NOT_WITHIN_A_WORD
        return "" if is_rubbish else character.encode("latin-1").decode("cp1252", "ignore")
    if character == "\x0c":
        return "" if within else " "
    joins = character in _JOINERS and before and after
    return character if joins and ord(before) in _JOINING and ord(after) in _JOINING else ""


def _meant(entity: re.Match[str]) -> str:
    """Give the character meant; nothing for a number that no character has."""
    meant = html.unescape(entity[0])
    return "" if meant == "\ufffd" else meant
