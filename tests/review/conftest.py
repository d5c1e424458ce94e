"""A small invented world for review: three interventions, four people, papers made on request."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from factories import judgement as judging  # type: ignore[import-not-found]  # tests/support is on pytest's path
from readings import reading_of  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.accounts.tables import Role
from monitor.catalogue import loader
from monitor.catalogue.tables import InterventionRow
from monitor.catalogue.words import RiskOfBias
from monitor.literature.ranking.features import features
from monitor.literature.tables import PaperReading
from monitor.review import service
from monitor.review.locking import stage_of
from monitor.review.queue.screening import ScreeningAnswer
from monitor.review.rules import Judgement
from monitor.review.words import ScreeningVerdict, Stage

JUDGEMENT: Judgement = judging(
    "cos",
    risk_of_bias=RiskOfBias.SOME_CONCERNS,
    risk_reason="Concealment is not described",
    outcome="Attachment security at 12 months",
    quote="The groups did not differ.",
)
NOT_COUNTED = replace(
    JUDGEMENT, count_it=False, reason="No comparison of interest", quote="", risk_reason=""
)


class World:
    """Makes rows and sends forms; every form gets a token of its own unless told."""

    def __init__(self, session, now):
        self.session, self.now, self.catalogue = session, now, loader.load()
        self.tokens = map("token-{}".format, count(1))
        for position, slug in enumerate(("vipp", "cos", "ddp")):
            session.add(
                InterventionRow(
                    slug=slug,
                    name=slug.upper(),
                    position=position,
                    content_hash="0",
                    synced_at=now,
                )
            )
        self.ann = self.person("Ann Example")
        self.ben = self.person("Ben Example")
        self.cat = self.person("Cat Example", Role.ADMIN)
        self.reader = self.person("Rob Reader", Role.COMMISSIONER)

    def person(self, name, role=Role.REVIEWER):
        return rows.person(self.session, name, role, at=self.now)

    def paper(self, title="Example trial of an invented programme", read=None, **fields):
        """Make a paper; ``read`` is what the rules read from it, its features from the title."""
        paper = rows.paper(
            self.session,
            title,
            at=self.now,
            **{"authors": ["Example A", "Other B"], "year": 2026} | fields,
        )
        if read is not None:
            said = {"design": None, "named": None, "attachment": False} | read
            words = features(title, paper.abstract, ())
            self.session.add(PaperReading(paper_id=paper.id, features=words, **said))
            self.session.flush()
        return paper.id

    def queued(self, title="Example trial of an invented programme", at=None, **fields):
        paper_id = self.paper(title, **fields)
        service.enqueue(self.session, [paper_id], at=at or self.now)
        return paper_id

    def screen(self, paper_id, by, verdict=ScreeningVerdict.INCLUDE, **fields):
        values = {"token": next(self.tokens), "at": self.now}
        values |= {name: fields.pop(name) for name in tuple(fields) if name in values}
        said: dict[str, Any] = {"interventions": ["cos"], "version": 1} | fields
        answer = ScreeningAnswer(verdict=verdict, **said)
        return service.screen(self.session, paper_id=paper_id, by=by, answer=answer, **values)

    def study(self, **fields):
        """Queue and include a paper; gives the study's id."""
        from monitor.review.locking import study_of

        paper_id = self.queued(**fields)
        self.screen(paper_id, self.ann)
        return study_of(self.session, paper_id)

    def sent(self, study_id, by, token=None, at=None):
        return service.SentDecision(study_id, token or next(self.tokens), by, at or self.now)

    def hand_in(self, study_id, by, judgement=JUDGEMENT, token=None, at=None, because=""):
        """Hand a reading in, and leave what it comes to as it is."""
        return service.hand_in(
            self.session,
            self.catalogue,
            self.sent(study_id, by, token, at),
            reading=reading_of(judgement),
            direction=judgement.direction,
            because=because,
        )

    def count(self, study_id, by, consensus_id, token=None, by_a_lead=False):
        """Decide a study by what its appraisals came to."""
        return service.count(
            self.session,
            self.catalogue,
            self.sent(study_id, by, token),
            consensus_id=consensus_id,
            direction=JUDGEMENT.direction,
            by_a_lead=by_a_lead,
        )

    def appraise(self, study_id, by, judgement=JUDGEMENT, token=None, at=None):
        """Hand a reading in; and decide, as soon as the appraisals came to one answer."""
        token = token or next(self.tokens)
        if isinstance(judgement, Judgement):
            outcome = self.hand_in(study_id, by, judgement, token, at)
        else:
            sent = self.sent(study_id, by, token, at)
            outcome = service.hand_in(
                self.session, self.catalogue, sent, reading=judgement, direction=None
            )
        agreed = outcome.consensus
        if agreed and outcome.stage is Stage.AGREED:
            decision = self.count(study_id, by, agreed.id, token)
            return replace(outcome, decision=decision, stage=stage_of(self.session, study_id))
        return outcome

    def accepted(self, judgement=JUDGEMENT, **fields):
        """Bring a study all the way; gives its id."""
        study_id = self.study(**fields)
        self.appraise(study_id, self.ann, judgement)
        self.appraise(study_id, self.ben, judgement)
        return study_id

    def withdraw(self, study_id, by, reason="Retracted by its journal", token=None):
        return service.withdraw(
            self.session,
            study_id=study_id,
            token=token or next(self.tokens),
            reason=reason,
            by=by,
            at=self.now,
        )


@pytest.fixture
def new_world() -> type[World]:
    """For a test that opens its own transactions."""
    return World


@pytest.fixture
def world(session, now) -> World:
    return World(session, now)


@pytest.fixture
def judgement() -> Judgement:
    return JUDGEMENT


@pytest.fixture
def not_counted() -> Judgement:
    return NOT_COUNTED
