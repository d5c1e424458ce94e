"""Every source there is. A new one is a module here, an entry below and a folder of replies."""

from monitor.catalogue.loader import Catalogue
from monitor.feeds.readers import (
    clinicaltrials_json,
    crossref_json,
    europepmc_json,
    isrctn_xml,
    openalex_json,
    pubmed_xml,
    rss_item,
)
from monitor.feeds.sources import clinicaltrials, crossref, europepmc, isrctn, openalex, pubmed, rss
from monitor.feeds.sources.contract import (
    BY_DEFAULT,
    Context,
    Searchable,
    Source,
    SourceDefinition,
)
from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import Settings

__all__ = [
    "SOURCES",
    "Context",
    "Searchable",
    "Source",
    "SourceDefinition",
    "check",
    "is_acted_on",
    "is_feed",
    "preference",
]

SOURCES: dict[str, SourceDefinition] = {
    definition.name: definition
    for definition in (
        SourceDefinition(
            "pubmed",
            "PubMed",
            pubmed.build,
            pubmed_xml.reread,
            preference=0,
            is_acted_on=True,
            is_searched=True,
        ),
        SourceDefinition(
            "europepmc",
            "Europe PMC",
            europepmc.build,
            europepmc_json.reread,
            preference=1,
            is_acted_on=True,
            is_searched=True,
        ),
        SourceDefinition(
            "clinicaltrials",
            "ClinicalTrials.gov",
            clinicaltrials.build,
            clinicaltrials_json.reread,
            preference=2,
            is_searched=True,
            is_registry=True,
        ),
        SourceDefinition(
            "isrctn",
            "ISRCTN",
            isrctn.build,
            isrctn_xml.reread,
            preference=2,
            is_searched=True,
            is_registry=True,
        ),
        SourceDefinition(
            "pubmed_rss",
            "PubMed search feeds",
            rss.build_pubmed,
            rss_item.reread,
            is_feed=True,
        ),
        SourceDefinition(
            "journals",
            "Journal feeds",
            rss.build_journals,
            rss_item.reread,
            is_feed=True,
            limits="a feed shows its latest items only, so what went by before it was read is lost.",
            one_host=False,
        ),
        SourceDefinition(
            "crossref",
            "Crossref",
            crossref.build,
            crossref_json.reread,
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
            openalex.build,
            openalex_json.reread,
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


def check(settings: Settings, catalogue: Catalogue) -> None:
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
