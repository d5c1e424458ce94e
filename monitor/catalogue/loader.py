"""The one loader of the catalogue. Reports every error of every file at once; never guesses."""

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from monitor.catalogue.files import parse, read_interventions
from monitor.catalogue.shapes.context import Background, FactOrigin, InterventionContext
from monitor.catalogue.shapes.context import faults as context_faults
from monitor.catalogue.shapes.finding_sentences import FindingSentences
from monitor.catalogue.shapes.glossary import Glossary
from monitor.catalogue.shapes.glossary import faults as glossary_faults
from monitor.catalogue.shapes.meaning import Meanings
from monitor.catalogue.shapes.methods import CertaintyPolicy, Measures, Plausible, SynthesisPolicy
from monitor.catalogue.shapes.models import (
    Abbreviation,
    Areas,
    Baseline,
    Data,
    ExternalRating,
    Intervention,
    Lookalike,
    Review,
    Usage,
    Variant,
)
from monitor.catalogue.shapes.policies import GapPolicy, GradingPolicy
from monitor.catalogue.shapes.tool_checks import faults
from monitor.catalogue.shapes.tools import StudyDesign, Tool
from monitor.catalogue.ten import FOLDER
from monitor.catalogue.words import SAID, Direction
from monitor.kernel.errors import ConfigError, NotFound

__all__ = [
    "FOLDER",
    "Abbreviation",
    "Areas",
    "Baseline",
    "Catalogue",
    "ExternalRating",
    "GapPolicy",
    "GradingPolicy",
    "Intervention",
    "Lookalike",
    "Review",
    "Usage",
    "Variant",
    "load",
    "read",
]

_Model = TypeVar("_Model", bound=Data)


class Released(Data):
    """The policies by version."""

    grading: dict[str, GradingPolicy]
    gap: dict[str, GapPolicy]
    synthesis: dict[str, SynthesisPolicy]


class Catalogue(Data):
    """Everything the catalogue's files say."""

    review: Review
    interventions: tuple[Intervention, ...]
    background: Background
    contexts: dict[str, InterventionContext]  # by slug; see ``context``
    grading: GradingPolicy
    gap: GapPolicy
    synthesis: SynthesisPolicy
    certainty: CertaintyPolicy
    measures: Measures
    plausible: Plausible
    areas: Areas
    sentences: FindingSentences
    meanings: Meanings
    glossary: Glossary
    tools: dict[str, Tool]
    tool_for: dict[StudyDesign, str]  # which of the tools that fit a design is asked for
    released: Released  # every version ever in force, or prepared to be

    def under(
        self, *, grading: str | None = None, gap: str | None = None, synthesis: str | None = None
    ) -> "Catalogue":
        """Give this catalogue with other versions of its policies in force.

        Raises:
            NotFound: there is no such version; the sentence lists those there are.
        """
        wanted = {"grading": grading, "gap": gap, "synthesis": synthesis}
        chosen = {
            kind: _version(getattr(self.released, kind), kind, version)
            for kind, version in wanted.items()
            if version is not None
        }
        return self.model_copy(update=chosen)

    @property
    def slugs(self) -> tuple[str, ...]:
        """The interventions' slugs, in the order pages show them."""
        return tuple(intervention.slug for intervention in self.interventions)

    def intervention(self, slug: str) -> Intervention:
        """Find one intervention.

        Raises:
            NotFound: the catalogue has none of that slug.
        """
        for intervention in self.interventions:
            if intervention.slug == slug:
                return intervention
        raise NotFound(f"there is no intervention {slug!r}")

    def context(self, slug: str) -> InterventionContext:
        """Give what is known of an intervention beside its evidence; nothing where there is no file."""
        return self.contexts.get(slug, InterventionContext())

    @property
    def origin_of_sentences(self) -> FactOrigin | None:
        """Where the sentences on what happens in each are from, where it is one place for all."""
        return self.background.only_origin(self.context(slug).what for slug in self.slugs)

    @property
    def tool_by_reference(self) -> dict[str, Tool]:
        """The appraisal tools by name and version, as appraisals keep them."""
        return {tool.reference: tool for tool in self.tools.values()}

    def tool(self, name: str) -> Tool:
        """Find one appraisal tool by its file's name.

        Raises:
            NotFound: the catalogue has none of that name.
        """
        if name not in self.tools:
            raise NotFound(f"there is no appraisal tool {name!r}")
        return self.tools[name]

    def tools_fitting(self, design: StudyDesign) -> tuple[Tool, ...]:
        """Give the tools that fit a design: the one that is asked for, then the others by name."""
        first = self.tool(self.tool_for[design])
        fitting = (tool for tool in self.tools.values() if design in tool.designs)
        return (first, *(tool for tool in fitting if tool is not first))


