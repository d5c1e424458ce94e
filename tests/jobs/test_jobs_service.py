from sqlalchemy import func, select

from monitor.evidence.tables import GradeRow
from monitor.gap import queries as gap
from monitor.gap.tables import Change, GapRow
from monitor.jobs.schedule import SCHEDULE
from monitor.jobs.service import prepare
from monitor.kernel import audit

PUBLISHED = {
    "vipp": ("strong", "generally positive", "under-used"),
    "abc": ("strong", "generally positive", "under-used"),
    "cos": ("strong", "generally positive", "under-used"),
    "pip": ("strong", "generally positive", "under-used"),
    "cpp": ("intermediate", "generally positive", "aligned"),
    "vig": ("intermediate", "generally positive", "aligned"),
    "ddp": ("weak", "mixed", "under-researched"),
    "www": ("weak", "mixed", "aligned"),
    "theraplay": ("weak", "mixed", "under-researched"),
    "icp": ("weak", "none to go on", "under-researched"),
}


def test_from_the_baseline_alone_all_ten_come_out_as_published(service):
    with service.database.read() as session:
        states = {one.slug: one.state for one in gap.overview(session, service.catalogue)}
    found = {s: (x.tier.value, x.direction.value, x.kind.value) for s, x in states.items()}
    assert found == PUBLISHED
    assert all(state.settled for state in states.values())


def test_a_second_start_changes_nothing(service, clock):
    def rows():
        with service.database.read() as session:
            tables = (GradeRow, GapRow, Change)
            counts = [session.scalar(select(func.count()).select_from(t)) for t in tables]
            return [*counts, audit.count(session)]

    before = rows()
    clock.pass_by(days=1)
    prepare(service, SCHEDULE)
    assert rows() == before
    assert before[:3] == [10, 10, 10]
