"""An include is taken back by whoever gave it, until a second person has acted on it."""

import pytest

from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.literature.tables import Study
from monitor.review import queries
from monitor.review.locking import study_of
from monitor.review.queue.taking_back import can_take_back, take_back
from monitor.review.words import ExclusionReason, ScreeningVerdict, Stage


@pytest.fixture
def included(world):
    paper_id = world.queued()
    world.screen(paper_id, world.ann)
    return paper_id


def _back(world, paper_id, by=None, **fields):
    values = {"reason": "The wrong paper", "version": 2, "at": world.now} | fields
    return take_back(world.session, paper_id=paper_id, by=by or world.ann, **values)


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


def test_a_study_that_has_other_papers_by_now_is_not_emptied(session, world, included):
    report = world.queued("Another report")
    world.screen(report, world.ben, study_id=study_of(session, included))
    with pytest.raises(Conflict, match="Other papers"):
        _back(world, included)
    _back(world, report, by=world.ben)
    _back(world, included)


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
