"""What each intervention is and what its training takes, and what attachment is: facts with sources.

Every fact names its source, and every source its date. What no source says is left out, and is
shown as not known.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from monitor.catalogue.shapes.models import Data, Slug, Text

# What is told of an intervention, in this order, and how pages call it.
ASPECTS: Mapping[str, str] = {
    "what": "What happens",
    "age": "Age",
    "place": "Place",
    "format": "With whom, and how",
    "deliverer": "Who gives it",
    "training": "Training",
    "days": "Days of training",
    "cost": "Cost of training",
    "uk_provider": "UK provider",
}


class FactOrigin(Data):
    """Where facts are from. ``dated`` is its own date in words; "undated" where it gives none."""

    title: Text
    short: Text  # as facts name it
    dated: Text
    url: Annotated[str, Field(pattern=r"^https://\S+$")] | None = None
    caution: Text | None = None  # travels with every fact that is from it


class ToldFact(Data):
    """One fact, in a sentence or a few words; ``source`` is the key of its origin."""

    words: Text
    source: Text


class InterventionContext(Data):
    """What is known of one intervention beside its evidence; None: not known to us."""

    what: ToldFact | None = None
    age: ToldFact | None = None
    place: ToldFact | None = None
    format: ToldFact | None = None
    deliverer: ToldFact | None = None
    training: ToldFact | None = None
    days: ToldFact | None = None
    cost: ToldFact | None = None
    uk_provider: ToldFact | None = None

    @property
    def aspects(self) -> dict[str, ToldFact | None]:
        """Every aspect by its key, in the order of ``ASPECTS``."""
        return {name: getattr(self, name) for name in ASPECTS}

    @property
    def beyond_what(self) -> list[tuple[str, ToldFact | None]]:
        """Every aspect but the first, as pages call it."""
        return [(ASPECTS[name], told) for name, told in self.aspects.items() if name != "what"]


class InterventionRelation(ToldFact):
    """How two interventions stand to each other."""

    between: tuple[Slug, Slug]


class Guidance(ToldFact):
    """What a body that writes guidelines says of all of them."""

    body: Text


class FurtherReading(Data):
    """Something to read further; no address where none is known to us."""

    name: Text
    about: Text | None = None
    source: Text
    url: Annotated[str, Field(pattern=r"^https://\S+$")] | None = None


class Background(Data):
    """What is told of all interventions together, and where all of it is from."""

    sources: dict[Annotated[str, Field(pattern=r"^[a-z]{2,20}$")], FactOrigin]
    attachment: tuple[ToldFact, ...] = Field(min_length=1)
    training: tuple[ToldFact, ...] = ()
    guidance: tuple[Guidance, ...] = ()
    relations: tuple[InterventionRelation, ...] = ()
    reading: tuple[FurtherReading, ...] = ()

    @model_validator(mode="after")
    def _sources_are_there(self) -> Self:
        told: tuple[ToldFact, ...] = (
            *self.attachment,
            *self.training,
            *self.guidance,
            *self.relations,
        )
        named = {fact.source for fact in told} | {reading.source for reading in self.reading}
        missing = sorted(named - set(self.sources))
        if missing:
            raise ValueError(f"source: there is no sources.{', sources.'.join(missing)}")
        return self

    def related(self, slug: str) -> tuple[tuple[str, InterventionRelation], ...]:
        """Give the interventions related to one, each with how."""
        return tuple(
            (next(other for other in relation.between if other != slug), relation)
            for relation in self.relations
            if slug in relation.between
        )

    def origins(self, context: InterventionContext) -> tuple[FactOrigin, ...]:
        """Give every origin of an intervention's facts once, in the order of the facts."""
        keys = dict.fromkeys(told.source for told in context.aspects.values() if told)
        return tuple(self.sources[key] for key in keys)

    def only_origin(self, facts: Iterable[ToldFact | None]) -> FactOrigin | None:
        """Give the one origin of all these facts, to be told once; None: they are of several."""
        keys = {told.source for told in facts if told}
        return self.sources[keys.pop()] if len(keys) == 1 else None


def faults(
    background: Background, contexts: Mapping[str, InterventionContext], slugs: Collection[str]
) -> Iterator[str]:
    """Find what single files cannot know: sources and interventions that there are none of."""
    for relation in background.relations:
        if relation.between[0] == relation.between[1] or set(relation.between) - set(slugs):
            yield (
                f"context.toml: relations: {' and '.join(relation.between)} "
                "are no two interventions"
            )
    for slug, context in contexts.items():
        if slug not in slugs:
            yield f"context/{slug}.toml: there is no interventions/{slug}.toml"
        for name, told in context.aspects.items():
            if told and told.source not in background.sources:
                yield f"context/{slug}.toml: {name}.source: context.toml has no sources.{told.source}"