class _Current(Data):
    """Which released policy is in force."""

    grading: str
    gap: str
    synthesis: str
    certainty: str
    tools: dict[StudyDesign, str]


@functools.cache
def load() -> Catalogue:
    """Read the catalogue that is part of the product.

    Raises:
        ConfigError: lists every error of every file, with file and key.
    """
    return read(FOLDER)


def read(folder: Path) -> Catalogue:
    """Read a catalogue: review, policies, data, sentences, interventions/ and context/, tools/.

    Raises:
        ConfigError: lists every error of every file, with file and key.
    """
    errors: list[str] = []
    review = parse(folder, "review.toml", Review, errors)
    current = parse(folder, "policies.toml", _Current, errors)
    policies = _policies(folder, "grading", GradingPolicy, errors)
    gaps = _policies(folder, "gap", GapPolicy, errors)
    syntheses = _policies(folder, "synthesis", SynthesisPolicy, errors)
    certainties = _policies(folder, "certainty", CertaintyPolicy, errors)
    measures = parse(folder, "measures.toml", Measures, errors)
    plausible = parse(folder, "plausible.toml", Plausible, errors)
    areas = parse(folder, "areas.toml", Areas, errors)
    interventions = read_interventions(folder, errors)
    background, contexts = _contexts(folder, interventions, errors)
    sentences, meanings, glossary = _words(folder, background, errors)
    tools = _tools(folder, errors)
    if current:
        errors += _missing(folder, current)
        errors += _unfitting(current, tools)
    grading = policies.get(current.grading) if current else None
    gap = gaps.get(current.gap) if current else None
    synthesis = syntheses.get(current.synthesis) if current else None
    certainty = certainties.get(current.certainty) if current else None
    if grading and gap:
        errors += unfit(interventions, grading, gap)
    policies_found = grading and gap and synthesis and certainty
    data_found = measures and plausible and areas and background
    words_found = sentences and meanings and glossary
    if errors or not (review and current and policies_found and data_found and words_found):
        raise ConfigError("\n".join(errors))
    return Catalogue(
        review=review,
        interventions=tuple(interventions),
        background=background,
        contexts=contexts,
        grading=grading,
        gap=gap,
        synthesis=synthesis,
        certainty=certainty,
        measures=measures,
        plausible=plausible,
        areas=areas,
        sentences=sentences,
        meanings=meanings,
        glossary=glossary,
        tools=tools,
        tool_for=current.tools,
        released=Released(grading=policies, gap=gaps, synthesis=syntheses),
    )


def _version(policies: dict[str, _Model], kind: str, version: str) -> _Model:
    if version not in policies:
        raise NotFound(f"there is no {kind} policy {version!r}; there are {', '.join(policies)}")
    return policies[version]


def _missing(folder: Path, current: _Current) -> Iterator[str]:
    for kind, version in current.model_dump(exclude={"tools"}).items():
        if not (folder / kind / f"{version}.toml").is_file():
            yield f"policies.toml: {kind}: there is no {kind}/{version}.toml"


def unfit(
    interventions: Sequence[Intervention], grading: GradingPolicy, gap: GapPolicy
) -> list[str]:
    """Say why interventions and two policies cannot be used together; empty where they can."""
    return [*_across(interventions, grading, gap), *_unmatched(grading, gap)]


def _unmatched(grading: GradingPolicy, gap: GapPolicy) -> Iterator[str]:
    """A headline that the grading policy can give has its rows in the gap policy."""
    if grading.headline:
        given = {of for row in grading.headline.table.values() for of in row.values()} | set(SAID)
        missing = [headline for headline in Direction if headline in given - set(gap.directions)]
        if missing:
            yield f"gap/{gap.version}.toml: directions: {', '.join(missing)} missing"


