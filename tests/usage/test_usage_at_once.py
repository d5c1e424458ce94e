"""Two admins at the same time: real threads on real databases."""

import threading
from datetime import date

import waves  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.catalogue import loader
from monitor.catalogue import service as catalogue_service
from monitor.kernel.errors import Conflict
from monitor.usage import queries, service


def at_once(database, now, wave_ids):
    """Publish each wave in its own transaction, at the same time; gives who was refused."""
    barrier, refused = threading.Barrier(len(wave_ids)), []

    def run(wave_id):
        barrier.wait()
        try:
            with database.write() as session:
                service.publish(session, wave_id, by="admin:1", at=now)
        except Conflict as error:
            refused.append(str(error))

    threads = [threading.Thread(target=run, args=(wave_id,)) for wave_id in wave_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_of_two_waves_of_one_time_published_at_once_one_counts(database, now):
    with database.write() as session:
        catalogue_service.sync(session, loader.load(), now)
        service.sync_baseline(session, loader.load(), at=now)
        ids = [
            waves.first(session, now).id,
            waves.first(session, now, name="Another of 2026", field_from=date(2026, 7, 1)).id,
        ]
    (refused,) = at_once(database, now, ids)
    assert "overlap: two waves of one time cannot both count" in refused
    with database.read() as session:
        assert len(queries.published(session)) == 2, "the published review's, and one"


def test_one_wave_published_twice_at_once_is_published_once(database, now):
    with database.write() as session:
        catalogue_service.sync(session, loader.load(), now)
        wave_id = waves.first(session, now).id
    (refused,) = at_once(database, now, [wave_id, wave_id])
    assert "only a draft is published" in refused
