"""Search expressions in the syntaxes of PubMed and Europe PMC, evaluated truly on documents.

Covers what the catalogue's queries use: quoted phrases, AND/OR/NOT, parentheses, field tags,
date ranges and a trailing ``*``. An expression it cannot read is an error, never a guess.
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date


class Unreadable(Exception):  # noqa: N818 - what the upstream says of the expression
    """The expression cannot be read."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is searched: texts and dates by the name of their field. ``always``: found by any
    expression without dates that leave it out (recorded replies answer queries not their own).
    """

    texts: Mapping[str, str]
    dates: Mapping[str, date]
    always: bool = False


Test = Callable[[Document], bool]


@dataclass(frozen=True, slots=True)
class Expression:
    """A query that was read: its test, and how PubMed would repeat it."""

    test: Test
    translation: str
    phrases: tuple[str, ...]


# PubMed's tags; [tiab] includes the authors' keywords
_PUBMED_FIELDS = {
    "tiab": ("title", "abstract", "keywords"),
    "title/abstract": ("title", "abstract", "keywords"),
    "ti": ("title",),
    "title": ("title",),
    "ot": ("keywords",),
    "tw": ("title", "abstract", "keywords"),
    "pt": ("types",),
    "si": ("registrations",),
    "all": (),
    "all fields": (),
    "uid": ("id",),
    "pmid": ("id",),
}
_EUROPEPMC_FIELDS = {
    "TITLE": ("title",),
    "ABSTRACT": ("abstract",),
    "KW": ("keywords",),
    "TITLE_ABS": ("title", "abstract"),
    "PUB_TYPE": ("types",),
    "SRC": ("source",),
    "EXT_ID": ("id",),
    "DOI": ("doi",),
}
_DATE_TAGS = {"crdt": "created", "edat": "created", "mdat": "revised", "pdat": "published"}
_DATE_FIELDS = {
    "FIRST_IDATE": "created",
    "CREATION_DATE": "created",
    "UPDATE_DATE": "revised",
    "FIRST_PDATE": "published",
}

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<range>"?\d{4}(?:/\d\d?){0,2}"?(?:\[\w+\])?\s*:\s*"?\d{4}(?:/\d\d?){0,2}"?\[(?P<when>\w+)\])
    | (?P<dates>(?P<field_d>[A-Z_]+):\[\s*(?P<from>[\d-]+)\s+TO\s+(?P<to>[\d-]+)\s*\])
    | (?P<open>(?:(?P<group>[A-Z_]+):)?\()
    | (?P<close>\))
    | (?P<term>(?:(?P<field>[A-Z_]+):)?
        (?:"(?P<phrase>[^"]*)"(?P<star>\*)?|(?P<word>[^\s()"\[\]]+)) (?:\[(?P<tag>[^\]]+)\])? )
    )""",
    re.VERBOSE,
)


def pubmed(text: str) -> Expression:
    """Read a PubMed query. Operators work from left to right, as PubMed documents.

    Raises:
        Unreadable: parentheses or quotes do not pair, or a tag is unknown.
    """
    return _Reader(text, _PUBMED_FIELDS, and_first=False).read()


def europepmc(text: str) -> Expression:
    """Read a Europe PMC query. AND binds before OR.

    Raises:
        Unreadable: parentheses or quotes do not pair, or a field is unknown.
    """
    return _Reader(text, _EUROPEPMC_FIELDS, and_first=True).read()


