"""A sender killed two hundred times over a thousand messages: nothing lost, nothing with another number."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from listening import CountingMailServer  # type: ignore[import-not-found]  # on pytest's path
from sqlalchemy import select

from monitor.catalogue import loader
from monitor.catalogue import service as catalogue_service
from monitor.kernel import audit
from monitor.kernel.persistence.database import Database
from monitor.kernel.settings import load
from monitor.notify.messages.queueing import queue
from monitor.notify.tables import Message, MessageKind, MessageState
from monitor.ops.schema import metadata

KILLS, FIRST, MANY, CONNECTIONS = 200, 20, 1020, 3
IN_FLIGHT = 32  # with up to four connections
PROGRAM = Path(__file__).with_name("mortal_sender.py")
PLACES = {
    "before a commit",
    "after a commit",
    "before a command",
    "after a command",
    "before a message",
    "after a message",
    "after a reply",
}


class Senders:
    """Forked senders, one after the other; use as a context."""

    def __init__(self, config):
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.orders, self.told = self.process.stdin, self.process.stdout
        assert self.told.readline() == "ready\n"

    def send(self, moment, hours):
        """Let one send until this moment; gives its status, and where it died."""
        self.orders.write(f"{moment} {hours}\n")
        self.orders.flush()
        status, _, where = self.told.readline().strip().partition(" ")
        return int(status), where

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.orders.close()
        self.process.wait(20)
        self.told.close()


@pytest.fixture
def relay():
    with CountingMailServer() as relay:
        yield relay


@pytest.fixture
def outbox(tmp_path, relay, now):
    """A database of our own with many messages due: its settings, and itself."""
    config = tmp_path / "config.toml"
    config.write_text(
        f'[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = {relay.port}\ntls = "none"\n'
        f"connections = {CONNECTIONS}\n"
    )
    settings = load(config)
    (tmp_path / "var").mkdir(mode=0o700)
    database = Database(settings.database_url)
    metadata.create_all(database.engine)
    with database.write() as session:
        catalogue_service.sync(session, loader.load(), at=now)
    queue_up(database, settings, now, range(FIRST))
    yield config, database, partial(queue_up, database, settings, now, range(FIRST, MANY))
    database.dispose()


def queue_up(database, settings, now, numbers):
    with database.write() as session:
        for number in numbers:
            context = {"name": "Ada", "role": "reviewer", "link": "/join/x"}
            address, kind = f"r{number}@reader.example", MessageKind.INVITATION
            queue(session, settings, kind, address, context=context, at=now)


@pytest.mark.waits
def test_two_hundred_kills_lose_nothing_and_repeat_only_what_was_in_flight(outbox, relay):
    """SIGKILL before and after commits, commands, messages and replies, by a fixed draw.

    Every second life meets a server that takes commands at once.
    """
    config, database, queue_the_others = outbox
    draw = random.Random(17)  # noqa: S311 - a draw that is the same each time
    died, in_flight = Counter[str](), Counter[str]()
    with Senders(config) as senders:
        queue_the_others()
        for hours in range(KILLS):
            relay.offers = ("SIZE", "PIPELINING")[hours % 2]
            status, where = senders.send(draw.randint(1, 60), hours)
            assert status == -signal.SIGKILL, "each life ends at its moment"
            died[where] += 1
            _until_nobody_talks(relay)
            with database.read() as session:
                claimed = select(Message.address).where(Message.state == MessageState.CLAIMED)
                held = session.scalars(claimed).all()
            assert len(held) <= IN_FLIGHT
            in_flight.update(held)
        before = len(relay.kept)
        assert senders.send(10**9, 10_000)[0] == 0
    assert {*died} == PLACES
    assert before > MANY / 4, "mail went out between the kills"
    with database.read() as session:
        messages = session.execute(select(Message.address, Message.message_id, Message.state)).all()
        assert audit.broken_link(session) is None
    assert {state for _, _, state in messages} == {MessageState.SENT}
    received = Counter(relay.kept)
    assert set(received) == {address for address, _, _ in messages}, "nothing is lost"
    numbers = {(to, number.decode()) for to, number in zip(relay.kept, relay.ids, strict=True)}
    assert numbers == {(to, number) for to, number, _ in messages}, "none has a second Message-ID"
    for address, times in received.items():
        assert times <= 1 + in_flight[address], "only what was in flight is repeated"


def _until_nobody_talks(relay):
    """Wait until the mail server has read what the kernel still held of the dead one's words."""
    for _ in range(2000):
        if not relay.at_once:
            return
        time.sleep(0.005)
    raise AssertionError("a connection of the dead one is still open")
