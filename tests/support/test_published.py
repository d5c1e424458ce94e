"""The copy of what was published is what publishing gives, to the last number."""

import published  # type: ignore[import-not-found]  # tests/support is on pytest's path
import pytest
from factories import contents  # type: ignore[import-not-found]  # tests/support is on pytest's path
from services import service_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor.catalogue import loader
from monitor.gap.tables import Change
from monitor.kernel.settings import parse


@pytest.fixture(scope="module")
def catalogue():
    return loader.load()


def test_a_copy_is_what_publishing_gives(database, catalogue, tmp_path, now, monkeypatch):
    monkeypatch.setattr(published, "_known", {})
    service = service_of(database, parse({}, folder=tmp_path), lambda: now)
    seen, numbers = [], []
    for _ in range(2):
        with database._sessions() as session:
            published.publish(session, service, now)
            seen.append(contents(session))
            newest = session.scalars(select(Change).order_by(Change.id.desc())).first()
            session.add(Change(**{**_fields(newest), "id": None}))
            session.flush()
            numbers.append(session.scalars(select(Change.id).order_by(Change.id)).all())
            session.rollback()
    assert seen[0] == seen[1]
    assert any(seen[0].values())
    assert numbers == [list(range(1, 12))] * 2


def _fields(row):
    return {column.key: getattr(row, column.key) for column in Change.__mapper__.column_attrs}
