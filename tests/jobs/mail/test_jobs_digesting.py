"""Digests made by the job: once each, whatever stops it; told of when none goes out; both databases."""

import re
from dataclasses import replace
from datetime import date

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import event, select

from monitor.catalogue import service as catalogue_service
from monitor.jobs.mail import digesting
from monitor.kernel.errors import NotFound
from monitor.kernel.settings import parse
from monitor.literature.tables import Paper, PaperIdentifier, PaperTrial
from monitor.literature.words import Lane
from monitor.notify import chosen
from monitor.notify.digests import making
from monitor.notify.tables import (
    Announcement,
    HeldNews,
    Message,
    MessageKind,
    ReaderTerms,
    TrialNews,
)
from monitor.notify.terms import Terms
from monitor.notify.words import USUAL, Cadence, Kind
from monitor.ops import queries as ops
from monitor.service import Service


@pytest.fixture
def service(database, tmp_path, clock, nobody_asked):
    """A service with seven readers of a quarterly proof, and nothing that changed."""
    data = {
        "database": {"url": database.url.render_as_string(hide_password=False)},
        "sources": nobody_asked,
    }
    service = replace(Service.open(parse(data, folder=tmp_path)), clock=clock)
    at = clock()
    with service.database.write() as session:
        catalogue_service.sync(session, service.catalogue, at=at)
        for number in range(7):
            reader = rows.reader(session, f"r{number}", "cos", at=at)
            terms = Terms(Cadence.MONTHLY, frozenset({*USUAL, Kind.PROOF}), 1)
            chosen.keep(session, reader.id, terms, at=at, begins=True)
    yield service
    service.database.dispose()


def sent_to(service):
    with service.database.read() as session:
        found = select(Message.address).where(Message.kind == MessageKind.DIGEST)
        return sorted(session.scalars(found))


def everybody():
    return [f"r{number}@reader.example" for number in range(7)]


def test_none_is_made_before_its_day_and_each_once_after_a_week_without_us(service, clock):
    assert digesting.make_due(service) == digesting.DigestReport()
    clock.pass_by(days=100)
    assert digesting.due_addresses(service) == everybody()
    assert sent_to(service) == []
    assert digesting.make_due(service) == digesting.DigestReport(looked_at=7, made=7)
    assert digesting.make_due(service) == digesting.DigestReport()
    assert sent_to(service) == everybody()


def test_what_a_digest_says_is_worked_out_while_others_write(service, clock, under_the_lock):
    register_a_trial(service, clock())
    clock.pass_by(days=100)
    assert digesting.make_due(service).made == 7
    with service.database.read() as session:
        assert {*session.scalars(select(TrialNews.number))} == {"NCT00000001"}
    outbox = {"subscriber", "reader_terms", "held_news", "message", "digest", "audit_head"}
    assert {"subscriber", "reader_terms", "message"} <= under_the_lock <= outbox


def test_what_changed_since_it_was_worked_out_is_told(service, clock, monkeypatch):
    clock.pass_by(days=100)
    prepared = making.prepare_next

    def then_another_chooses(session, shop, *, at):
        prepared(session, shop, at=at)
        with service.database.write() as other:
            row = other.scalars(select(ReaderTerms).order_by(ReaderTerms.subscriber_id)).first()
            row.kinds = sorted(USUAL)  # no proof: nothing changed, so nothing is told

    monkeypatch.setattr(making, "prepare_next", then_another_chooses)
    assert digesting.make_due(service) == digesting.DigestReport(looked_at=7, made=6)
    assert sent_to(service) == everybody()[1:]


@pytest.fixture
def under_the_lock(service):
    """The tables that were read in transactions that write."""
    read = set()

    def note(connection, cursor, statement, *_):
        if connection.get_execution_options().get("monitor_write"):
            read.update(re.findall(r'(?:FROM|JOIN) "?(\w+)', statement))

    event.listen(service.database.engine, "before_cursor_execute", note)
    yield read
    event.remove(service.database.engine, "before_cursor_execute", note)


def register_a_trial(service, at):
    with service.database.write() as session:
        paper = Paper(
            title="An invented trial",
            authors=[],
            year=2026,
            publication_types=[],
            keywords=[],
            read_by=1,
            lane=Lane.EVALUATED,
            first_seen_at=at,
            changed_at=at,
            version=1,
        )
        session.add(paper)
        session.flush()
        trial = PaperTrial(
            paper_id=paper.id,
            completed=date(2026, 1, 31),
            completed_expected=False,
            evaluates=["cos"],
        )
        number = PaperIdentifier(scheme="nct", value="NCT00000001", paper_id=paper.id)
        session.add_all([trial, number])


def test_a_crash_between_pieces_leaves_nobody_out_and_tells_nobody_twice(
    service, clock, monkeypatch
):
    monkeypatch.setattr(making, "AT_ONCE", 3)
    clock.pass_by(days=100)
    made = making.make_next

    def dies(session, shop, *, at):
        told = made(session, shop, at=at)
        if len(sent_to(service)) == 3:
            raise RuntimeError("killed")
        return told

    monkeypatch.setattr(making, "make_next", dies)
    with pytest.raises(RuntimeError):
        digesting.make_due(service)
    assert len(sent_to(service)) == 3, "the piece that died left nothing"
    monkeypatch.setattr(making, "make_next", made)
    digesting.make_due(service)
    assert sent_to(service) == everybody()


def test_none_is_made_while_an_announcement_has_not_reached_everybody(service, clock):
    with service.database.write() as session:
        announcement = Announcement(
            change_ids=[],
            slugs=[],
            content={"changes": []},
            at=clock(),
            study_id=None,
            wave_id=None,
        )
        session.add(announcement)
    clock.pass_by(days=100)
    assert digesting.make_due(service).made == 0
    with service.database.write() as session:
        session.scalars(select(Announcement)).one().complete_at = clock()
    assert digesting.make_due(service).made == 7


def test_a_digest_that_was_due_and_that_nobody_made_stands_on_the_status_page(service, clock):
    clock.pass_by(days=100)

    def told():
        with service.database.read() as session:
            verdict = ops.status(session, service.settings, service.database, clock()).verdict
        return "A digest was due on" in verdict and "none went out" in verdict

    assert told()
    digesting.make_due(service)
    assert not told()


def test_a_preview_says_what_would_be_sent_and_changes_nothing(service, clock):
    clock.pass_by(days=100)
    preview = digesting.previewed(service, "R0@reader.example")
    assert preview is not None
    assert "PROOF THAT WE LOOKED" in " ".join(preview.split())
    with pytest.raises(NotFound, match="nobody at x@reader"):
        digesting.previewed(service, "x@reader.example")
    assert digesting.tried(service, "R0@reader.example", to="boss@team.example")
    with service.database.read() as session:
        assert session.scalars(select(HeldNews)).all() == []
        assert session.scalars(select(Message.subscriber_id)).all() == [None]
