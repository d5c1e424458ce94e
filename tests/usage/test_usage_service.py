import re
from datetime import date, timedelta

import pytest
import waves  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from monitor.catalogue import loader
from monitor.catalogue import service as catalogue_service
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.usage import queries, service
from monitor.usage.tables import Wave, WaveRow, WaveState


@pytest.fixture
def catalogue(session, now):
    catalogue_service.sync(session, loader.load(), now)
    return loader.load()


@pytest.fixture
def published(session, catalogue, now):
    service.sync_baseline(session, catalogue, at=now)


def _latest(session, slug):
    found = service.latest(session, slug)
    assert found
    return found


def _rows(session):
    session.expire_all()
    return list(session.scalars(select(WaveRow).order_by(WaveRow.id)))


def test_the_published_wave_is_kept_as_stated(session, published):
    cos = _latest(session, "cos")
    assert (cos.wave, cos.ranks, cos.out_of) == ("2020", (4, 7, 9, 10), 10)
    assert cos.words == "among the least used of the ten"
    assert "734 services (625 responses)" in cos.citation
    assert cos.when == "running by January 2020"
    assert _latest(session, "www").ranks == (8,)
    assert _latest(session, "www").words is None
    (wave,) = queries.waves(session)
    assert (wave.services, wave.responses, wave.invited) == (734, 625, None)
    assert (wave.question, wave.unit, wave.field_from) == (None, None, None)


def test_no_share_is_made_up(session, published):
    assert len(_rows(session)) == 10
    assert {(row.numerator, row.denominator) for row in _rows(session)} == {(None, None)}
    assert _latest(session, "cos").figure is None


def test_a_second_time_changes_nothing(session, catalogue, published, now):
    entries = audit.count(session)
    service.sync_baseline(session, catalogue, at=now + timedelta(days=1))
    assert {wave.drafted_at for wave in queries.waves(session)} == {now}
    assert (len(_rows(session)), audit.count(session)) == (10, entries)


def test_nothing_known_is_none(session, catalogue):
    assert service.latest(session, "cos") is None


def test_a_draft_says_nothing_until_it_is_published(session, published, now):
    wave = waves.first(session, now)
    assert wave.state is WaveState.DRAFT
    assert _latest(session, "cos").wave == "2020"
    service.publish(session, wave.id, by="admin:1", at=now, reason="Checked  twice")
    found = _latest(session, "cos")
    assert (found.wave, found.numerator, found.denominator) == ("Services 2026", 177, 734)
    assert found.figure.failed == ("a figure in both waves",)
    assert (wave.published_by, wave.reason) == ("admin:1", "Checked twice")


def test_the_newest_survey_counts_whenever_it_was_brought(session, published, now):
    for make in (waves.later, waves.first):
        service.publish(session, make(session, now).id, by="admin:1", at=now)
    found = _latest(session, "vipp")
    assert (found.wave, found.when) == ("Services 2029", "February to April 2029")
    assert found.figure.changed
    assert (found.figure.before.wave, found.figure.before.numerator) == ("Services 2026", 158)
    told = [
        round(100 * one, 1)
        for one in (found.figure.difference, found.figure.low, found.figure.high)
    ]
    assert told == [-7.2, -11.5, -2.9]
    assert not any(_latest(session, slug).figure.changed for slug in waves.SLUGS if slug != "vipp")
    assert [one.name for one in queries.published(session)] == [
        "2020",
        "Services 2026",
        "Services 2029",
    ]


def test_a_withdrawn_wave_counts_no_more_and_stays_readable(session, published, now):
    wave = waves.first(session, now)
    service.publish(session, wave.id, by="admin:1", at=now)
    with pytest.raises(InvalidInput, match="Say why"):
        service.withdraw(session, wave.id, reason="  ", by="admin:1", at=now)
    service.withdraw(session, wave.id, reason="Two services answered twice", by="admin:2", at=now)
    assert _latest(session, "cos").wave == "2020"
    assert len(queries.rows(session, wave.id)) == 10
    assert (wave.ended_by, wave.why_ended) == ("admin:2", "Two services answered twice")
    again = waves.first(session, now)  # mended or not, it may be brought again
    assert again.id != wave.id


