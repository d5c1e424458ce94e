"""When two citations are one paper, with the reason. Pure; errs on the side of two.

Identifiers decide where the titles do not contradict them. Without, a title is never enough:
authors, year, journal, volume and pages must speak for it and none of them against it, save where
the others leave no doubt. What is known of one side only neither agrees nor objects.
"""

from dataclasses import dataclass
from typing import Literal

from monitor.feeds.records import Citation
from monitor.literature.dedup.comparison import ComparisonVector, compared, title_relation
from monitor.literature.dedup.fingerprint import Fingerprint, fingerprint
from monitor.literature.dedup.titles import Titles

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


def judge(one: Citation, other: Citation) -> PairVerdict:
    """Judge whether two citations are one paper. Symmetric; never fails, whatever they hold."""
    return compare(fingerprint(one), fingerprint(other))


def compare(one: Fingerprint, other: Fingerprint) -> PairVerdict:
    """Judge two citations whose fingerprints have been taken."""
    titles = title_relation(one, other)
    shared = _shared_identifier(one, other)
    if titles is Titles.OTHER and not shared:
        return _other_title(one, other)
    comparison = compared(one, other, titles)
    if comparison.apart:
        verdict, reason = _of_two_kinds(comparison, shared)
    elif shared:
        verdict, reason = _by_identifier(comparison, shared)
    else:
        verdict, reason = _with_identifiers(comparison, *_by_title(comparison))
    return PairVerdict(verdict, reason, bridged=verdict == "same" or not comparison.contradictory)


def _other_title(one: Fingerprint, other: Fingerprint) -> PairVerdict:
    """Judge two titles that have nothing in common: one may translate the other.

    A person is asked where the same people fill the same pages of the same issue. (Most pairs
    are told apart by their pages alone, which is quick.)
    """
    if not one.pages.last or one.pages != other.pages:
        return _ANOTHER
    found = compared(one, other, Titles.OTHER)
    here = found.span and found.volume is True and found.journal is True and found.same_year
    if (
        not here
        or found.issue is False
        or not found.names
        or found.apart
        or found.numbers is False
        or found.dois is False
    ):
        return _ANOTHER
    return PairVerdict(
        "doubtful", "another title, perhaps a translation; all else agrees", bridged=False
    )


def _shared_identifier(one: Fingerprint, other: Fingerprint) -> str:
    if common := one.numbers & other.numbers:
        return f"same {min(i.scheme for i in common).upper()}"
    return "same DOI" if one.dois & other.dois else ""


def _of_two_kinds(found: ComparisonVector, shared: str) -> tuple[Verdict, str]:
    """A notice, a registration, a protocol is never its article.

    A preprint is linked to it, and so is a notice that names its title.
    """
    named = found.of_notice and found.titles is Titles.EQUAL and found.long
    look = bool(shared) or found.apart == "preprint" or named
    reason = f"{shared or found.titles}, but one of them is a {found.apart}"
    return "doubtful" if look else "different", reason


def _by_identifier(found: ComparisonVector, shared: str) -> tuple[Verdict, str]:
    """Judge two records that share an identifier: it decides unless the rest contradicts it."""
    objections = found.objections()
    if found.numbers is False:
        return "doubtful", f"{shared}, but another number in one register"
    if found.titles is Titles.OTHER:
        look = found.names or not objections
        return "doubtful" if look else "different", f"{shared}, but another title"
    # a supplement's abstracts may share one DOI; so may everything in a column
    loose = found.titles not in _NEAR or not found.telling
    if shared == "same DOI" and loose and {"authors", "pages"} & {*objections}:
        return "doubtful", f"{shared}, but {_differ(objections)}"
    return "same", f"{shared}, {found.titles}"


def _by_title(found: ComparisonVector) -> tuple[Verdict, str]:
    agreements = found.agreements()
    objections = found.objections() or (["issues"] if found.other_issue else [])
    if _is_certain(found):
        return "same", f"{found.titles}; {_list(agreements)} agree"
    against = f"but {_differ(objections)}" if objections else "too little else to go by"
    return "doubtful" if _worth_a_look(found) else "different", f"{found.titles}, {against}"


