"""The shapes of what results are read by: numbers of the method, measures known, how sure a label is."""

import re
from collections.abc import Callable
from datetime import date
from functools import cached_property, lru_cache
from typing import Annotated, Self

from pydantic import Field, model_validator

from monitor.catalogue.shapes.models import Data, Text
from monitor.catalogue.shapes.policies import Version
from monitor.catalogue.words import Certainty, CertaintyDomain

Share = Annotated[float, Field(gt=0, le=1)]
_EDGES = re.compile(r"[^a-z0-9]+")


class SynthesisPolicy(Data):
    """The numbers by which results become effects, pools and labels (``method/findings.md``)."""

    version: Version
    released: date | None = None  # None: not in force yet
    source: Text
    delta: float = Field(gt=0)  # standard deviations
    within_study_correlation: float = Field(ge=0, le=1)
    default_icc: float = Field(ge=0, le=1)
    first_months: float = Field(gt=0)
    random_effects_from: int = Field(ge=3)
    disagreement_p: float = Field(gt=0, lt=1)
    usual_care: tuple[Text, ...] = Field(min_length=1)
    high_risk: tuple[Text, ...] = Field(min_length=1)
    some_concerns: tuple[Text, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if set(self.high_risk) & set(self.some_concerns):
            raise ValueError("high_risk and some_concerns: no word may stand in both")
        return self


class MeasureNames(Data):
    """A measure by its full name, and the other names it goes by."""

    name: Text
    also: tuple[Text, ...] = ()
    gold: bool = False
    informant: Text


class Measures(Data):
    """The registry of measures."""

    measures: tuple[MeasureNames, ...]

    def is_gold(self, words: str | None) -> bool:
        """Tell whether a measure, as a study words it, is a gold standard of attachment.

        >>> ssp = Measure(name="Strange Situation Procedure", also=("SSP",), gold=True, informant="x")
        >>> known = Measures(measures=(ssp,))
        >>> known.is_gold("Strange Situation Procedure (SSP)"), known.is_gold("CBCL")
        (True, False)
        """
        return self._known(words or "")

    @cached_property
    def _known(self) -> Callable[[str], bool]:
        """Look each wording up once: tables repeat a few of them thousands of times."""
        gold = [measure for measure in self.measures if measure.gold]
        names = [f" {_plain(name)} " for measure in gold for name in (measure.name, *measure.also)]

        def known(words: str) -> bool:
            said = f" {_plain(words)} "
            return any(name in said for name in names)

        return lru_cache(maxsize=4096)(known)


def _plain(words: str) -> str:
    return _EDGES.sub(" ", words.casefold()).strip()


class Plausible(Data):
    """Beyond which figures a result is asked about (``catalogue/plausible.toml`` has the reasons)."""

    largest_effect: float = Field(gt=0)  # standard deviations
    off_centre: Share  # of half the interval
    least_variance: Share  # of what the people alone give


class Start(Data):
    """Where a rating starts, before anything is taken off."""

    randomised: Certainty
    other: Certainty

    @model_validator(mode="after")
    def _randomised_first(self) -> Self:
        order = list(Certainty)
        if order.index(self.other) > order.index(self.randomised):
            raise ValueError("start: other must not be above randomised")
        return self


class RiskOfBiasSteps(Data):
    """``one``: share of the weight at some concerns or high from which one level goes."""

    one: Share


class InconsistencySteps(Data):
    """``heterogeneity_p``: p of Q below which one level goes, where nothing better is known."""

    heterogeneity_p: float = Field(gt=0, lt=1)


class ImprecisionSteps(Data):
    """People below which one level goes, and two."""

    people_one: int = Field(ge=2)
    people_two: int = Field(ge=1)

    @model_validator(mode="after")
    def _falling(self) -> Self:
        if self.people_two >= self.people_one:
            raise ValueError("people_two must be below people_one")
        return self


class ReportingSteps(Data):
    """``overdue_one``: share of overdue trials from which one level goes."""

    overdue_one: Share
    funnel_from: int = Field(ge=2)


class CertaintyPolicy(Data):
    """What is suggested for each of GRADE's domains, and what each asks of people."""

    version: Version
    released: date
    source: Text
    start: Start
    risk_of_bias: RiskOfBiasSteps
    inconsistency: InconsistencySteps
    imprecision: ImprecisionSteps
    reporting: ReportingSteps
    asks: dict[CertaintyDomain, Text]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = [domain.value for domain in CertaintyDomain if domain not in self.asks]
        if missing:
            raise ValueError(f"asks: nothing for {', '.join(missing)}")
        return self
