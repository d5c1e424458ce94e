"""An include is taken back by whoever gave it, while nothing rests on it."""

from datetime import timedelta

import pytest

from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.literature.tables import Study
from monitor.literature.words import PaperRole
from monitor.review import queries, service
from monitor.review.family import compare
from monitor.review.family.rules import Attach, Detach
from monitor.review.family.taking_back import hindrance, take_back
from monitor.review.locking import study_of
from monitor.review.tables import QueueItem, StudyAlert
from monitor.review.words import ExclusionReason, ScreeningVerdict, Stage

HOUR = timedelta(hours=1)


@pytest.fixture
def included(world):
    paper_id = world.queued()
    world.screen(paper_id, world.ann)
    return paper_id


def can_take_back(session, paper_id, user_id):
    item = session.get_one(QueueItem, paper_id)
    return hindrance(session, paper_id, item.stage, user_id) is None


def _study(session, paper_id):
    study_id = study_of(session, paper_id)
    assert study_id is not None
    return study_id


def _back(world, paper_id, by=None, **fields):
    values = {"reason": "The wrong paper", "version": 2, "at": world.now} | fields
    return take_back(world.session, paper_id=paper_id, by=by or world.ann, **values).item


def test_it_waits_to_be_screened_again_and_its_study_stays_empty(session, world, included):
    study_id = study_of(session, included)
    assert study_id is not None
    assert can_take_back(session, included, world.ann.id)
    assert _back(world, included).stage is Stage.TO_SCREEN
    assert study_of(session, included) is None
    (told,) = queries.reopenings(session, included)
    assert (told.reviewer, told.reason, told.took_back) == ("Ann Example", "The wrong paper", True)
    assert not queries.study(session, study_id, world.ben.id, tools={}).can_appraise
    with pytest.raises(Conflict, match="No paper reports this study any more"):
        world.appraise(study_id, world.ben)
    assert not can_take_back(session, included, world.ann.id)


def test_it_can_be_included_anew_as_another_study(session, world, included):
    first = study_of(session, included)
    _back(world, included)
    world.screen(included, world.ben, version=3)
    second = study_of(session, included)
    assert second not in {None, first}, "no number is given twice"
    assert session.get(Study, first) is not None
    assert can_take_back(session, included, world.ben.id)
    assert not can_take_back(session, included, world.ann.id), "the include is Ben's now"


def test_it_can_be_excluded_afterwards(session, world, included):
    _back(world, included)
    world.screen(
        included, world.ann, ScreeningVerdict.EXCLUDE, reason=ExclusionReason.NOT_A_STUDY, version=3
    )
    assert queries.counts(session)[Stage.EXCLUDED] == 1


def test_only_whoever_gave_it(session, world, included):
    for other in (world.ben, world.cat):
        assert not can_take_back(session, included, other.id)
        with pytest.raises(Conflict, match="Only whoever included"):
            _back(world, included, by=other)


@pytest.mark.parametrize("who", ["ben", "ann"])
def test_not_once_it_was_appraised(session, world, included, who):
    world.appraise(study_of(session, included), getattr(world, who))
    assert not can_take_back(session, included, world.ann.id)
    with pytest.raises(Conflict, match="acted on it"):
        _back(world, included)


def test_a_report_leaves_a_study_that_was_there_before(session, world):
    study_id = world.study()
    report = world.queued("Another report")
    world.screen(report, world.ann, study_id=study_id)
    _back(world, report)
    assert study_of(session, report) is None
    assert len(queries.study(session, study_id, tools={}).papers) == 1


def test_a_study_that_has_other_papers_by_now_keeps_the_one_it_was_made_of(
    session, world, included
):
    report = world.queued("Another report")
    world.screen(report, world.ben, study_id=study_of(session, included))
    with pytest.raises(Conflict, match=r"joined to “Example 2026”.*: take it out"):
        _back(world, included)
    _back(world, report, by=world.ben)
    _back(world, included)


# a further report of a study on which something was judged before


@pytest.fixture
def further(session, world):
    """A further report that Ann has joined to a study that counts, an hour after it was decided."""
    study_id = world.accepted()
    paper_id = world.queued("Another report")
    world.screen(paper_id, world.ann, study_id=study_id, at=world.now + HOUR)
    assert session.get_one(QueueItem, paper_id).stage is Stage.ACCEPTED
    return paper_id


