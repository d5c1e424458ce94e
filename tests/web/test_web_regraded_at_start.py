"""Today's version starts on a database of the policies before: graded anew once, told once, and never again."""

from dataclasses import replace

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select
from trials_with_effects import (  # type: ignore[import-not-found]  # tests/support is on pytest's path
    counted,
    result,
    smd,
    trial,
)

from monitor import workflow
from monitor.catalogue import loader
from monitor.evidence.tables import GradeRow
from monitor.gap.states import State
from monitor.gap.tables import Change, GapRow
from monitor.kernel import audit
from monitor.notify.tables import Announcement, Message

TABLES = (GradeRow, GapRow, Change, Announcement, Message)


@pytest.fixture(scope="module")
def catalogue():
    return loader.load().under(grading="2023-1", gap="2023-2")


@pytest.fixture
def before(evidence, catalogue, now):
    """Evidence as the policies before read it, with two readers."""
    evidence.service = replace(evidence.service, catalogue=catalogue)
    with evidence.database.write() as session:
        for name in ("one", "two"):
            rows.reader(session, name, "vipp", "cos", "www", at=now)
    counted(evidence, "vipp", trial("vipp", result(smd(0.0, 900))))
    counted(evidence, "cos", trial("cos", result(smd(-0.9, 60))))
    counted(evidence, "www", trial("www", result(smd(0.9, 60)), other="pip"))
    return evidence


def start(evidence):
    """Start today's version a day later; gives what it added to each ledger."""
    today = replace(evidence.service, catalogue=loader.load())
    at = evidence.clock.advance(days=1)
    had = {table: len(ledger(evidence, table)) for table in TABLES}
    with evidence.database.write() as session:
        workflow.publish_baseline(session, today, at=at)
    return {table: ledger(evidence, table)[had[table] :] for table in TABLES}


def ledger(evidence, table):
    with evidence.database.read() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def test_other_policies_are_told_once_to_each_reader_and_a_second_start_does_nothing(before):
    old = [row.statements for row in ledger(before, GradeRow)]
    assert set(old) == {None}
    added = start(before)
    changes = {change.slug: change for change in added[Change]}
    assert len(changes) == len(loader.load().slugs)  # each has a state of today's shape
    assert {change.cause_kind for change in changes.values()} == {"policy"}
    assert {slug for slug, change in changes.items() if change.kinds} == {
        "vipp",
        "cos",
        "www",
        "pip",
    }
    assert State.from_dict(changes["vipp"].before).said is None
    assert "(before: “not kept apart”)" in changes["vipp"].sentence
    (told,) = added[Announcement]
    assert told.slugs == ["vipp", "cos", "pip", "www"]
    assert told.content["study"] is None
    assert [message.context["slugs"] for message in added[Message]] == [["vipp", "cos", "www"]] * 2
    # rows of before read as what they were
    assert [row.statements for row in ledger(before, GradeRow)[: len(old)]] == old
    with before.database.read() as session:
        entries = audit.count(session)
    assert start(before) == {table: [] for table in TABLES}
    with before.database.read() as session:
        assert audit.count(session) == entries


def test_a_start_that_only_words_reasons_anew_does_not_say_that_the_rules_are_others(before):
    start(before)
    with before.database.write() as session:
        newest = select(GradeRow).where(GradeRow.slug == "vipp").order_by(GradeRow.id.desc())
        session.scalars(newest).first().reasons = ["As an earlier version worded it."]
    added = start(before)
    (grade,) = added.pop(GradeRow)
    assert grade.cause.startswith(f"Worked out anew by the rules of {grade.policy}")
    assert not any(added[table] for table in (Change, Announcement, Message))
