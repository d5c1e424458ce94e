"""The review's own table brought in: what it counts, what it tells, and how it is undone."""

from datetime import timedelta

import pytest
from baseline_tables import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    file,
    line,
    lines,
)
from factories import judgement  # type: ignore[import-not-found]  # tests/support is on pytest's path
from letters import claimed, text_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import func, select
from story import Story  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor import workflow
from monitor.catalogue.words import FindingDirection, InReview, Tier
from monitor.evidence import queries
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.standing import Contradicted, TableStep
from monitor.evidence.baseline.table import read
from monitor.evidence.tables import BaselineVersion, GradeRow
from monitor.feeds.records import Citation, Identifier, Link, LinkKind
from monitor.gap.previews.steps import preview_baseline
from monitor.gap.tables import Change
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput
from monitor.literature.papers import queries as literature
from monitor.literature.papers.watching import watched_dois
from monitor.literature.tables import Paper, PaperIdentifier, Study, StudyPaper
from monitor.notify.tables import Announcement, MessageKind
from monitor.notify.writing import rendering
from monitor.ops import exports
from monitor.review import queries as reviews
from monitor.review.service import AlertOutcome
from monitor.review.tables import QueueItem
from monitor.review.words import Stage

DOI = "10.5555/trial-cos-0"
COS = Citation(
    title="Circle of Security in an invented service: a randomised controlled trial",
    identifiers=(Identifier("doi", DOI), Identifier("pmid", "40000001")),
    authors=("Inventley C",),
    year=2015,
)


class World(Story):  # type: ignore[misc]  # the same
    """Two reviewers, and the review's own table in somebody's hand."""

    def table(self, rows=None):
        return read(file(rows), self.catalogue.slugs)

    def brings(self, rows=None, because="", name="appendix.csv"):
        self.now += timedelta(hours=1)
        step = TableStep(f"user:{self.ann.id}", self.now, because, name)
        changes = workflow.change_baseline(self.session, self.service, self.table(rows), step)
        self.session.expire_all()
        return changes

    def withdraws(self, because="The appendix was another review's"):
        self.now += timedelta(hours=1)
        step = TableStep("cli", self.now, because)
        return workflow.change_baseline(self.session, self.service, None, step)

    def arrives(self, citation, *, source="pubmed", key="trial"):
        return super().arrives(citation, source=source, key=key)

    def accepts(self, citation=COS, in_review=InReview.UNKNOWN):
        study_id = self.included(self.arrives(citation))
        said = judgement("cos", direction=FindingDirection.FAVOURS)
        self.appraise(study_id, said, in_review=in_review)
        return study_id

    def settles(self, outcome, reason="Read by a person."):
        self.settle(self.alert(), outcome, reason)

    def mail(self, content):
        context = {"slugs": ["cos"], "following": 1}
        change = claimed(MessageKind.CHANGE, at=self.now, context=context, content=content)
        return text_of(rendering.render(change, self.service.settings, self.service.secret))

    def alert(self):
        (alert,) = self.alerts()
        return alert

    def facts(self, slug="cos"):
        return {name: tuple(ends) for name, ends in self.grade(slug).facts.items()}

    def grade(self, slug="cos"):
        return queries.current(self.session, slug)

    def number_of(self, table):
        return self.session.scalar(select(func.count()).select_from(table))


@pytest.fixture
def world(session, tmp_path, now):
    return World(session, tmp_path, now)


def test_ranges_collapse_to_numbers_and_the_change_says_by_what(world):
    assert world.facts()["studies"] == (8, 17)
    changes = world.brings()
    assert world.facts() == dict.fromkeys(
        ("studies", "sound", "high_quality", "randomised"), (8, 8)
    )
    assert world.facts("cpp") == {
        "studies": (4, 4),
        "sound": (2, 2),
        "high_quality": (2, 2),
        "randomised": (2, 2),
    }
    assert world.state().tier is Tier.STRONG
    assert {one.slug for one in changes} == set(world.catalogue.slugs) - {"icp"}
    assert (
        "why: The review's own table of studies was brought in (version 1)" in changes[0].sentence
    )
    (own,) = [one for one in world.grade().reasons if one.startswith("The review's own count")]
    assert own == (
        "The review's own count is from its table, brought in on 23 November 2026 (version 1): 8 "
        "of its studies are of this. Published before: 8 to 17."
    )
    found = baselines.standing(world.session).baseline(world.catalogue, "cos")
    assert found.facts["studies"] == (8, 8)
    assert world.session.scalars(select(Announcement)).all() == []  # only counts moved


