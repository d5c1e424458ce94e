"""Admins read what each mail is about in the list: the very subject that it has, in three statements."""

import mails  # type: ignore[import-not-found]  # on pytest's path
import pytest
from sqlalchemy import event

from monitor.kernel.settings import parse
from monitor.notify.messages import outbox
from monitor.notify.readers import own_links
from monitor.notify.tables import MessageKind
from monitor.notify.writing import subjects, trying
from monitor.notify.writing.rendering import write

SECRET = b"s" * 32
MAILS = mails.every()


@pytest.mark.parametrize("name", MAILS)
def test_every_kind_has_the_subject_it_is_sent_with(name, tmp_path):
    one = MAILS[name]
    settings = parse({"mail": {"from_address": "news@example.org"}}, folder=tmp_path)
    assert (
        subjects.subject(one.kind, one.context, one.content) == write(one, settings, SECRET).subject
    )


@pytest.mark.parametrize("kind", MessageKind)
def test_what_is_not_kept_has_none_or_what_its_kind_always_has(kind):
    """A list of mail that is years old shows what there is of it."""
    told = {MessageKind.CHANGE, MessageKind.DIGEST, MessageKind.INCIDENT, MessageKind.SURVEY}
    assert (subjects.subject(kind, {}, {}) == "") == (kind in told)


def test_a_change_of_which_it_is_not_kept_to_whom_it_goes_has_none():
    content = {"changes": [{"slug": "cos"}], "correction": False}
    assert subjects.subject(MessageKind.CHANGE, {}, content) == ""


def test_a_hundred_messages_take_three_statements(session, world, settings):
    w = world(session)
    for number in range(20):
        w.reader(f"reader-{number}", "cos")
    w.accept_and_announce()
    w.accept_and_announce(w.study("LATER", doi="10.1000/later"))
    (first, *_) = w.messages()
    trying.send_copy(session, settings, first.uuid, "admin@team.example", by="user:1", at=w.at)
    own_links.ask(session, settings, address="anna@reader.example", at=w.at)
    session.flush()
    asked = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *said: asked.append(said[2]))
    ids = [message.id for message in w.messages()]
    asked.clear()
    told = subjects.of_messages(session, ids)
    assert (len(told), len(asked)) == (len(ids), 2), "no digest, so none is asked for"
    claimed = {one.id: one for one in outbox.claim(session, at=w.at, limit=99, lease_seconds=60)}
    assert told == {id_: write(one, settings, SECRET).subject for id_, one in claimed.items()}
