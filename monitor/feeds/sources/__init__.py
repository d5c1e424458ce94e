"""Every source there is. A new one is a module here, an entry below and a folder of replies."""

from monitor.feeds.sources import europepmc, pubmed, rss
from monitor.feeds.sources.contract import Source, SourceDefinition

__all__ = ["SOURCES", "Source", "SourceDefinition"]

SOURCES: dict[str, SourceDefinition] = {
    definition.name: definition
    for definition in (
        SourceDefinition(
            "pubmed", "PubMed", pubmed.build, lambda settings: settings.sources.pubmed.enabled
        ),
        SourceDefinition(
            "europepmc",
            "Europe PMC",
            europepmc.build,
            lambda settings: settings.sources.europepmc.enabled,
        ),
        SourceDefinition(
            "pubmed_rss",
            "PubMed search feeds",
            rss.build_pubmed,
            lambda settings: rss.enabled(settings.sources.pubmed_rss),
        ),
        SourceDefinition(
            "journals",
            "Journal feeds",
            rss.build_journals,
            lambda settings: rss.enabled(settings.sources.journals),
        ),
    )
}
