"""What becomes of studies in one session: sources send records, two people judge them, the rest follows."""

from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from factories import Polls  # type: ignore[import-not-found]  # tests/support is on pytest's path
from published import publish  # type: ignore[import-not-found]  # tests/support is on pytest's path
from readings import appraise  # type: ignore[import-not-found]  # tests/support is on pytest's path
from services import service_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.accounts.tables import User
from monitor.feeds.records import Citation
from monitor.gap import queries as gaps
from monitor.gap.states import State
from monitor.kernel.persistence.database import Database
from monitor.kernel.settings import parse
from monitor.literature.papers import queries as literature
from monitor.review import queries as reviews
from monitor.review.queue.screening import ScreeningAnswer
from monitor.review.reading.model import Reading
from monitor.review.rules import Judgement
from monitor.review.service import AlertOutcome
from monitor.review.tables import StudyAlert
from monitor.review.words import ExclusionReason, ScreeningVerdict


class Story:
    """The ten as published and two reviewers; ``slug`` is what the sources are searched for.

    A package's tests add what they ask and what else happens. ``now`` is when the next thing does.
    """

    slug = "cos"

    def __init__(self, session: Session, folder: Path, now: datetime) -> None:
        self.session, self.now = session, now
        settings = parse({}, folder=folder)
        # all is done in the session; this one is opened by nobody
        self.service = service_of(Database(settings.database_url), settings, lambda: now)
        self.catalogue = self.service.catalogue
        self.polls, self._numbers = Polls(session, now), count(1)
        publish(session, self.service, now)
        self.ann, self.ben = (
            rows.person(session, name, at=now) for name in ("Ann Example", "Ben Example")
        )

    def token(self) -> str:
        """Give what no other form has."""
        return f"token-{next(self._numbers)}"

    def arrives(self, citation: Citation, *, source: str = "pubmed", key: str | None = None) -> int:
        """Let a source send a record; gives its paper."""
        stored = self.polls.stored(
            self.session, citation, source, key or self.token(), query=self.slug, at=self.now
        )
        workflow.ingest(self.session, self.service, [stored], at=self.now)
        paper_id = literature.record(self.session, stored.record_id).paper_id
        assert paper_id is not None
        return paper_id

    def screen(
        self,
        paper_id: int,
        verdict: ScreeningVerdict,
        reason: ExclusionReason | None = None,
        **more: Any,
    ) -> None:
        """Let Ann screen a paper as one of the intervention, unless told ``interventions``."""
        said = {"interventions": (self.slug,)} | more
        workflow.screen(
            self.session,
            paper_id=paper_id,
            token=self.token(),
            by=self.ann,
            at=self.now,
            answer=ScreeningAnswer(
                verdict=verdict,
                reason=reason,
                version=reviews.item(self.session, paper_id).version,
                **said,
            ),
        )

    def included(self, paper_id: int, **more: Any) -> int:
        """Let Ann include a paper; gives its study."""
        self.screen(paper_id, ScreeningVerdict.INCLUDE, **more)
        return self.study_of(paper_id)[0]

    def study_of(self, paper_id: int) -> tuple[int, str]:
        """Give the number and the name of the study that a paper reports."""
        study = literature.paper(self.session, paper_id).study
        assert study
        return study

    def appraise(
        self, study_id: int, said: Judgement | Reading, *people: User, **told: Any
    ) -> None:
        """Let both appraise a study alike, or some; it counts as soon as two did."""
        for person in people or (self.ann, self.ben):
            appraise(
                self.session,
                self.service,
                study_id=study_id,
                token=self.token(),
                by=person,
                judgement=said,
                at=self.now,
                **told,
            )

    def alerts(self, *, closed: bool = False) -> list[StudyAlert]:
        """Give what waits for an answer; or all that ever did."""
        found = self.session.scalars(select(StudyAlert).order_by(StudyAlert.id)).all()
        return [one for one in found if closed or one.closed_at is None]

    def settle(
        self,
        alert: StudyAlert,
        outcome: AlertOutcome,
        reason: str = "Read by a person.",
        by: User | None = None,
        token: str | None = None,
    ) -> None:
        """Let Ben answer an alert, unless told who."""
        workflow.settle_alert(
            self.session,
            self.service,
            alert_id=alert.id,
            outcome=outcome,
            token=token or self.token(),
            reason=reason,
            by=by or self.ben,
            at=self.now,
        )

    def state(self, slug: str | None = None) -> State:
        """Give where an intervention stands; the story's own unless told."""
        return gaps.state(self.session, slug or self.slug)
