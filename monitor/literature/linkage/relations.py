"""How two papers belong together: registration, protocol, preprint, another report. Pure.

Says what it sees and why; only what cannot well be otherwise is certain. The order in which two
papers are given makes no difference to what is said of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from monitor.feeds.records import LinkKind
from monitor.literature.linkage.facts import (
    ARTICLE,
    PREPRINT,
    PROTOCOL,
    PaperFacts,
    alike,
    first_named,
)
from monitor.literature.linkage.reports import reports
from monitor.literature.words import Relation

_NEAR = 0.5  # of the words of two titles
_LESS_NEAR = 0.3  # where authors, sample and intervention agree
_NAMES = 2  # words of authors' names in common
_YEARS_OF_ONE_STUDY = 6
_YEARS_OF_A_PREPRINT = 3

Rule = Callable[[PaperFacts, PaperFacts], "Related | None"]


@dataclass(frozen=True, slots=True)
class Related:
    """ "The first is (relation) the second"; ``swapped`` says that the second given comes first."""

    relation: Relation
    reason: str
    certain: bool = False
    swapped: bool = False


def relate(left: PaperFacts, right: PaperFacts) -> Related | None:
    """Say how two papers belong together, the most telling way first; None where nothing tells."""
    if left.own & right.own:
        return None  # one paper, or a conflict of identifiers: not for this rule
    if left.is_registration and right.is_registration:
        return _two_registrations(left, right)
    if left.is_registration or right.is_registration:
        return _either(_registration, left, right)
    if _strangers(left, right):
        return None
    return (
        _either(_preprint, left, right)
        or _either(_protocol, left, right)
        or _same_study(left, right)
    )


def _strangers(left: PaperFacts, right: PaperFacts) -> bool:
    """Tell whether nothing is shared that every rule below asks for: told before a text is read."""
    stated = any(
        paper.says(kind, other)
        for paper, other in ((left, right), (right, left))
        for kind in (LinkKind.PREPRINT_OF, LinkKind.HAS_PREPRINT)
    )
    like = alike(left.words, right.words) >= min(_NEAR, _LESS_NEAR)
    return not (stated or like or left.numbers & right.numbers)


def _either(rule: Rule, left: PaperFacts, right: PaperFacts) -> Related | None:
    """Ask a rule of direction both ways; where it holds both ways it tells nothing."""
    there, back = rule(left, right), rule(right, left)
    if there and back:
        return None
    if back:
        return Related(back.relation, back.reason, back.certain, swapped=True)
    return there


def _registration(left: PaperFacts, right: PaperFacts) -> Related | None:
    if not left.is_registration:
        return None
    found = reports(left, right)
    return Related(Relation.REGISTRATION_OF, found.reason, found.certain) if found else None


def _two_registrations(left: PaperFacts, right: PaperFacts) -> Related | None:
    """Two registers that name each other's number, or one the other's, may hold one trial."""
    named = (left.own & right.named) | (right.own & left.named)
    if not named:
        return None
    reason = f"two registrations, and one names the other’s number ({first_named(named)})"
    return Related(Relation.SAME_STUDY, reason)


def _preprint(left: PaperFacts, right: PaperFacts) -> Related | None:
    """A source's own statement is certain; like titles by the same first author are not."""
    kinds = {PREPRINT, ARTICLE, PROTOCOL}
    if left.kind not in kinds or right.kind not in kinds:
        return None
    stated = left.says(LinkKind.PREPRINT_OF, right) or right.says(LinkKind.HAS_PREPRINT, left)
    if stated and not (right.fingerprint.kind == PREPRINT and left.fingerprint.kind != PREPRINT):
        return Related(Relation.PREPRINT_OF, "a source says so", certain=True)
    if left.kind == PREPRINT and right.kind == ARTICLE and _of_one_pen(left, right):
        return Related(Relation.PREPRINT_OF, "similar titles, and the same first author")
    return None


def _of_one_pen(preprint: PaperFacts, article: PaperFacts) -> bool:
    years = _years_apart(preprint, article)
    return (
        bool(preprint.fingerprint.first & article.fingerprint.first)
        and alike(preprint.words, article.words) > _NEAR
        and years is not None
        and 0 <= years <= _YEARS_OF_A_PREPRINT
    )


def _protocol(left: PaperFacts, right: PaperFacts) -> Related | None:
    """A protocol and a report of its trial: by a number both name, or by title and authors."""
    years = _years_apart(left, right)
    if left.kind != PROTOCOL or not right.reports or (years is not None and years < 0):
        return None
    if shared := left.numbers & right.numbers:
        return Related(Relation.PROTOCOL_OF, f"both name {first_named(shared)}")
    if left.numbers and right.numbers:
        return None  # of two trials
    names = len(left.fingerprint.names & right.fingerprint.names)
    if names >= _NAMES and alike(left.words, right.words) >= _NEAR:
        return Related(Relation.PROTOCOL_OF, "similar titles, and authors in common")
    return None


def _same_study(left: PaperFacts, right: PaperFacts) -> Related | None:
    """Two reports of one study: by a number both name, or by authors, sample and intervention."""
    if not (left.reports and right.reports) or left.kind != right.kind:
        return None
    if left.fingerprint.squeezed == right.fingerprint.squeezed:
        return None  # one paper or two: see ``sameness``
    if shared := left.named & right.named:
        return Related(Relation.SAME_STUDY, f"both name {first_named(shared)}")
    if left.registered and right.registered:
        return None  # of two trials
    years = _years_apart(left, right)
    agree = (
        years is not None
        and abs(years) <= _YEARS_OF_ONE_STUDY
        and left.slugs & right.slugs
        and left.fingerprint.first & right.fingerprint.first
        and alike(left.words, right.words) >= _LESS_NEAR
    )
    # samples are read from the whole text: last, and only where all else agrees
    size = left.samples & right.samples if agree else None
    if not size:
        return None
    reason = f"the same intervention and first author, similar titles, {min(size)} people in both"
    return Related(Relation.SAME_STUDY, reason)


def _years_apart(left: PaperFacts, right: PaperFacts) -> int | None:
    """Give how many years the other came later; None where a year is not known."""
    first, then = left.citation.year, right.citation.year
    return then - first if first and then else None
