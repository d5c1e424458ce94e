"""The shapes of the interventions' files. Frozen; an unknown key is an error, never a surprise.

Words of other packages (tiers, directions, designs …) stand here as plain strings, since an import
may only point to an earlier package; a test holds the two lists of each together.
"""

import hashlib
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.catalogue.words import SAID, Direction, Tier

Text = Annotated[str, Field(min_length=1, pattern=r"^\S(.*\S)?$")]
Slug = Annotated[str, Field(pattern=r"^[a-z]{2,20}$")]
Count = Annotated[int, Field(ge=0)]


class Data(BaseModel):
    """A frozen part of the catalogue that refuses keys it does not know."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def of_file(cls, name: str, raw: bytes) -> dict[str, str]:  # noqa: ARG003 - most take nothing
        """Give what a file's name (without its ending) and its bytes say, and no key of it may."""
        return {}


class ReviewSurvey(Data):
    """The review's own survey of use; what is left out is not known to us."""

    wave: Text  # as each intervention's ``usage.wave`` has it
    dated: Text
    known_running: (
        date  # a day on which it ran, as far as is known: a survey that ended before is older
    )
    services: Annotated[int, Field(ge=1)]
    responses: Annotated[int, Field(ge=1)]
    frame: Text
    mode: Text
    promoters: tuple[Text, ...]


class OtherSurvey(Data):
    """What another source says of use, of another unit: shown beside, never merged.

    ``percent`` is as published, rounded; its count was not.
    """

    name: Text
    unit: Text
    of: Annotated[int, Field(ge=1)]
    of_words: Text
    dated: Text
    where: Text
    percent: dict[Slug, Annotated[int, Field(ge=0, le=100)]]
    citation: Text
    url: Annotated[str, Field(pattern=r"^https://\S+$")]


class Review(Data):
    """The published review that the service starts from."""

    citation: Text
    short: Text  # "the 2023 review"
    doi: Text
    url: Annotated[str, Field(pattern=r"^https://\S+$")]
    licence: Text
    closed: date  # what was published after this day cannot be among its studies
    caveat: Text  # travels with every tier
    survey: ReviewSurvey
    beside: tuple[OtherSurvey, ...] = ()

    def beside_of(self, slug: str | None) -> tuple[OtherSurvey, ...]:
        """Give what other sources say of one intervention's use; None: of any."""
        return tuple(one for one in self.beside if slug is None or slug in one.percent)


class Variant(Data):
    """A version of an intervention; ``forms`` are names safe to match without context."""

    name: Text
    forms: tuple[Text, ...] = ()


class TrialName(Data):
    """What a trial of an intervention is called, safe to match without context; no variant of it.

    ``variant``: the one that the trial tried, where it tried one.
    """

    name: Text
    forms: tuple[Text, ...] = Field(min_length=1)
    variant: Text | None = None


class Abbreviation(Data):
    """A short form that only counts beside ``minimum`` distinct words of ``require``.

    Any word of ``reject`` in the text makes it somebody else's abbreviation. A word may end in
    ``*``, which stands for any ending.
    """

    form: Text
    variant: Text | None = None
    require: tuple[Text, ...] = Field(min_length=1)
    reject: tuple[Text, ...] = ()
    minimum: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _can_match(self) -> Self:
        if self.minimum > len(self.require):
            raise ValueError(f"{self.form}: minimum asks for more words than require lists")
        return self


class Lookalike(Data):
    """What is easily taken for an intervention, and is not: ``why`` says what it is instead.

    A form that is also the intervention's own name counts as another's only with a word of
    ``beside`` in its sentence.
    """

    forms: tuple[Text, ...] = Field(min_length=1)
    why: Text
    beside: tuple[Text, ...] = ()


class Baseline(Data):
    """What the review published of one intervention; every fact is a range [lowest, highest]."""

    tier: Tier
    direction: Direction
    direction_words: Text  # the review's own, of the whole tier
    facts: dict[str, tuple[Count, Count]]
    citation: Text

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        wrong = [name for name, (low, high) in self.facts.items() if low > high]
        if wrong:
            raise ValueError(f"the lowest count is above the highest: {', '.join(wrong)}")
        if self.direction not in SAID:
            raise ValueError(f"direction: must be one of {', '.join(SAID)}")
        return self


class Usage(Data):
    """What one survey said of one intervention's use: ranks still possible, or its own words."""

    wave: Text
    ranks: tuple[Annotated[int, Field(ge=1)], ...]  # 1 is most used; empty: not stated
    out_of: Annotated[int, Field(ge=1)]
    words: Text | None = None
    citation: Text

    @model_validator(mode="after")
    def _ranks_fit(self) -> Self:
        if list(self.ranks) != sorted(set(self.ranks)):
            raise ValueError("ranks must rise, each named once")
        if self.ranks and self.ranks[-1] > self.out_of:
            raise ValueError(f"a rank is above out_of = {self.out_of}")
        return self


class ExternalRating(Data):
    """Another body's rating, as it gave it. ``rating`` is None where none was found."""

    body: Text
    country: Text | None = None
    variant: Text | None = None
    rating: Text | None = None
    rated: Text | None = None  # the body's own date, in words; None: not seen
    source: Text | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        if self.rating is not None and self.source is None:
            raise ValueError("a rating needs its source")
        return self


class Intervention(Data):
    """One of the ten: its names, its queries, and what was published of it."""

    slug: Slug
    content_hash: Text  # SHA-256 of its file
    name: Text
    short: Text
    kind: Text  # one line: what sort of thing it is
    position: int = Field(ge=1)
    full_forms: tuple[Text, ...] = Field(min_length=1)
    variants: tuple[Variant, ...] = ()
    trials: tuple[TrialName, ...] = ()
    abbreviations: tuple[Abbreviation, ...] = ()
    lookalikes: tuple[Lookalike, ...] = ()
    queries: dict[str, Text]
    baseline: Baseline
    usage: Usage
    ratings: tuple[ExternalRating, ...] = ()

    @classmethod
    def of_file(cls, name: str, raw: bytes) -> dict[str, str]:
        """Give the slug, which is the file's name, and the hash of what it says."""
        return {"slug": name, "content_hash": hashlib.sha256(raw).hexdigest()}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        known = {variant.name for variant in self.variants}
        named = {short.variant for short in self.abbreviations if short.variant}
        if named - known:
            raise ValueError(f"abbreviations: unknown variant {', '.join(sorted(named - known))}")
        tried = {trial.variant for trial in self.trials if trial.variant}
        if tried - known:
            raise ValueError(f"trials: unknown variant {', '.join(sorted(tried - known))}")
        return self


class Areas(Data):
    """The areas of each nation in which a service may lie. No name is in two nations."""

    source: Text
    nations: dict[Text, tuple[Text, ...]]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [name.casefold() for areas in self.nations.values() for name in areas]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"nations: {', '.join(twice)}: named twice")
        return self

    def nation_of(self, area: str) -> str | None:
        """Give the nation in which an area lies; None where there is no such area."""
        return next((nation for nation, areas in self.nations.items() if area in areas), None)
