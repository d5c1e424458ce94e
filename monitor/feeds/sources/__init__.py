"""Every source there is. A new one is a module here, an entry below and a folder of replies.

What asks and what reads is named, and loaded once it is used: many ask of sources only what they are
called and how they stand, and what talks to hosts takes long to load.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from monitor.catalogue.ten import KnowsTheQueries
from monitor.feeds.sources.contract import (
    BY_DEFAULT,
    Searchable,
    Source,
    SourceContext,
    SourceDefinition,
)
from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import Settings

__all__ = [
    "SOURCES",
    "Searchable",
    "Source",
    "SourceContext",
    "SourceDefinition",
    "check",
    "is_acted_on",
    "is_feed",
    "preference",
]


def _of(path: str) -> Callable[..., Any]:
    """Name a function of ``monitor.feeds``, as "sources.pubmed:build"; its module is loaded then."""
    module, _, name = path.partition(":")

    def use(*arguments: Any) -> Any:  # noqa: ANN401 - whatever the function takes and gives
        return getattr(import_module(f"monitor.feeds.{module}"), name)(*arguments)

    return use


SOURCES: dict[str, SourceDefinition] = {
    definition.name: definition
    for definition in (
        SourceDefinition(
            "pubmed",
            "PubMed",
            _of("sources.pubmed:build"),
            _of("readers.pubmed_xml:reread"),
            preference=0,
            is_acted_on=True,
            is_searched=True,
        ),
        SourceDefinition(
            "europepmc",
            "Europe PMC",
            _of("sources.europepmc:build"),
            _of("readers.europepmc_json:reread"),
            preference=1,
            is_acted_on=True,
            is_searched=True,
        ),
        SourceDefinition(
            "clinicaltrials",
            "ClinicalTrials.gov",
            _of("sources.clinicaltrials:build"),
            _of("readers.clinicaltrials_json:reread"),
            preference=2,
            is_searched=True,
            is_registry=True,
        ),
        SourceDefinition(
            "isrctn",
            "ISRCTN",
            _of("sources.isrctn:build"),
            _of("readers.isrctn_xml:reread"),
            preference=2,
            is_searched=True,
            is_registry=True,
        ),
        SourceDefinition(
            "pubmed_rss",
            "PubMed search feeds",
            _of("sources.rss:build_pubmed"),
            _of("readers.rss_item:reread"),
            is_feed=True,
        ),
        SourceDefinition(
            "journals",
            "Journal feeds",
            _of("sources.rss:build_journals"),
            _of("readers.rss_item:reread"),
            is_feed=True,
            limits="a feed shows its latest items only, so what went by before it was read is lost.",
            one_host=False,
        ),
        SourceDefinition(
            "crossref",
            "Crossref",
            _of("sources.crossref:build"),
            _of("readers.crossref_json:reread"),
            preference=3,
            is_acted_on=True,
            is_searched=True,
            watches=True,
            limits="only titles are searched; a paper that names an intervention in its abstract "
            "alone is not found there.",
        ),
        SourceDefinition(
            "openalex",
            "OpenAlex",
            _of("sources.openalex:build"),
            _of("readers.openalex_json:reread"),
            preference=10,  # only what nobody else gives
            is_acted_on=True,
            is_searched=True,
            needs_key=True,
            watches=True,
            limits="words are searched by their stems, and many abstracts are not open to it; then "
            "only the title is searched.",
        ),
    )
}


def preference(name: str) -> int:
    """Tell whose words of a paper count first: the lowest number's. Files that people bring have one too."""
    return SOURCES[name].preference if name in SOURCES else BY_DEFAULT


def is_acted_on(name: str) -> bool:
    """Tell whether a source's word of a retraction is followed at once.

    What a feed's title or a brought file says opens an alert like any other: neither states a
    retraction in a field of its own.
    """
    return name in SOURCES and SOURCES[name].is_acted_on


def is_feed(name: str) -> bool:
    """Tell whether a source is made of feeds."""
    return name in SOURCES and SOURCES[name].is_feed


def check(settings: Settings, catalogue: KnowsTheQueries) -> None:
    """Hold settings and catalogue to the sources there are.

    Raises:
        ConfigError: a section names no source, or a searched source has no queries.
    """
    wrong = [
        f"sources.others.{name}: there is no such source"
        for name in settings.sources.others.keys() - SOURCES.keys()
    ]
    wrong += [
        f"interventions/{intervention.slug}.toml: queries: {name} is missing"
        for name, definition in SOURCES.items()
        if definition.is_searched
        for intervention in catalogue.interventions
        if name not in intervention.queries
    ]
    if wrong:
        raise ConfigError("\n".join(sorted(wrong)))
