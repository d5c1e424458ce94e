"""Two citations side by side: what agrees, what contradicts, what says nothing. Pure; no verdict."""

from collections.abc import Sequence
from typing import NamedTuple

from monitor.literature.dedup.fingerprint import Fingerprint, Pages
from monitor.literature.dedup.identity import identifiers_conflict
from monitor.literature.dedup.journals import same_journal
from monitor.literature.dedup.titles import Titles, relation, telling

_NAMES_AGREE = 0.5
_TWO_AUTHORS = 2
_TELLING_IN_AN_ISSUE = 20  # letters
_YEAR_DIGITS = 4
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class ComparisonVector(NamedTuple):  # made for every pair, and faster than a dataclass
    """What two citations say of each other: True agrees, False contradicts, None is silent."""

    titles: Titles
    telling: bool  # few other papers bear that title
    comment: bool  # one is a letter, reply, editorial or notice
    long: bool  # as long as a telling one, of whatever kind
    names: bool | None
    people: int  # words of names that both have
    event: bool  # neither names an author, and the title could be that of a meeting's abstracts
    year: bool | None  # the same or the next
    same_year: bool
    journal: bool | None
    volume: bool | None
    issue: bool | None
    page: bool | None
    whole: bool  # the same range of three pages or more
    span: bool  # the same first and last page
    unplaced: bool  # one of them names neither journal nor volume nor pages
    dois: bool | None
    numbers: bool | None  # PMIDs and the like
    apart: str  # why they are of two kinds
    of_notice: bool  # one is a notice, the other none
    misplaced: bool  # one has the other's volume where its issue should stand
    noted: bool  # a database notes of one alone that it is an abstract

    @property
    def place(self) -> bool:
        """Whether both stand in the same volume on the same page."""
        return self.volume is True and self.page is True

    @property
    def other_issue(self) -> bool:
        """Whether they stand in two issues, where nothing else tells that it is a slip.

        Cochrane's reviews have no volume and keep their page when they are updated.
        """
        unknown = self.page is None or (self.volume is None and not self.same_year)
        return self.issue is False and unknown

    @property
    def range(self) -> bool:
        """Whether both fill the same pages of one volume or journal: no two papers do."""
        return self.whole and (self.volume is True or (self.journal is True and self.same_year))

    def agreements(self) -> list[str]:
        """Name what agrees beside titles and identifiers, in the order in which it is said."""
        return [word for word, agrees in self._rest() if agrees]

    def objections(self) -> list[str]:
        """Name what contradicts beside titles and identifiers, in the same order."""
        return [word for word, agrees in self._rest() if agrees is False]

    @property
    def contradictory(self) -> bool:
        """Whether anything but the title speaks against one paper.

        A volume alone does not: it is what databases garble most.
        """
        return bool(self.apart or self.numbers is False or {*self.objections()} - {"volume"})

    def _rest(self) -> tuple[tuple[str, bool | None], ...]:
        return (
            ("authors", self.names),
            ("year", self.year),
            ("journal", self.journal),
            ("volume", self.volume),
            ("pages", self.page),
        )


def compared(one: Fingerprint, other: Fingerprint, titles: Titles) -> ComparisonVector:
    """Compare two citations whose titles stand to each other as ``titles``."""
    gap = None if one.year is None or other.year is None else abs(one.year - other.year)
    shared = one.comment or other.comment or one.is_notice or other.is_notice
    short = min(one.squeezed, other.squeezed, key=len)
    long = telling(short)
    misplaced = _misplaced(one, other)
    return ComparisonVector(
        titles=titles,
        telling=long and not shared,
        comment=shared,
        long=long,
        names=_names_agree(one, other),
        people=len(one.names & other.names),
        event=not shared and not one.names and not other.names and _is_event(one.words),
        year=None if gap is None else gap <= 1,
        same_year=gap == 0,
        journal=same_journal(one.journal, other.journal),
        volume=None if misplaced else _equal(one.volume, other.volume),
        issue=None if misplaced else _equal(one.issue, other.issue),
        page=_pages_agree(one.pages, other.pages),
        whole=bool(one.pages.whole) and one.pages.whole == other.pages.whole,
        span=bool(one.pages.first and one.pages.last) and one.pages == other.pages,
        unplaced=one.unplaced or other.unplaced,
        dois=bool(one.dois & other.dois) if one.dois and other.dois else None,
        numbers=_numbers_agree(one, other),
        apart=_apart(one, other),
        of_notice=one.is_notice != other.is_notice,
        misplaced=misplaced,
        noted=one.abstract != other.abstract,
    )


