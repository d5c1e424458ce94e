"""Search expressions of the two trial registries, evaluated truly on documents.

ClinicalTrials.gov reads ``AREA[Field]``, ``RANGE[a,b]`` and joins plain words by AND; ISRCTN reads
``field: value`` and ``lastEdited GE 2026-01-01T00:00:00``, joins plain words by OR, and lets an
unknown field find nothing without a word. Neither knows synonyms or stems here.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from monitor.demo.dialects.expressions import Document, Test, Unreadable, contains

_CLINICALTRIALS = re.compile(
    r"""\s*(?:
      (?P<range>AREA\[(?P<when>\w+)\]\s*RANGE\[\s*(?P<from>[\w-]+)\s*,\s*(?P<to>[\w-]+)\s*\])
    | (?P<field>AREA\[(?P<area>\w+)\])
    | (?P<open>\() | (?P<close>\))
    | "(?P<phrase>[^"]*)" | (?P<word>[^\s()"\[\]]+)
    )""",
    re.VERBOSE,
)
_ISRCTN = re.compile(
    r"""\s*(?:
      (?P<range>(?P<when>\w+)\s+(?P<relation>GE|GT|LE|LT)\s+(?P<at>[\d:TZ.+-]+))
    | (?P<field>(?P<area>[A-Za-z]\w*):)
    | (?P<open>\() | (?P<close>\))
    | "(?P<phrase>[^"]*)" | (?P<word>[^\s()":]+)
    )""",
    re.VERBOSE,
)
EDITED_AT = time(6)  # the time of day at which every invented record is edited

_OPERATORS = {"AND", "OR", "NOT"}
_RELATIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "GE": operator.ge,
    "GT": operator.gt,
    "LE": operator.le,
    "LT": operator.lt,
}
Fields = Mapping[str, tuple[str, ...]]


def clinicaltrials(text: str, fields: Fields, dates: Mapping[str, str]) -> Test:
    """Read an expression; plain words are searched in every text of the document.

    ``fields`` are the texts by the area's name, ``dates`` the dates.

    Raises:
        Unreadable: it does not pair, or names an area that there is not.
    """
    return _Reader(text, _CLINICALTRIALS, "AND", fields, dates).read()


def isrctn(text: str, fields: Fields, dates: Mapping[str, str]) -> Test:
    """Read a query; plain words are searched in every text of the document.

    Raises:
        Unreadable: it does not pair.
    """
    return _Reader(text, _ISRCTN, "OR", fields, dates).read()


class _Reader:
    """A recursive-descent reader: NOT binds before AND, AND before OR."""

    def __init__(
        self,
        text: str,
        syntax: re.Pattern[str],
        implied: str,
        fields: Fields,
        dates: Mapping[str, str],
    ) -> None:
        self.implied = implied
        self.strict = syntax is _CLINICALTRIALS
        self.fields = {name.casefold(): names for name, names in fields.items()}
        self.dates = {name.casefold(): key for name, key in dates.items()}
        self.tokens = _tokens(text, syntax)
        self.at = 0

    def read(self) -> Test:
        if not self.tokens:
            raise Unreadable("empty")
        test = self._either(())
        if self.at < len(self.tokens):
            raise Unreadable("a parenthesis too many")
        return test

    def _operator(self) -> str | None:
        """Look at what joins the next operand; None at the end of a group."""
        if self.at >= len(self.tokens) or self.tokens[self.at]["close"]:
            return None
        word = self.tokens[self.at]["word"]
        return word if word in {"AND", "OR"} else self.implied

    def _skip_operator(self) -> None:
        if self.tokens[self.at]["word"] in {"AND", "OR"}:
            self.at += 1

    def _either(self, names: tuple[str, ...]) -> Test:
        tests = [self._both(names)]
        while self._operator() == "OR":
            self._skip_operator()
            tests.append(self._both(names))
        return lambda document: any(test(document) for test in tests)

    def _both(self, names: tuple[str, ...]) -> Test:
        tests = [self._operand(names)]
        while self._operator() == "AND":
            self._skip_operator()
            tests.append(self._operand(names))
        return lambda document: all(test(document) for test in tests)

    def _operand(self, names: tuple[str, ...]) -> Test:
        if self.at >= len(self.tokens):
            raise Unreadable("an operand is missing")
        token = self.tokens[self.at]
        self.at += 1
        if token["word"] == "NOT":
            test = self._operand(names)
            return lambda document: not test(document)
        if token["close"] or token["word"] in _OPERATORS:
            raise Unreadable("an operand is missing")
        if token["open"]:
            return self._group(names)
        if token["range"]:
            return self._range(token)
        if token["field"]:
            return self._of_field(token["area"])
        return _phrase(token["phrase"] or token["word"] or "", names)

    def _group(self, names: tuple[str, ...]) -> Test:
        test = self._either(names)
        if self.at >= len(self.tokens) or not self.tokens[self.at]["close"]:
            raise Unreadable("a parenthesis is missing")
        self.at += 1
        return test

    def _of_field(self, area: str) -> Test:
        names = self.fields.get(area.casefold())
        if names is None and self.strict:
            raise Unreadable(f"unknown area {area}")
        test = self._operand(names or ())
        return test if names is not None else _nothing

    def _range(self, token: re.Match[str]) -> Test:
        name = self.dates.get(token["when"].casefold())
        if name is None:
            if self.strict:
                raise Unreadable(f"unknown area {token['when']}")
            return _nothing
        return _between(name, token) if self.strict else _related(name, token)


def _tokens(text: str, syntax: re.Pattern[str]) -> list[re.Match[str]]:
    tokens, at, text = [], 0, text.strip()
    while at < len(text):
        token = syntax.match(text, at)
        if token is None:
            raise Unreadable(f"at {text[at : at + 20]!r}")
        tokens.append(token)
        at = token.end()
    return tokens


def _phrase(phrase: str, names: tuple[str, ...]) -> Test:
    def test(document: Document) -> bool:
        texts = document.texts
        return document.always or any(
            contains(texts.get(name, ""), phrase) for name in names or tuple(texts)
        )

    return test


def _nothing(_: Document) -> bool:
    return False


def _between(name: str, token: re.Match[str]) -> Test:
    """Read RANGE[a,b], both included; MIN and MAX are no bounds."""
    first, last = (
        {"MIN": date.min, "MAX": date.max}.get(bound) or _day(bound)
        for bound in (token["from"], token["to"])
    )
    return lambda document: name in document.dates and first <= document.dates[name] <= last


def _related(name: str, token: re.Match[str]) -> Test:
    """Read a relation to a moment."""
    try:
        moment = datetime.fromisoformat(token["at"]).replace(tzinfo=None)
    except ValueError as error:
        raise Unreadable(f"{token['at']!r} is no date") from error
    relation = _RELATIONS[token["relation"]]

    def test(document: Document) -> bool:
        day = document.dates.get(name)
        return day is not None and relation(datetime.combine(day, EDITED_AT), moment)

    return test


def _day(text: str) -> date:
    """Read a day, or a month or year as its first day, as the registry does.

    Raises:
        Unreadable: it is no date.
    """
    try:
        return date.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    except ValueError as error:
        raise Unreadable(f"{text!r} is no date") from error
