"""Several people, or one impatient one, at the same time: real threads on real databases."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from readings import reading_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import func, select

from monitor.catalogue import loader
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, MonitorError
from monitor.literature.matching.matcher import Matcher
from monitor.literature.papers import linking
from monitor.literature.tables import PaperLink, Study, StudyPaper
from monitor.literature.words import LinkState, Relation
from monitor.review import queries, service
from monitor.review.locking import study_of
from monitor.review.queue.screening import ScreeningAnswer
from monitor.review.tables import Appraisal, Decision, QueueItem, Screening
from monitor.review.words import ExclusionReason, ScreeningVerdict, Stage


@pytest.fixture
def shared(database, now, new_world):
    """A world that is committed, so that every thread sees it."""
    with database.write() as session:
        world = new_world(session, now)
        world.paper_id = world.queued()
        world.study_id = world.study(title="A study")
        world.study_paper = session.scalars(
            select(QueueItem.paper_id).where(QueueItem.stage == Stage.TO_APPRAISE)
        ).one()
    return world


CATALOGUE = loader.load()


def _at_once(database, works):
    """Run each work in its own write transaction, at the same time; results or errors, in order."""
    outcomes: list[Any] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def run(place, work):
        barrier.wait()
        try:
            with database.write() as session:
                outcomes[place] = work(session)
        except MonitorError as error:
            outcomes[place] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _screen(shared, by, token, verdict=ScreeningVerdict.INCLUDE):
    def work(session):
        return service.screen(
            session,
            paper_id=shared.paper_id,
            token=token,
            by=by,
            at=shared.now,
            answer=ScreeningAnswer(
                verdict=verdict, reason=ExclusionReason.NOTICE, interventions=["cos"], version=1
            ),
        )

    return work


def _appraise(shared, by, token, judgement):
    """Hand a reading in, and decide at once where that settles the study."""

    def work(session):
        sent = service.SentDecision(shared.study_id, token, by, shared.now)
        outcome = service.hand_in(
            session, CATALOGUE, sent, reading=reading_of(judgement), direction=judgement.direction
        )
        if outcome.consensus is None or outcome.stage is not Stage.AGREED:
            return outcome
        service.count(
            session,
            CATALOGUE,
            sent,
            consensus_id=outcome.consensus.id,
            direction=judgement.direction,
            by_a_lead=False,
        )
        return outcome

    return work


def _propose(database, shared):
    """Propose that the paper to screen is the protocol of the study."""
    with database.write() as session:
        ids = shared.paper_id, shared.study_paper
        linking.propose(session, *ids, Relation.PROTOCOL_OF, "invented", shared.now)
        shared.link_id = session.scalars(select(PaperLink.id)).one()
        shared.version = queries.pair(session, shared.link_id).version
    shared.matcher = Matcher(loader.load())


def _settle(shared, by, *, confirm):
    def work(session):
        return service.settle_link(
            session,
            link_id=shared.link_id,
            confirm=confirm,
            version=shared.version,
            matcher=shared.matcher,
            by=by,
            at=shared.now,
        )

    return work


def _count(session, table):
    return session.scalar(select(func.count()).select_from(table))


def test_two_verdicts_at_once_one_wins(database, shared):
    outcomes = _at_once(
        database,
        [
            _screen(shared, shared.ann, "a"),
            _screen(shared, shared.ben, "b", ScreeningVerdict.EXCLUDE),
            _screen(shared, shared.cat, "c", ScreeningVerdict.UNSURE),
        ],
    )
    won = [o for o in outcomes if isinstance(o, Screening)]
    lost = [o for o in outcomes if isinstance(o, Conflict)]
    assert (len(won), len(lost)) == (1, 2)
    with database.read() as session:
        winner = won[0].reviewer_id
        name = {shared.ann.id: "Ann", shared.ben.id: "Ben", shared.cat.id: "Cat"}[winner]
        assert all(str(error).startswith(f"{name} Example") for error in lost)
        assert _count(session, Screening) == 2  # this one, and the study's paper
        assert _count(session, Study) == 1 + (won[0].verdict is ScreeningVerdict.INCLUDE)
        assert session.get_one(QueueItem, shared.paper_id).version == 2
        assert audit.broken_link(session) is None


def test_a_double_click_is_one_verdict(database, shared):
    outcomes = _at_once(database, [_screen(shared, shared.ann, "same") for _ in range(4)])
    assert {o.id for o in outcomes} == {outcomes[0].id}
    with database.read() as session:
        assert _count(session, Screening) == 2
        assert _count(session, Study) == 2


def test_a_double_click_is_one_appraisal(database, shared, judgement):
    _at_once(database, [_appraise(shared, shared.ann, "same", judgement) for _ in range(4)])
    with database.read() as session:
        assert _count(session, Appraisal) == 1
        assert _count(session, Decision) == 0


def test_two_forms_of_one_reviewer_are_one_appraisal(database, shared, judgement):
    outcomes = _at_once(
        database, [_appraise(shared, shared.ann, f"form {n}", judgement) for n in range(3)]
    )
    assert sum(isinstance(o, Conflict) for o in outcomes) == 2
    with database.read() as session:
        assert _count(session, Appraisal) == 1


def test_two_reviewers_at_once_make_one_decision(database, shared, judgement):
    outcomes = _at_once(
        database,
        [
            _appraise(shared, shared.ann, "a", judgement),
            _appraise(shared, shared.ben, "b", judgement),
        ],
    )
    assert sum(o.stage is Stage.AGREED for o in outcomes) == 1
    assert {o.stage for o in outcomes} == {Stage.TO_APPRAISE, Stage.AGREED}
    with database.read() as session:
        assert _count(session, Decision) == 1


def test_three_reviewers_at_once_make_one_decision(database, shared, judgement):
    """The third to arrive settles, or is told that two agreed."""
    other = replace(judgement, interventions=("ddp",))
    outcomes = _at_once(
        database,
        [
            _appraise(shared, shared.ann, "a", judgement),
            _appraise(shared, shared.ben, "b", judgement),
            _appraise(shared, shared.cat, "c", other),
        ],
    )
    with database.read() as session:
        (decision,) = session.scalars(select(Decision)).all()
        given = session.scalars(select(Appraisal).order_by(Appraisal.id)).all()
        assert decision.decided_by == [appraisal.reviewer_id for appraisal in given]
        assert len(given) == 3 - sum(isinstance(o, Conflict) for o in outcomes)
        assert [a.settles for a in given] == [False, False, True][: len(given)]
        assert session.get_one(QueueItem, shared.study_paper).stage is Stage.ACCEPTED


def test_linking_a_paper_while_its_study_is_decided(database, shared, judgement):
    """Whichever is first, the paper ends where its study stands."""
    with database.write() as session:
        _appraise(shared, shared.ann, "a", judgement)(session)

    def link(session):
        return service.screen(
            session,
            paper_id=shared.paper_id,
            token="link",
            by=shared.cat,
            at=shared.now,
            answer=ScreeningAnswer(
                verdict=ScreeningVerdict.INCLUDE,
                interventions=["cos"],
                version=1,
                study_id=shared.study_id,
            ),
        )

    outcomes = _at_once(database, [link, _appraise(shared, shared.ben, "b", judgement)])
    assert not any(isinstance(o, MonitorError) for o in outcomes)
    with database.read() as session:
        assert study_of(session, shared.paper_id) == shared.study_id
        stages = set(session.scalars(select(QueueItem.stage)))
        assert stages == {Stage.ACCEPTED}


def test_two_pollers_queue_a_paper_once(database, shared, now):
    with database.write() as session:
        shared.session = session
        paper_id = shared.paper("Brought twice")
    outcomes = _at_once(
        database,
        [lambda session: service.enqueue(session, [paper_id], at=now) for _ in range(4)],
    )
    assert sorted(outcomes) == [False, False, False, True]


def test_withdrawn_twice_at_once_is_one_decision(database, shared, judgement):
    with database.write() as session:
        _appraise(shared, shared.ann, "a", judgement)(session)
        _appraise(shared, shared.ben, "b", judgement)(session)

    def withdraw(by, token):
        return lambda session: service.withdraw(
            session, study_id=shared.study_id, token=token, reason="Retracted", by=by, at=shared.now
        )

    outcomes = _at_once(database, [withdraw(shared.ann, "x"), withdraw(shared.ben, "y")])
    assert sum(isinstance(o, Decision) for o in outcomes) == 1
    assert sum("withdrawn by" in str(o) for o in outcomes if isinstance(o, Conflict)) == 1


def test_two_answers_about_a_pair_at_once_one_stands(database, shared):
    _propose(database, shared)
    works = [
        _settle(shared, by, confirm=confirm)
        for by in (shared.ann, shared.ben)
        for confirm in (True, False)
    ]
    outcomes = _at_once(database, works)
    with database.read() as session:
        link = session.get_one(PaperLink, shared.link_id)
        confirmed = link.state is LinkState.CONFIRMED
        linked = session.get(StudyPaper, shared.paper_id)
        assert (linked is not None) is confirmed
    refused = [isinstance(one, Conflict) for one in outcomes]
    assert refused == ([False, True] * 2 if confirmed else [True, False] * 2)


def test_a_pair_and_its_study_are_settled_at_once_without_waiting_in_a_circle(
    database, shared, judgement
):
    _propose(database, shared)
    works = [
        _settle(shared, shared.ann, confirm=True),
        _appraise(shared, shared.ann, "one", judgement),
        _appraise(shared, shared.ben, "two", judgement),
    ]
    assert not [one for one in _at_once(database, works) if isinstance(one, Exception)]
    with database.read() as session:
        stages = {item.stage for item in session.scalars(select(QueueItem))}
    assert stages == {Stage.ACCEPTED}, "both papers stand where their study stands"


def test_taking_back_and_appraising_wait_for_each_other_in_one_order(database, shared, judgement):
    with database.read() as session:
        item = session.get_one(QueueItem, shared.study_paper)
        version = item.version
        by = session.scalars(
            select(Screening.reviewer_id).where(Screening.paper_id == shared.study_paper)
        ).one()

    def take_back(session):
        return service.take_back(
            session,
            paper_id=shared.study_paper,
            reason="Included by mistake.",
            by=next(one for one in (shared.ann, shared.ben, shared.cat) if one.id == by),
            version=version,
            at=shared.now,
        )

    outcomes = _at_once(database, [take_back, _appraise(shared, shared.ben, "b", judgement)])
    refused = [one for one in outcomes if isinstance(one, MonitorError)]
    assert None not in outcomes, "one of them ended by an error of the database"
    assert len(refused) == 1, "whoever came second is told"
