"""What a citation says of other papers, and whether it is nothing but a notice of one. Pure.

A retraction, a correction, an expression of concern is never itself a study: it is about one.
What the sources say goes first, then the title's own words; a word alone never makes a notice
("Corrections officers …", "Retraction of the lip …"). A paper marked as retracted ("RETRACTED:
…") is no notice but the paper itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from monitor.feeds.records import Citation, LinkKind

RETRACTED = "retracted"  # marked so, and no notice named


class NoticeKind(StrEnum):
    """What a notice does to the paper that it is about."""

    RETRACTION = "retraction"
    PARTIAL_RETRACTION = "partial retraction"
    CONCERN = "expression of concern"
    CORRECTION = "correction"


# What the paper is called that a notice is about.
SAID_OF = {
    NoticeKind.RETRACTION: LinkKind.RETRACTED_BY,
    NoticeKind.PARTIAL_RETRACTION: LinkKind.PARTLY_RETRACTED_BY,
    NoticeKind.CONCERN: LinkKind.CONCERN_IN,
    NoticeKind.CORRECTION: LinkKind.CORRECTED_BY,
}
# What only a notice says of another paper, and what is then said of that one.
OF_A_NOTICE = {
    LinkKind.RETRACTS: LinkKind.RETRACTED_BY,
    LinkKind.PARTLY_RETRACTS: LinkKind.PARTLY_RETRACTED_BY,
    LinkKind.CONCERN_FOR: LinkKind.CONCERN_IN,
    LinkKind.CORRECTS: LinkKind.CORRECTED_BY,
}
_KINDS = {passive: kind for kind, passive in SAID_OF.items()}
_MARKS = frozenset({"retracted publication", "retracted", "retracted article"})
_TYPES = {
    "retraction of publication": NoticeKind.RETRACTION,
    "retraction": NoticeKind.RETRACTION,
    "retraction notice": NoticeKind.RETRACTION,
    "expression of concern": NoticeKind.CONCERN,
    "published erratum": NoticeKind.CORRECTION,
    "erratum": NoticeKind.CORRECTION,
    "corrigendum": NoticeKind.CORRECTION,
    "correction": NoticeKind.CORRECTION,
}
# the whole paper once more, in its mended form
_REPUBLISHED = frozenset({"corrected and republished article", "retracted and republished article"})

# Looked for first, since hardly any title has one: the rest is slower.
_SIGNS = ("retract", "correct", "errat", "corrig", "concern", "withdraw", "remov")
_QUOTE = "[“\"'‘«„]"
_END_QUOTE = "[”\"'’»“]"
_OUR = r"(?:(?:author|publisher|editorial|editor)(?:['’]?s)?['’]?\s+)?"
# These words have another meaning too ("retraction of the lip"): what follows must tell.
_WEAK = rf"{_OUR}(?:partial\s+)?(?:retraction|correction|expressions?\s+of\s+concern)"
# These have none, and a title may follow at once.
_STRONG = (
    r"(?:partial\s+)?retractions?\s+(?:notice|note|statement)"
    r"|(?:notice|statement)\s+of\s+(?:retraction|withdrawal|removal)"
    r"(?:\s+and\s+(?:replacement|republication))?"
    r"|retraction\s+and\s+(?:replacement|republication)"
    r"|(?:withdrawal|removal)\s+notice"
    r"|(?:editorial\s+expressions?|notice)\s+of\s+concern"
    r"|(?:author|publisher)(?:['’]?s)?['’]?\s+correction"
    rf"|{_OUR}(?:erratum|errata|corrigendum|corrigenda)(?:\s+(?:notice|note))?"
)
_PREPOSITION = r"\s+(?:to|for|of|on|in|regarding|concerning)\b"
_STOP = rf"(?:\s*[:.—]|\s+[-–]\s)\s*|\s*(?={_QUOTE})|\s*(?=[(\[][^)\]]*\d)|\W*$"
_NAMES = r"[\w .,'’&-]{2,80}?"  # "Example et al.,", "Example and Other (2010)"
_AFTER = (
    rf"(?:{_STOP}|{_PREPOSITION}\s*(?::|(?={_QUOTE}))\s*"
    rf"|\s+(?:to|for|of)\s+{_NAMES}(?:\bet al\b\.?(?:\s*\(\d{{4}}\))?|\(\d{{4}}[a-z]?\))[.,:]*\s*)"
)
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"^\W{{0,3}}({_STRONG})(?:{_AFTER}|\s+(?:to|for|of)\s+)",
        rf"^\W{{0,3}}({_WEAK}){_AFTER}",
        rf"^\W{{0,3}}(corrections)(?:\s+to\s*(?::|(?={_QUOTE}))\s*|\W*$)",
    )
)
# such as “A title”: Correction to Example (2010), and A title: Erratum
_BEHIND = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"^{_QUOTE}(?P<about>.+){_END_QUOTE}\W*:\s*(?P<noun>corrections?|retraction)\b.{{0,100}}$",
        r"^(?P<about>.{10,}):\s*(?P<noun>erratum|corrigendum)\W*$",
    )
)
# Caps tell where the word has a use of its own: "Withdrawn: why families leave".
_MARKED = re.compile(
    r"^\W{0,3}(?:retracted(?:\s+(?:article|paper|chapter|and republished))?\s*[:\])]"
    r"|(?-i:WITHDRAWN|REMOVED)\s*[:\])]|withdrawn\s*[\])])\W{0,3}(?=\w)",
    re.IGNORECASE,
)
_MARKED_BEHIND = re.compile(
    r"\s*[(\[]\s*retracted(?:\s+(?:article|paper|publication))?\b[^()\[\]]{0,200}[)\]]\W*$",
    re.IGNORECASE,
)
_QUOTED = re.compile(rf"^{_QUOTE}(.+){_END_QUOTE}(?=[\s.,:;(\[\]]|$)")
# "(Journal (2017) 83 (463-473))", "[J. Invent. 12 (2010) 1-5]" behind a title
_PLACE = re.compile(
    r"\s*[(\[](?=.*\d{4})[^()\[\]]{0,200}(?:\([^()]{0,100}\)[^()\[\]]{0,200}){0,6}[)\]]\W*$"
)
_STACKED = 3  # "Erratum: Author Correction: …"
_MOST = 1_000  # characters of a title looked at


@dataclass(frozen=True, slots=True)
class TitleSays:
    """What a title says: of what kind of notice it is, or that its own paper is retracted.

    ``about`` is the title without those words: of a notice the other paper's, else its own.
    """

    kind: NoticeKind | None
    marked: bool
    about: str


def may_say(folded: str) -> bool:
    """Tell, fast, whether ``read_title`` may find anything in a title, given in small letters."""
    for sign in _SIGNS:  # noqa: SIM110 - any() takes twice the time
        if sign in folded:
            return True
    return False


def read_title(title: str) -> TitleSays:
    """Read what a title says of a notice or of a retraction.

    >>> read_title("Correction to: An invented trial").about
    'An invented trial'
    >>> read_title("RETRACTED: An invented trial").marked
    True
    >>> read_title("Retraction of the lip in invented horses").kind
    """
    text = title[:_MOST].strip()
    if not may_say(text.casefold()):
        return TitleSays(None, marked=False, about=title)
    return _noticed(text) or _marked(text) or TitleSays(None, marked=False, about=title)


def notice_kind(citation: Citation) -> NoticeKind | None:
    """Tell what kind of notice a record is; None: it is none, it may be a study.

    By its links to other papers, then by its publication types, then by its title.
    """
    types = in_small_letters(citation.publication_types)
    if not types.isdisjoint(_REPUBLISHED):
        return None
    for link in citation.links:
        passive = OF_A_NOTICE.get(link.kind)
        if passive and link.identifier not in citation.identifiers:
            return _KINDS[passive]
    return _kind_of(types) or read_title(citation.title).kind


def kind_by_type(types: Sequence[str]) -> NoticeKind | None:
    """Tell what kind of notice publication types speak of; None: of none."""
    return _kind_of(in_small_letters(tuple(types)))


@lru_cache(maxsize=256)  # nearly all papers have one of a few lists
def in_small_letters(types: tuple[str, ...]) -> frozenset[str]:
    """Give publication types as they are compared."""
    return frozenset(name.casefold() for name in types)


def is_notice(citation: Citation) -> bool:
    """Tell whether a record is a notice about another paper and nothing else."""
    return notice_kind(citation) is not None


def statements(citation: Citation) -> Iterator[tuple[str, str, str]]:
    """Give what a record says of other papers: kind, and the other's scheme and value.

    Some publishers write the retraction into the paper's own record: it is then said of itself.
    """
    kinds = set()
    for link in citation.links:
        own = link.identifier in citation.identifiers
        kind = OF_A_NOTICE.get(link.kind, link.kind) if own else link.kind
        kinds.add(kind)
        yield kind.value, link.identifier.scheme, link.identifier.value
    if LinkKind.RETRACTED_BY not in kinds and _is_marked(citation):
        yield RETRACTED, "", ""


def _kind_of(types: frozenset[str]) -> NoticeKind | None:
    return next((kind for name, kind in _TYPES.items() if name in types), None)


def _is_marked(citation: Citation) -> bool:
    if not in_small_letters(citation.publication_types).isdisjoint(_MARKS):
        return True
    return read_title(citation.title).marked and not is_notice(citation)


def _noticed(text: str) -> TitleSays | None:
    kind = None
    for _ in range(_STACKED):
        beginning = next(filter(None, (form.match(text) for form in _FORMS)), None)
        if beginning is None:
            break
        kind, text = kind or _kind(beginning[1]), text[beginning.end() :]
    if kind:
        return TitleSays(kind, marked=False, about=_title_alone(text))
    behind = next(filter(None, (form.match(text) for form in _BEHIND)), None)
    if behind is None:
        return None
    return TitleSays(_kind(behind["noun"]), marked=False, about=behind["about"])


def _marked(text: str) -> TitleSays | None:
    before, behind = _MARKED.match(text), _MARKED_BEHIND.search(text)
    if not before and not behind:
        return None
    start, end = before.end() if before else 0, behind.start() if behind else len(text)
    return TitleSays(None, marked=True, about=text[start:end].strip())


def _kind(noun: str) -> NoticeKind:
    words = noun.casefold()
    if "concern" in words:
        return NoticeKind.CONCERN
    if "partial" in words:
        return NoticeKind.PARTIAL_RETRACTION
    if any(word in words for word in ("retract", "withdraw", "removal")):
        return NoticeKind.RETRACTION
    return NoticeKind.CORRECTION


def _title_alone(text: str) -> str:
    """Take the quotes and the place in a journal off the title that a notice names."""
    if quoted := _QUOTED.match(text):
        return quoted[1].strip()
    return _PLACE.sub("", text).strip()
