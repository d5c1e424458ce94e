"""When two citations are one paper, with the reason. Pure; errs on the side of two.

Identifiers decide where the titles do not contradict them. Without, a title is never enough:
authors, year, journal, volume and pages must speak for it and none of them against it, save where
the others leave no doubt. What is known of one side only neither agrees nor objects.
"""

from dataclasses import dataclass
from typing import Literal

from monitor.feeds.records import Citation
from monitor.literature.dedup.citations_compared import ComparisonVector, compared, title_relation
from monitor.literature.dedup.fingerprint import Fingerprint, fingerprint
from monitor.literature.dedup.title_likeness import Titles

Verdict = Literal["same", "doubtful", "different"]

_NEAR = frozenset({Titles.EQUAL, Titles.SPELLING, Titles.EXTENDED})
_TWO_AUTHORS = 2


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """Whether two citations are one paper, and why, in words for a reviewer.

    "same" would merge by itself; "doubtful" is a person's to decide. ``bridged`` says that a
    third record which is the same as both may yet make them one: nothing but thinness or a
    garbled volume stands between them.
    """

    verdict: Verdict
    reason: str
    bridged: bool = True


_ANOTHER = PairVerdict("different", "another title", bridged=False)


def judge(first: Citation, second: Citation) -> PairVerdict:
    """Judge whether two citations are one paper. Symmetric; never fails, whatever they hold."""
    return compare(fingerprint(first), fingerprint(second))


def compare(first: Fingerprint, second: Fingerprint) -> PairVerdict:
    """Judge two citations whose fingerprints have been taken."""
    titles = title_relation(first, second)
    shared = _shared_identifier(first, second)
    if titles is Titles.OTHER and not shared:
        return _other_title(first, second)
    comparison = compared(first, second, titles)
    if comparison.apart:
        verdict, reason = _of_two_kinds(comparison, shared)
    elif shared:
        verdict, reason = _by_identifier(comparison, shared)
    else:
        verdict, reason = _with_identifiers(comparison, *_by_title(comparison))
    return PairVerdict(verdict, reason, bridged=verdict == "same" or not comparison.contradictory)


def _other_title(first: Fingerprint, second: Fingerprint) -> PairVerdict:
    """Judge two titles that have nothing in common: one may translate the other.

    A person is asked where the same people fill the same pages of the same issue. (Most pairs
    are told apart by their pages alone, which is quick.)
    """
    if not first.pages.last or first.pages != second.pages:
        return _ANOTHER
    comparison = compared(first, second, Titles.OTHER)
    here = (
        comparison.span
        and comparison.volume is True
        and comparison.journal is True
        and comparison.same_year
    )
    if (
        not here
        or comparison.issue is False
        or not comparison.names
        or comparison.apart
        or comparison.numbers is False
        or comparison.dois is False
    ):
        return _ANOTHER
    return PairVerdict(
        "doubtful", "another title, perhaps a translation; all else agrees", bridged=False
    )


def _shared_identifier(first: Fingerprint, second: Fingerprint) -> str:
    if common := first.numbers & second.numbers:
        return f"same {min(i.scheme for i in common).upper()}"
    return "same DOI" if first.dois & second.dois else ""


def _of_two_kinds(comparison: ComparisonVector, shared: str) -> tuple[Verdict, str]:
    """A notice, a registration, a protocol is never its article.

    A preprint is linked to it, and so is a notice that names its title.
    """
    named = comparison.of_notice and comparison.titles is Titles.EQUAL and comparison.long
    look = bool(shared) or comparison.apart == "preprint" or named
    reason = f"{shared or comparison.titles}, but one of them is a {comparison.apart}"
    return "doubtful" if look else "different", reason


def _by_identifier(comparison: ComparisonVector, shared: str) -> tuple[Verdict, str]:
    """Judge two records that share an identifier: it decides unless the rest contradicts it."""
    objections = comparison.objections()
    if comparison.numbers is False:
        return "doubtful", f"{shared}, but another number in one register"
    if comparison.titles is Titles.OTHER:
        look = comparison.names or not objections
        return "doubtful" if look else "different", f"{shared}, but another title"
    # a supplement's abstracts may share one DOI; so may everything in a column
    loose = comparison.titles not in _NEAR or not comparison.telling
    if shared == "same DOI" and loose and {"authors", "pages"} & {*objections}:
        return "doubtful", f"{shared}, but {_differ(objections)}"
    return "same", f"{shared}, {comparison.titles}"


def _by_title(comparison: ComparisonVector) -> tuple[Verdict, str]:
    agreements = comparison.agreements()
    objections = comparison.objections() or (["issues"] if comparison.issue is False else [])
    if _is_certain(comparison):
        return "same", f"{comparison.titles}; {_list(agreements)} agree"
    against = f"but {_differ(objections)}" if objections else "too little else to go by"
    look = _worth_a_look(comparison)
    return "doubtful" if look else "different", f"{comparison.titles}, {against}"


