"""The web application on each database: published baseline, settled clock, a client, people.

``app`` is the whole application with the ten as published; ``client`` a browser without a cookie.
``post`` sends a form as a browser would: with the token of a page it has opened.
``evidence`` lets studies arrive, be judged and be decided on, the way they do in life.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from factories import judgement  # type: ignore[import-not-found]  # tests/support is on pytest's path
from flask import Flask
from flask.testing import FlaskClient
from published import publish  # type: ignore[import-not-found]  # tests/support is on pytest's path
from readings import appraise  # type: ignore[import-not-found]  # tests/support is on pytest's path
from services import service_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy.orm import Session
from staff_world import SOME_SOURCES, patient  # type: ignore[import-not-found]  # tests/support is on pytest's path
from werkzeug.test import TestResponse

from monitor import workflow
from monitor.accounts.tables import User
from monitor.catalogue import loader
from monitor.catalogue.loader import Catalogue
from monitor.feeds import service as feeds
from monitor.feeds.records import Answer, Citation, FetchedRecord, Identifier
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel import settings as settings_module
from monitor.kernel.persistence.database import Database
from monitor.kernel.settings import Settings
from monitor.literature.papers import queries as literature
from monitor.review.queue.screening import ScreeningAnswer
from monitor.review.rules import Judgement
from monitor.review.words import ScreeningVerdict
from monitor.web.app import create_app

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Clock:
    """A clock that only moves when told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> datetime:
        self.now += timedelta(**duration)
        return self.now


@pytest.fixture
def clock(now) -> Clock:
    return Clock(now)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return loader.load()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_module.parse(patient(SOME_SOURCES), folder=tmp_path)


@pytest.fixture
def published(database: Database, catalogue: Catalogue, settings: Settings, now) -> Database:
    """A database with the ten graded from the published review alone."""
    with database.write() as session:
        publish(session, service_of(database, settings, lambda: now, catalogue), now)
        feeds.sync_sources(session, settings, now)
    return database


@pytest.fixture
def make_app(published: Database, catalogue: Catalogue, clock: Clock, tmp_path: Path):
    """Make the application with other settings: ``make_app({"web": {"notice": "…"}})``."""

    def make(data: dict[str, object] | None = None, *, testing: bool = True) -> Flask:
        chosen = settings_module.parse(patient(data or {}), folder=tmp_path)
        return create_app(service_of(published, chosen, clock, catalogue), testing=testing)

    return make


@pytest.fixture
def app(make_app) -> Flask:
    app: Flask = make_app()
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def form_token(page: TestResponse) -> str:
    """Read the form token out of a page."""
    found = _TOKEN.search(page.text)
    assert found, f"no form on {page.request.path}"
    return found[1]


@pytest.fixture
def token_of() -> Callable[[TestResponse], str]:
    return form_token


@pytest.fixture
def post() -> Callable[..., TestResponse]:
    """Open a page, then send its form: ``post(client, "/subscribe", {…}, page="/")``."""

    def send(
        browser: FlaskClient, path: str, data: dict[str, object], *, page: str | None = None
    ) -> TestResponse:
        token = form_token(browser.get(page or path))
        return browser.post(path, data={"csrf_token": token, **data})

    return send


JUDGEMENT: Judgement = judgement(
    "cos",
    participants=371,
)


class Evidence:
    """Studies that arrive, are screened, judged and decided on. All invented."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self.database, self.clock, self.catalogue = database, clock, loader.load()
        self.service = service_of(database, settings, clock, self.catalogue)
        self.numbers = count(1)
        with database.write() as session:
            names = ("Ann Secretname", "Ben Secretname", "Cat Secretname")
            self.people = [self._person(session, name) for name in names]

    def arrives(self, slug: str, **citation: object) -> int:
        """Let a paper arrive and be included; gives its study."""
        number = next(self.numbers)
        name = self.catalogue.intervention(slug).full_forms[0]
        facts = {
            "title": f"Invented study {number} of {name}: a randomised trial",
            "identifiers": (Identifier("pmid", str(40_000_000 + number)),),
            "authors": (f"Author{number} A",),
            "abstract": f"Families were given {name}. A sentence only the abstract has.",
            "year": 2026,
            "published": date(2026, 3, number % 27 + 1),
            **citation,
        }
        with self.database.write() as session:
            paper_id = self._store(session, number, Citation(**facts))  # type: ignore[arg-type]  # fields by name
            workflow.screen(
                session,
                paper_id=paper_id,
                token=str(uuid4()),
                by=self.people[0],
                at=self.clock(),
                answer=ScreeningAnswer(
                    verdict=ScreeningVerdict.INCLUDE, interventions=(slug,), version=1
                ),
            )
            study = literature.paper(session, paper_id).study
        assert study
        return study[0]

    def judged(self, study_id: int, person: int, **answers: object) -> Judgement:
        """Let one person appraise a study."""
        judgement = replace(JUDGEMENT, **answers)  # type: ignore[arg-type]  # fields by name
        with self.database.write() as session:
            appraise(
                session,
                self.service,
                study_id=study_id,
                token=str(uuid4()),
                by=self.people[person],
                judgement=judgement,
                at=self.clock(),
            )
        return judgement

    def decided(
        self, slug: str, *, paper: dict[str, object] | None = None, **answers: object
    ) -> int:
        """Let a study arrive and two people agree on it."""
        study_id = self.arrives(slug, **(paper or {}))
        for person in (0, 1):
            self.judged(study_id, person, **{"interventions": (slug,), **answers})
        return study_id

    def withdrawn(self, study_id: int, reason: str = "Invented: the journal retracted it") -> None:
        with self.database.write() as session:
            workflow.withdraw(
                session,
                self.service,
                study_id=study_id,
                token=str(uuid4()),
                reason=reason,
                by=self.people[2],
                at=self.clock(),
            )

    def _person(self, session: Session, name: str) -> User:
        address = f"{name.split(maxsplit=1)[0].lower()}@secret.example"
        person: User = rows.person(session, name, at=self.clock(), address=address)
        return person

    def _store(self, session: Session, number: int, citation: Citation) -> int:
        at = self.clock()
        lease = feeds.lease(session, "pubmed", at, 60)
        assert lease
        poll = feeds.start_poll(session, lease, at)
        record = FetchedRecord(f"r{number}", b"<invented/>", "text/xml", citation)
        answer = Answer(Query("cos", "an invented query"), (record,), Watermark("2026-11-23"))
        stored = feeds.store(session, lease, poll, [answer], at)
        workflow.ingest(session, self.service, stored, at=at)
        feeds.finish(session, lease, poll, at=at, next_due_at=at + timedelta(hours=24))
        paper_id = literature.record(session, stored[0].record_id).paper_id
        assert paper_id
        return paper_id


@pytest.fixture
def evidence(published: Database, settings: Settings, clock: Clock) -> Evidence:
    return Evidence(published, settings, clock)
