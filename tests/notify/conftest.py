"""Readers, decisions and changes to tell them of; all invented, on real tables."""

import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from published import once  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.catalogue import loader
from monitor.catalogue import service as catalogue_service
from monitor.catalogue.words import Direction, Tier, UsageBand
from monitor.feeds import service as feeds
from monitor.feeds.tables import SourceRow
from monitor.gap import rules as gap_rules
from monitor.gap.tables import Change
from monitor.kernel.settings import parse
from monitor.literature.tables import PaperIdentifier, PaperTrial, Study
from monitor.notify import chosen, service
from monitor.notify.tables import Message, SubscriberState
from monitor.notify.terms import Terms
from monitor.notify.words import USUAL, Cadence
from monitor.review.tables import Decision
from monitor.review.words import DecisionVerdict
from monitor.usage import service as usage

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


@pytest.fixture(scope="session")
def catalogue():
    return loader.load()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """An invented certificate for 127.0.0.1, made here."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not on this machine")
    folder = tmp_path_factory.mktemp("certificate")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem "
        "-subj /CN=invented -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def settings(tmp_path):
    return parse(
        {
            "web": {"public_url": "https://monitor.example.org"},
            "mail": {"from_address": "news@example.org"},
        },
        folder=tmp_path,
    )


@pytest.fixture
def world(catalogue, settings, now):
    """Give a maker of rows: ``world(session)``."""
    return lambda session: World(session, catalogue, settings, now)


class World:
    """Makes what a test needs in one session; ``at`` is the settled time."""

    def __init__(self, session, catalogue, settings, at):
        self.session, self.catalogue, self.settings, self.at = session, catalogue, settings, at
        once(session, "used and asked", catalogue, at, self._begin)

    def _begin(self):
        catalogue_service.sync(self.session, self.catalogue, at=self.at)
        usage.sync_baseline(self.session, self.catalogue, at=self.at)
        feeds.sync_sources(self.session, self.settings, at=self.at)

    def heard(self, **hours_ago):
        """Set when sources were last heard from; ``failing=…`` names one that fails."""
        failing = hours_ago.pop("failing", None)
        for row in self.session.query(SourceRow):
            if row.name in hours_ago:
                row.last_success_at = self.at - timedelta(hours=hours_ago[row.name])
                row.last_attempt_at = row.last_success_at
                row.next_due_at = self.at + timedelta(hours=1)
            if row.name == failing:
                row.failures, row.error = 2, "Not answering"
                row.failing_since = row.last_attempt_at = self.at
        self.session.flush()

    def reader(self, name, *slugs, state=SubscriberState.ACTIVE):
        return rows.reader(self.session, name, *slugs, at=self.at, state=state)

    def digested(self, name, *slugs, cadence=Cadence.MONTHLY, budget=1, kinds=USUAL):
        """Make a reader who chose how often they are told."""
        reader = self.reader(name, *slugs)
        chosen.keep(
            self.session,
            reader.id,
            Terms(cadence, frozenset(kinds), budget),
            at=self.at - timedelta(hours=1),
            begins=True,
        )
        return reader

    def trial(self, number, *slugs, completed, expected=True):
        """Make a registration that evaluates these."""
        title = f"An invented trial: the {number} study"
        paper = rows.paper(self.session, title, at=self.at, year=2026)
        trial = PaperTrial(
            paper_id=paper.id,
            status=None,
            started=None,
            completed=completed,
            completed_expected=expected,
            participants=200,
            has_results=False,
            evaluates=list(slugs),
        )
        self.session.add_all(
            [trial, PaperIdentifier(scheme="nct", value=number, paper_id=paper.id)]
        )
        self.session.flush()
        return trial

    def user(self, address="reviewer@team.example"):
        return rows.person(self.session, "Alex Example", at=self.at, address=address)

    def study(self, label="COSI", title="An invented trial", doi="10.1000/invented"):
        paper = rows.paper(self.session, title, at=self.at, authors=["Example A"], year=2025)
        self.session.add(PaperIdentifier(scheme="doi", value=doi, paper_id=paper.id))
        return rows.study(self.session, label, paper, at=self.at)

    def decide(self, study, verdict=DecisionVerdict.ACCEPT, reason="", slugs=("cos",), **facts):
        return rows.decision(
            self.session,
            study.id,
            {**FACTS, "interventions": list(slugs), **facts},
            verdict,
            by=(1, 2),
            at=self.at,
            reason=reason,
            token=f"{study.id}:{verdict}:{reason}",
        )

    def change(self, decision, slug="cos", *, before=None, after=None):
        """Write a change: by default findings of a strong tier move to mixed."""
        before = before or self.state(slug, Direction.GENERALLY_POSITIVE, (8, 17))
        after = after or self.state(slug, Direction.MIXED, (9, 18))
        withdrawn = decision.verdict is DecisionVerdict.WITHDRAW
        label = self.session.get_one(Study, decision.study_id).label
        cause = f"{label} is no longer counted" if withdrawn else f"{label} was accepted"
        name = self.catalogue.intervention(slug).name
        change = Change(
            slug=slug,
            kinds=[kind.value for kind in gap_rules.changed(before, after)],
            before=before.to_dict(),
            after=after.to_dict(),
            sentence=gap_rules.sentence(name, before, after, cause),
            cause_kind="withdrawal" if withdrawn else "decision",
            cause_id=decision.id,
            cause=cause,
            at=self.at,
        )
        self.session.add(change)
        self.session.flush()
        return change

    def state(self, slug, direction, studies, tier=Tier.STRONG, high=None):
        used = self.catalogue.intervention(slug).usage
        band = gap_rules.band(self.catalogue.gap, used.ranks, used.words)
        told = gap_rules.assess(self.catalogue.gap, tier, direction, band)
        return gap_rules.State(
            tier=tier,
            tier_low=tier,
            tier_high=high or tier,
            settled=high in {None, tier},
            direction=direction,
            studies=studies,
            band=UsageBand(band),
            ranks=used.ranks,
            out_of=used.out_of,
            usage_words=used.words,
            kind=told.kind,
            sentence=told.sentence,
        )

    def announce(self, *changes):
        made = service.announce(self.session, self.catalogue, self.settings, changes, at=self.at)
        self.session.flush()
        return made

    def accept_and_announce(self, study=None, slug="cos", **facts):
        decision = self.decide(study or self.study(), slugs=(slug,), **facts)
        return self.announce(self.change(decision, slug))

    def count_again_and_announce(self, study, slug="cos", reason="It was a mistake."):
        withdrawn = self.session.query(Decision).order_by(Decision.id.desc()).first()
        decision = self.decide(study, reason=reason, slugs=(slug,), reinstates=withdrawn.id)
        return self.announce(self.change(decision, slug))

    def withdraw_and_announce(self, study, slug="cos", reason="Its paper was retracted.", **facts):
        decision = self.decide(study, DecisionVerdict.WITHDRAW, reason, slugs=(slug,), **facts)
        after, before = (
            self.state(slug, Direction.GENERALLY_POSITIVE, (8, 17)),
            self.state(slug, Direction.MIXED, (9, 18)),
        )
        return self.announce(self.change(decision, slug, before=before, after=replace(after)))

    def messages(self, **where):
        self.session.flush()
        return list(self.session.query(Message).filter_by(**where).order_by(Message.id))