def _misplaced(one: Fingerprint, other: Fingerprint) -> bool:
    """Tell whether volume and issue are swapped, or one alone stands in the other's place."""
    if one.volume == other.volume:
        return False
    if one.volume and other.volume:
        return _has_issue_as_volume(one, other) or _has_issue_as_volume(other, one)
    lacks, has = (other, one) if one.volume else (one, other)
    return bool(has.volume) and lacks.issue == has.volume


def _has_issue_as_volume(one: Fingerprint, other: Fingerprint) -> bool:
    return one.volume == other.issue and one.issue in {"", other.volume}


def _is_event(words: Sequence[str]) -> bool:
    """Tell whether a title names something that an issue has once, by its length or its year."""
    dated = any(len(word) == _YEAR_DIGITS and word.isdecimal() for word in words)
    return dated or sum(map(len, words)) >= _TELLING_IN_AN_ISSUE


def title_relation(one: Fingerprint, other: Fingerprint) -> Titles:
    """Tell how the titles of two citations stand to each other."""
    if one.squeezed == other.squeezed:
        return Titles.EQUAL if one.squeezed else Titles.OTHER
    return relation(one.words, other.words)


def _numbers_agree(one: Fingerprint, other: Fingerprint) -> bool | None:
    """Compare PMIDs and the like; another number in one register contradicts all else."""
    if not one.numbers or not other.numbers:
        return None
    if identifiers_conflict(one.numbers, other.numbers):
        return False
    return True if one.numbers & other.numbers else None


def _apart(one: Fingerprint, other: Fingerprint) -> str:
    if one.kind == other.kind:
        return "protocol" if one.protocol != other.protocol else ""
    if one.is_notice and other.is_notice:
        return "notice of another kind"
    if one.is_notice or other.is_notice:
        return one.kind if one.is_notice else other.kind
    return next(kind for kind in sorted((one.kind, other.kind)) if kind)


def _names_agree(one: Fingerprint, other: Fingerprint) -> bool | None:
    """Compare names word by word; lists may be cut short, families alone, or misspelt."""
    if not one.names or not other.names:
        return None
    shared = len(one.names & other.names)
    if shared >= _TWO_AUTHORS and one.first & other.first:
        return True
    if shared >= _NAMES_AGREE * min(len(one.names), len(other.names)):
        return True
    return None if shared else False


def _pages_agree(one: Pages, other: Pages) -> bool | None:
    """Compare first pages; where one is missing or garbled, last pages may agree."""
    if not one.first or not other.first:
        short, long = sorted((one.last, other.last), key=len)
        return True if short not in {"", "1"} and long.endswith(short) else None
    if one.first == other.first or _bare_agrees(one.first, other.first):
        return True
    if other.holds(one) or one.holds(other):
        return True  # one page out of the range
    if one.last == other.last and len(one.last) > 1:
        return None  # one beginning is garbled
    # the number of an article beside its pages in print
    return None if one.article != other.article else False


def _bare_agrees(one: str, other: str) -> bool:
    """Tell whether one is the other without its letter: "69" for "S69"."""
    return other.isdigit() != one.isdigit() and one.strip(_LETTERS) == other.strip(_LETTERS)


def _equal(one: str, other: str) -> bool | None:
    return one == other if one and other else None
