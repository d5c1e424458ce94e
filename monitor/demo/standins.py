"""All stand-ins of one world, started and stopped together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from monitor.demo.dialects.clinicaltrials import ClinicalTrials
from monitor.demo.dialects.crossref import Crossref
from monitor.demo.dialects.europepmc import EuropePmc
from monitor.demo.dialects.eutils import PubMed
from monitor.demo.dialects.feedserver import Feeds
from monitor.demo.dialects.isrctn import Isrctn
from monitor.demo.dialects.openalex import OpenAlex
from monitor.demo.machinery.exchange import Request
from monitor.demo.machinery.server import StandIn
from monitor.demo.mailsink import MailSink
from monitor.demo.world import World


@dataclass(frozen=True, slots=True)
class StandIns:
    """The sources and the mail server. A source never started is down."""

    pubmed: PubMed
    europepmc: EuropePmc
    clinicaltrials: ClinicalTrials
    isrctn: Isrctn
    crossref: Crossref
    openalex: OpenAlex
    feeds: Feeds
    mail: MailSink

    @property
    def sources(self) -> tuple[StandIn, ...]:
        """All but the mail server."""
        return (
            self.pubmed,
            self.europepmc,
            self.clinicaltrials,
            self.isrctn,
            self.crossref,
            self.openalex,
            self.feeds,
        )

    def requests(self) -> list[Request]:
        """Give every request to any source so far, oldest first."""
        seen = [request for source in self.sources for request in source.requests()]
        return sorted(seen, key=lambda request: (request.at, request.number))

    def forget(self) -> None:
        """Empty every source's log."""
        for source in self.sources:
            source.forget()


@contextmanager
def running(world: World | None) -> Iterator[StandIns]:
    """Run the stand-ins on free loopback ports; None: a world of recordings only."""
    with (
        PubMed(world) as pubmed,
        EuropePmc(world) as europepmc,
        ClinicalTrials(world) as clinicaltrials,
        Isrctn(world) as isrctn,
        Crossref(world) as crossref,
        OpenAlex(world) as openalex,
        Feeds(world) as feeds,
        MailSink() as mail,
    ):
        yield StandIns(pubmed, europepmc, clinicaltrials, isrctn, crossref, openalex, feeds, mail)
