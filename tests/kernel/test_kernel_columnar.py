"""Columns asked for without the object mapper are the same. Both databases."""

import pkgutil
from importlib import import_module

import pytest
from sqlalchemy import Row, bindparam, select

import monitor
from monitor.accounts.tables import OneTimeLink
from monitor.kernel.persistence.columnar import all_of, ask, columns_of, rows
from monitor.kernel.persistence.database import Base

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


def test_a_whole_row_says_what_its_object_would(database, now):
    link = columns_of(OneTimeLink)
    with database.write() as session:
        session.add(OneTimeLink(token_hash="a", created_at=now, expires_at=now, used_at=now))
        (row,) = rows(session, all_of(OneTimeLink).where(link.token_hash == "a"))  # unwritten yet
        said = session.scalars(select(OneTimeLink)).one()
        names = OneTimeLink.__table__.c.keys()
        assert {name: getattr(row, name) for name in names} == {
            name: getattr(said, name) for name in names
        }
        with pytest.raises(AttributeError):
            row.used_at = None


def test_rows_have_the_names_of_their_classes():
    """A column of another name would not be found, and a tuple's own words would hide one."""
    for module in pkgutil.walk_packages(monitor.__path__, "monitor."):
        if module.name.endswith("tables"):
            import_module(module.name)
    words = {word for word in dir(Row) if not word.startswith("_")}
    for mapper in Base.registry.mappers:
        named = {attribute.key for attribute in mapper.column_attrs}
        assert named == set(mapper.local_table.c.keys())
        assert not named & words, mapper
