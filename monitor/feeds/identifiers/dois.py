"""DOIs as exports, publishers' addresses, library proxies and people write them. Pure.

A DOI that is read wrongly makes two papers one, or hides that they are one: whatever leaves room
for doubt (two different DOIs in one field, words that are not known here) gives none.
"""

import html
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

_MAX = 300
_MAX_FIELD = 4 * _MAX
_MAX_NOTE = 20_000
_MAX_NESTED = 3  # addresses inside addresses

# No character of these is part of a DOI: soft hyphens, and marks that have no width.
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
_TYPOGRAPHIC = "\u2010-\u2015\u2044\u2212\u2215\ufe58\ufe63\uff01-\uff5e"
_NOT_OF_A_KEYBOARD = re.compile(f"[{_UNSEEN}{_TYPOGRAPHIC}]")
_ON_A_KEYBOARD = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63", "-"),
    **dict.fromkeys("\u2044\u2215", "/"),
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full width
}

_PREFIX = r"10\.[0-9]{4,9}(?:\.[0-9]+)*/"
_SHAPE = re.compile(_PREFIX + r"[^\s\x00-\x1f\x7f]+")
_BEGINS = re.compile(_PREFIX)
# What needs no mending: nearly every DOI that a source gives in its own field.
_PLAIN = re.compile(
    r"10\.[0-9]{4,9}/(?:[A-Za-z0-9._-]*[A-Za-z0-9]|[A-Za-z0-9-]+/[A-Za-z0-9-]*[0-9]{2}|"
    r"[A-Za-z0-9.-]*\([0-9-]{2,8}\)[A-Za-z0-9.-]*[A-Za-z0-9])"
)

# The same behind a resolver's address or a label; ".epub" may be a word behind it.
_DRESSED = re.compile(r"(?ai:https?://(?:dx\.|www\.)?doi\.org/|doi:? ?)(?=10\.)(?!.*\.[Ee]-?[Pp])")

# Where another begins though no blank stands before it; in an address, "=" and "/" let it in.
_GLUED = re.compile(
    rf"(?<![\s=/:%.])(?=https?://|doi:|pmc?id:)|[;,|]+(?={_PREFIX}|https?://|doi)|[.;,](?=e-?pub\b)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\bhttps?[:;]?/{1,3}(?=[a-z0-9])", re.IGNORECASE)  # "http//", "https:/"
