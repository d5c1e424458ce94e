"""What a citation says, made comparable: titles, names, places in a journal. Pure; judges nothing.

Each part is read leniently, since every database writes it in its own way; what cannot be read
is missing and then neither agrees nor objects.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from monitor.feeds.records import Citation, Identifier
from monitor.literature.dedup.identity import REGISTRIES, own_and_named
from monitor.literature.design import notices
from monitor.literature.design.rules import is_registration
from monitor.literature.text.folding import fold

MAX_TITLE = 1_000  # characters compared; what lies beyond tells nothing more
_MAX_AUTHORS = 4_000  # characters of names compared


class _Letters(dict[int, str]):
    """Leaves letters and digits alone and parts words at the rest: for ``str.translate``."""

    def __missing__(self, code: int) -> str:
        """Take in a character not met before."""
        kept = self.letter(chr(code))
        self[code] = kept
        return kept

    def __init__(self) -> None:
        ascii_letters = [self.letter(chr(code)) for code in range(128)]
        self.table = bytes(ord(one[:1] or " ") for one in ascii_letters) + bytes(128)
        self.gone = bytes(code for code, one in enumerate(ascii_letters) if not one)

    def letter(self, character: str) -> str:
        """Give what a character of a folded text becomes."""
        return character if character.isalnum() else " "


class _NameLetters(_Letters):
    """Takes accents and apostrophes out of names as well, keeping capitals: they tell initials."""

    def letter(self, character: str) -> str:
        """Give what a character of a name becomes."""
        if character in _APOSTROPHES:
            return ""
        kept = "".join(part for part in fold(character) if part.isalnum())
        if not kept:
            # a combining mark is no end of a word
            return "" if unicodedata.combining(character) else " "
        return kept.upper() if character.isupper() else kept


_APOSTROPHES = frozenset("'`’‘ʼ′")
_LETTERS = _Letters()
_NAME_LETTERS = _NameLetters()
_MARK_UP = re.compile(
    r"<sup>\s*(?:TM|R|SM)\s*</sup>|</?[a-zA-Z][^<>]{0,60}>", re.IGNORECASE
)  # a raised TM is a trade mark
_GREEK = str.maketrans(
    dict(
        zip(
            "αβγδεκλμω",
            ("alpha", "beta", "gamma", "delta", "epsilon", "kappa", "lambda", "mu", "omega"),
            strict=True,
        )
    )
)
_VOWELS = str.maketrans({"ø": "o", "œ": "o", "æ": "a"})
# What databases add to a title, after it and in brackets; in folded text. The end may have been cut
# off. "[Review of …]" at the beginning is a translated title, "(German version)" a part of one.
_LANGUAGES = (
    "chinese|russian|german|french|spanish|italian|japanese|korean|polish|portuguese|dutch|turkish|"
    "czech|danish|norwegian|swedish|hungarian|persian|hebrew|greek|ukrainian|croatian|serbian|"
    "romanian|english"
)
_NOTE = re.compile(
    r"(?<=.)\[(?:"
    r"(?:review|\d+ refs?|(?:published )?erratum|corrected|see comments?|comment in)\b[^\[\]]{0,300}|"
    rf"(?:in |article in )?(?:{_LANGUAGES})\b(?:[,/;][^\[\]]{{0,100}})?"
    r")(?:\]|$)"
    r"|(?<=.)\((?:review|provisional abstract|brief record|structured abstract)(?:\)|$)"
)
# … and that it is printed as an abstract only, which its article may be as well.
_ABSTRACT = re.compile(
    r"(?<=.)[\[(](?:(?:conference|meeting|congress|poster|oral|published|summary|symposium)\W{1,3})?"
    r"(?:abstr(?:acts?)?|poster|presentation|proceedings)(?: only)?"
    r"(?:\W{1,3}(?:no\W{1,3}|number |p|s|os|o)?[a-z]?\d{1,5})?\W{0,3}(?:[\])]|$)\W*$"
)
# Trade marks in letters; as signs, folding leaves them out.
_MARKS = re.compile(r"\s?[(\[](?:r|tm)[)\]]")
_NOTICE = "notice"
_COMMENT = re.compile(
    r"\W*(?:(?:author|editor)s?(?: s)? (?:reply|response)|in reply|repl(?:y|ies)|re:|"
    r"(?:response|comments?|commentary|letters?)(?: to| on|:|\W*$)|editorial|invited commentary|"
    r"book review)"
)
_PROTOCOL = re.compile(r"\bprotocol\b(?! (?:adherence|fidelity))|\brationale and design\b")
_COMMENTS = frozenset(("comment", "letter", "editorial", "note"))
_SERVERS = re.compile(
    r"(?:med|bio|psy|edu|soc|chem)?a?rxiv\b|research square|ssrn\b|preprints?\b|osf\b"
)
_SERVER_DOIS = ("10.1101/", "10.21203/rs", "10.31234/", "10.31219/", "10.20944/", "10.2139/ssrn",
    "10.48550/", "10.35542/", "10.31235/")  # fmt: skip
_NOT_NAMES = frozenset(
    ("and", "et", "al", "jr", "sr", "null", "unknown", "anonymous", "na", "the", "group", "van",
     "von", "de", "den", "der", "da", "di", "del", "la", "le", "dos")
)  # fmt: skip
_MAX_INITIALS = 3
_PAGES = re.compile(r"([a-z]{0,3})(\d{1,9})([a-z]?)(?:\s*[-–—,]+\s*[a-z]{0,3}(\d{1,9}))?", re.ASCII)
_LAST_PAGE = re.compile(r"[a-z]{1,8}\.?\s*[-–—]+\s*[a-z]{0,3}(\d{1,9})", re.ASCII)
# "19", "29 (7)", "Vol. 3" and "Some journal. 69"; not "1)", which is the end of "29 (Suppl 1)"
_VOLUME = re.compile(r"(?!suppl)(?:[^\d]{0,80}?\b)?(\d{1,6})(?!\d)(?!\s*\)\s*$)", re.ASCII)
_ISSUE = re.compile(r"\D{0,30}?(\d{1,6})(?!\d)", re.ASCII)
_MAX_ISSUE = 50
_SILENT = "1"  # many journals begin every article with page 1
_ARTICLE_DIGITS = 5  # a page number that long is the number of an article


class PageRange(
    NamedTuple
):  # not a dataclass: half the time of reading a citation went into making one
    """Where something stands: ``first`` page with its letter, ``last`` in full.

    ``whole`` is the range where it takes three pages or more: no two papers share that.
    ``article`` says that the number names an article, not a page.
    """

    first: str = ""
    last: str = ""
    whole: str = ""
    article: bool = False

    def holds(self, page: "PageRange") -> bool:
        """Tell whether a single page stands within this range."""
        return (
            bool(self.first and self.last)
            and not page.last
            and self.first.isdecimal()
            and page.first.isdecimal()
            and int(self.first) < int(page.first) <= int(self.last)
        )


_NO_PAGES = PageRange()
_NO_IDENTIFIERS: tuple[frozenset[str], frozenset[Identifier]] = (frozenset(), frozenset())


class Fingerprint(NamedTuple):
    """What is compared of one citation. Whatever is missing is empty or None."""

    dois: frozenset[str]
    numbers: frozenset[Identifier]  # PMIDs, PMCIDs and registrations, its own
    squeezed: str  # the title without notes, spaces and punctuation
    words: tuple[str, ...]  # of the same title
    kind: str  # "preprint", "registration", a notice's (see ``is_notice``) or ""
    comment: bool  # a letter, a reply, an editorial: many share a title
    protocol: bool
    names: frozenset[str]
    first: frozenset[str]  # the two first words of the names: one is the first author's family
    year: int | None
    journal: str
    volume: str
    issue: str
    pages: PageRange
    abstract: bool = False  # its title is noted to be an abstract's

    @property
    def unplaced(self) -> bool:
        """Whether it does not say where it was printed."""
        return not (self.journal or self.volume or self.pages.first)

    @property
    def is_notice(self) -> bool:
        """Whether it is a notice; its title is then that of the paper it is about."""
        return self.kind.startswith(_NOTICE)


def fingerprint(citation: Citation) -> Fingerprint:
    """Read what can be compared of a citation."""
    title, notice = _title(citation.title), None
    if notices.may_say(title):
        says = notices.read_title(citation.title)
        title, notice = _title(says.about or citation.title), says.kind
    whole, title = title, _without_note(title)
    words = _words(title)
    names = _names(" , ".join(citation.authors)[:_MAX_AUTHORS])
    dois, numbers = _own(citation) if citation.identifiers else _NO_IDENTIFIERS
    return Fingerprint(
        dois=dois,
        numbers=numbers,
        squeezed="".join(words),
        words=words,
        kind=_kind(notice, citation),
        comment=_is_comment(title, citation.publication_types),
        protocol=_is_protocol(title),
        names=frozenset(names) - _NOT_NAMES,
        first=_first(names),
        year=citation.year,
        journal=citation.journal or "",
        volume=_number(_VOLUME, citation.volume),
        issue=_issue(citation.issue),
        pages=_pages(citation.pages or ""),
        abstract=whole != title,
    )


def _own(citation: Citation) -> tuple[frozenset[str], frozenset[Identifier]]:
    """Give the record's identifiers, without the registrations that an article only names."""
    own: Sequence[Identifier] = citation.identifiers
    if any(identifier.scheme in REGISTRIES for identifier in own):
        own = own_and_named(citation)[0]
    dois = frozenset(identifier.value for identifier in own if identifier.scheme == "doi")
    return dois, frozenset(identifier for identifier in own if identifier.scheme != "doi")


