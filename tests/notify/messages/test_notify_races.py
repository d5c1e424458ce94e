"""Two who act on the same mail at once; on PostgreSQL, since SQLite lets one write at a time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import replace
from datetime import timedelta

import pytest
import service_returns as returns  # type: ignore[import-not-found]  # tests/support is on pytest's path
from bounce_mails import dsn  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from monitor.kernel.errors import Conflict
from monitor.kernel.settings import parse
from monitor.literature.tables import Study
from monitor.notify.bounces import taking
from monitor.notify.digests import making, releasing
from monitor.notify.digests.making import Workshop
from monitor.notify.messages import outbox, postmaster, whole_digests
from monitor.notify.readers import narrowing, own_data
from monitor.notify.tables import Digest, Message, MessageKind, MessageState, Subscriber
from monitor.usage.returns.tables import ListedService

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


def mailed(session):
    return session.scalars(select(Message).order_by(Message.id)).first()


def handed_over(engine, readers, settings, catalogue, now):
    """Let both readers be mailed; gives the claim of the first."""
    with Session(engine) as session:
        make(session, settings, catalogue, now + DUE)
        session.commit()
        claims = outbox.claim(session, at=now + DUE, limit=9, lease_seconds=60)
        session.commit()
    return claims[0]


def came_back(settings, at):
    """Take in that a message came back, as there was no such mailbox."""

    def take(own):
        message = mailed(own)
        raw = dsn(message.address, message.message_id)
        return taking.take(own, settings, b"s" * 32, raw, at=at)

    return take


def refused(claimed, at):
    return lambda own: outbox.dead(
        own, claimed, code=550, reply="no such user", at=at, no_mailbox=True
    )


def sent_again(claimed, at):
    def again(own):
        with suppress(Conflict):  # its reader has left meanwhile
            postmaster.send_again(own, claimed.uuid, at=at, **WHY)

    return again


@pytest.mark.parametrize("what", ["came back", "refused", "sent again"])
def test_who_is_erased_while_their_mail_is_acted_on_is_erased(
    what, engine, readers, settings, catalogue, now
):
    """Whoever held the message, and then its reader, would wait for who erases, who waits for the message."""
    claimed, later = handed_over(engine, readers, settings, catalogue, now), now + DUE
    act = {
        "came back": came_back(settings, later),
        "refused": refused(claimed, later),
        "sent again": sent_again(claimed, later),
    }[what]
    if what == "sent again":
        with Session(engine) as session:
            outbox.sent(session, claimed, reply="250", at=later)
            session.commit()
    with Session(engine) as session:
        narrowing.reader(session, claimed.address, hold=True)  # as erasing begins
        with beside(engine, act):
            own_data.erase(session, claimed.address, later)
            session.commit()
    with Session(engine) as session:
        reader = session.get_one(Subscriber, claimed.subscriber_id)
        message = session.get_one(Message, claimed.id)
        assert (reader.address, message.address) == (f"erased:{reader.id}",) * 2
        assert (message.reply, reader.dead_because) == (None, None)


@pytest.mark.parametrize("what", ["came back", "refused"])
def test_a_list_of_services_is_brought_while_mail_to_one_is_told_to_be_dead(
    what, engine, readers, settings, catalogue, now
):
    """Who brings a list holds its services, and then the ledger: so does who finds one of them dead."""
    claimed, later = handed_over(engine, readers, settings, catalogue, now), now + DUE
    listed = [f"Fir,NHS,England,London,{claimed.address}", "Oak,NHS,England,London,o@s.example"]
    read = returns.read("\n".join([returns.HEAD, *listed]).encode())
    with Session(engine) as session:
        returns.service.bring_list(session, read, by=returns.BY, at=later)
        session.execute(
            update(Message).where(Message.id == claimed.id).values(kind=MessageKind.SURVEY)
        )
        session.commit()
    of_survey = replace(claimed, kind=MessageKind.SURVEY, subscriber_id=None)
    act = {"came back": came_back(settings, later), "refused": refused(of_survey, later)}[what]
    with Session(engine) as session:
        # as bringing begins
        session.scalars(select(ListedService.id).with_for_update()).all()
        with beside(engine, act):
            returns.service.bring_list(session, read, by=returns.BY, at=later)
            session.commit()
    with Session(engine) as session:
        dead = select(ListedService.name).where(ListedService.dead_at.is_not(None))
        assert session.scalars(dead).all() == ["Fir"]
