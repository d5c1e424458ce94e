"""The list, a collection, what links may do, and the wave that is made: on both databases."""

import re
import threading
from datetime import date, timedelta
from functools import partial

import pytest
import service_returns as returns  # type: ignore[import-not-found]  # tests/support is on pytest's path
import waves as table_waves  # type: ignore[import-not-found]  # tests/support is on pytest’s path
from service_returns import BY, answer, bring, invite, open_one, token
from sqlalchemy import select

from monitor.catalogue import loader
from monitor.catalogue import service as catalogue_service
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, LinkOver, NotFound
from monitor.usage import queries as waves
from monitor.usage import service as usage
from monitor.usage.returns import answering, inviting, queries, retention, rules, service
from monitor.usage.returns.rules import ServiceAnswers
from monitor.usage.returns.tables import ListedService, Return, ReturnLink
from monitor.usage.tables import WaveState

CATALOGUE = loader.load()
DAY = timedelta(days=1)


def as_it_is(before):
    return before


@pytest.fixture
def asked(session, now):
    """Three services, asked in one collection."""
    catalogue_service.sync(session, CATALOGUE, now)
    bring(session, now, "Ash", "Birch", "Cedar")
    found = open_one(session, now)
    invite(session, found, now)
    return found


def test_a_list_brought_again_adds_changes_and_takes_nobody_off(session, now):
    first = bring(session, now, "Ash", "Birch")
    assert (first.added, first.changed, first.same) == (2, 0, 0)
    birch = session.scalars(select(ListedService).where(ListedService.name == "Birch")).one()
    birch.left_at, birch.dead_at = now, now
    again = returns.read(returns.listing("birch", kind="charity") + b"\nElm,NHS,,,elm@a.example")
    came = service.bring_list(session, again, by=BY, at=now)
    assert (came.added, came.changed, came.same, came.left, came.not_in_it) == (1, 1, 0, 1, 1)
    assert (birch.kind, birch.left_at) == ("charity", now), "who asked not to be asked stays so"
    assert birch.dead_at == now, "its address is the same"
    moved = returns.read(b"name,nation,area,address\nBirch,England,London,new@a.example")
    service.bring_list(session, moved, by=BY, at=now)
    assert birch.dead_at is None, "another address may be alive"


def test_a_list_with_a_fault_is_not_kept_at_all(session, now):
    read = returns.read(returns.listing("Ash") + b"\nBirch,,,,nobody")
    with pytest.raises(InvalidInput, match="line 3, Birch"):
        service.bring_list(session, read, by=BY, at=now)
    assert queries.on_the_list(session).services == 0


def test_one_collection_at_a_time_with_a_name_that_is_free_and_a_day_to_come(session, now, asked):
    with pytest.raises(Conflict, match="“Services 2029” is open: close it first"):
        open_one(session, now, name="Another")
    service.close(session, CATALOGUE, asked.id, by=BY, at=now)
    with pytest.raises(InvalidInput, match="22 November 2026 is over"):
        open_one(session, now, closes_on=date(2026, 11, 22))
    with pytest.raises(InvalidInput, match="a name of at most"):
        open_one(session, now, name=" ")
    with pytest.raises(Conflict, match="was closed already"):
        service.close(session, CATALOGUE, asked.id, by=BY, at=now)


def test_a_return_is_saved_sent_changed_and_counts_once(session, now, asked):
    opened = answering.opened(session, token("Ash"), now)
    assert (opened.version, opened.now, opened.sent, opened.is_open) == (
        0,
        ServiceAnswers(),
        None,
        True,
    )
    answer(session, token("Ash"), now, "ddp", "vig", families={"ddp": 40})
    again = answering.opened(session, token("Ash"), now)
    assert again.sent is not None
    assert again.sent.offered == ("vig", "ddp")
    answer(session, token("Ash"), now, "theraplay", version=again.version)
    counted = queries.counts(session, asked.id)
    assert (counted.asked, counted.answered, counted.silent, counted.percent) == (3, 1, 2, 33)
    actions = session.scalars(select(audit.AuditEntry.action)).all()
    assert [one for one in actions if one.startswith("return.")] == [
        "return.returned", "return.changed",
    ]  # fmt: skip


