from datetime import timedelta

from sqlalchemy import select

from monitor.catalogue import loader, service
from monitor.catalogue.tables import InterventionRow
from monitor.kernel import audit


def _rows(session):
    session.expire_all()
    return list(session.scalars(select(InterventionRow).order_by(InterventionRow.position)))


def test_the_ten_are_written_in_their_order(session, now):
    service.sync(session, loader.load(), now)
    assert [row.slug for row in _rows(session)] == list(loader.load().slugs)
    assert audit.count(session) == 10


def test_a_second_sync_changes_nothing(session, now):
    service.sync(session, loader.load(), now)
    service.sync(session, loader.load(), now + timedelta(days=1))
    assert {row.synced_at for row in _rows(session)} == {now}
    assert audit.count(session) == 10


def test_a_changed_file_updates_its_own_row_only(session, now):
    catalogue = loader.load()
    service.sync(session, catalogue, now)
    later = now + timedelta(days=1)
    changed = tuple(
        one.model_copy(update={"name": "New name", "content_hash": "f" * 64})
        if one.slug == "vig"
        else one
        for one in catalogue.interventions
    )
    service.sync(session, catalogue.model_copy(update={"interventions": changed}), later)
    assert [(row.slug, row.name) for row in _rows(session) if row.synced_at == later] == [
        ("vig", "New name")
    ]
