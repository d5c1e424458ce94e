"""What a service's return holds, what must be mended in one, and how long things last. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

from monitor.kernel.errors import InvalidInput

# As asked, word for word: waves are compared only where the question is the same.
QUESTION = "Which of these did your service offer in the last 12 months?"
MEASURES_QUESTION = "How do you measure attachment?"
INSTRUMENT = "Gap Monitor’s return of services"
VERSION = "1"
MODE = "web, by a mailed link"

MOST_REMINDERS = 2
REMIND_AFTER = timedelta(days=7)  # of the last time a service was written to
# Answers are kept until the next waves have been compared with them, and shown as "last time".
KEEP_ANSWERS = timedelta(days=5 * 365)
KEEP_DRAFTS = timedelta(days=90)  # what was typed and never sent, and the links, after closing

# Words of the form beside the measures of the registry.
ANOTHER, NOT_MEASURED, NOT_KNOWN = "another", "not measured", "not known"
OTHER_MEASURES = {
    ANOTHER: "Another measure",
    NOT_MEASURED: "We do not measure attachment",
    NOT_KNOWN: "Not known",
}
NONE = "none"  # the box that says: none of these
MOST = 999_999
_FORMAT = 1  # of the JSON that is kept
_COUNT = re.compile(
    r"(?:about|around|roughly|approx(?:imately)?\.?|circa|ca?\.|~|≈)?\s*"
    r"(\d{1,6}|\d{1,3}[, ]\d{3})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ServiceAnswers:
    """One service's answers, whole or begun. What is None or left out is not known.

    ``families`` and ``trained`` count by slug; ``measures`` are names of the registry and the words
    of ``OTHER_MEASURES``. ``none`` says that the service offered none of the ten.
    """

    offered: tuple[str, ...] = ()
    none: bool = False
    families: Mapping[str, int] = field(default_factory=dict)
    trained: Mapping[str, int] = field(default_factory=dict)
    measures: tuple[str, ...] = ()
    may_show_area: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        """Make the JSON that is kept."""
        return {
            "format": _FORMAT,
            "offered": list(self.offered),
            "none": self.none,
            "families": dict(self.families),
            "trained": dict(self.trained),
            "measures": list(self.measures),
            "may_show_area": self.may_show_area,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> Self:
        """Read the JSON that is kept; nothing for None."""
        if data is None:
            return cls()
        return cls(
            offered=tuple(data["offered"]),
            none=bool(data["none"]),
            families=dict(data["families"]),
            trained=dict(data["trained"]),
            measures=tuple(data["measures"]),
            may_show_area=data["may_show_area"],
        )


def count(written: str) -> int | None:
    """Read a rough count; None for nothing written, which says that it is not known.

    >>> count("about 40"), count(" 1,200 "), count("")
    (40, 1200, None)

    Raises:
        InvalidInput: it is no number.
    """
    said = " ".join(written.split())
    if not said:
        return None
    match = _COUNT.fullmatch(said)
    if match is None:
        raise InvalidInput(
            f"“{said[:20]}” is no number: type one, such as 40, or leave it empty if you do not know"
        )
    return int(re.sub(r"\D", "", match[1]))


def offered_problems(ticked: Collection[str], slugs: Collection[str]) -> str | None:
    """Say what is wrong with the first page's boxes; None: nothing."""
    if set(ticked) - {*slugs, NONE}:
        return "Tick boxes of this list"
    if not ticked:
        return "Tick what your service offered, or “None of these”"
    if NONE in ticked and len(ticked) > 1:
        return "You ticked “None of these” and others: take one of them back"
    return None


def measures_problems(ticked: Collection[str], registry: Collection[str]) -> str | None:
    """Say what is wrong with the boxes of measures; None: nothing."""
    if set(ticked) - {*registry, *OTHER_MEASURES}:
        return "Tick boxes of this list"
    if not ticked:
        return "Tick what you use, “We do not measure attachment” or “Not known”"
    for alone in (NOT_MEASURED, NOT_KNOWN):
        if alone in ticked and len(ticked) > 1:
            return f"You ticked “{OTHER_MEASURES[alone]}” and others: take one of them back"
    return None


def unfinished(
    answers: ServiceAnswers, slugs: Collection[str], registry: Collection[str], *, has_area: bool
) -> dict[str, str]:
    """Say what a return still lacks before it may be sent, by field; empty: nothing."""
    ticked = (*answers.offered, *((NONE,) if answers.none else ()))
    problems = {
        "offered": offered_problems(ticked, slugs),
        "measures": measures_problems(answers.measures, registry),
        "may_show_area": "Say whether we may show your area"
        if has_area and answers.may_show_area is None
        else None,
    }
    return {name: told for name, told in problems.items() if told}


def with_offered(
    answers: ServiceAnswers, ticked: Iterable[str], slugs: Iterable[str]
) -> ServiceAnswers:
    """Change what was offered; counts of what is no longer ticked go."""
    chosen = set(ticked)
    offered = tuple(slug for slug in slugs if slug in chosen)
    return ServiceAnswers(
        offered=offered,
        none=NONE in chosen,
        families=_of(answers.families, offered),
        trained=_of(answers.trained, offered),
        measures=answers.measures,
        may_show_area=answers.may_show_area,
    )


def with_counts(
    answers: ServiceAnswers, families: Mapping[str, int | None], trained: Mapping[str, int | None]
) -> ServiceAnswers:
    """Change the counts of what is offered; None is not known."""
    return ServiceAnswers(
        offered=answers.offered,
        none=answers.none,
        families=_of(families, answers.offered),
        trained=_of(trained, answers.offered),
        measures=answers.measures,
        may_show_area=answers.may_show_area,
    )


def with_measures(
    answers: ServiceAnswers,
    ticked: Iterable[str],
    registry: Iterable[str],
    *,
    may_show_area: bool | None,
) -> ServiceAnswers:
    """Change how attachment is measured, and whether the area may be shown."""
    chosen = set(ticked)
    return ServiceAnswers(
        offered=answers.offered,
        none=answers.none,
        families=answers.families,
        trained=answers.trained,
        measures=tuple(name for name in (*registry, *OTHER_MEASURES) if name in chosen),
        may_show_area=may_show_area,
    )


def uses_gold_standard(
    answers: ServiceAnswers, is_gold: Callable[[str | None], bool]
) -> bool | None:
    """Tell whether a service uses a gold-standard measure; None where it did not know."""
    if not answers.measures or NOT_KNOWN in answers.measures:
        return None
    return any(is_gold(name) for name in answers.measures if name not in OTHER_MEASURES)


def may_be_reminded(reminders: int) -> bool:
    """Tell whether a service that has been reminded so often may be once more."""
    return reminders < MOST_REMINDERS


def _of(counts: Mapping[str, int | None], offered: Collection[str]) -> dict[str, int]:
    return {slug: n for slug in offered if (n := counts.get(slug)) is not None}
