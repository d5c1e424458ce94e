"""The order of the queue on real databases: what verdicts teach, what is hidden (nothing), when."""

from datetime import timedelta

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from monitor.kernel.persistence.database import Database
from monitor.literature.ranking.order import WORDS
from monitor.literature.tables import Paper
from monitor.ops.schema import metadata
from monitor.review import queries, service
from monitor.review.queue import order as ordering
from monitor.review.tables import QueueItem, Screening
from monitor.review.words import NO_LONGER_GIVEN, ExclusionReason, ScreeningVerdict, Stage

WANTED = "Attachment security of infants after video feedback to mothers, number {}"
UNWANTED = "Steel bridges and their corrosion in coastal towns, number {}"
READ = {"design": "randomised", "named": "title", "attachment": True}


def _listed(session, stage=Stage.TO_SCREEN):
    return [entry.paper_id for entry in queries.queue(session, stage=stage)]


def _queued(world, title, count, **more):
    return [world.queued(title.format(n), read=READ, **more) for n in range(count)]


def _exclude(world, paper_id, reason=ExclusionReason.OTHER_INTERVENTION, **more):
    return world.screen(paper_id, world.ann, ScreeningVerdict.EXCLUDE, reason=reason, **more)


def _taught(world, count=5):
    """Decide on ten papers: half are wanted, half are not."""
    for paper_id in _queued(world, WANTED, count):
        world.screen(paper_id, world.ann)
    for paper_id in _queued(world, UNWANTED, count):
        _exclude(world, paper_id)


def test_ten_decisions_put_papers_like_those_included_first(session, world, now):
    unlike = _queued(world, UNWANTED.replace("coastal", "northern"), 3)
    like = _queued(world, WANTED.replace("infants", "toddlers"), 3)
    assert _listed(session) == [*unlike, *like], "their prior is the same: the oldest first"
    _taught(world)
    assert ordering.reorder(session, now) == 6
    assert _listed(session) == [*like, *unlike]
    best, worst = queries.item(session, like[0]), queries.item(session, unlike[0])
    assert best.standing.parts[WORDS] > 0 > worst.standing.parts[WORDS]
    assert best.standing.score == pytest.approx(sum(best.standing.parts.values()))
    assert queries.taught(session) == queries.Taught(included=5, excluded=5)


def test_nothing_but_the_score_is_touched(session, world, now):
    (paper_id,) = _queued(world, WANTED, 1)
    _taught(world)
    session.flush()
    ordering.reorder(session, now + timedelta(days=1))
    place = queries.item(session, paper_id)
    assert (place.version, place.moved_at, place.stage) == (1, now, Stage.TO_SCREEN)
    decided = session.scalars(select(QueueItem).where(QueueItem.stage == Stage.EXCLUDED)).all()
    assert all(item.parts[WORDS] == 0 for item in decided), "what is decided keeps what it had"


def test_without_a_decision_the_prior_is_the_order_and_nothing_is_written(session, world, now):
    _queued(world, WANTED, 3)
    assert ordering.reorder(session, now) == 0
    assert queries.taught(session) == queries.Taught(0, 0)


def test_it_looks_once_and_does_nothing_until_there_is_something_to_do(session, world, now):
    first, _ = _queued(world, WANTED, 2)
    assert ordering.due(session, now) is not None
    ordering.reorder(session, now)
    sent = []
    session.flush()
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *said: sent.append(said[2]))
    assert ordering.due(session, now + timedelta(minutes=1)) is None
    assert ordering.reorder(session, now) == 0
    assert len(sent) == 2, "one statement each"
    world.screen(first, world.ann)
    assert ordering.due(session, now) is not None
    ordering.reorder(session, now)
    assert ordering.due(session, now) is None
    world.queued("Another one", read=READ)
    assert ordering.due(session, now) is not None
    ordering.reorder(session, now)
    assert ordering.due(session, now + timedelta(hours=1)) is not None, "its words may have changed"


@pytest.mark.parametrize("reason", sorted(ExclusionReason))
def test_each_reason_teaches_what_it_says(session, world, now, reason):
    """A protocol, or another report of a known study, is about what is looked for."""
    (paper_id,) = _queued(world, WANTED, 1)
    if reason in NO_LONGER_GIVEN:
        rows.excluded_of_before(session, paper_id, by=world.ann, at=now)
    else:
        _exclude(world, paper_id, reason)
    ordering.reorder(session, now)
    silent = reason in {ExclusionReason.PROTOCOL, ExclusionReason.ALREADY_KNOWN}
    assert queries.taught(session) == queries.Taught(0, 0 if silent else 1)