def test_what_was_sent_counts_while_a_change_of_it_is_only_a_draft(session, now, asked):
    answer(session, token("Ash"), now, "ddp")
    change = lambda before: rules.with_offered(before, ["vig"], CATALOGUE.slugs)  # noqa: E731 - one line
    assert answering.save(session, token("Ash"), change, version=1, at=now) is True
    wave = service.close(session, CATALOGUE, asked.id, by=BY, at=now)
    assert wave is not None
    assert wave.services == 1
    counts = {one.slug: one.offered for one in queries.volumes(session, asked.id, ["ddp", "vig"])}
    assert counts == {"ddp": 1, "vig": 0}


def test_of_two_people_with_one_link_the_second_is_told_and_nothing_is_lost(session, now, asked):
    first = lambda before: rules.with_offered(before, ["ddp"], CATALOGUE.slugs)  # noqa: E731 - one line
    answering.save(session, token("Ash"), first, version=0, at=now)
    with pytest.raises(Conflict, match="Somebody with the same link saved other answers"):
        answering.save(session, token("Ash"), first, version=0, at=now)
    with pytest.raises(Conflict, match="Somebody with the same link"):
        answering.send(session, CATALOGUE, token("Ash"), as_it_is, version=0, at=now)
    assert answering.opened(session, token("Ash"), now).now.offered == ("ddp",)


def test_a_link_is_stored_as_a_hash_and_opens_one_return_alone(session, now, asked):
    kept = session.scalars(select(ReturnLink.token_hash)).all()
    assert token("Ash") not in kept
    with pytest.raises(LinkOver, match="Copy it from the e-mail in full"):
        answering.opened(session, token("Nobody"), now)
    names = [answering.opened(session, token(n), now).service.name for n in ("Ash", "Birch")]
    assert names == ["Ash", "Birch"]


def test_nothing_is_sent_that_is_not_whole(session, now, asked):
    with pytest.raises(InvalidInput, match="Tick what your service offered"):
        answering.send(session, CATALOGUE, token("Ash"), as_it_is, version=0, at=now)


def test_after_the_last_day_nothing_is_taken_and_what_is_typed_is_kept(session, now, asked):
    answer(session, token("Ash"), now, "ddp")
    late = asked.closes_at
    change = lambda before: rules.with_offered(before, ["vig"], CATALOGUE.slugs)  # noqa: E731 - one line
    assert answering.save(session, token("Ash"), change, version=1, at=late) is False
    assert answering.send(session, CATALOGUE, token("Ash"), as_it_is, version=2, at=late) is None
    opened = answering.opened(session, token("Ash"), late)
    assert (opened.is_open, opened.has_draft, opened.now.offered) == (False, True, ("vig",))
    assert opened.sent is not None
    assert opened.sent.offered == ("ddp",)
    wave = service.close(session, CATALOGUE, asked.id, by=BY, at=late + DAY)
    assert wave is not None
    assert wave.field_to == date(2027, 1, 31)
    assert wave.services == 1
    assert [one.offered for one in queries.volumes(session, asked.id, ["ddp", "vig"])] == [1, 0]


def test_who_does_not_answer_is_reminded_twice_a_week_apart_and_who_left_never(session, now, asked):
    answer(session, token("Ash"), now, "ddp")
    assert inviting.remind(session, asked.id, by=BY, at=now + 6 * DAY, limit=10) == []
    answering.leave(session, token("Cedar"), now)
    assert answering.leave(session, token("Cedar"), now) is False
    told = []
    for week in (1, 2, 3):
        at = now + week * 7 * DAY
        told.append(
            [
                (o.service, o.reminder)
                for o in inviting.remind(session, asked.id, by=BY, at=at, limit=10)
            ]
        )
        assert inviting.remind(session, asked.id, by=BY, at=at, limit=10) == [], "once at a time"
    assert told == [[("Birch", 1)], [("Birch", 2)], []]


def test_a_service_listed_meanwhile_is_invited_and_a_dead_address_is_left_alone(
    session, now, asked
):
    bring(session, now, "Elm", "Fir")
    assert answering.address_is_dead(session, "fir@service.example", actor="job", at=now) == 1
    assert answering.address_is_dead(session, "fir@service.example", actor="job", at=now) == 0
    assert inviting.uninvited(session, asked.id) == 1
    assert [one.service for one in invite(session, asked, now)] == ["Elm"]
    assert invite(session, asked, now) == []
    service.close(session, CATALOGUE, asked.id, by=BY, at=now)
    for ask in (inviting.invite, inviting.remind):
        with pytest.raises(Conflict, match="is closed"):
            ask(session, asked.id, by=BY, at=now, limit=1)


