"""The invented readers, decision and databases that the benches of mail measure with."""

import contextlib
import logging
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import structlog
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from monitor.catalogue import service as catalogue_service
from monitor.catalogue.words import Direction, Tier, UsageBand
from monitor.feeds import service as feeds
from monitor.gap import rules as gap_rules
from monitor.gap.tables import Change
from monitor.kernel.settings import parse
from monitor.literature.tables import Paper, Study, StudyPaper
from monitor.literature.words import Lane
from monitor.notify import service as notify
from monitor.notify.tables import Subscriber, SubscriberState
from monitor.ops.schema import migrate
from monitor.review.tables import Decision
from monitor.review.words import DecisionVerdict
from monitor.service import Service
from monitor.usage import service as usage
from parts import postgres

AT = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
FACTS = {
    "count_it": True,
    "interventions": ["cos"],
    "design": "randomised",
    "risk_of_bias": "some concerns",
    "outcome_class": "attachment",
    "outcome": "Attachment security, an invented scale",
    "direction": "no difference",
    "participants": 371,
    "uk": True,
    "developer_led": False,
}


def expect(what: bool, words: str) -> None:  # noqa: FBT001 - what is expected
    """Measure nothing that came out wrong.

    Raises:
        RuntimeError: it did.
    """
    if not what:
        raise RuntimeError(f"not so: {words}")


def make_service(url: str, folder: Path, port: int, **mail: int) -> Service:
    """Open a service on a new database that sends to the sink."""
    data = {
        "database": {"url": url},
        "web": {"public_url": "https://monitor.example.org"},
        "mail": {
            "transport": "smtp",
            "host": "127.0.0.1",
            "port": port,
            "tls": "none",
            "from_address": "news@example.org",
            **mail,
        },
    }
    service = replace(Service.open(parse(data, folder=folder)), clock=lambda: AT)
    migrate(service.database)
    with service.database.write() as session:
        catalogue_service.sync(session, service.catalogue, at=AT)
        usage.sync_baseline(session, service.catalogue, at=AT)
        feeds.sync_sources(session, service.settings, at=AT)
    return service


def subscribe(service: Service, readers: int) -> None:
    """Let so many readers follow one intervention."""
    reader = {
        "state": SubscriberState.ACTIVE,
        "interventions": ["cos"],
        "purpose": "news",
        "asked_at": AT,
        "confirmed_at": AT,
        "left_at": None,
    }
    rows = ({"address": f"reader{number}@example.org", **reader} for number in range(readers))
    with service.database.write() as session:
        while some := [*islice(rows, 1000)]:  # so that they are not what takes the most memory
            session.execute(insert(Subscriber), some)


def decide(service: Service, *, withdraw: bool = False) -> float:
    """Announce what follows from a decision; gives the seconds under the write lock."""
    verdict = DecisionVerdict.WITHDRAW if withdraw else DecisionVerdict.ACCEPT
    with service.database.write() as session:
        study = session.scalar(select(Study)) or _study(session)
        decision = Decision(
            token=str(verdict),
            study_id=study.id,
            verdict=verdict,
            reason="Its paper was retracted." if withdraw else "",
            interventions=["cos"],
            facts=FACTS,
            decided_by=[1, 2],
            at=AT,
        )
        session.add(decision)
        session.flush()
        states = [
            _state(service, direction)
            for direction in (Direction.GENERALLY_POSITIVE, Direction.MIXED)
        ]
        change = Change(
            slug="cos",
            kinds=["direction"],
            before=states[withdraw].to_dict(),
            after=states[not withdraw].to_dict(),
            sentence="An invented sentence.",
            cause_kind="withdrawal" if withdraw else "decision",
            cause_id=decision.id,
            cause="COSI",
            at=AT,
        )
        session.add(change)
        session.flush()
        began = time.perf_counter()
        made = notify.announce(session, service.catalogue, service.settings, [change], at=AT)
        expect(made is not None, "the decision is news")
    return time.perf_counter() - began


def _study(session: Session) -> Study:
    study = Study(label="COSI", created_at=AT)
    paper = Paper(
        title="An invented trial",
        authors=["Example A"],
        year=2025,
        publication_types=[],
        keywords=[],
        read_by=1,
        lane=Lane.EVALUATED,
        first_seen_at=AT,
        changed_at=AT,
        version=1,
    )
    session.add_all([study, paper])
    session.flush()
    session.add(StudyPaper(paper_id=paper.id, study_id=study.id, role="main report", linked_at=AT))
    session.flush()
    return study


def _state(service: Service, direction: Direction) -> gap_rules.State:
    policy, used = service.catalogue.gap, service.catalogue.intervention("cos").usage
    band = UsageBand(gap_rules.band(policy, used.ranks, used.words))
    told = gap_rules.assess(policy, Tier.STRONG, direction, band)
    return gap_rules.State(
        tier=Tier.STRONG,
        tier_low=Tier.STRONG,
        tier_high=Tier.STRONG,
        settled=True,
        direction=direction,
        studies=(8, 17),
        band=band,
        ranks=used.ranks,
        out_of=used.out_of,
        usage_words=used.words,
        kind=told.kind,
        sentence=told.sentence,
    )


def peak() -> int:
    """Give the most memory this process held, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def quiet() -> None:
    """Log nothing but errors."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


@contextlib.contextmanager
def databases(kind: str) -> Iterator[Iterator[str]]:
    """Give as many empty databases of a kind as are asked for, by their URLs."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            yield (f"sqlite:///{folder}/{number}.sqlite3" for number in range(100))
            return
        with postgres.started(Path(folder)) as server:
            yield (postgres.new(server, f"bench_{number}") for number in range(100))
