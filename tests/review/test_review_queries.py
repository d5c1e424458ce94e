"""What the reviewers' pages and grading read, on real databases."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from readings import reading_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import event, insert, select

from monitor.catalogue import loader
from monitor.catalogue.words import InReview
from monitor.feeds.records import Identifier
from monitor.feeds.tables import Poll, PollState, Record, SourceRow
from monitor.kernel.errors import NotFound
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperRecord,
    Study,
    StudyPaper,
)
from monitor.literature.words import Lane
from monitor.review import queries, rules
from monitor.review.locking import study_of
from monitor.review.tables import Decision, QueueItem
from monitor.review.words import DecisionVerdict, ExclusionReason, ScreeningVerdict, Stage

RANDOMISED = "Mothers were randomly allocated to the programme or to usual care."


def _match(session, paper_id, slug, field="title", start=0):
    session.add(
        Match(
            paper_id=paper_id,
            slug=slug,
            words=slug.upper(),
            field=field,
            start=start,
            rule="full name",
        )
    )
    session.flush()


def _statements(session, work):
    """Run ``work`` and count the statements it sends."""
    sent = []
    connection = session.connection()

    def note(conn, cursor, statement, parameters, context, many):
        sent.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        return work(), len(sent)
    finally:
        event.remove(connection, "before_cursor_execute", note)


# the queue


def test_every_stage_is_counted(session, world, not_counted):
    assert queries.counts(session) == dict.fromkeys(Stage, 0)
    world.queued("One")
    world.queued("Two")
    world.screen(world.queued("Three"), world.ann, ScreeningVerdict.UNSURE)
    world.accepted(title="Four")
    world.accepted(title="Five", judgement=not_counted)
    counts = queries.counts(session)
    assert counts == dict.fromkeys(Stage, 0) | {
        Stage.TO_SCREEN: 2,
        Stage.UNSURE: 1,
        Stage.ACCEPTED: 1,
        Stage.NOT_COUNTED: 1,
    }


def test_an_entry_has_what_a_reviewer_needs_to_choose(session, world, now):
    paper_id = world.queued(
        "A VIPP and DDP trial",
        abstract=RANDOMISED,
        journal="Example Journal",
        url="https://example.org/1",
    )
    _match(session, paper_id, "ddp", start=11)
    _match(session, paper_id, "vipp", start=2)
    _match(session, paper_id, "vipp", field="abstract", start=4)
    for source in ("pubmed", "europepmc"):
        _record(session, now, source, paper_id)
    (entry,) = queries.queue(session, stage=Stage.TO_SCREEN)
    assert entry.title == "A VIPP and DDP trial"
    assert entry.authors == ("Example A", "Other B")
    assert (entry.journal, entry.year, entry.lane) == ("Example Journal", 2026, Lane.EVALUATED)
    assert (entry.stage, entry.version, entry.queued_at) == (Stage.TO_SCREEN, 1, now)
    assert entry.interventions == ("vipp", "ddp")  # the catalogue's order
    assert entry.sources == ("europepmc", "pubmed")
    assert [(m.slug, m.field, m.words) for m in entry.matched] == [
        ("vipp", "title", "VIPP"),
        ("vipp", "abstract", "VIPP"),
        ("ddp", "title", "DDP"),
    ]
    assert entry.standing.score == pytest.approx(sum(entry.standing.parts.values()))
    assert entry.suggestion is not None
    assert (entry.suggestion.design, entry.suggestion.sentence) == ("randomised", RANDOMISED)
    assert entry.study_id is None


def _record(session, now, source, paper_id):
    session.add(SourceRow(name=source, enabled=True, next_due_at=now))
    session.flush()
    poll = Poll(source=source, started_at=now, state=PollState.COMPLETE, notes=[])
    session.add(poll)
    session.flush()
    for key in ("a", "b"):
        record = Record(
            source=source,
            key=key,
            content_hash=key,
            media_type="text/xml",
            raw=b"",
            citation={},
            fetched_at=now,
            poll_id=poll.id,
        )
        session.add(record)
        session.flush()
        session.add(PaperRecord(paper_id=paper_id, record_id=record.id, joined_by="doi", at=now))
    session.flush()


def _listed(session, **asked):
    return [e.paper_id for e in queries.queue(session, **{"stage": Stage.TO_SCREEN} | asked)]


def _turned(session, size, **asked):
    """Turn over the pages of a lane; gives what they list, in order."""
    seen, after = [], None
    while page := queries.queue(
        session, **{"stage": Stage.TO_SCREEN, "limit": size, "after": after} | asked
    ):
        assert len(page) <= size
        seen += [entry.paper_id for entry in page]
        after = queries.PageEnd.parse(str(queries.PageEnd(seen[-1], page[-1].standing.score)))
    return seen


def test_what_is_likely_to_matter_comes_first_and_of_equals_the_oldest(session, world, now):
    plain = [world.queued(f"Plain {n}") for n in range(2)]
    trial = world.queued("Trial", read={"design": "randomised", "named": "title"})
    case = world.queued("Case", read={"design": "case", "named": "title"})
    late = world.queued("Late", at=now + timedelta(days=1))
    assert _listed(session) == [trial, case, *plain, late]
    assert _listed(session, after=queries.PageEnd(case)) == [*plain, late]


def test_the_longest_waiting_comes_first_where_asked_for(session, world, now):
    late = world.queued("Late", at=now + timedelta(days=1), read={"design": "randomised"})
    early = world.queued("Early", at=now - timedelta(days=1))
    same = [world.queued(f"Same {n}") for n in range(3)]
    oldest = queries.Order.OLDEST
    assert _listed(session, order=oldest) == [early, *same, late]
    assert queries.waiting_since(session, Stage.TO_SCREEN) == now - timedelta(days=1)
    assert queries.waiting_since(session, Stage.UNSURE) is None


def test_studies_stand_in_time_whatever_is_asked(session, world, now):
    first = world.queued("First", at=now)
    second = world.queued("Second", at=now + timedelta(hours=1), read={"design": "randomised"})
    for paper_id in (second, first):
        world.screen(paper_id, world.ann)
    assert _listed(session, stage=Stage.TO_APPRAISE) == [first, second]


@pytest.mark.parametrize("order", list(queries.Order))
@pytest.mark.parametrize("size", [1, 2, 7, 50])
def test_pages_show_each_paper_once(session, world, now, size, order):
    kinds = ({"design": "randomised"}, {"design": "case"}, None)
    every = [
        world.queued(f"Paper {n}", at=now + timedelta(days=n // 3), read=kinds[n % 3])
        for n in range(7)
    ]
    seen = _turned(session, size, order=order)
    assert sorted(seen) == every
    if order is queries.Order.OLDEST:
        assert seen == every


@pytest.mark.parametrize("moved", [-0.1, 0.0])
def test_a_new_order_between_two_pages_passes_over_nobody(session, world, moved):
    """All scores may fall together, and the paper that the page ended with may fall further."""
    every = [world.queued(f"Paper {n}") for n in range(5)]
    first = queries.queue(session, stage=Stage.TO_SCREEN, limit=2)
    last = first[-1]
    for paper_id in every:
        session.get_one(QueueItem, paper_id).score += moved
    session.get_one(QueueItem, last.paper_id).score -= 0.05
    session.flush()
    rest = _listed(session, after=queries.PageEnd(last.paper_id, last.standing.score))
    seen = {one.paper_id for one in first}
    assert [one for one in rest if one not in seen] == every[2:]


def test_a_page_goes_on_though_all_scores_have_risen(session, world):
    every = [world.queued(f"Paper {n}") for n in range(5)]
    last = queries.queue(session, stage=Stage.TO_SCREEN, limit=2)[-1]
    for paper_id in every:
        session.get_one(QueueItem, paper_id).score += 0.3
    session.flush()
    assert _listed(session, after=queries.PageEnd(last.paper_id, last.standing.score)) == every[2:]


@pytest.mark.parametrize(
    "text", ["", "x", "0", "-1", "9999999999", "1:", "1:nan", "1:1e9", "1:1:1", "1 :2", "１"]
)
def test_nonsense_is_no_place(text):
    assert queries.PageEnd.parse(text) is None


@pytest.mark.parametrize("place", [(7, None), (7, 0.5123), (7, -0.0421), (2**31 - 1, 0.0)])
def test_a_place_is_read_back_as_it_was_written(place):
    assert queries.PageEnd.parse(str(queries.PageEnd(*place))) == queries.PageEnd(*place)


def test_the_queue_is_filtered(session, world):
    trial = world.queued("Trial", read={"design": "randomised"})
    silent = world.queued("Nothing said", lane=Lane.MENTIONED)
    _match(session, trial, "cos")
    _match(session, silent, "cos")
    _match(session, silent, "ddp")
    unsure = world.queued("Unsure")
    world.screen(unsure, world.ann, ScreeningVerdict.UNSURE)

    def listed(**filters):
        return _listed(session, filters=queries.Filters(**filters))

    assert listed(slug="cos") == [trial, silent]
    assert listed(slug="ddp") == [silent]
    assert listed(slug="x' OR 1=1 --") == []
    assert listed(design="randomised") == [trial]
    assert listed(design=queries.NOT_CLEAR) == [silent]
    assert listed(lane=Lane.MENTIONED) == [silent]
    assert listed(lane=Lane.POSSIBLE) == []
    both = queries.Filters(slug="cos", design="randomised")
    assert _listed(session, filters=both, after=queries.PageEnd(trial)) == []
    assert _listed(session, stage=Stage.UNSURE) == [unsure]
    tallies = queries.tallies(session, Stage.TO_SCREEN)
    assert tallies.kinds == queries.Kinds(
        lanes={Lane.EVALUATED: 1, Lane.MENTIONED: 1},
        designs={"randomised": 1, queries.NOT_CLEAR: 1},
    )
    assert tallies.by_intervention == {"cos": 2, "ddp": 1}
    assert tallies.counts == queries.counts(session)


def test_a_page_costs_the_same_however_long_the_queue(session, world):
    world.queued("One")
    _, few = _statements(session, lambda: queries.queue(session, stage=Stage.TO_SCREEN))
    for n in range(60):
        world.queued(f"Paper {n}")
    page, many = _statements(session, lambda: queries.queue(session, stage=Stage.TO_SCREEN))
    assert len(page) == 50
    assert many <= few


def test_a_papers_place(session, world):
    paper_id = world.queued()
    assert queries.item(session, paper_id).study_id is None
    world.screen(paper_id, world.ann)
    place = queries.item(session, paper_id)
    assert (place.stage, place.version) == (Stage.TO_APPRAISE, 2)
    assert place.study_id == study_of(session, paper_id)
    assert place.study_label == "Example 2026"
    with pytest.raises(NotFound):
        queries.item(session, 999)


def test_the_verdicts_on_a_paper(session, world, now):
    paper_id = world.queued()
    world.screen(
        paper_id,
        world.ben,
        ScreeningVerdict.EXCLUDE,
        reason=ExclusionReason.PROTOCOL,
        note="See the registry",
        interventions=["ddp"],
    )
    (said,) = queries.screenings(session, paper_id)
    assert (said.reviewer, said.verdict, said.reason) == (
        "Ben Example",
        ScreeningVerdict.EXCLUDE,
        ExclusionReason.PROTOCOL,
    )
    assert (said.interventions, said.note, said.at) == (("ddp",), "See the registry", now)


# a study


TOOLS = loader.load().tool_by_reference


def _study(session, study_id, viewer=None):
    return queries.study(session, study_id, viewer, tools=TOOLS)


def test_the_other_reviewers_answers_are_hidden_until_ones_own_are_given(session, world, judgement):
    study_id = world.study()
    world.appraise(study_id, world.ann, replace(judgement, quote="SECRET"))
    for viewer in (None, world.ben.id, world.cat.id):
        view = _study(session, study_id, viewer)
        assert (view.given, view.appraisals, view.decisions) == (1, (), ())
        assert "SECRET" not in repr(view)
    own = _study(session, study_id, world.ann.id)
    assert [a.judgement.quote for a in own.appraisals] == ["SECRET"]
    assert own.can_appraise is False
    assert _study(session, study_id, world.ben.id).can_appraise is True


def test_two_appraisals_are_compared(session, world, judgement):
    study_id = world.study()
    world.appraise(study_id, world.ann)
    world.appraise(study_id, world.ben, replace(judgement, interventions=("ddp",)))
    view = _study(session, study_id, world.cat.id)
    assert [a.reviewer for a in view.appraisals] == ["Ann Example", "Ben Example"]
    assert [row.place.field for row in view.differences] == ["intervention"]
    assert view.stage is Stage.DISAGREEMENT
    assert view.turn is queries.StudyTurn.SETTLE
    assert _study(session, study_id, world.ann.id).turn is queries.StudyTurn.SETTLE_AS_ONE_OF_TWO


def test_a_studys_whole_story(session, world, judgement):
    study_id = world.accepted()
    further = world.queued("Example follow-up")
    world.screen(further, world.ben, study_id=study_id, interventions=["vipp", "cos"])
    world.withdraw(study_id, world.cat)
    view = _study(session, study_id)
    assert (view.label, view.stage) == ("Example 2026", Stage.WITHDRAWN)
    assert [(p.title, p.role) for p in view.papers] == [
        ("Example trial of an invented programme", "main report"),
        ("Example follow-up", "other"),
    ]
    assert view.interventions == ("cos", "vipp")
    assert [a.judgement for a in view.appraisals] == [judgement, judgement]
    assert [(d.verdict, d.decided_by) for d in view.decisions] == [
        (DecisionVerdict.ACCEPT, ("Ann Example", "Ben Example")),
        (DecisionVerdict.WITHDRAW, ("Cat Example",)),
    ]
    assert view.can_appraise is False
    with pytest.raises(NotFound):
        _study(session, 999)


def test_what_waits_for_a_reviewer(session, world, judgement):
    studies = [world.study(title=title) for title in ("One", "Two", "Three", "Four", "Five")]
    first, second, third, fourth, fifth = studies
    world.appraise(second, world.ann)
    world.appraise(third, world.ann)
    world.appraise(third, world.ben, replace(judgement, interventions=("ddp",)))
    world.hand_in(fourth, world.ann)
    world.hand_in(fourth, world.ben)
    world.appraise(fifth, world.ann)
    world.appraise(fifth, world.ben, replace(judgement, interventions=("ddp",)))
    world.hand_in(fifth, world.ann)
    turn = queries.StudyTurn

    def waiting(who):
        return queries.waiting_for(session, who.id, studies)

    pair = {third: turn.SETTLE_AS_ONE_OF_TWO, fourth: turn.COUNT}
    assert waiting(world.ann) == {first: turn.APPRAISE, **pair}
    both = {first: turn.APPRAISE, second: turn.APPRAISE}
    assert waiting(world.ben) == {**both, **pair, fifth: turn.CONFIRM}
    assert waiting(world.cat) == {**both, third: turn.SETTLE, fourth: turn.COUNT}
    for who in (world.ann, world.ben, world.cat):  # as the page of each study says
        turns = {study: _study(session, study, who.id).turn for study in studies}
        assert waiting(who) == {s: t for s, t in turns.items() if t is not turn.NOTHING}


# what counts


def test_an_accepted_study_carries_what_grading_needs(session, world, judgement, now):
    study_id = world.accepted(published=date(2026, 3, 1), title="Main")
    paper_id = session.scalars(select(StudyPaper.paper_id)).one()
    session.add(PaperIdentifier(scheme="pmid", value="1", paper_id=paper_id))
    session.flush()
    (counted,) = queries.accepted(session)
    decision = session.scalars(select(Decision)).one()
    assert counted == queries.AcceptedStudy(
        study_id=study_id,
        label="Example 2026",
        interventions=("cos",),
        design=judgement.design,
        risk_of_bias=judgement.risk_of_bias,
        outcome_class=judgement.outcome_class,
        outcome=judgement.outcome,
        direction=judgement.direction,
        quote=judgement.quote,
        participants=188,
        uk=True,
        developer_led=False,
        in_review=InReview.NO,
        reading=reading_of(judgement),
        year=2026,
        published=date(2026, 3, 1),
        round=1,
        decision_id=decision.id,
        decided_at=now,
        decided_by=("Ann Example", "Ben Example"),
        paper_id=paper_id,
        title="Main",
        identifiers=(Identifier("pmid", "1"),),
    )


def test_an_earlier_report_dates_the_study_but_a_protocol_does_not(session, world, now):
    study_id = world.accepted(published=date(2026, 3, 1), title="Main")
    for role, year in (("protocol", 2018), ("follow-up", 2024)):
        paper_id = world.paper(role, year=year)
        rows.report(session, study_id, paper_id, role, at=now)
    (counted,) = queries.accepted(session)
    assert (counted.year, counted.published, counted.title) == (2024, None, "Main")


def test_the_newest_decision_decides_whatever_the_clock_said(session, world):
    kept, gone = world.accepted(title="Kept"), world.accepted(title="Gone")
    world.withdraw(gone, world.ann)  # in the same instant
    assert [s.study_id for s in queries.accepted(session)] == [kept]


def test_accepted_studies_of_one_intervention(session, world, judgement):
    both = world.accepted(replace(judgement, interventions=("vipp", "cos")), title="Both")
    one = world.accepted(title="One")

    def counted(slug=None):
        return [s.study_id for s in queries.accepted(session, slug)]

    assert counted() == [both, one]
    assert counted("cos") == [both, one]
    assert counted("vipp") == [both]
    assert counted("ddp") == counted("vip") == counted("%") == counted('","') == []


def test_thousands_of_accepted_studies_take_five_statements(session, world, judgement, now):
    numbers = range(1, 3001)
    facts = rules.versioned(rules.as_facts(judgement))
    session.execute(
        insert(Study), [{"id": n, "label": f"S{n}", "created_at": now} for n in numbers]
    )
    paper = {
        "title": "T", "authors": [], "year": 2026, "publication_types": [], "keywords": [],
        "read_by": 1, "lane": Lane.EVALUATED, "first_seen_at": now, "changed_at": now,
        "version": 1,
    }  # fmt: skip
    session.execute(insert(Paper), [paper | {"id": n} for n in numbers])
    session.execute(
        insert(StudyPaper),
        [{"paper_id": n, "study_id": n, "role": "main report", "linked_at": now} for n in numbers],
    )
    decision = {
        "verdict": DecisionVerdict.ACCEPT, "reason": "", "interventions": ["cos"],
        "facts": facts, "decided_by": [world.ann.id, world.ben.id], "at": now,
    }  # fmt: skip
    session.execute(
        insert(Decision), [decision | {"token": str(n), "study_id": n} for n in numbers]
    )
    for slug in (None, "cos"):
        counted, statements = _statements(session, lambda s=slug: queries.accepted(session, s))
        assert len(counted) == 3000
        assert statements <= 5
