"""Papers of one invented intervention, and ways to look at what a service made of them."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from monitor.demo.world import InventedPaper, World
from monitor.feeds.tables import Poll, RecordQuery, SourceRow, WatermarkRow


def paper(number: int, entered: date) -> InventedPaper:
    """Invent a paper on Theraplay that Europe PMC and PubMed list under one number."""
    return InventedPaper(
        key=f"invented-{number}",
        number=number,
        title=f"Example trial of Theraplay in invented schools, part {number}",
        abstract=("Invented children were randomly allocated.",),
        authors=(("Exampleby", "Ada"),),
        journal="Journal of Invented Trials",
        entered=entered,
        sources=frozenset({"pubmed", "europepmc"}),
    )


def watching(service, *slugs):
    """Let a service watch these interventions alone: fewer questions."""
    kept = tuple(one for one in service.catalogue.interventions if one.slug in slugs)
    catalogue = service.catalogue.model_copy(update={"interventions": kept})
    return replace(service, catalogue=catalogue)


def without(world: World, *numbers: int) -> tuple[InventedPaper, ...]:
    return tuple(one for one in world.papers if one.number not in numbers)


def source_row(service, name="europepmc"):
    with service.database.read() as session:
        return session.get_one(SourceRow, name)


def schedule_of(service, name="europepmc"):
    """What polls go by: none of it may change by anything but a poll."""
    row = source_row(service, name)
    with service.database.read() as session:
        marks = session.scalars(select(WatermarkRow).where(WatermarkRow.source == name))
        positions = {mark.query_key: (mark.position, mark.moved_at) for mark in marks}
    plan = (row.next_due_at, row.last_success_at, row.failures, row.error, row.failing_since)
    return plan, positions


def rows(service, table, *where):
    with service.database.read() as session:
        keys = table.__mapper__.primary_key
        return list(session.scalars(select(table).where(*where).order_by(*keys)))


def polls(service, kind=None):
    return rows(service, Poll, *([Poll.kind == kind] if kind else []))


def held(service, number, name="europepmc"):
    key = f"MED:{90_000_000 + number}" if name == "europepmc" else str(90_000_000 + number)
    (found,) = rows(service, RecordQuery, RecordQuery.source == name, RecordQuery.key == key)
    return found


class Killed(BaseException):
    """Stands for a kill: nothing of ours catches it."""


@contextlib.contextmanager
def dying_at(table, times: int = 1) -> Iterator[None]:
    """Die when a row of this table is about to be written for the ``times``-th time."""
    left = [times]

    def die(session, *_: object) -> None:
        if any(isinstance(one, table) for one in session.new):
            left[0] -= 1
            if left[0] == 0:
                raise Killed

    event.listen(Session, "before_flush", die)
    try:
        yield
    finally:
        event.remove(Session, "before_flush", die)