def _is_certain(comparison: ComparisonVector) -> bool:
    if (comparison.noted and not comparison.page) or (
        comparison.misplaced and not comparison.telling
    ):
        return False  # an abstract's article, or another issue, may bear the title too
    if comparison.titles is not Titles.EQUAL:
        return _changed_title(comparison)
    return (
        _own_title(comparison) or _outweighed(comparison)
        if comparison.telling
        else _shared_title(comparison)
    )


def _own_title(comparison: ComparisonVector) -> bool:
    """Judge a telling title that nothing contradicts: two things must agree with it."""
    if comparison.objections() or comparison.other_issue:
        return False
    somewhere = comparison.volume or comparison.page
    if comparison.names:
        # where a year lies between them (printed later), the place must tell
        named = comparison.journal or (comparison.unplaced and comparison.people >= _TWO_AUTHORS)
        return bool(somewhere or (comparison.same_year and named))
    return comparison.names is None and bool(comparison.journal and somewhere)


def _outweighed(comparison: ComparisonVector) -> bool:
    """Judge a telling title that one thing contradicts, where the others leave no doubt."""
    match comparison.objections():
        case ["journal"]:  # renamed, translated, or written in a way not known here
            return comparison.place and comparison.names is True
        case ["year"] | ["authors"]:
            return comparison.place and comparison.journal is True
        case ["volume"]:
            here = comparison.page is True and comparison.journal is True and comparison.same_year
            return here and comparison.names is True
        case _:
            return False


def _shared_title(comparison: ComparisonVector) -> bool:
    """Judge a title that many papers bear: the same authors on one page or in one issue.

    An issue has one of "Abstracts of the spring meeting" without authors, but many reviews.
    """
    if comparison.objections() or not comparison.same_year:
        return False
    in_issue = comparison.issue is True and comparison.volume is True and comparison.journal is True
    if not comparison.names:
        return comparison.event and in_issue
    if comparison.page is None:
        # authors may answer several letters in one issue
        return in_issue and (comparison.long or not comparison.comment)
    if comparison.issue is False and not comparison.whole:
        return False  # every issue has its editorial on the first page
    return comparison.volume is True or comparison.journal is True


def _changed_title(comparison: ComparisonVector) -> bool:
    """Judge titles that are not quite the same: the place must be the same."""
    if not comparison.names or comparison.year is False or comparison.page is False:
        return False
    here = comparison.place and comparison.journal is not False
    match comparison.titles:
        case Titles.SPELLING:
            return (
                comparison.range or comparison.place or bool(comparison.page and comparison.journal)
            )
        case Titles.EXTENDED:
            return comparison.range or here
        case Titles.ALIKE:
            return comparison.range and comparison.journal is not False
        case Titles.DIVIDED:  # a supplement's pages may stand in each of its papers' records
            return False
        case _:  # a slip in a number, where everything else is the same
            return (
                comparison.range
                and comparison.place
                and comparison.journal is True
                and comparison.same_year
            )


def _worth_a_look(comparison: ComparisonVector) -> bool:
    """Tell whether two records that are not certainly one deserve a person's time."""
    objections = comparison.objections()
    if "authors" in objections:
        return False
    if comparison.titles is Titles.EQUAL and comparison.telling:
        return len(objections) < len(comparison.agreements()) + 2
    if comparison.titles is Titles.EQUAL:
        known = comparison.same_year and (comparison.names is True or comparison.place)
        renamed = objections == ["journal"] and comparison.names is True and comparison.span
        return (
            known
            and (not objections or (renamed and comparison.place and not comparison.comment))
            and not comparison.other_issue
        )
    near = comparison.page is True or (comparison.titles in _NEAR and comparison.same_year)
    return comparison.names is True and near and len(objections) <= 1


def _with_identifiers(
    comparison: ComparisonVector, verdict: Verdict, reason: str
) -> tuple[Verdict, str]:
    """Hold what was found without identifiers against those that contradict each other.

    A second DOI is a slip where the place is the very same. (Cochrane's updates keep title and
    page, and come in another issue.)
    """
    if comparison.numbers is False:
        look = verdict == "same"
        return "doubtful" if look else "different", f"{comparison.titles}, but another number"
    if comparison.dois is False and verdict == "same":
        place = (
            comparison.page is True and comparison.journal is True and comparison.issue is not False
        )
        near = comparison.titles in {Titles.EQUAL, Titles.SPELLING}
        if not (place and near and comparison.names is True and comparison.same_year):
            return "doubtful", f"{comparison.titles}, but another DOI"
    return verdict, reason


def _differ(words: list[str]) -> str:
    return f"{_list(words)} differ"


def _list(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
