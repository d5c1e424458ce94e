"""The copy of what was published is what publishing gives, to the last number."""

import published  # type: ignore[import-not-found]  # tests/ is on pytest's path
import pytest
from sqlalchemy import select

from monitor.catalogue import loader
from monitor.gap.tables import Change
from monitor.kernel.persistence.database import Base
from monitor.kernel.settings import parse
from monitor.literature.matching.matcher import Matcher
from monitor.service import Service


@pytest.fixture(scope="module")
def catalogue():
    return loader.load()


def _contents(session):
    every = (select(table) for table in Base.metadata.sorted_tables)
    return [sorted(map(tuple, session.execute(one)), key=repr) for one in every]


def test_a_copy_is_what_publishing_gives(database, catalogue, tmp_path, now, monkeypatch):
    monkeypatch.setattr(published, "_known", {})
    service = Service(
        parse({}, folder=tmp_path), database, catalogue, Matcher(catalogue), b"s" * 32, lambda: now
    )
    seen, numbers = [], []
    for _ in range(2):
        with database._sessions() as session:
            published.publish(session, service, now)
            seen.append(_contents(session))
            newest = session.scalars(select(Change).order_by(Change.id.desc())).first()
            session.add(Change(**{**_fields(newest), "id": None}))
            session.flush()
            numbers.append(session.scalars(select(Change.id).order_by(Change.id)).all())
            session.rollback()
    assert seen[0] == seen[1]
    assert any(seen[0])
    assert numbers == [list(range(1, 12))] * 2


def _fields(row):
    return {column.key: getattr(row, column.key) for column in Change.__mapper__.column_attrs}