def test_a_wave_makes_itself_of_what_was_sent_and_holds_no_part_under_ten(session, now):
    catalogue_service.sync(session, CATALOGUE, now)
    bring(session, now, *[f"E{n}" for n in range(24)])
    bring(
        session, now, *[f"S{n}" for n in range(11)], nation="Scotland", area="Fife", kind="council"
    )
    bring(session, now, *[f"W{n}" for n in range(3)], nation="Wales", area="Powys", kind="charity")
    shared = returns.read(b"name,nation,address\nE-one,England,e0@service.example")
    service.bring_list(session, shared, by=BY, at=now)
    found = open_one(session, now)
    for one in invite(session, found, now):
        if one.service == "E23":
            continue
        gold = CATALOGUE.measures.measures[0].name if one.service == "S1" else rules.NOT_MEASURED
        measures = (rules.NOT_KNOWN,) if one.service == "S2" else (gold,)
        offered = ["ddp"] if one.service.startswith("E") else []
        area = one.service != "E5"
        answer(session, token(one.service), now, *offered, measures=measures, area=area)
    wave = service.close(session, CATALOGUE, found.id, by=BY, at=now + DAY)
    assert wave is not None
    assert (wave.state, wave.origin, wave.unit) == (WaveState.DRAFT, "returns", "services")
    assert (wave.invited, wave.responses, wave.services) == (38, 37, 38), "one address for two"
    assert wave.design_effect == (36 * 1 + 1 * 4) / 38, "as if the two always answered alike"
    assert wave.question == rules.QUESTION
    assert wave.promoters == ["Example Network of Services"]
    assert (wave.field_from, wave.field_to) == (date(2026, 11, 23), date(2026, 11, 24))
    assert wave.gold_standard is not None
    assert (wave.gold_standard["numerator"], wave.gold_standard["denominator"]) == (1, 37)
    rows = [r for r in waves.rows(session, wave.id) if r.slug == "ddp"]
    assert {(r.nation, r.sector, r.area): (r.numerator, r.denominator) for r in rows} == {
        ("", "", ""): (24, 38),
        ("England", "", ""): (24, 24),  # Scotland alone would leave Wales' three
        ("", "NHS", ""): (23, 23),  # and the same of kinds; one service has none
    }
    assert queries.of_wave(session, wave.id) == found


def test_areas_are_of_those_who_may_be_shown_and_no_nation_gives_away_the_others(session, now):
    catalogue_service.sync(session, CATALOGUE, now)
    bring(session, now, *[f"L{n}" for n in range(12)], area="London")
    bring(session, now, *[f"N{n}" for n in range(14)], area="North East")
    bring(session, now, *[f"S{n}" for n in range(12)], nation="Scotland", area="Fife")
    found = open_one(session, now)
    for one in invite(session, found, now):
        answer(session, token(one.service), now, "ddp", area=one.service not in {"L0", "L1"})
    wave = service.close(session, CATALOGUE, found.id, by=BY, at=now)
    assert wave is not None
    rows = [r for r in waves.rows(session, wave.id) if r.slug == "ddp" and r.area]
    # London's two who said no would be England less its areas: London is not shown
    assert {r.area: r.denominator for r in rows} == {"North East": 14, "Fife": 12}


def test_a_collection_that_nobody_answers_makes_no_wave(session, now, asked):
    assert service.close(session, CATALOGUE, asked.id, by="job:collect", at=now) is None
    assert len(waves.waves(session)) == 0


def test_last_answers_are_shown_in_the_next_collection(session, now, asked):
    answer(session, token("Ash"), now, "ddp", families={"ddp": 40})
    service.close(session, CATALOGUE, asked.id, by=BY, at=now)
    later = now + 900 * DAY
    second = open_one(session, later, name="Services 2030", closes_on=date(2030, 1, 1))
    (ash, *_) = inviting.invite(session, second.id, by=BY, at=later, limit=1)
    inviting.note_links(session, [(ash, "second", "u2")], at=later)
    opened = answering.opened(session, "second", later)
    last = answering.last_time(session, opened)
    assert last is not None
    assert (last.wave, last.answers.families) == ("Services 2029", {"ddp": 40})
    assert (opened.now, opened.sent) == (ServiceAnswers(), None)
    assert answering.last_time(session, answering.opened(session, token("Ash"), later)) is None