_LABEL = re.compile(
    r"(?:digital|object|identifier|name|no|nr|number|link|url|doi|(?:https?://)?(?:dx\.|www\.)?doi\.org/?)"
    r"[:=.#)\]-]*",
    re.IGNORECASE,
)
_GLUED_LABEL = re.compile(
    r"(?:(?:url|urn|info)[:=/.#-]+|doi[:=/.#-]*)(?=10\.|https?:|doi|info:|www\.)", re.IGNORECASE
)
_OPENERS = "<([{\"'“”„‘’‚«»*_`|;,"
_AS_DOI = re.compile(r"(\S*10\.\S+?)\s*[\[(]\s*doi\s*[\])]", re.IGNORECASE)
# APA PsycInfo's way to say that a paper has a supplement
_SUPPLEMENT = re.compile(r"\.supp\s*\(supplemental\)", re.IGNORECASE)
_AS_PII = re.compile(r"(\S+?)\s*\[\s*pii\s*\]", re.IGNORECASE)
# Words that may stand behind a DOI: what follows them is not about which paper it is.
_BEHIND = re.compile(
    r"\W*(?:\b(?:e-?pub|pmc?id|pmc[0-9]+|pii|issn|isbn|publish|access|retriev|available|online|first|"
    r"ahead|in|article|advance|free|full|open|view|link|via|crossref|pubmed|google|medline|scopus|"
    r"ecollection|print|review|no|external|abgerufen|zugriff|last|version|doi)|$)",
    re.IGNORECASE,
)
_ABOUT_ANOTHER = re.compile(
    r"comment|errat|corrig|correct|retract|republish|reprint|repl(?:y|ies)|respon[sd]|concern|"
    r"updat|preprint|supplement|protocol|data ?set|\bdata\b|\bcit(?:es|ed in|ing)|see also|"
    r"related|review (?:of|in)|translat|summary|original|previous|companion|part of|version of",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?:\bdoi\b[\s:=.#-]*|\bdoi\.org/)((?:https?://\S*)?{_PREFIX}\S+)", re.IGNORECASE
)

_RESOLVER = re.compile(
    r"(?:www[.-])?(?:dx[.-])?doi[.-]org(?:[.:-]|$)|hdl\.handle\.net$", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://|(?:[a-z0-9-]+\.)+[a-z]{2,}(?::[0-9]+)?/", re.IGNORECASE)
_IN_PATH = re.compile(rf"/({_PREFIX}.+)$")
# A DOI on such a page is that of a journal, a whole book, a figure or a search.
_NO_PAPER = re.compile(
    r"/(?:journals?|toc|loi|books?|series|bookseries|reference-?work|collections?|issues?|search|"
    r"dosearch|figures?|image|comments?)/",
    re.IGNORECASE,
)
_HOLD_DOIS = frozenset({"doi", "rft.doi", "id", "rft_id", "pid"})
_HOLD_ADDRESSES = frozenset({"url", "qurl", "target", "u", "dest"})
_PAGES = re.compile(
    r"(?:(?:/(?:abstract|full|full-?text|epdf|pdf|pdfdirect|epub|html|xml|meta|summary|references)"
    r"(?:\.(?:html?|pdf))?)+|/suppl_file/.*)?/*$",
    re.IGNORECASE,
)
_TRACKED = re.compile(r"\?[A-Za-z_]+=.*$")
_FILE = re.compile(
    r"(?:\.(?:full|abstract|long|short|full-text|supplementary-material))?(?:\.(?:pdf|html?|xml|epub))?$",
    re.IGNORECASE,
)
# Silverchair's sites (Oxford, the paediatricians' ...) put a number of theirs behind the DOI.
_NUMBERED = re.compile(
    rf"/[a-z-]*article[a-z-]*/doi/{_PREFIX}.+?(/[0-9]{{4,9}}(?:/[^/]*)?)/?$", re.IGNORECASE
)
_PREPRINT = re.compile(
    r"(10\.(?:1101|64898)/(?:[0-9]{4}\.[0-9]{2}\.[0-9]{2}\.)?[0-9]{6,8})v[0-9]{1,2}"
)
_PREPRINT_SERVERS = ("10.1101/", "10.64898/")
_TWICE = re.compile(rf"({_PREFIX}.+)\1")
_JOURNAL = re.compile(_PREFIX + r"\(e?issn\)")
_CLOSERS = {")": "(", "]": "[", "}": "{", ">": "<"}
_TRAILERS = ".,;:'\"”’“‘„‚«»*`|\\/…([{<"


def read(raw: str | None) -> str | None:
    """Give the one DOI that a field holds, in lower case; None where there is none, or a doubt.

    >>> read("<https://doi.org/10.3310/IVCN8847.>")
    '10.3310/ivcn8847'
    >>> read("S2215-0366(25)00263-9 [pii] 10.3310/ivcn8847 [doi]")
    '10.3310/ivcn8847'
    >>> read("10.3310/ivcn8847; 10.3310/another") is None
    True
    """
    if not raw or len(raw) > _MAX_FIELD or _has_surely_none(raw):
        return None
    dress = _DRESSED.match(raw)
    bare = raw[dress.end() :] if dress else raw
    if _PLAIN.fullmatch(bare) and len(bare) <= _MAX and not _is_odd(bare):
        return bare.lower()
    return _settled(_read(raw, 0))


def _has_surely_none(raw: str) -> bool:
    """Tell a text that needs no look: no DOI is in it, nor anything that may be written for one."""
    return "10." not in raw and "%" not in raw and "&" not in raw and raw.isascii()


def read_note(raw: str | None) -> str | None:
    """Give the one DOI that a note names as its paper's own; None where it may be another's.

    >>> read_note("Inv Child J. 2026 Mar;5:101-110. doi: 10.3310/ivcn8847. Epub 2026 Jan 2.")
    '10.3310/ivcn8847'
    >>> read_note("Comment on: Inv Child J. 2026. doi: 10.3310/ivcn8847") is None
    True
    """
    if not raw or "10." not in raw or len(raw) > _MAX_NOTE:
        return None
    if doi := read(raw):
        return doi
    text = legible(raw)
    if is_about_another(text):
        return None
    return _agreed(read(match[1]) for match in _NAMED.finditer(text))


def is_about_another(note: str) -> bool:
    """Tell a note that may name another paper than its own: what it corrects, comments on, cites."""
    return _ABOUT_ANOTHER.search(note) is not None


def legible(text: str) -> str:
    """Take out what nobody sees, and write typographic characters as a keyboard does."""
    if text.isascii():
        return text
    return _NOT_OF_A_KEYBOARD.sub(lambda met: _ON_A_KEYBOARD.get(met[0], ""), text)


def _settled(value: str | None) -> str | None:
    """Give what reads as itself: a form that was coded twice is decoded twice."""
    for _ in range(_MAX_NESTED):
        again = _read(value, 0) if value else None
        if again == value:
            return value
        value = again
    return None


def _read(raw: str, depth: int) -> str | None:
    text = _SUPPLEMENT.sub("", _SCHEME.sub("https://", legible(html.unescape(raw))))
    if marked := _AS_DOI.findall(text):
        return _agreed(_word(word, depth) for word in marked)
    if not _AS_PII.search(text):
        return _words(text, depth)
    # beside a PII; where there is nothing else, one that is a DOI itself
    return _words(_AS_PII.sub(" ", text), depth) or _words(_AS_PII.sub(r"\1 ", text), depth)


def _words(text: str, depth: int) -> str | None:
    """Read labels, then a DOI (perhaps several times), then words that say nothing of another."""
    dois: list[str | None] = []
    behind = False
    for word in _GLUED.sub(" ", text).split():
        doi = _word(word, depth)
        if doi:
            dois.append(doi)
        elif _ADDRESS.match(word):
            continue  # another page of the paper, without a DOI
        elif dois:
            behind = behind or _BEHIND.match(word) is not None
            if not behind:
                return None
        elif not _LABEL.fullmatch(word.strip(_OPENERS)) and word.strip(_OPENERS + _TRAILERS):
            return None
    return _agreed(dois)


def _word(word: str, depth: int) -> str | None:
    """Read one word: a DOI or an address, perhaps behind a label that is glued to it."""
    word = word.lstrip(_OPENERS)
    while label := _GLUED_LABEL.match(word):
        word = word[label.end() :].lstrip(_OPENERS)
    if _BEGINS.match(word):
        return _finished(_PAGES.sub("", unquote(_TRACKED.sub("", word)), count=1))
    return _in_address(word, depth) if _ADDRESS.match(word) and depth < _MAX_NESTED else None


def _in_address(address: str, depth: int) -> str | None:
    """Find the DOI of the paper that an address leads to: a resolver's, a proxy's, a publisher's."""
    address = _without_trailing_punctuation(address)
    try:
        parts = urlsplit(address if "://" in address[:9] else f"https://{address}")
        parameters = parse_qsl(parts.query, max_num_fields=100)
    except ValueError:
        return None
    path = legible(unquote(parts.path))
    if _RESOLVER.match(parts.netloc):
        return _words(path.lstrip("/"), depth + 1)
    if _NO_PAPER.search(path.partition("/10.")[0] + "/"):
        return None
    if given := [value for name, value in parameters if _may_hold(name.lower(), value)]:
        return _agreed(_read(value, depth + 1) for value in given)
    if numbered := _NUMBERED.search(path):
        path = path[: numbered.start(1)]
    named = _IN_PATH.search(path)
    return _finished(_FILE.sub("", _PAGES.sub("", named[1], count=1), count=1)) if named else None


def _may_hold(name: str, value: str) -> bool:
    """Tell whether a parameter of an address may hold a DOI, or an address with one."""
    return "10." in value and (
        name in _HOLD_DOIS or (name in _HOLD_ADDRESSES and _ADDRESS.match(value) is not None)
    )


def _finished(text: str) -> str | None:
    """Bring what should be a DOI into its one form."""
    value = _without_trailing_punctuation(legible(text).strip()).lower()
    if match := _PREPRINT.fullmatch(value) or _TWICE.fullmatch(value):
        value = match[1]
    is_one = len(value) <= _MAX and _SHAPE.fullmatch(value) and not _JOURNAL.match(value)
    return value if is_one else None


def _is_odd(plain: str) -> bool:
    """Tell what looks plain and still wants mending."""
    if plain.startswith(_PREPRINT_SERVERS) and _PREPRINT.fullmatch(plain.lower()):
        return True
    return plain.find("10.", 3) > 0


def _agreed(found: Iterable[str | None]) -> str | None:
    """Give the one that all are; None where they differ, or there is none."""
    distinct = {one for one in found if one}
    return distinct.pop() if len(distinct) == 1 else None


def _without_trailing_punctuation(text: str) -> str:
    """Drop what a sentence left behind; a closing bracket only where nothing opens it."""
    while text:
        last = text[-1]
        unopened = last in _CLOSERS and text.count(last) > text.count(_CLOSERS[last])
        if not (unopened or last in _TRAILERS):
            break
        text = text[:-1]
    return text
