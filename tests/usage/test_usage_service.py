from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from monitor.catalogue import loader
from monitor.catalogue import service as catalogue_service
from monitor.kernel import audit
from monitor.usage import service
from monitor.usage.tables import UsageObservation


@pytest.fixture
def catalogue(session, now):
    catalogue_service.sync(session, loader.load(), now)
    return loader.load()


def _latest(session, slug):
    found = service.latest(session, slug)
    assert found
    return found


def _rows(session):
    session.expire_all()
    return list(session.scalars(select(UsageObservation).order_by(UsageObservation.id)))


def test_the_published_wave_is_kept_as_stated(session, catalogue, now):
    service.sync_baseline(session, catalogue, at=now)
    cos = _latest(session, "cos")
    assert (cos.wave, cos.ranks, cos.out_of) == ("2020", [4, 7, 9, 10], 10)
    assert cos.words == "among the least used of the ten"
    assert "734 services (625 responses)" in cos.citation
    assert _latest(session, "www").ranks == [8]
    assert _latest(session, "www").words is None


def test_no_share_is_made_up(session, catalogue, now):
    service.sync_baseline(session, catalogue, at=now)
    assert len(_rows(session)) == 10
    assert {(row.numerator, row.denominator, row.unit) for row in _rows(session)} == {
        (None, None, None)
    }


def test_a_second_time_changes_nothing(session, catalogue, now):
    service.sync_baseline(session, catalogue, at=now)
    entries = audit.count(session)
    service.sync_baseline(session, catalogue, at=now + timedelta(days=1))
    assert {row.recorded_at for row in _rows(session)} == {now}
    assert (len(_rows(session)), audit.count(session)) == (10, entries)


def test_the_newest_wave_is_the_latest_whenever_it_was_recorded(session, catalogue, now):
    service.sync_baseline(session, catalogue, at=now)
    for wave in ("2026", "2019"):
        session.add(_wave(wave, now))
        session.flush()
    assert _latest(session, "cos").wave == "2026"


def test_nothing_known_is_none(session, catalogue):
    assert service.latest(session, "cos") is None


def test_a_share_without_its_denominator_is_refused(session, catalogue, now):
    row = _wave("2026", now)
    row.denominator = None
    session.add(row)
    with pytest.raises(IntegrityError):
        session.flush()


def _wave(wave, now):
    return UsageObservation(
        slug="cos",
        wave=wave,
        ranks=[],
        numerator=30,
        denominator=200,
        unit="services",
        citation="an invented survey",
        recorded_at=now,
    )