def test_drafts_and_links_go_90_days_after_closing_and_answers_after_five_years(
    session, now, asked
):
    answer(session, token("Ash"), now, "ddp")
    answering.save(session, token("Birch"), as_it_is, version=0, at=now)
    service.close(session, CATALOGUE, asked.id, by=BY, at=now)
    assert retention.drop_old(session, at=now + 89 * DAY) == 0
    assert retention.drop_old(session, at=now + 90 * DAY) == 4, "three links and a draft"
    assert retention.drop_old(session, at=now + 90 * DAY) == 0
    assert queries.counts(session, asked.id).answered == 1
    assert retention.drop_old(session, at=now + rules.KEEP_ANSWERS) == 1
    assert queries.counts(session, asked.id).answered == 0
    assert session.scalars(select(Return.id)).all()


def test_a_service_that_is_forgotten_leaves_nothing_but_what_waves_count(session, now, asked):
    answer(session, token("Ash"), now, "ddp")
    ash = session.scalars(select(ListedService).where(ListedService.name == "Ash")).one()
    service.forget(session, ash.id, by=BY, at=now)
    with pytest.raises(LinkOver):
        answering.opened(session, token("Ash"), now)
    held = [
        str(value)
        for table in (ListedService, Return, ReturnLink)
        for row in session.execute(select(*table.__table__.columns))
        for value in row
    ]
    assert not [value for value in held if "ash" in value.lower() or "ddp" in value]
    assert inviting.to_remind(session, asked.id, now + 7 * DAY) == 2
    with pytest.raises(NotFound):
        service.forget(session, ash.id, by=BY, at=now)


def test_how_far_it_is_and_what_is_missing(session, now, asked):
    bring(session, now, "Elm", nation="", area="", kind="")
    invite(session, asked, now)
    answer(session, token("Ash"), now, "ddp", families={"ddp": 40}, trained={})
    answering.save(session, token("Birch"), as_it_is, version=0, at=now)
    answering.address_is_dead(session, "cedar@service.example", actor="job", at=now)
    counted = queries.counts(session, asked.id)
    assert (counted.answered, counted.begun, counted.dead, counted.silent) == (1, 1, 1, 1)
    assert [(p.name, p.asked, p.answered) for p in queries.by_nation(session, asked.id)] == [
        ("England", 3, 1), ("", 1, 0),
    ]  # fmt: skip
    assert [p.name for p in queries.by_kind(session, asked.id)] == ["NHS", ""]
    rows = queries.rows(session, asked.id, only=queries.ReturnStands.SILENT)
    assert [(row.name, row.stands.value) for row in rows] == [("Elm", "not answered")]
    (ddp,) = queries.volumes(session, asked.id, ["ddp"])
    assert (ddp.offered, ddp.families, ddp.families_of, ddp.trained_of) == (1, None, 1, 0)
    assert queries.on_the_list(session).without_nation == 1


def _instead(answers, before):
    return answers