def _unfitting(current: _Current, tools: dict[str, Tool]) -> Iterator[str]:
    for design in StudyDesign:
        name = current.tools.get(design)
        if name is None:
            yield f"policies.toml: tools: {design} has none"
        elif name in tools and design not in tools[name].designs:
            yield f"policies.toml: tools: {design}: {name} does not fit that design"
        elif name not in tools:
            yield f"policies.toml: tools: {design}: there is no tools/{name}.toml fit for use"


def _contexts(
    folder: Path, interventions: Sequence[Intervention], errors: list[str]
) -> tuple[Background | None, dict[str, InterventionContext]]:
    """Read what is known beside the evidence: an intervention without a file has none of it."""
    background = parse(folder, "context.toml", Background, errors)
    contexts = {
        path.stem: context
        for path in sorted((folder / "context").glob("*.toml"))
        if (context := parse(folder, f"context/{path.name}", InterventionContext, errors))
    }
    if background:
        # a file that cannot be read is told of once, and not as one that is missing
        slugs = {intervention.slug for intervention in interventions}
        slugs |= {path.stem for path in (folder / "interventions").glob("*.toml")}
        errors += context_faults(background, contexts, slugs)
    return background, contexts


def _words(
    folder: Path, background: Background | None, errors: list[str]
) -> tuple[FindingSentences | None, Meanings | None, Glossary | None]:
    """Read what pages and mails say: of findings, of what they mean, of the words themselves."""
    sentences = parse(folder, "sentences/findings.toml", FindingSentences, errors)
    meanings = parse(folder, "sentences/meaning.toml", Meanings, errors)
    glossary = parse(folder, "glossary.toml", Glossary, errors)
    if glossary and background:
        errors += glossary_faults(glossary, background)
    return sentences, meanings, glossary


def _tools(folder: Path, errors: list[str]) -> dict[str, Tool]:
    names = sorted(path.name for path in (folder / "tools").glob("*.toml"))
    tools = {}
    for name in names:
        if tool := parse(folder, f"tools/{name}", Tool, errors):
            errors += [f"tools/{name}: {fault}" for fault in faults(tool)]
            tools[tool.id] = tool
    return tools


def _policies(folder: Path, kind: str, model: type[_Model], errors: list[str]) -> dict[str, _Model]:
    """Read every released version, so that a damaged old one is noticed too."""
    policies = {}
    for path in sorted((folder / kind).glob("*.toml")):
        policy = parse(folder, f"{kind}/{path.name}", model, errors)
        if policy and getattr(policy, "version", None) != path.stem:
            errors.append(f"{kind}/{path.name}: version: must be {path.stem}, as the file's name")
        elif policy:
            policies[path.stem] = policy
    return policies


def _across(
    interventions: Sequence[Intervention], grading: GradingPolicy, gap: GapPolicy
) -> Iterator[str]:
    """Find what single files cannot know: clashes, and facts or words no policy has."""
    for attribute in ("position", "name", "short"):
        counts = Counter(getattr(intervention, attribute) for intervention in interventions)
        for value, count in counts.items():
            if count > 1:
                yield f"interventions/: {attribute}: {value!r} is used {count} times"
    # which sources there are is not known here: the files hold each other to it
    sources = (frozenset(intervention.queries) for intervention in interventions)
    asked = Counter(sources).most_common(1)
    for intervention in interventions:
        if set(intervention.queries) != asked[0][0]:
            wanted = ", ".join(sorted(asked[0][0]))
            yield (
                f"interventions/{intervention.slug}.toml: "
                f"queries must be exactly for {wanted}, as elsewhere"
            )
        if set(intervention.baseline.facts) != set(grading.facts):
            wanted = ", ".join(sorted(grading.facts))
            yield (
                f"interventions/{intervention.slug}.toml: baseline.facts: must be exactly {wanted}"
            )
        if intervention.usage.words and intervention.usage.words not in gap.words:
            yield (
                f"interventions/{intervention.slug}.toml: "
                f"usage.words: gap/{gap.version}.toml lacks them"
            )
