"""The words of a study's line of time, the same on public and staff pages. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.review.alerts.rules import GRAVE, Concern
from monitor.review.family.line import Event, LineEvent
from monitor.web import formats

_EVENTS = {
    LineEvent.BEGAN: "The trial began, as registered",
    LineEvent.ENDED: "The trial ended, as registered",
    LineEvent.TO_END: "The trial is to end, as registered",
}
_STANDING = {
    Concern.RETRACTED: "Retracted",
    Concern.PARTLY_RETRACTED: "Retracted in part",
    Concern.IN_DOUBT: "In doubt",
    Concern.CORRECTED: "Corrected",
    Concern.UPDATED: "Updated",
    Concern.NOTICE: "Is itself a notice",
    Concern.REINSTATED: "No longer called retracted",
}
_NOTICES = {
    Concern.RETRACTED: "Notice of retraction of",
    Concern.PARTLY_RETRACTED: "Notice of retraction in part of",
    Concern.IN_DOUBT: "Editors voiced concern about",
    Concern.CORRECTED: "Correction of",
    Concern.UPDATED: "Update of",
}


@dataclass(frozen=True, slots=True)
class SaidOfPaper:
    """What is said of a paper; ``grave``: its results are in doubt."""

    words: str
    grave: bool


def when(event: Event) -> str:
    """Write a date as known: a day, a year, or that it is not known."""
    return formats.sentence(formats.dated(event.when.day, event.when.year))


def what(event: Event) -> str:
    """Name what happened."""
    if event.concern is not None:
        return _NOTICES.get(event.concern, "Notice about")
    return formats.sentence(event.role) if event.what is LineEvent.PAPER else _EVENTS[event.what]


def standing(event: Event) -> list[SaidOfPaper]:
    """List what is said of a paper, the gravest first."""
    return [SaidOfPaper(_STANDING[one], one in GRAVE) for one in event.standing]


def corrected(events: Iterable[Event]) -> int:
    """Count the reports that were corrected, which is said before what they found."""
    return sum(Concern.CORRECTED in event.standing for event in events)


def is_notice(event: Event) -> bool:
    """Tell whether it is about another paper."""
    return event.what is LineEvent.NOTICE