@pytest.mark.parametrize("step", ["publish", "discard", "withdraw"])
def test_a_step_that_does_not_follow_is_refused(session, published, now, step):
    wave = waves.first(session, now)
    service.discard(session, wave.id, by="admin:1", at=now)
    reason = {"reason": "Why not"} if step == "withdraw" else {}
    with pytest.raises(Conflict, match="is discarded"):
        getattr(service, step)(session, wave.id, by="admin:1", at=now, **reason)
    with pytest.raises(NotFound):
        getattr(service, step)(session, 999, by="admin:1", at=now, **reason)


def test_the_published_reviews_own_wave_is_not_withdrawn(session, published, now):
    (wave,) = queries.waves(session)
    with pytest.raises(Conflict, match="the published review’s own"):
        service.withdraw(session, wave.id, reason="Why not", by="admin:1", at=now)


def test_a_wave_twice_is_refused_by_content_and_by_name(session, published, now):
    waves.first(session, now)
    with pytest.raises(Conflict, match="here already, as “Services 2026”, and is draft"):
        waves.first(session, now)
    with pytest.raises(Conflict, match="a wave “Services 2026” already"):
        waves.first(session, now, name="services 2026", version="2")
    with pytest.raises(Conflict, match="a wave “2020” already, and it is published"):
        waves.first(session, now, name="2020")


def test_overlapping_waves_do_not_both_count(session, published, now):
    first = waves.first(session, now)
    other = waves.first(
        session, now, name="Other", field_from=date(2026, 7, 31), field_to=date(2026, 9, 1)
    )
    service.publish(session, first.id, by="admin:1", at=now)
    hindrance = service.hindrance(session, other)
    assert hindrance is not None
    assert hindrance.other is not None
    assert hindrance.other.id == first.id
    assert "“Other” and “Services 2026” (May to July 2026) overlap" in hindrance.words
    with pytest.raises(Conflict, match=re.escape(hindrance.words)):
        service.publish(session, other.id, by="admin:1", at=now)
    families = waves.read(
        b"intervention,numerator,denominator,unit\nddp,41,501,families",
        waves.about(name="Families", unit="families", responses=501, services=None),
    )
    beside = service.draft(session, families, by="admin:1", at=now)
    service.publish(session, beside.id, by="admin:1", at=now)  # another unit stands beside
    assert [one.name for one in queries.beside(session)] == ["Families"]
    assert _latest(session, "ddp").wave == "Services 2026"


def test_a_wave_that_has_no_row_of_one_leaves_its_earlier_figure(session, published, now):
    service.publish(session, waves.first(session, now).id, by="admin:1", at=now)
    counts = {slug: n for slug, n in waves.AFTER.items() if slug != "icp"}
    wave = waves.draft(session, now, counts, 690, **waves.LATER)
    service.publish(session, wave.id, by="admin:1", at=now)
    assert _latest(session, "icp").wave == "Services 2026"
    assert _latest(session, "ddp").wave == "Services 2029"


def test_the_database_refuses_a_share_without_its_denominator_or_above_one(session, published, now):
    wave = waves.first(session, now)
    for counts in ({"numerator": 3, "denominator": None}, {"numerator": 3, "denominator": 2}):
        adding = insert(WaveRow).values(
            wave_id=wave.id, slug="cos", nation="Wales", ranks=[], **counts
        )
        with pytest.raises(IntegrityError):
            _alone(session, adding)


def _alone(session, statement):
    with session.begin_nested():
        session.execute(statement)


def test_every_step_is_in_the_audit_ledger(session, published, now):
    wave = waves.first(session, now)
    service.publish(session, wave.id, by="admin:1", at=now)
    service.withdraw(session, wave.id, reason="Wrong", by="admin:2", at=now)
    found = session.execute(
        select(audit.AuditEntry.action, audit.AuditEntry.actor).where(
            audit.AuditEntry.subject == f"wave:{wave.id}"
        )
    ).all()
    assert [tuple(row) for row in found] == [
        ("wave.drafted", "admin:1"),
        ("wave.published", "admin:1"),
        ("wave.withdrawn", "admin:2"),
    ]
    assert session.get(Wave, wave.id).state is WaveState.WITHDRAWN