@functools.lru_cache(maxsize=4096)
def words(text: str) -> list[str]:
    """Fold a text into its words: lower case, no accents, split at everything else."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.findall(r"[a-z0-9]+", plain.casefold())


def contains(text: str, phrase: str) -> bool:
    """Whether the phrase's words stand in the text, in order; ``*`` ends a word's stem.

    >>> contains("A trial of Circle-of-Security groups", "circle of secur*")
    True
    """
    stem = phrase.endswith("*")
    wanted, there = words(phrase), words(text)
    if not wanted:
        return False
    last = len(wanted) - 1
    return any(
        there[i : i + last] == wanted[:last]
        and i + last < len(there)
        and (there[i + last].startswith(wanted[last]) if stem else there[i + last] == wanted[last])
        for i in range(len(there) - last)
    )


class _Reader:
    """A recursive-descent reader over one expression."""

    def __init__(
        self, text: str, fields: Mapping[str, tuple[str, ...]], *, and_first: bool
    ) -> None:
        self.fields = fields
        self.and_first = and_first
        self.phrases: list[str] = []
        self.tokens = _tokens(text)
        self.at = 0

    def read(self) -> Expression:
        if not self.tokens:
            raise Unreadable("empty")
        test, translation = self._either(())
        if self.at < len(self.tokens):
            raise Unreadable("unbalanced parenthesis")
        return Expression(test, translation, tuple(self.phrases))

    def _operator(self) -> str | None:
        """Look at the next operator; two terms side by side are joined by AND."""
        if self.at >= len(self.tokens) or self.tokens[self.at]["close"]:
            return None
        word = self.tokens[self.at]["word"]
        return word if word in {"AND", "OR", "NOT"} else ""

    def _take_operator(self) -> None:
        if self._operator():
            self.at += 1

    def _either(self, inherited: tuple[str, ...]) -> tuple[Test, str]:
        """Read operands joined by OR (and, without precedence, by anything)."""
        left, said = self._both(inherited)
        while (operator := self._operator()) is not None:
            if self.and_first and operator != "OR":
                raise Unreadable(f"unexpected {operator}")
            self._take_operator()
            right, next_said = self._both(inherited)
            left, said = (
                _join(operator or "AND", left, right),
                f"{said} {operator or 'AND'} {next_said}",
            )
        return left, said

    def _both(self, inherited: tuple[str, ...]) -> tuple[Test, str]:
        left, said = self._operand(inherited)
        while self.and_first and self._operator() not in {None, "OR"}:
            operator = self._operator() or "AND"
            self._take_operator()
            right, next_said = self._operand(inherited)
            left, said = _join(operator, left, right), f"{said} {operator} {next_said}"
        return left, said

    def _operand(self, inherited: tuple[str, ...]) -> tuple[Test, str]:
        if self.at >= len(self.tokens):
            raise Unreadable("an operand is missing")
        token = self.tokens[self.at]
        self.at += 1
        if token["close"] or token["word"] in {"AND", "OR", "NOT"}:
            raise Unreadable("an operand is missing")
        if token["open"]:
            return self._group(self._field(token["group"]) or inherited)
        if token["range"] or token["dates"]:
            return _dated(token)
        return self._term(token, inherited)

    def _group(self, inherited: tuple[str, ...]) -> tuple[Test, str]:
        test, said = self._either(inherited)
        if self.at >= len(self.tokens) or not self.tokens[self.at]["close"]:
            raise Unreadable("unbalanced parenthesis")
        self.at += 1
        return test, f"({said})"

    def _term(self, token: re.Match[str], inherited: tuple[str, ...]) -> tuple[Test, str]:
        phrase = token["word"] or (token["phrase"] or "") + (token["star"] or "")
        names = self._field(token["field"] or token["tag"]) or inherited
        self.phrases.append(phrase)
        tag = "Title/Abstract" if token["tag"] in {"tiab", "Title/Abstract"} else token["tag"]
        said = f'"{phrase.lower()}"[{tag or "All Fields"}]'
        return lambda document: _found(document, names, phrase), said

    def _field(self, name: str | None) -> tuple[str, ...]:
        if name is None:
            return ()
        known = {key.casefold(): fields for key, fields in self.fields.items()}
        if name.casefold() not in known:
            raise Unreadable(f"unknown field {name}")
        return known[name.casefold()]


def _tokens(text: str) -> list[re.Match[str]]:
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise Unreadable(f"at {text[at : at + 20]!r}")
        tokens.append(token)
        at = token.end()
    return tokens


def _found(document: Document, names: tuple[str, ...], phrase: str) -> bool:
    if document.always:
        return True
    texts = document.texts
    return any(contains(texts.get(name, ""), phrase) for name in names or tuple(texts))


def _join(operator: str, left: Test, right: Test) -> Test:
    if operator == "OR":
        return lambda document: left(document) or right(document)
    if operator == "NOT":
        return lambda document: left(document) and (document.always or not right(document))
    return lambda document: left(document) and right(document)


def _dated(token: re.Match[str]) -> tuple[Test, str]:
    if token["dates"]:
        name = _DATE_FIELDS.get(token["field_d"])
        low, high = token["from"], token["to"]
    else:
        name = _DATE_TAGS.get(token["when"])
        low, high = re.findall(r"\d{4}(?:/\d\d?){0,2}", token["range"])
    if name is None:
        raise Unreadable("unknown date field")
    first, last = day(low, end=False), day(high, end=True)

    def test(document: Document) -> bool:
        return name in document.dates and first <= document.dates[name] <= last

    return test, token[0].strip()


def day(text: str, *, end: bool) -> date:
    """Read YYYY, YYYY/MM or YYYY/MM/DD (or with hyphens) as the first or last day it means.

    Raises:
        Unreadable: it is no date.
    """
    parts = [int(part) for part in re.split(r"[/-]", text) if part.isdigit()]
    try:
        year, month, number = (parts + ([12, 31] if end else [1, 1])[len(parts) - 1 :])[:3]
        while end and len(parts) < 3 and number > 28:  # noqa: PLR2004 - a month's last day
            try:
                return date(year, month, number)
            except ValueError:
                number -= 1
        return date(year, month, number)
    except (ValueError, IndexError) as error:
        raise Unreadable(f"{text!r} is not a date") from error
