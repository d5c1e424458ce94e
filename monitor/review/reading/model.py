"""The shapes of a reading, as it is kept. Everything may be unanswered: a reading grows. Pure.

Source: ``method/findings.md`` §1. A reading is one document, kept whole with the person and the
round (ADR 20): it is compared answer by answer, and never changed once it is handed in.
"""

import math
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor.catalogue.words import (
    ArmRole,
    Better,
    ComparatorClass,
    Design,
    EffectType,
    Harms,
    Informant,
    InReview,
    Planned,
    Population,
    ResultClass,
    RiskOfBias,
    Unit,
)
from monitor.kernel.errors import ConfigError

# The shape of a reading. A changed or added answer is another version, read by ``from_json`` like
# all before it; tests/ledger holds one example of each.
VERSION = 2
MAX_ARMS = 12
MAX_RESULTS = 60

Key = Annotated[str, Field(pattern=r"^[ar][1-9][0-9]{0,2}$")]


class ReadingPart(BaseModel):
    """A frozen part of a reading that refuses keys it does not know."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _finite(cls, value: Any) -> Any:  # noqa: ANN401 - one field's value
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("has to be a number")
        return value


class Arm(ReadingPart):
    """What one group got. ``intervention`` is a slug of the ten, or empty."""

    key: Key
    role: ArmRole | None = None
    intervention: str = ""
    variant: str = ""
    name: str = ""  # what the group got, in the reviewer's words
    delivery: str = ""
    dose: str = ""
    comparator: ComparatorClass | None = None  # of a comparator arm
    randomised: int | None = None  # people; None: not known
    clusters: int | None = None
    by_developers: bool | None = None  # delivered by the intervention's developers


class Reported(ReadingPart):
    """An effect as the paper reports it, for the experimental arm (i) and the comparator's (c).

    ``direction``: 1 where the experimental arm did better, -1 where the comparator's did, 0 where
    neither did; of a direction alone. ``p`` is two-sided.
    """

    type: EffectType | None = None
    direction: int | None = None
    effect: float | None = None
    low: float | None = None  # of the 95 % interval
    high: float | None = None
    se: float | None = None
    p: float | None = None
    n_i: int | None = None
    n_c: int | None = None
    events_i: int | None = None
    events_c: int | None = None
    mean_i: float | None = None
    sd_i: float | None = None
    mean_c: float | None = None
    sd_c: float | None = None
    adjusted: bool | None = None
    quote: str = ""
    place: str = ""  # page, table
    as_printed: str = ""  # where a figure that is hard to believe stands so; since version 2


class Answered(ReadingPart):
    """An answer to a question of a tool, with the sentence it rests on and its place."""

    answer: str
    quote: str = ""
    place: str = ""


class Override(ReadingPart):
    """A judgement that stands in place of the tool's, and why."""

    judgement: str
    reason: str = ""


class Risk(ReadingPart):
    """The appraisal of one result in a published tool: ``tool`` as the catalogue names it.

    ``overrides`` are by domain, or ``overall``. ``stated`` is an overall judgement without
    answers: of appraisals made before the tools' questions were asked.
    """

    tool: str = ""
    answers: dict[str, Answered] = Field(default_factory=dict)
    overrides: dict[str, Override] = Field(default_factory=dict)
    stated: RiskOfBias | None = None
    reason: str = ""


class ReadingResult(ReadingPart):
    """One outcome of a comparison of two arms, at one time. ``months`` from the end of treatment."""

    key: Key
    experimental: str = ""  # key of an arm
    comparator: str = ""  # key of an arm; empty: there was none
    kind: ResultClass | None = None
    outcome: str = ""
    measure: str = ""
    informant: Informant | None = None
    months: float | None = None
    population: Population | None = None
    planned: Planned | None = None
    better: Better | None = None
    icc: float | None = None
    cluster_size: float | None = None
    reported: Reported = Reported()
    risk: Risk = Risk()


class Independence(ReadingPart):
    """What the intervention's developers had to do with the study: four facts; None: not known."""

    authored: bool | None = None
    trained: bool | None = None
    funded: bool | None = None
    sold: bool | None = None


class Reading(ReadingPart):
    """One reviewer's answers on one study."""

    version: int = VERSION
    count_it: bool | None = None
    reason: str = ""  # why it should not count
    in_review: InReview | None = None  # among the papers of the review of 2021
    in_review_reason: str = ""
    design: Design | None = None
    unit: Unit | None = None
    country: str = ""
    uk: bool | None = None
    setting: str = ""
    ages: str = ""
    recruited: str = ""
    funder: str = ""
    interests: str = ""
    independence: Independence = Independence()
    harms: Harms | None = None
    harms_note: str = ""
    arms: Annotated[tuple[Arm, ...], Field(max_length=MAX_ARMS)] = ()
    results: Annotated[tuple[ReadingResult, ...], Field(max_length=MAX_RESULTS)] = ()

    def arm(self, key: str) -> Arm | None:
        """Find an arm; None: there is none of that key."""
        return next((arm for arm in self.arms if arm.key == key), None)

    def result(self, key: str) -> ReadingResult | None:
        """Find a result; None: there is none of that key."""
        return next((result for result in self.results if result.key == key), None)


def interventions(reading: Reading) -> tuple[str, ...]:
    """Give the slugs that a study is about, read off its arms: those compared first.

    >>> both = (Arm(key="a1", intervention="vipp"), Arm(key="a2", intervention="cos"))
    >>> interventions(Reading(arms=both))
    ('vipp', 'cos')
    """
    in_order = sorted(reading.arms, key=lambda arm: arm.role is ArmRole.COMPARATOR)
    return tuple(dict.fromkeys(arm.intervention for arm in in_order if arm.intervention))


def next_key(prefix: str, taken: tuple[str, ...]) -> str:
    """Give a key that none has had: keys of parts taken out are not given again by accident.

    >>> next_key("a", ("a1", "a3"))
    'a4'
    """
    return f"{prefix}{max((int(key[1:]) for key in taken), default=0) + 1}"


def to_json(reading: Reading) -> dict[str, Any]:
    """Give a reading as JSON; what is not answered is left out."""
    return {"version": reading.version} | reading.model_dump(mode="json", exclude_defaults=True)


def from_json(document: dict[str, Any]) -> Reading:
    """Read a reading back, of any version ever written.

    Raises:
        ConfigError: a later version of the service wrote it.
    """
    if document.get("version", 1) > VERSION:
        raise ConfigError(
            f"A reading was written by a later version of the service ({document['version']}, "
            f"this one reads up to {VERSION}): install that version again"
        )
    return Reading.model_validate(document | {"version": VERSION})
