"""Studies that arrive, are judged, withdrawn, counted again and appraised anew, as in life; all invented."""

from datetime import date, timedelta
from itertools import count

import pytest
from factories import Polls, judgement  # type: ignore[import-not-found]  # tests/support is on pytest's path
from published import publish  # type: ignore[import-not-found]  # tests/support is on pytest's path
from readings import appraise, reading_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor import workflow
from monitor.accounts.tables import Role, User
from monitor.catalogue import loader
from monitor.evidence import queries as evidence_queries
from monitor.feeds.records import Citation, Identifier, Link
from monitor.gap import queries as gaps
from monitor.kernel.persistence.database import Database
from monitor.kernel.settings import parse
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers import queries as literature
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.queue.screening import ScreeningAnswer
from monitor.review.tables import StudyAlert
from monitor.review.words import ScreeningVerdict
from monitor.service import Service


class Chronicle:
    """The ten as published, two reviewers and a lead; each step is an hour after the one before."""

    def __init__(self, session, catalogue, matcher, folder, now):
        self.session, self.catalogue, self.now = session, catalogue, now
        settings = parse({}, folder=folder)
        database = Database(settings.database_url)
        self.service = Service(settings, database, catalogue, matcher, b"s" * 32, lambda: now)
        self.numbers, self.polls = count(1), Polls(session, now)
        publish(session, self.service, now)
        self.ann, self.ben = (self._person(name) for name in ("Ann", "Ben"))
        self.lead = self._person("Lea", Role.LEAD)
        self.papers = {}

    def later(self, **duration):
        self.now += timedelta(**(duration or {"hours": 1}))
        return self.now

    def token(self):
        return f"token-{next(self.numbers)}"

    def cited(self, number, slug, links=()):
        name = self.catalogue.intervention(slug).full_forms[0]
        return Citation(
            title=f"Invented trial {number} of {name}, randomised",
            identifiers=(Identifier("pmid", str(40_000_000 + number)),),
            authors=(f"Author{number} A",),
            year=2026,
            published=date(2026, 3, 1),
            links=tuple(links),
        )

    def arrives(self, citation, *, source="pubmed", key=None):
        """Let a source send a record; gives its paper."""
        number = next(self.numbers)
        stored = self.polls.stored(
            self.session, citation, source, key or f"key-{number}", query="cos", at=self.now
        )
        workflow.ingest(self.session, self.service, [stored], at=self.now)
        return literature.record(self.session, stored.record_id).paper_id

    def counted(self, slug, **answers):
        """Let a trial arrive, be included, judged by two and counted; gives its study."""
        self.later()
        number = next(self.numbers)
        citation = self.cited(number, slug)
        paper_id = self.arrives(citation, key=f"trial-{number}")
        answer = ScreeningAnswer(
            verdict=ScreeningVerdict.INCLUDE,
            interventions=(slug,),
            version=reviews.item(self.session, paper_id).version,
        )
        workflow.screen(
            self.session,
            paper_id=paper_id,
            token=self.token(),
            by=self.ann,
            at=self.now,
            answer=answer,
        )
        study = literature.paper(self.session, paper_id).study
        assert study
        study_id = study[0]
        self.papers[study_id] = (citation, f"trial-{number}")
        self.judged(study_id, slug, **answers)
        return study_id

    def judged(self, study_id, *slugs, reported=None, **answers):
        """Let two judge it alike; ``reported``: what its one result says, instead of what is usual."""
        said = reading_of(judgement(*slugs, **answers))
        if reported:
            result = said.results[0].model_copy(update={"reported": reported})
            said = said.model_copy(update={"results": (result,)})
        for person in (self.ann, self.ben):
            appraise(
                self.session,
                self.service,
                study_id=study_id,
                token=self.token(),
                by=person,
                judgement=said,
                at=self.now,
            )

    def judged_anew(self, study_id, *slugs, **answers):
        self.later()
        review.open_round(
            self.session,
            study_id=study_id,
            reason="Invented: a correction came.",
            by=self.lead,
            at=self.now,
        )
        self.judged(study_id, *slugs, **answers)

    def withdrawn(self, study_id):
        self.later()
        workflow.withdraw(
            self.session,
            self.service,
            study_id=study_id,
            token=self.token(),
            reason="Invented: it was said to be flawed.",
            by=self.ben,
            at=self.now,
        )

    def said(self, study_id, kind):
        """Let Crossref say something of a study's paper."""
        self.later()
        citation, _ = self.papers[study_id]
        link = Link(kind, Identifier("doi", "10.5555/notice"))
        self.arrives(
            Citation(
                title=citation.title,
                identifiers=citation.identifiers,
                authors=citation.authors,
                year=citation.year,
                published=citation.published,
                links=(link,),
            ),
            source="crossref",
            key=f"crossref-{study_id}",
        )

    def unsaid(self, study_id):
        """Let Crossref take it back."""
        self.later()
        citation, _ = self.papers[study_id]
        self.arrives(citation, source="crossref", key=f"crossref-{study_id}")

    def alerts(self):
        rows = self.session.scalars(select(StudyAlert).order_by(StudyAlert.id)).all()
        return [one for one in rows if one.closed_at is None]

    def settle(self, alert, outcome):
        self.later()
        workflow.settle_alert(
            self.session,
            self.service,
            alert_id=alert.id,
            outcome=outcome,
            token=self.token(),
            reason="Read by a person.",
            by=self.ben,
            at=self.now,
        )

    def grade(self, slug):
        self.session.expire_all()
        newest = evidence_queries.current(self.session, slug)
        assert newest
        return evidence_queries.as_grade(newest)

    def state(self, slug):
        self.session.expire_all()
        return gaps.state(self.session, slug)

    def _person(self, name, role=Role.REVIEWER):
        address = f"{name.lower()}@example.org"
        user = User(address=address, name=name, role=role, created_at=self.now)
        self.session.add(user)
        self.session.flush()
        return user


@pytest.fixture(scope="session")
def _rules():
    catalogue = loader.load()
    return catalogue, Matcher(catalogue)


@pytest.fixture
def chronicle(session, _rules, tmp_path, now):
    catalogue, matcher = _rules
    return Chronicle(session, catalogue, matcher, tmp_path, now)
