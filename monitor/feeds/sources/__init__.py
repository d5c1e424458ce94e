"""Every source there is. A new one is a module here, an entry below and a folder of replies."""

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
from monitor.feeds.sources.contract import Context, Searchable, Source, SourceDefinition

__all__ = ["SOURCES", "Context", "Searchable", "Source", "SourceDefinition"]

SOURCES: dict[str, SourceDefinition] = {
    definition.name: definition
    for definition in (
        SourceDefinition(
            "pubmed",
            "PubMed",
            pubmed.build,
            lambda settings: settings.sources.pubmed.enabled,
            pubmed_xml.reread,
        ),
        SourceDefinition(
            "europepmc",
            "Europe PMC",
            europepmc.build,
            lambda settings: settings.sources.europepmc.enabled,
            europepmc_json.reread,
        ),
        SourceDefinition(
            "clinicaltrials",
            "ClinicalTrials.gov",
            clinicaltrials.build,
            lambda settings: settings.sources.clinicaltrials.enabled,
            clinicaltrials_json.reread,
        ),
        SourceDefinition(
            "isrctn",
            "ISRCTN",
            isrctn.build,
            lambda settings: settings.sources.isrctn.enabled,
            isrctn_xml.reread,
        ),
        SourceDefinition(
            "pubmed_rss",
            "PubMed search feeds",
            rss.build_pubmed,
            lambda settings: rss.enabled(settings.sources.pubmed_rss),
            rss_item.reread,
        ),
        SourceDefinition(
            "journals",
            "Journal feeds",
            rss.build_journals,
            lambda settings: rss.enabled(settings.sources.journals),
            rss_item.reread,
            one_host=False,
        ),
        SourceDefinition(
            "crossref",
            "Crossref",
            crossref.build,
            lambda settings: settings.sources.crossref.enabled,
            crossref_json.reread,
            watches=True,
        ),
        SourceDefinition(
            "openalex",
            "OpenAlex",
            openalex.build,
            lambda settings: settings.sources.openalex.enabled,
            openalex_json.reread,
            watches=True,
        ),
    )
}
