"""Studies that arrive, are judged, withdrawn, counted again and appraised anew, as in life; all invented."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from factories import judgement  # type: ignore[import-not-found]  # tests/support is on pytest's path
from readings import reading_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from story import Story  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor import workflow
from monitor.accounts.tables import Role
from monitor.evidence import queries as evidence_queries
from monitor.feeds.records import Citation, Identifier, Link
from monitor.review import service as review


class Chronicle(Story):  # type: ignore[misc]  # the same
    """Two reviewers and a lead; each step is an hour after the one before."""

    def __init__(self, session, folder, now):
        super().__init__(session, folder, now)
        self.lead = rows.person(session, "Lea Example", Role.LEAD, at=now)
        self.papers = {}

    def later(self, **duration):
        self.now += timedelta(**(duration or {"hours": 1}))
        return self.now

    def cited(self, number, slug):
        name = self.catalogue.intervention(slug).full_forms[0]
        return Citation(
            title=f"Invented trial {number} of {name}, randomised",
            identifiers=(Identifier("pmid", str(40_000_000 + number)),),
            authors=(f"Author{number} A",),
            year=2026,
            published=date(2026, 3, 1),
        )

    def counted(self, slug, **answers):
        """Let a trial arrive, be included, judged by two and counted; gives its study."""
        self.later()
        number = len(self.papers) + 1
        citation = self.cited(number, slug)
        paper_id = self.arrives(citation, key=f"trial-{number}")
        study_id = self.included(paper_id, interventions=(slug,))
        self.papers[study_id] = citation
        self.judged(study_id, slug, **answers)
        return study_id

    def judged(self, study_id, *slugs, reported=None, **answers):
        """Let two judge it alike; ``reported``: what its one result says, instead of what is usual."""
        said = reading_of(judgement(*slugs, **answers))
        if reported:
            result = said.results[0].model_copy(update={"reported": reported})
            said = said.model_copy(update={"results": (result,)})
        self.appraise(study_id, said)

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
        link = Link(kind, Identifier("doi", "10.5555/notice"))
        citation = replace(self.papers[study_id], links=(link,))
        self.arrives(citation, source="crossref", key=f"crossref-{study_id}")

    def unsaid(self, study_id):
        """Let Crossref take it back."""
        self.later()
        self.arrives(self.papers[study_id], source="crossref", key=f"crossref-{study_id}")

    def settle(self, alert, outcome):
        self.later()
        super().settle(alert, outcome)

    def grade(self, slug):
        self.session.expire_all()
        newest = evidence_queries.current(self.session, slug)
        assert newest
        return evidence_queries.as_grade(newest)

    def state(self, slug):
        self.session.expire_all()
        return super().state(slug)


@pytest.fixture
def chronicle(session, tmp_path, now):
    return Chronicle(session, tmp_path, now)
