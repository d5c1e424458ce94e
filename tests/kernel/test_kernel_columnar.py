"""Columns asked for without the object mapper are the same. Both databases."""

from sqlalchemy import bindparam, select

from monitor.accounts.tables import OneTimeLink
from monitor.kernel.persistence.columnar import ask

_ONE = select(OneTimeLink.token_hash, OneTimeLink.created_at).where(
    OneTimeLink.token_hash == bindparam("hashed")
)


def test_what_is_yet_to_be_written_is_found(database, now):
    with database.write() as session:
        session.add(OneTimeLink(token_hash="a", created_at=now, expires_at=now))
        row = ask(session, _ONE, {"hashed": "a"}).one()
    assert (row.token_hash, row.created_at) == ("a", now)


def test_columns_come_as_the_object_mapper_gives_them(database, now):
    with database.write() as session:
        session.add(OneTimeLink(token_hash="a", created_at=now, expires_at=now))
    with database.read() as session:
        asked = ask(session, _ONE, {"hashed": "a"}).all()
        assert [tuple(row) for row in asked] == [
            tuple(row) for row in session.execute(_ONE, {"hashed": "a"})
        ]
        assert ask(session, _ONE, {"hashed": "b"}).scalar() is None