def _title(raw: str) -> str:
    """Fold a title, without mark-up and without the notes that databases add to it."""
    text = raw[:MAX_TITLE]
    if "<" in text:
        text = _MARK_UP.sub("", text)
    folded = fold(text)
    if not folded.isascii():
        folded = folded.translate(_GREEK)
    if "[" in folded or "(" in folded:
        if "(r)" in folded or "(tm)" in folded or "[r]" in folded or "[tm]" in folded:
            folded = _MARKS.sub("", folded)
        folded = _NOTE.sub(" ", folded)
    return folded


def _without_note(title: str) -> str:
    """Take the note off that a title is an abstract's."""
    # looking for the words first is much faster
    noted = "abstr" in title or "poster" in title or "present" in title or "proceed" in title
    return _ABSTRACT.sub(" ", title) if noted else title


def _words(title: str) -> tuple[str, ...]:
    """Give the words of a title, written in one way: "vs" in full, umlauts without their e."""
    text = _in_letters(_without_umlauts(title), _LETTERS)
    if " vs " in text:
        text = text.replace(" vs ", " versus ")
    return tuple(text.split())


def _in_letters(text: str, letters: _Letters) -> str:
    """Write a text in letters, digits and spaces; by bytes where that does, which is much faster."""
    if not text.isascii() or "&" in text:  # which may become a word
        return text.translate(letters)
    return text.encode().translate(letters.table, letters.gone).decode("ascii")


