"""Two papers in words: what they may be to each other, and how they differ. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.feeds.records import Identifier
from monitor.literature.linkage.queries import Likeness
from monitor.literature.papers.queries import PaperView
from monitor.literature.text import differences
from monitor.literature.text.differences import Piece
from monitor.literature.words import Relation
from monitor.web import formats

SAME, DIFFERS, ONE_ONLY, NEITHER = "same", "differs", "only one says", "neither says"


@dataclass(frozen=True, slots=True)
class Words:
    """How a relation is asked about, and answered. ``first``, ``second``: the two columns."""

    tag: str
    question: str
    yes: str
    no: str
    said_yes: str
    said_no: str
    first: str = "First paper"
    second: str = "Second paper"


RELATIONS = {
    Relation.SAME_PAPER: Words(
        tag="One paper twice?",
        question="Are these one paper?",
        yes="They are one paper: merge",
        no="They are two papers",
        said_yes="one paper",
        said_no="two papers",
    ),
    Relation.PREPRINT_OF: Words(
        tag="Preprint and article?",
        question="Is the first a preprint of the second?",
        yes="Same study: link",
        no="Not the same",
        said_yes="preprint and article",
        said_no="not preprint and article",
        first="The preprint",
        second="The article",
    ),
    Relation.REGISTRATION_OF: Words(
        tag="Registration and report?",
        question="Is the first the registration of the second?",
        yes="Same study: link",
        no="Not the same",
        said_yes="registration and report",
        said_no="not registration and report",
        first="The registration",
        second="The report",
    ),
    Relation.PROTOCOL_OF: Words(
        tag="Protocol and results?",
        question="Is the first the protocol of the second?",
        yes="Same study: link",
        no="Not the same",
        said_yes="protocol and results",
        said_no="not protocol and results",
        first="The protocol",
        second="The results",
    ),
    Relation.SAME_STUDY: Words(
        tag="Two reports of one study?",
        question="Do both report one study?",
        yes="Same study: link",
        no="Not the same",
        said_yes="two reports of one study",
        said_no="not of one study",
    ),
    Relation.NOTICE_OF: Words(
        tag="A notice about it?",
        question="Is the first a notice about the second?",
        yes="It is about it: link",
        no="It is not about it",
        said_yes="a notice and what it is about",
        said_no="not a notice about it",
        first="The notice",
        second="The paper",
    ),
}
# What a paper is to the other: as the first of the two, and as the second.
_THIS_IS = {
    Relation.SAME_PAPER: ("the same paper as one you have", "the same paper as one you have"),
    Relation.PREPRINT_OF: ("the preprint of a paper you have", "a paper whose preprint you have"),
    Relation.REGISTRATION_OF: (
        "the registration of a paper you have",
        "a report of a trial whose registration you have",
    ),
    Relation.PROTOCOL_OF: (
        "the protocol of a paper you have",
        "the results of a protocol you have",
    ),
    Relation.SAME_STUDY: (
        "another report of a study that a paper you have reports",
        "another report of a study that a paper you have reports",
    ),
    Relation.NOTICE_OF: ("a notice about a paper you have", "what a notice you have is about"),
}


def this_is(likeness: Likeness) -> str:
    """Say what a paper is, or may be, to another: "the preprint of a paper you have"."""
    return _THIS_IS[likeness.relation][0 if likeness.first else 1]


@dataclass(frozen=True, slots=True)
class LikenessRow:
    """One field of both papers, in pieces; none where it is not said. ``verdict`` is in words."""

    name: str
    one: tuple[Piece, ...]
    other: tuple[Piece, ...]
    verdict: str
    listed: bool = False  # one piece a line

    @property
    def differs(self) -> bool:
        """Whether both say something, and not the same."""
        return self.verdict == DIFFERS

    @property
    def said(self) -> bool:
        """Whether one of them says something."""
        return self.verdict != NEITHER


def rows(paper: PaperView, other: PaperView) -> list[LikenessRow]:
    """Compare two papers field by field, in the order of a reference."""
    texts = (
        ("Title", paper.title, other.title),
        ("Authors", "; ".join(paper.authors), "; ".join(other.authors)),
        ("Journal", paper.journal, other.journal),
        ("Year", _year(paper), _year(other)),
        ("Published", _day(paper), _day(other)),
        ("Volume", paper.volume, other.volume),
        ("Issue", paper.issue, other.issue),
        ("Pages", paper.pages, other.pages),
    )
    return [
        *(_text(name, ours, theirs) for name, ours, theirs in texts),
        _list("Identifiers", _named(paper.identifiers), _named(other.identifiers)),
        _list("Trials named", _named(paper.registrations), _named(other.registrations)),
        _list("Labels", paper.publication_types, other.publication_types),
        _text("Abstract", paper.abstract, other.abstract),
    ]


def _text(name: str, one: str | None, other: str | None) -> LikenessRow:
    found = differences.words(one or "", other or "")
    return LikenessRow(name, found.one, found.other, _verdict(one, other, same=found.same))


def _list(name: str, one: Sequence[str], other: Sequence[str]) -> LikenessRow:
    found = differences.items(one, other)
    return LikenessRow(
        name, found.one, found.other, _verdict(one, other, same=found.same), listed=True
    )


def _verdict(
    ours: str | Sequence[str] | None, theirs: str | Sequence[str] | None, *, same: bool
) -> str:
    if not ours and not theirs:
        return NEITHER
    if not ours or not theirs:
        return ONE_ONLY
    return SAME if same else DIFFERS


def _named(identifiers: Sequence[Identifier]) -> list[str]:
    return [
        identifier.value  # a registry's name begins its numbers
        if identifier.value.casefold().startswith(identifier.scheme)
        else f"{formats.scheme(identifier.scheme)} {identifier.value}"
        for identifier in identifiers
    ]


def _year(paper: PaperView) -> str | None:
    return str(paper.year) if paper.year else None


def _day(paper: PaperView) -> str | None:
    return formats.day(paper.published) if paper.published else None