def test_the_newest_verdict_counts_and_unsure_teaches_nothing(session, world, now):
    doubtful, turned = _queued(world, WANTED, 2)
    world.screen(doubtful, world.ann, ScreeningVerdict.UNSURE)
    world.screen(turned, world.ann, ScreeningVerdict.UNSURE)
    world.screen(turned, world.ben, version=2)
    ordering.reorder(session, now)
    assert queries.taught(session) == queries.Taught(1, 0)
    assert WORDS in queries.item(session, doubtful).standing.parts, "unsure papers are ordered too"


def test_a_paper_that_is_open_again_teaches_nothing(session, world, now):
    (paper_id,) = _queued(world, UNWANTED, 1)
    _exclude(world, paper_id)
    service.reopen(session, paper_id=paper_id, reason="Look again", by=world.ann, version=2, at=now)
    ordering.reorder(session, now)
    assert queries.taught(session) == queries.Taught(0, 0)


def test_papers_that_became_one_count_once_by_the_newest_verdict(session, world, now):
    kept, gone, further = _queued(world, WANTED, 3)
    _exclude(world, kept)
    world.screen(gone, world.ann)
    world.screen(further, world.ben, ScreeningVerdict.UNSURE)
    # two steps: a paper that took one in was itself taken in
    session.get_one(Paper, gone).merged_into_id = further
    session.get_one(Paper, further).merged_into_id = kept
    for one in (gone, further):
        session.delete(session.get_one(QueueItem, one))
    session.flush()
    ordering.reorder(session, now)
    assert queries.taught(session) == queries.Taught(0, 0), "the newest verdict is unsure"
    session.get_one(Paper, further).merged_into_id = None
    session.get_one(Paper, gone).merged_into_id = kept
    session.flush()
    ordering.reorder(session, now + timedelta(hours=1))
    assert queries.taught(session) == queries.Taught(1, 0)


def test_a_paper_decided_meanwhile_is_left_alone(session, world, now):
    paper_id, _ = _queued(world, WANTED, 2)
    _taught(world)
    order = ordering.worked_out(session, "a mark", now)
    world.screen(paper_id, world.ann)
    before = session.get_one(QueueItem, paper_id).score
    assert ordering.place(session, order, now) == 1
    assert session.get_one(QueueItem, paper_id).score == before
    assert ordering.due(session, now) is not None


def test_a_long_queue_is_weighed_piece_by_piece(session, world, now, monkeypatch):
    monkeypatch.setattr(ordering, "_AT_ONCE", 2)
    like, unlike = _queued(world, WANTED, 3), _queued(world, UNWANTED, 2)
    _taught(world)
    assert ordering.reorder(session, now) == 5
    assert set(_listed(session)[:3]) == set(like)
    assert set(_listed(session)[3:]) == set(unlike)


@pytest.fixture(scope="module")
def empty_sqlite(tmp_path_factory):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('order')}/order.db")
    metadata.create_all(database.engine)
    yield database
    database.dispose()


VERDICTS = st.sampled_from(
    [None, ScreeningVerdict.INCLUDE, ScreeningVerdict.EXCLUDE, ScreeningVerdict.UNSURE]
)
TITLES = st.sampled_from([WANTED, UNWANTED, "", "Über <b>Bindung</b> {}"])


# the world's class and the time are the same for every example
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    papers=st.lists(st.tuples(TITLES, VERDICTS, st.booleans()), max_size=14),
    size=st.integers(min_value=1, max_value=6),
)
def test_no_labels_hide_a_paper(empty_sqlite, new_world, now, papers, size):
    """All pages together list exactly what stands in the stage, each paper once, best first."""
    with empty_sqlite.read() as session:  # rolled back at the end
        world = new_world(session, now)
        for number, (title, verdict, read) in enumerate(papers):
            paper_id = world.queued(title.format(number), read=READ if read else None)
            if verdict:
                reason = (
                    ExclusionReason.NOT_A_STUDY if verdict is ScreeningVerdict.EXCLUDE else None
                )
                world.screen(paper_id, world.ann, verdict, reason=reason)
        ordering.reorder(session, now)
        for stage in (Stage.TO_SCREEN, Stage.UNSURE):
            seen, after = [], None
            while page := queries.queue(session, stage=stage, limit=size, after=after):
                seen += page
                after = queries.PageEnd(page[-1].paper_id, page[-1].standing.score)
            standing = select(QueueItem.paper_id).where(QueueItem.stage == stage)
            assert sorted(e.paper_id for e in seen) == sorted(session.scalars(standing))
            places = [(-entry.standing.score, entry.paper_id) for entry in seen]
            assert places == sorted(places)
        labels = session.scalars(select(Screening.verdict)).all()
        taught = queries.taught(session)
        assert taught.decisions <= len(labels)