def _is_certain(found: ComparisonVector) -> bool:
    if (found.noted and not found.page) or (found.misplaced and not found.telling):
        return False  # an abstract's article, or another issue, may bear the title too
    if found.titles is not Titles.EQUAL:
        return _changed_title(found)
    return _own_title(found) or _outweighed(found) if found.telling else _shared_title(found)


def _own_title(found: ComparisonVector) -> bool:
    """Judge a telling title that nothing contradicts: two things must agree with it."""
    if found.objections() or found.other_issue:
        return False
    somewhere = found.volume or found.page
    if found.names:
        # where a year lies between them (printed later), the place must tell
        named = found.journal or (found.unplaced and found.people >= _TWO_AUTHORS)
        return bool(somewhere or (found.same_year and named))
    return found.names is None and bool(found.journal and somewhere)


def _outweighed(found: ComparisonVector) -> bool:
    """Judge a telling title that one thing contradicts, where the others leave no doubt."""
    match found.objections():
        case ["journal"]:  # renamed, translated, or written in a way not known here
            return found.place and found.names is True
        case ["year"] | ["authors"]:
            return found.place and found.journal is True
        case ["volume"]:
            here = found.page is True and found.journal is True and found.same_year
            return here and found.names is True
        case _:
            return False


def _shared_title(found: ComparisonVector) -> bool:
    """Judge a title that many papers bear: the same authors on one page or in one issue.

    An issue has one of "Abstracts of the spring meeting" without authors, but many reviews.
    """
    if found.objections() or not found.same_year:
        return False
    in_issue = found.issue is True and found.volume is True and found.journal is True
    if not found.names:
        return found.event and in_issue
    if found.page is None:
        # authors may answer several letters in one issue
        return in_issue and (found.long or not found.comment)
    return found.volume is True or found.journal is True


def _changed_title(found: ComparisonVector) -> bool:
    """Judge titles that are not quite the same: the place must be the same."""
    if not found.names or found.year is False or found.page is False:
        return False
    here = found.place and found.journal is not False
    match found.titles:
        case Titles.SPELLING:
            return found.range or found.place or bool(found.page and found.journal)
        case Titles.EXTENDED:
            return found.range or here
        case Titles.ALIKE:
            return found.range and found.journal is not False
        case Titles.DIVIDED:  # a supplement's pages may stand in each of its papers' records
            return False
        case _:  # a slip in a number, where everything else is the same
            return found.range and found.place and found.journal is True and found.same_year


def _worth_a_look(found: ComparisonVector) -> bool:
    """Tell whether two records that are not certainly one deserve a person's time."""
    objections = found.objections()
    if "authors" in objections:
        return False
    if found.titles is Titles.EQUAL and found.telling:
        return len(objections) < len(found.agreements()) + 2
    if found.titles is Titles.EQUAL:
        known = found.same_year and (found.names is True or found.place)
        renamed = objections == ["journal"] and found.names is True and found.span
        return (
            known
            and (not objections or (renamed and found.place and not found.comment))
            and not found.other_issue
        )
    near = found.page is True or (found.titles in _NEAR and found.same_year)
    return found.names is True and near and len(objections) <= 1


def _with_identifiers(
    found: ComparisonVector, verdict: Verdict, reason: str
) -> tuple[Verdict, str]:
    """Hold what was found without identifiers against those that contradict each other.

    A second DOI is a slip where the place is the very same. (Cochrane's updates keep title and
    page, and come in another issue.)
    """
    if found.numbers is False:
        look = verdict == "same"
        return "doubtful" if look else "different", f"{found.titles}, but another number"
    if found.dois is False and verdict == "same":
        place = found.page is True and found.journal is True and found.issue is not False
        near = found.titles in {Titles.EQUAL, Titles.SPELLING}
        if not (place and near and found.names is True and found.same_year):
            return "doubtful", f"{found.titles}, but another DOI"
    return verdict, reason


def _differ(words: list[str]) -> str:
    return f"{_list(words)} differ"


def _list(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