def _regroup(world, change, by):
    token, version = next(world.tokens), compare.version(world.session, change)
    form = service.Form(token, version, "Seen in the text", by, world.now + 2 * HOUR)
    return service.regroup(world.session, change, form)


def test_a_further_report_of_a_study_that_counts_is_taken_back(session, world, further):
    study_id = _study(session, further)
    (before,) = queries.accepted(session)
    assert _back(world, further).stage is Stage.TO_SCREEN
    assert study_of(session, further) is None
    assert queries.accepted(session) == [before], "nothing that counts is otherwise"
    assert queries.study(session, study_id, tools={}).stage is Stage.ACCEPTED


def test_what_waits_of_it_for_the_study_ends_with_it(session, world, further):
    alert = StudyAlert(
        study_id=study_of(session, further), paper_id=further, kind="corrected by", scheme="doi",
        value="10.5555/c", opened_at=world.now,
    )  # fmt: skip
    session.add(alert)
    session.flush()
    _back(world, further)
    assert alert.closed_at is not None


def test_not_where_its_date_is_that_of_the_first_results(session, world):
    study_id = world.accepted()
    older = world.queued("An earlier report", year=2019)
    world.screen(older, world.ann, study_id=study_id, at=world.now + HOUR)
    (counted,) = queries.accepted(session)
    assert counted.year == 2019
    with pytest.raises(Conflict, match="counts, and its first results would have another date"):
        _back(world, older)
    _regroup(world, Detach(study_id, older), world.ann)
    (counted,) = queries.accepted(session)
    assert counted.year == 2026


def test_a_date_matters_only_where_the_study_counts(session, world, not_counted):
    study_id = world.accepted(not_counted)
    older = world.queued("An earlier report", year=2019)
    world.screen(older, world.ann, study_id=study_id, at=world.now + HOUR)
    assert _back(world, older).stage is Stage.TO_SCREEN


def test_not_once_the_study_was_appraised_with_it(session, world):
    study_id = world.study()
    world.appraise(study_id, world.ben)
    report = world.queued("Another report")
    world.screen(report, world.ann, study_id=study_id, at=world.now + HOUR)
    assert can_take_back(session, report, world.ann.id), "that was appraised without it"
    world.appraise(study_id, world.cat, at=world.now + 2 * HOUR)
    problem = hindrance(session, report, Stage.ACCEPTED, world.ann.id)
    assert problem is not None
    assert problem.may_be_taken_out
    assert "was appraised or decided since" in problem.words
    with pytest.raises(Conflict, match="take it out under “Papers of Example 2026”"):
        _back(world, report, version=world.session.get_one(QueueItem, report).version)


@pytest.mark.parametrize("who", ["ann", "ben"])
def test_not_once_it_was_made_the_main_report(session, world, further, who):
    change = Attach(_study(session, further), further, PaperRole.MAIN)
    _regroup(world, change, getattr(world, who))
    with pytest.raises(Conflict, match="take it out under “Papers of"):
        _back(world, further)


@pytest.mark.parametrize("who", ["ann", "ben"])
def test_not_once_it_was_said_what_it_is(session, world, further, who):
    change = Attach(_study(session, further), further, PaperRole.FOLLOW_UP)
    _regroup(world, change, getattr(world, who))
    with pytest.raises(Conflict, match="was said anew since: take it out under “Papers of"):
        _back(world, further)


def test_not_once_somebody_put_it_elsewhere(session, world, further):
    other = world.study(title="A trial of something else")
    _regroup(world, Attach(other, further, PaperRole.FOLLOW_UP), world.ben)
    problem = hindrance(session, further, Stage.TO_APPRAISE, world.ann.id)
    assert problem is not None
    assert problem.may_be_taken_out
    assert "was said anew since" in problem.words


def test_what_is_not_included_or_not_whole_is_refused(session, world, included):
    with pytest.raises(InvalidInput) as refused:
        _back(world, included, reason=" ")
    assert refused.value.field == "reason"
    with pytest.raises(Conflict, match="changed since"):
        _back(world, included, version=1)
    with pytest.raises(NotFound):
        _back(world, 999)
    fresh = world.queued("Fresh")
    with pytest.raises(Conflict, match="not included"):
        _back(world, fresh, version=1)
    with pytest.raises(Conflict, match="not a reviewer"):
        _back(world, included, by=world.reader)
