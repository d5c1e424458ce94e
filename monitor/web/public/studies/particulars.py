"""What a study's page tells of its setting, money, harms and groups, as its reviewers agreed. Pure.

Everything is told: what is not known is said to be not known, never left out.
"""

from dataclasses import dataclass

from monitor.catalogue.words import ArmRole, Harms
from monitor.review.reading.model import Arm, Independence, Reading
from monitor.web import formats

NOT_KNOWN = "Not known"
_HARMS = {
    Harms.REPORTED: "Looked for, and some are reported",
    Harms.NONE_REPORTED: "Looked for, and none is reported",
    Harms.NOT_SOUGHT: "Not looked for",
}
_DEVELOPERS = {
    "authored": "Among the authors",
    "trained": "Trained or supervised the staff",
    "funded": "Funded it",
    "sold": "Sell the programme",
}
_YES_NO = {True: "Yes", False: "No", None: NOT_KNOWN}


@dataclass(frozen=True, slots=True)
class ParticularLine:
    """One particular in words."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class GroupParticulars:
    """What one group of a study got."""

    name: str
    lines: tuple[ParticularLine, ...]


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is known of a study beside its results."""

    study: tuple[ParticularLine, ...]
    developers: tuple[ParticularLine, ...]
    groups: tuple[GroupParticulars, ...]


def particulars(reading: Reading, names: dict[str, str]) -> Particulars:
    """Tell what is known of a study; ``names`` are those of the interventions, by slug."""
    return Particulars(
        study=(
            ParticularLine("Country", reading.country or NOT_KNOWN),
            ParticularLine("Done in the UK", _YES_NO[reading.uk]),
            ParticularLine("Setting", reading.setting or NOT_KNOWN),
            ParticularLine("Age of the children", reading.ages or NOT_KNOWN),
            ParticularLine("Recruited", reading.recruited or NOT_KNOWN),
            ParticularLine("Harms", _harms(reading)),
            ParticularLine("Funder", reading.funder or NOT_KNOWN),
            ParticularLine("Declared interests", reading.interests or NOT_KNOWN),
        ),
        developers=_developers(reading.independence),
        groups=tuple(_group(arm, names) for arm in reading.arms),
    )


def _harms(reading: Reading) -> str:
    said = _HARMS[reading.harms] if reading.harms else NOT_KNOWN
    return f"{said}: {reading.harms_note}" if reading.harms_note else said


def _developers(facts: Independence) -> tuple[ParticularLine, ...]:
    return tuple(
        ParticularLine(words, _YES_NO[getattr(facts, field)])
        for field, words in _DEVELOPERS.items()
    )


def _group(arm: Arm, names: dict[str, str]) -> GroupParticulars:
    got = names.get(arm.intervention, arm.intervention)
    parts = [got, arm.variant, arm.name, arm.comparator.value if arm.comparator else ""]
    distinct = {part.casefold(): part for part in reversed(parts) if part}
    name = ", ".join(reversed(distinct.values()))
    role = " (compared with)" if arm.role is ArmRole.COMPARATOR else ""
    people = formats.plural(arm.randomised, "person", "people") if arm.randomised else NOT_KNOWN
    return GroupParticulars(
        formats.sentence(name or "a group") + role,
        (
            ParticularLine("People", people),
            ParticularLine("Given by, and where", arm.delivery or NOT_KNOWN),
            ParticularLine("How much", arm.dose or NOT_KNOWN),
            ParticularLine("Given by the developers", _YES_NO[arm.by_developers]),
        ),
    )
