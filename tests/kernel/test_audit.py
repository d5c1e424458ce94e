from sqlalchemy import text

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
