"""All stand-ins of one world, started and stopped together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from monitor.demo.dialects.clinicaltrials import ClinicalTrialsStandIn
from monitor.demo.dialects.crossref import CrossrefStandIn
from monitor.demo.dialects.europepmc import EuropePmcStandIn
from monitor.demo.dialects.eutils import PubMedStandIn
from monitor.demo.dialects.feedserver import FeedsStandIn
from monitor.demo.dialects.isrctn import IsrctnStandIn
from monitor.demo.dialects.openalex import OpenAlexStandIn
from monitor.demo.machinery.exchange import Request
from monitor.demo.machinery.server import StandIn
from monitor.demo.mailsink import MailSink
from monitor.demo.world import World


@dataclass(frozen=True, slots=True)
class StandIns:
    """The sources and the mail server. A source never started is down."""

    pubmed: PubMedStandIn
    europepmc: EuropePmcStandIn
    clinicaltrials: ClinicalTrialsStandIn
    isrctn: IsrctnStandIn
    crossref: CrossrefStandIn
    openalex: OpenAlexStandIn
    feeds: FeedsStandIn
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
        PubMedStandIn(world) as pubmed,
        EuropePmcStandIn(world) as europepmc,
        ClinicalTrialsStandIn(world) as clinicaltrials,
        IsrctnStandIn(world) as isrctn,
        CrossrefStandIn(world) as crossref,
        OpenAlexStandIn(world) as openalex,
        FeedsStandIn(world) as feeds,
        MailSink() as mail,
    ):
        yield StandIns(pubmed, europepmc, clinicaltrials, isrctn, crossref, openalex, feeds, mail)