def test_answers_sent_while_it_is_closed_are_either_counted_or_refused(database, now):
    """Real threads: whoever is told that it was sent, is in the wave."""
    names = [f"T{n}" for n in range(6)]
    with database.write() as session:
        catalogue_service.sync(session, CATALOGUE, now)
        bring(session, now, *names)
        found = open_one(session, now)
        invite(session, found, now)
        for name in names:
            whole = ServiceAnswers(
                offered=("ddp",), measures=(rules.NOT_KNOWN,), may_show_area=False
            )
            answering.save(session, token(name), partial(_instead, whole), version=0, at=now)
    barrier, sent = threading.Barrier(len(names) + 1), []

    def send(name):
        barrier.wait()
        with database.write() as session:
            took = answering.send(session, CATALOGUE, token(name), as_it_is, version=1, at=now)
            sent.append(took is not None)

    threads = [threading.Thread(target=send, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    barrier.wait()
    with database.write() as session:
        wave = service.close(session, CATALOGUE, found.id, by=BY, at=now)
        counted = wave.services if wave else 0
    for thread in threads:
        thread.join()
    assert (len(sent), sum(sent)) == (6, counted)


def test_a_service_whose_area_is_known_now_is_the_same_and_is_not_asked_twice(session, now):
    bring(session, now, "Ash", "Birch", nation="", area="")
    found = open_one(session, now)
    assert len(invite(session, found, now)) == 2
    answer(session, token("Ash"), now, "ddp")
    came = bring(session, now, "Ash", "Birch", nation="England", area="London")
    assert (came.added, came.changed, came.not_in_it) == (0, 2, 0)
    came = bring(session, now, "Ash", nation="Wales", area="Powys")
    assert (came.added, came.changed, came.not_in_it) == (0, 1, 1)
    assert invite(session, found, now) == []
    assert queries.counts(session, found.id).answered == 1
    opened = answering.opened(session, token("Ash"), now)
    assert (opened.service.nation, opened.service.area) == ("Wales", "Powys")
    elsewhere = returns.read(b"name,nation,address\nAsh,Wales,other@service.example")
    assert service.bring_list(session, elsewhere, by=BY, at=now).added == 1


def test_fewer_than_ten_answers_give_no_counts_and_are_never_published(session, now):
    catalogue_service.sync(session, CATALOGUE, now)
    names = [f"T{n}" for n in range(9)]
    bring(session, now, *names)
    found = open_one(session, now)
    invite(session, found, now)
    gold = CATALOGUE.measures.measures[0].name
    for name in names:
        answer(session, token(name), now, "ddp", measures=(gold,))
    wave = service.close(session, CATALOGUE, found.id, by=BY, at=now)
    assert wave is not None
    assert (wave.services, wave.gold_standard, waves.rows(session, wave.id)) == (9, None, [])
    hindrance = usage.hindrance(session, wave)
    assert hindrance is not None
    assert "of fewer than 10 services: what one of them answered" in hindrance.words
    assert hindrance.other is None
    with pytest.raises(Conflict, match=re.escape(hindrance.words)):
        usage.publish(session, wave.id, by=BY, at=now)


def test_a_last_day_is_moved_on_and_back_only_while_nobody_was_asked(session, now):
    bring(session, now, "Ash")
    found = open_one(session, now)

    def move(day, at=now):
        return service.move_last_day(session, found.id, day, by=BY, at=at)

    assert move(date(2026, 12, 31)).closes_on == date(2026, 12, 31), "nobody was told another day"
    invite(session, found, now)
    over = found.closes_at
    for day, words in (
        (date(2026, 12, 31), "31 December 2026 is its last day already"),
        (date(2026, 12, 30), "told that they may answer until 31 December 2026: choose a later"),
        (date(2026, 1, 1), "1 January 2026 is over"),
        (date.min, "is over"),
        (date.max, "Choose a last day up to 31 December 2099"),
    ):
        with pytest.raises(InvalidInput, match=words):
            move(day)
    move(date(2027, 2, 28))
    assert answer(session, token("Ash"), over + DAY, "ddp") is not None
    moved = session.scalars(
        select(audit.AuditEntry)
        .where(audit.AuditEntry.action == "collection.last_day_moved")
        .order_by(audit.AuditEntry.seq)
    )
    assert [(one.details["was"], one.details["closes_on"]) for one in moved] == [
        ("2027-01-31", "2026-12-31"), ("2026-12-31", "2027-02-28"),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="is closed: its last day is not moved any more"):
        move(date(2027, 3, 31), at=found.closes_at)
    service.close(session, CATALOGUE, found.id, by=BY, at=over + DAY)
    with pytest.raises(Conflict, match="is closed"):
        move(date(2027, 3, 31))


def test_a_wave_of_its_name_brought_meanwhile_keeps_no_collection_open(session, now, asked):
    answer(session, token("Ash"), now, "ddp")
    other = table_waves.first(session, now, name=asked.name)
    wave = service.close(session, CATALOGUE, asked.id, by=BY, at=now)
    assert wave is not None
    assert (other.name, wave.name) == ("Services 2029", "Services 2029 (returns)")
    assert service.current(session) is None
