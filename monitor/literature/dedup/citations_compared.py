"""Two citations side by side: what agrees, what contradicts, what says nothing. Pure; no verdict."""

from collections.abc import Sequence
from typing import NamedTuple

from monitor.literature.dedup.fingerprint import Fingerprint, PageRange
from monitor.literature.dedup.identity import identifiers_conflict
from monitor.literature.dedup.journals import same_journal
from monitor.literature.dedup.title_likeness import Titles, relation, telling

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


def compared(first: Fingerprint, second: Fingerprint, titles: Titles) -> ComparisonVector:
    """Compare two citations whose titles stand to each other as ``titles``."""
    gap = None if first.year is None or second.year is None else abs(first.year - second.year)
    shared = first.comment or second.comment or first.is_notice or second.is_notice
    short = min(first.squeezed, second.squeezed, key=len)
    long = telling(short)
    misplaced = _misplaced(first, second)
    return ComparisonVector(
        titles=titles,
        telling=long and not shared,
        comment=shared,
        long=long,
        names=_names_agree(first, second),
        people=len(first.names & second.names),
        event=not shared and not first.names and not second.names and _is_event(first.words),
        year=None if gap is None else gap <= 1,
        same_year=gap == 0,
        journal=same_journal(first.journal, second.journal),
        volume=None if misplaced else _equal(first.volume, second.volume),
        issue=None if misplaced else _equal(first.issue, second.issue),
        page=_pages_agree(first.pages, second.pages),
        whole=bool(first.pages.whole) and first.pages.whole == second.pages.whole,
        span=bool(first.pages.first and first.pages.last) and first.pages == second.pages,
        unplaced=first.unplaced or second.unplaced,
        dois=bool(first.dois & second.dois) if first.dois and second.dois else None,
        numbers=_numbers_agree(first, second),
        apart=_apart(first, second),
        of_notice=first.is_notice != second.is_notice,
        misplaced=misplaced,
        noted=first.abstract != second.abstract,
    )


def _misplaced(first: Fingerprint, second: Fingerprint) -> bool:
    """Tell whether volume and issue are swapped, or one alone stands in the other's place."""
    if first.volume == second.volume:
        return False
    if first.volume and second.volume:
        return _has_issue_as_volume(first, second) or _has_issue_as_volume(second, first)
    lacks, has = (second, first) if first.volume else (first, second)
    return bool(has.volume) and lacks.issue == has.volume


def _has_issue_as_volume(first: Fingerprint, second: Fingerprint) -> bool:
    return first.volume == second.issue and first.issue in {"", second.volume}


def _is_event(words: Sequence[str]) -> bool:
    """Tell whether a title names something that an issue has once, by its length or its year."""
    dated = any(len(word) == _YEAR_DIGITS and word.isdecimal() for word in words)
    return dated or sum(map(len, words)) >= _TELLING_IN_AN_ISSUE


def title_relation(first: Fingerprint, second: Fingerprint) -> Titles:
    """Tell how the titles of two citations stand to each other."""
    if first.squeezed == second.squeezed:
        return Titles.EQUAL if first.squeezed else Titles.OTHER
    return relation(first.words, second.words)


def _numbers_agree(first: Fingerprint, second: Fingerprint) -> bool | None:
    """Compare PMIDs and the like; another number in one register contradicts all else."""
    if not first.numbers or not second.numbers:
        return None
    if identifiers_conflict(first.numbers, second.numbers):
        return False
    return True if first.numbers & second.numbers else None


def _apart(first: Fingerprint, second: Fingerprint) -> str:
    if first.kind == second.kind:
        return "protocol" if first.protocol != second.protocol else ""
    if first.is_notice and second.is_notice:
        return "notice of another kind"
    if first.is_notice or second.is_notice:
        return first.kind if first.is_notice else second.kind
    return next(kind for kind in sorted((first.kind, second.kind)) if kind)


def _names_agree(left: Fingerprint, right: Fingerprint) -> bool | None:
    """Compare names word by word; lists may be cut short, families alone, or misspelt."""
    if not left.names or not right.names:
        return None
    shared = len(left.names & right.names)
    if shared >= _TWO_AUTHORS and left.first & right.first:
        return True
    if shared >= _NAMES_AGREE * min(len(left.names), len(right.names)):
        return True
    return None if shared else False


def _pages_agree(left: PageRange, right: PageRange) -> bool | None:
    """Compare first pages; where one is missing or garbled, last pages may agree."""
    if not left.first or not right.first:
        short, long = sorted((left.last, right.last), key=len)
        return True if short not in {"", "1"} and long.endswith(short) else None
    if left.first == right.first or _bare_agrees(left.first, right.first):
        return True
    if right.holds(left) or left.holds(right):
        return True  # one page out of the range
    if left.last == right.last and len(left.last) > 1:
        return None  # one beginning is garbled
    # the number of an article beside its pages in print
    return None if left.article != right.article else False


def _bare_agrees(first: str, second: str) -> bool:
    """Tell whether one is the other without its letter: "69" for "S69"."""
    return second.isdigit() != first.isdigit() and first.strip(_LETTERS) == second.strip(_LETTERS)


def _equal(first: str, second: str) -> bool | None:
    return first == second if first and second else None