def _without_umlauts(text: str) -> str:
    """Write "Mueller" as "Müller" is folded, and "oe" as "ø".

    That "blue" loses a letter does no harm where everything is written so.
    """
    if not text.isascii():
        text = text.translate(_VOWELS)
    return text.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("aa", "a")


def _kind(notice: notices.NoticeKind | None, citation: Citation) -> str:
    types = citation.publication_types
    if is_registration(types):
        return "registration"
    if kind := notice or notices.kind_by_type(types):
        return f"{_NOTICE} of {kind}"
    is_named = "preprint" in notices.in_small_letters(types)
    return "preprint" if is_named or _is_posted(citation) else ""


def _is_posted(citation: Citation) -> bool:
    if citation.journal and _SERVERS.match(citation.journal.casefold()):
        return True
    return any(i.scheme == "doi" and i.value.startswith(_SERVER_DOIS) for i in citation.identifiers)


def _is_comment(title: str, types: tuple[str, ...]) -> bool:
    is_named = not notices.in_small_letters(types).isdisjoint(_COMMENTS)
    return is_named or _COMMENT.match(title) is not None


def _is_protocol(title: str) -> bool:
    # looking for the words first is much faster
    return ("protocol" in title or "rationale" in title) and _PROTOCOL.search(title) is not None


def _names(raw: str) -> list[str]:
    """List the words of the authors' names, without initials, in order; families among them.

    Which word is the family name is not asked: each database answers it differently.
    """
    words = [word for word in _in_letters(raw, _NAME_LETTERS).split() if len(word) > 1]
    if not raw.isupper():
        words = [word for word in words if len(word) > _MAX_INITIALS or not word.isupper()]
    return _without_umlauts(" ".join(words).casefold()).split()


def _first(names: Iterable[str]) -> frozenset[str]:
    return frozenset(islice((name for name in names if name not in _NOT_NAMES), 2))


def _number(form: re.Pattern[str], raw: str | None) -> str:
    found = form.match(raw.strip().casefold()) if raw else None
    return found[1].lstrip("0") if found else ""


def _issue(raw: str | None) -> str:
    """Read an issue: its number, else what it is called ("Suppl H")."""
    return (
        _number(_ISSUE, raw) or "".join(fold(raw[:_MAX_ISSUE]).translate(_LETTERS).split())
        if raw
        else ""
    )


def _pages(raw: str) -> PageRange:
    """Read pages: 123-30 is 123 to 130; S12, e103 and 12A keep their letter."""
    text = raw.strip().casefold()
    match = _PAGES.match(text)
    if not match or text.endswith((" p", " p.", "pages", "pp")):
        ends = _LAST_PAGE.match(text)
        return PageRange("", ends[1]) if ends else _NO_PAGES
    letter, number, after, end = match.groups("")
    number = number.lstrip("0") or "0"
    if not end:
        return _single(letter, number, after)
    if len(end) < len(number):
        end = number[: len(number) - len(end)] + end
    first, last = letter + number + after, end.lstrip("0")
    if first == _SILENT:
        return PageRange("", last)
    long = bool(last) and int(last) - int(number) >= 2  # noqa: PLR2004 - three pages
    return PageRange(first, last, f"{first}-{last}" if long else "")


def _single(letter: str, number: str, after: str) -> PageRange:
    first = letter + number + after
    article = letter not in {"", "s"} or len(number) >= _ARTICLE_DIGITS
    return PageRange("" if first == _SILENT else first, article=article)