def test_a_preview_tells_what_bringing_it_in_does_and_does_nothing(world):
    entries = audit.count(world.session)
    told = preview_baseline(world.session, world.catalogue, world.table(), at=world.now)
    assert audit.count(world.session) == entries
    assert world.number_of(BaselineVersion) == 0
    world.brings()
    assert {one.slug: one.after for one in told} == {
        slug: world.state(slug) for slug in world.catalogue.slugs
    }


def test_the_same_file_twice_changes_nothing(world):
    world.brings()
    before = [world.number_of(one) for one in (BaselineVersion, Paper, Study, GradeRow, Change)]
    entries = audit.count(world.session)
    assert world.brings(list(reversed(lines())), name="again.csv") is None
    assert audit.count(world.session) == entries
    assert before == [
        world.number_of(one) for one in (BaselineVersion, Paper, Study, GradeRow, Change)
    ]


def test_a_second_version_replaces_the_first_which_is_kept_and_withdrawing_undoes_both(world):
    published = {slug: world.state(slug) for slug in world.catalogue.slugs}
    facts = {slug: world.facts(slug) for slug in world.catalogue.slugs}
    world.brings()
    world.brings(lines({"cos": (11, 11)}), name="corrected.csv")
    assert world.facts()["studies"] == (11, 11)
    world.withdraws()
    assert {slug: world.state(slug) for slug in world.catalogue.slugs} == published
    assert {slug: world.facts(slug) for slug in world.catalogue.slugs} == facts
    kept = baselines.versions(world.session)
    assert [(one.name, one.reason, len(one.content.get("rows", ()))) for one in kept] == [
        ("", "The appendix was another review's", 0),
        ("corrected.csv", "", len(lines({"cos": (11, 11)}))),
        ("appendix.csv", "", len(lines())),
    ]
    with pytest.raises(Conflict, match="nothing to withdraw"):
        world.withdraws()
    assert world.brings() is not None  # the first one again is a version of its own
    assert world.facts()["studies"] == (8, 8)


def test_withdrawing_wants_a_reason(world):
    world.brings()
    with pytest.raises(InvalidInput, match="Say why"):
        world.withdraws(" ")


def test_a_contradiction_is_refused_with_both_figures_and_kept_with_a_reason_only(world):
    rows = lines({"cos": (19, 19)})
    with pytest.raises(Contradicted) as told:
        world.brings(rows)
    assert told.value.sentences[0] == (
        "Circle of Security: the table has 19 studies, and the review published 8 to 17"
    )
    assert "Correct the table; or, if it is right, keep it and say why" in str(told.value)
    assert world.number_of(BaselineVersion) == world.number_of(Paper) == 0
    world.brings(rows, because="The authors confirmed it by letter")
    assert world.facts()["studies"] == (19, 19)
    assert any(
        "The table has 19 studies, and the review published 8 to 17; the table has 19" in reason
        and "The table was kept, since: The authors confirmed it by letter." in reason
        for reason in world.grade().reasons
    )
    assert not any("19" in reason for reason in world.grade("vipp").reasons)


def test_its_papers_are_held_and_watched_and_nobody_has_to_screen_them(world):
    more = {"title": "Child–Parent Psychotherapy: a trial", "papers": "10.5555/second 40000777"}
    rows = [*lines(), line("Two papers", "cpp", **more)]
    world.brings(rows)
    assert world.number_of(QueueItem) == 0
    assert {DOI, "10.5555/second"} <= set(watched_dois(world.session))
    found = world.session.scalar(
        select(PaperIdentifier.paper_id).where(PaperIdentifier.value == "10.5555/second")
    )
    study, label = world.study_of(found)
    assert label == "Two papers"
    linked = select(func.count()).where(StudyPaper.study_id == study)
    assert world.session.scalar(linked) == 3
    # a source sends one of them: it stays where nobody is asked
    paper = world.arrives(COS)
    assert literature.paper(world.session, paper).title == COS.title
    assert world.number_of(QueueItem) == 0
    world.withdraws()
    assert reviews.item(world.session, paper).stage is Stage.TO_SCREEN


