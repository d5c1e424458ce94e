"""A further report that joins a study by being included: what follows for the study, and back."""

from datetime import date, timedelta

import pytest
from factories import judgement  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select
from story import Story  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor import story_of_papers, workflow
from monitor.evidence.tables import GradeRow
from monitor.feeds.records import Citation, Identifier
from monitor.kernel.errors import Conflict
from monitor.literature.tables import PaperTrial, StudyPaper
from monitor.literature.words import PaperRole
from monitor.review import queries as reviews
from monitor.review.queue.screening import ScreeningAnswer
from monitor.review.rules import Judgement
from monitor.review.tables import Decision
from monitor.review.words import ScreeningVerdict, Stage

JUDGEMENT: Judgement = judgement("theraplay", participants=140)
TRIAL = Citation(
    title="Theraplay in invented nurseries, an example randomised trial",
    identifiers=(Identifier("pmid", "40000001"),),
    authors=("Inventley C",),
    year=2026,
    published=date(2026, 3, 1),
)
EARLIER = Citation(
    title="First results of Theraplay in invented nurseries, in an older journal",
    identifiers=(Identifier("pmid", "40000002"),),
    authors=("Inventley C",),
    year=2019,
    published=date(2019, 3, 1),
)
LATER = Citation(
    title="Theraplay in invented nurseries, four years on",
    identifiers=(Identifier("pmid", "40000003"),),
    authors=("Inventley C",),
    year=2030,
    published=date(2030, 3, 1),
)


class World(Story):  # type: ignore[misc]  # the same
    """A study that counts by its date, since nobody was asked whether the review has it."""

    slug = "theraplay"

    def accepted(self):
        study_id = self.included(self.arrives(TRIAL))
        self.appraise(study_id, JUDGEMENT)
        decision = self.session.scalars(select(Decision)).one()
        facts = {name: said for name, said in decision.facts.items() if name != "reading"}
        decision.facts = facts | {"version": 2}
        self.session.flush()
        cause = workflow.because(self.session, decision)
        workflow.follow(self.session, self.service, decision, cause, at=self.now)
        self.now += timedelta(hours=1)
        return study_id

    def joins(self, citation, study_id):
        paper_id = self.arrives(citation)
        answer = ScreeningAnswer(
            ScreeningVerdict.INCLUDE,
            version=reviews.item(self.session, paper_id).version,
            interventions=[self.slug],
            study_id=study_id,
        )
        story_of_papers.screen(
            self.session, self.service, paper_id=paper_id, token=self.token(), by=self.ann,
            answer=answer, at=self.now,
        )  # fmt: skip
        return paper_id

    def takes_back(self, paper_id):
        return story_of_papers.take_back(
            self.session, self.service, paper_id=paper_id, reason="Another trial", by=self.ann,
            version=reviews.item(self.session, paper_id).version, at=self.now,
        )  # fmt: skip

    def grades(self):
        rows = select(GradeRow).where(GradeRow.slug == self.slug).order_by(GradeRow.id)
        return self.session.scalars(rows).all()


@pytest.fixture
def world(session, tmp_path, now):
    return World(session, tmp_path, now)


def test_one_that_dates_the_first_results_anew_has_a_study_that_counts_graded_again(world):
    study_id = world.accepted()
    before = len(world.grades())
    paper_id = world.joins(EARLIER, study_id)
    assert reviews.item(world.session, paper_id).stage is Stage.ACCEPTED
    (grade,) = world.grades()[before:]
    assert (grade.cause_kind, grade.cause_id) == ("papers", study_id)
    with pytest.raises(Conflict, match="its first results would have another date"):
        world.takes_back(paper_id)


def test_a_later_one_changes_no_grade_and_is_taken_back_without_one(world):
    study_id = world.accepted()
    before = len(world.grades())
    paper_id = world.joins(LATER, study_id)
    assert len(world.grades()) == before
    assert world.takes_back(paper_id).stage is Stage.TO_SCREEN
    assert len(world.grades()) == before


def test_a_trials_registration_joins_as_one_and_dates_no_results(world):
    study_id = world.accepted()
    paper_id = world.arrives(EARLIER)
    world.session.add(PaperTrial(paper_id=paper_id, completed_expected=False))
    world.session.flush()
    world.included(paper_id, study_id=study_id)
    link = world.session.scalars(select(StudyPaper).where(StudyPaper.paper_id == paper_id)).one()
    assert (link.study_id, link.role) == (study_id, PaperRole.REGISTRATION)
    (counted,) = reviews.accepted(world.session)
    assert counted.published == TRIAL.published
