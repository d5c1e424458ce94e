"""What was read by machine from a paper's words, as its page and the appraisal form offer it. Pure.

Each thing comes with the sentence it was read from. A person accepts it or not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.catalogue.words import Design
from monitor.literature.design.detection import Suggested, detect
from monitor.literature.design.places import UK
from monitor.literature.design.result_sentences import result_sentences
from monitor.literature.papers.queries import PaperView
from monitor.web.staff import labels

# The rows of the page, and whether it says that a paper does not tell.
_ROWS = (
    ("sample size", "People", True),
    ("country", "Country", True),
    ("setting", "Setting", False),
    ("child age", "Age of the children", False),
    ("outcome measure", "Outcome measures", True),
    ("developer involvement", "Developers", True),
)
# The questions of a reading that something may be suggested for, and what is read for each.
_ASKED = {
    "design": "design",
    "measure": "outcome measure",
    "people": "sample size",
    "uk": "UK",
    "authored": "developer involvement",
}
QUOTE = "quote"
_GOLD = ", gold standard"
_OFFERED = 3  # suggestions for one question
_TEXTS = 500  # of some two thousand characters: papers are opened again once somebody was unsure
_PLANNED = "planned"
# A number analysed is what is asked for; one randomised or enrolled may be all that is told. One
# that was only planned is shown, and is no answer.
_SIZES = ("analysed", "randomised", "enrolled", _PLANNED)
_LED = {"the developers took part": "yes", "independent of the developers": "no"}


@dataclass(frozen=True, slots=True)
class ReadFact:
    """One thing read, and its sentence; ``gold``: a gold-standard measure of attachment."""

    value: str
    sentence: str
    gold: bool = False


@dataclass(frozen=True, slots=True)
class ReadRow:
    """Everything read of one kind; ``not_said``: nothing was, and it is worth knowing so."""

    what: str
    facts: tuple[ReadFact, ...]
    not_said: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion for one question: what was read, its sentence, and the answer it would give.

    ``answer`` is None where it is no answer to the question.
    """

    value: str
    sentence: str
    answer: str | None


def rows(paper: PaperView) -> list[ReadRow]:
    """List what a paper's title and abstract say, row by row; its design has a place of its own."""
    suggestions = _read(paper)
    listed = []
    for field, what, worth_saying in _ROWS:
        facts = tuple(_fact(suggestion) for suggestion in suggestions if suggestion.field == field)
        if facts or worth_saying:
            listed.append(ReadRow(what, facts, not_said=not facts))
    return listed


def offers(papers: Sequence[PaperView]) -> Mapping[str, tuple[Offer, ...]]:
    """Give what may be suggested for each question of the appraisal form, by its field.

    Read from the study's papers in their order; the first few of each.
    """
    suggestions = [suggestion for paper in papers for suggestion in _read(paper)]
    offered = {field: _offers(field, suggestions) for field in _ASKED}
    quoted = (sentence for paper in papers for sentence in result_sentences(paper.abstract))
    offered[QUOTE] = [Offer(sentence, sentence, sentence) for sentence in quoted]
    return {field: tuple(some[:_OFFERED]) for field, some in offered.items() if some}


def _read(paper: PaperView) -> tuple[Suggested, ...]:
    return _suggestions(paper.title, paper.abstract, paper.publication_types, paper.keywords)


@lru_cache(maxsize=_TEXTS)
def _suggestions(
    title: str, abstract: str | None, types: tuple[str, ...], keywords: tuple[str, ...]
) -> tuple[Suggested, ...]:
    return detect(title, abstract, types, keywords).suggestions


def _fact(read: Suggested) -> ReadFact:
    if read.field == "country":
        is_uk = read.value == UK
        return ReadFact(f"{read.value}{'' if is_uk else ', not the UK'}", read.sentence)
    value = read.value.removesuffix(_GOLD)
    return ReadFact(value, read.sentence, gold=value != read.value)


def _offers(field: str, suggestions: Sequence[Suggested]) -> list[Offer]:
    read = [suggestion for suggestion in suggestions if suggestion.field == _ASKED[field]]
    if field == "people":
        read.sort(key=lambda suggestion: _SIZES.index(suggestion.value.rpartition(" ")[2]))
    made = (
        Offer(_value(suggestion), suggestion.sentence, _answer(field, suggestion.value))
        for suggestion in read
    )
    return list({offer.value: offer for offer in reversed(list(made))}.values())[::-1]


def _value(read: Suggested) -> str:
    if read.field == "UK":
        return "Done in the UK" if read.value == "yes" else "Done elsewhere"
    return labels.SUGGESTED[read.value] if read.field == "design" else read.value


def _answer(field: str, value: str) -> str | None:
    if field == "design":
        return next((design.value for design in Design if design.value == value), None)
    if field == "people":
        return None  # of all groups together: which group a number is of, a person reads
    if field == "authored":
        return _LED.get(value)
    return value.removesuffix(_GOLD)