def test_a_paper_that_waits_to_be_screened_need_not_be_and_is_asked_for_again(world):
    paper = world.arrives(COS)
    assert reviews.item(world.session, paper).stage is Stage.TO_SCREEN
    world.brings()
    assert reviews.item(world.session, paper).stage is Stage.EXCLUDED
    world.brings(lines({"cos": (9, 9)})[0:9] + lines({"cos": (0, 0)})[9:] + _renamed(8))
    assert reviews.item(world.session, paper).stage is Stage.TO_SCREEN


def _renamed(number):
    return [line(f"Other cos {n}", "cos") for n in range(number)]


def test_a_study_here_is_known_by_its_identifiers_and_adds_nothing(world):
    study = world.accepts()
    assert world.facts()["studies"] == (8, 18)  # nobody knew whether it is the review's
    world.brings()
    assert world.facts()["studies"] == (8, 8)
    assert world.grade().counted == [study]
    assert (
        "Known to be the review's own by their identifiers in its table: Inventley 2015."
        in world.grade().reasons
    )
    assert [row["in_review"] for row in exports.results(world.session)] == ["yes"]
    assert baselines.contested(world.session, world.catalogue) == []
    world.withdraws()
    assert world.facts()["studies"] == (8, 18)


def test_a_persons_no_is_shown_as_a_contradiction_and_not_overwritten(world):
    study = world.accepts(in_review=InReview.NO)
    assert world.facts()["studies"] == (9, 18)
    world.brings()
    assert world.facts()["studies"] == (8, 9)  # it may be either, until somebody settles it
    (one,) = baselines.contested(world.session, world.catalogue)
    assert (one.study_id, one.slug) == (study, "cos")
    (told,) = [reason for reason in world.grade().reasons if "a reviewer said" in reason]
    assert told == (
        "The table names it by its identifiers, and a reviewer said that it is not among the "
        "review's studies: Inventley 2015. Until that is settled it may be either."
    )
    assert reviews.said_in_review(world.session, study) is InReview.NO


RETRACTED = (Link(LinkKind.RETRACTED_BY, Identifier("doi", "10.5555/notice")),)


def test_a_retraction_of_one_of_its_papers_waits_for_a_person_and_then_leaves_the_count(world):
    world.brings()
    world.arrives(
        Citation(COS.title, COS.identifiers, year=2015, links=RETRACTED), source="crossref"
    )
    assert world.alert().kind == "retracted by"
    assert world.facts()["studies"] == (8, 8)  # the service does not act alone
    world.settles(AlertOutcome.EXCLUDE)
    assert world.facts()["high_quality"] == (7, 7)
    assert world.state().tier is Tier.INTERMEDIATE
    assert any("No longer in that count, since retracted" in one for one in world.grade().reasons)
    (told,) = world.session.scalars(select(Announcement)).all()
    assert told.content["changes"][0]["cause"].startswith("Trial cos 0 was retracted: Read by")
    mail = world.mail(told.content)
    assert "Trial cos 0" in mail
    assert "None" not in mail

    world.arrives(Citation(COS.title, COS.identifiers, year=2015), source="crossref")
    assert world.alert().kind == "reinstated"
    assert world.facts()["high_quality"] == (7, 7)
    world.settles(AlertOutcome.COUNT_AGAIN, "The journal took its retraction back.")
    assert world.facts()["high_quality"] == (8, 8)
    assert world.state().tier is Tier.STRONG


def test_a_retraction_of_a_study_accepted_here_leaves_the_reviews_count_too(world):
    world.accepts(in_review=InReview.YES)
    world.brings()
    assert world.facts()["studies"] == (8, 8)
    world.arrives(
        Citation(COS.title, COS.identifiers, year=2015, links=RETRACTED), source="crossref", key="c"
    )
    assert world.facts()["studies"] == (7, 7)


def test_a_paper_retracted_before_the_table_came_opens_its_alert_at_once(world):
    world.arrives(
        Citation(COS.title, COS.identifiers, year=2015, links=RETRACTED), source="crossref"
    )
    world.brings()
    assert world.alert().kind == "retracted by"
