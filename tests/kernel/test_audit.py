import pytest
from sqlalchemy import func, select, text

from monitor.kernel import audit


def _three(session, now):
    for n in range(3):
        audit.record(session, at=now, actor="user:1", action="paper.screened", subject=f"paper:{n}")


def test_a_fresh_chain_is_whole(session, now):
    assert audit.broken_link(session) is None
    _three(session, now)
    session.expire_all()
    assert audit.broken_link(session) is None
    assert audit.count(session) == 3


def test_many_entries_at_once_are_one_chain_with_those_written_singly(session, now):
    details = {"why": 'Ångström, "100%" \\ \u2028 :no', "n": 1.5, "of": [1, None, {"a": True}]}
    many = [("message.sent", f"message:{n}", details) for n in range(5)]
    for _ in range(2):  # the first entries of all, and later ones
        audit.record_many(session, many, at=now, actor="job:deliver")
        _three(session, now)
    session.expire_all()
    assert audit.broken_link(session) is None
    entries = session.scalars(select(audit.AuditEntry).order_by(audit.AuditEntry.seq)).all()
    assert [one.seq for one in entries] == [*range(1, 17)]
    kept = [one for one in entries if one.action == "message.sent"]
    assert [(one.subject, one.details, one.at, one.actor) for one in kept] == [
        (subject, details, now, "job:deliver") for _, subject, _ in many * 2
    ]


def test_an_edited_row_breaks_the_chain(session, now):
    _three(session, now)
    session.execute(text("UPDATE audit_entry SET actor = 'user:2' WHERE seq = 2"))
    session.expire_all()
    assert audit.broken_link(session) == 2


def test_a_missing_row_breaks_the_chain(session, now):
    _three(session, now)
    session.execute(text("DELETE FROM audit_entry WHERE seq = 2"))
    session.expire_all()
    assert audit.broken_link(session) == 3


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_tail_that_was_cut_off_is_missed(session, now, left):
    _three(session, now)
    session.execute(text("DELETE FROM audit_entry WHERE seq > :left"), {"left": left})
    session.expire_all()
    assert audit.broken_link(session) == left + 1


def test_what_is_written_after_a_cut_does_not_cover_it(session, now):
    _three(session, now)
    session.execute(text("DELETE FROM audit_entry WHERE seq = 3"))
    session.expire_all()
    audit.record(session, at=now, actor="cli", action="a", subject="s")
    assert session.scalars(select(func.max(audit.AuditEntry.seq))).one() == 4
    assert audit.broken_link(session) == 4


def test_the_head_counts_and_names_the_last(session, now):
    assert audit.head(session) == audit.Head(0, audit.GENESIS)
    _three(session, now)
    assert audit.head(session).count == audit.count(session) == 3
    assert audit.head(session).hash == session.get_one(audit.AuditEntry, 3).hash
