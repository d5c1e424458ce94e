"""Two who act on the same mail at once; on PostgreSQL, since SQLite lets one write at a time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from monitor.kernel.settings import parse
from monitor.literature.tables import Study
from monitor.notify.digests import making, releasing
from monitor.notify.digests.making import Workshop
from monitor.notify.messages import outbox, whole_digests
from monitor.notify.tables import Digest, Message, MessageKind, MessageState

DUE = timedelta(days=30)
WHY = {"reason": "It reads well.", "by": "user:1"}


@pytest.fixture
def engine(database):
    if database.is_sqlite:
        pytest.skip("SQLite lets one write at a time")
    return database.engine


@pytest.fixture
def readers(engine, world):
    """The world of two readers of monthly digests, for whom a change waits."""
    with Session(engine) as session:
        made = world(session)
        for name in ("anna", "berta"):
            made.digested(name, "cos")
        made.accept_and_announce(made.study())
        session.commit()
    return made


def correct(readers, session, at):
    """Take back what waits for them."""
    world = copy(readers)
    world.session, world.at = session, at
    world.withdraw_and_announce(session.get_one(Study, 1))


def make(session, settings, catalogue, at):
    making.make_next(session, Workshop(settings, catalogue), at=at)
    session.flush()


@contextmanager
def beside(engine, do):
    """Let somebody do something in a transaction of their own; it begins, and may have to wait."""
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(_in_own, engine, do)
        _until_it_waits_or_is_done(engine, done)
        yield
        # the caller's transaction is over
        done.result(timeout=60)


def _in_own(engine, do):
    with Session(engine) as session:
        do(session)
        session.commit()


def _until_it_waits_or_is_done(engine, done):
    asked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with Session(engine) as session:
        while not done.done() and not session.scalar(asked):
            session.rollback()


def test_a_digest_that_is_made_while_a_correction_comes_never_goes(
    engine, readers, settings, catalogue, now
):
    with Session(engine) as session:
        make(session, settings, catalogue, now + DUE)
        with beside(engine, lambda own: correct(readers, own, now + DUE)):
            session.commit()
    with Session(engine) as session:
        later = now + DUE + timedelta(hours=1)
        assert outbox.claim(session, at=later, limit=9, lease_seconds=60) == []
        releasing.release_next(session, at=later)
        assert set(session.scalars(select(Message.state))) == {MessageState.CANCELLED}


def test_a_digest_is_not_claimed_while_what_takes_it_back_is_being_written(
    engine, readers, settings, catalogue, now
):
    with Session(engine) as session:
        make(session, settings, catalogue, now + DUE)
        session.commit()
    later = now + DUE + timedelta(hours=1)
    with Session(engine) as correcting:
        correct(readers, correcting, later)
        with Session(engine) as sending:
            assert outbox.claim(sending, at=later, limit=9, lease_seconds=60) == []
            sending.commit()
        correcting.commit()
    with Session(engine) as sending:
        assert outbox.claim(sending, at=later, limit=9, lease_seconds=60) == []
        states = sending.scalars(select(Message.state)).all()
        assert set(states) == {MessageState.CANCELLED}


def test_what_is_made_for_a_digest_while_it_is_approved_goes_too(
    engine, readers, settings, catalogue, now, monkeypatch
):
    monkeypatch.setattr(making, "AT_ONCE", 1)
    data = {"mail": {"from_address": "news@example.org", "approve_digests": True}}
    asks = parse(data, folder=settings.folder)
    with Session(engine) as session:
        make(session, asks, catalogue, now + DUE)
        session.commit()
    with Session(engine) as session:
        make(session, asks, catalogue, now + DUE)
        (digest,) = session.scalars(select(Digest.id)).all()
        with beside(engine, lambda own: whole_digests.approve(own, digest, at=now + DUE, **WHY)):
            session.commit()
    with Session(engine) as session:
        assert releasing.any_left_behind(session)
        releasing.let_approved_go(session, at=now + DUE)
        of_it = select(func.count()).where(Message.kind == MessageKind.DIGEST)
        assert session.scalar(of_it) == 2
        claimed = outbox.claim(session, at=now + DUE, limit=9, lease_seconds=60)
        assert len(claimed) == 2
