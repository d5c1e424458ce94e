from datetime import timedelta

import pytest
from published import ten  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor.catalogue import loader
from monitor.catalogue.words import Direction, GapKind, Tier, UsageBand
from monitor.evidence import queries as evidence_queries
from monitor.evidence import service as evidence
from monitor.evidence.tables import GradeRow
from monitor.evidence.words import Cause
from monitor.gap import queries, service
from monitor.gap.rules import State, headline
from monitor.gap.tables import Change, GapRow
from monitor.kernel import audit
from monitor.kernel.errors import NotFound
from monitor.usage import service as usage
from monitor.usage.tables import Wave, WaveRow, WaveState

BASELINE = Cause("baseline", "Published: the review")
COSI = Cause("decision", "Invented trial was accepted by two reviewers", 7)
UR, UU, AL = GapKind.UNDER_RESEARCHED, GapKind.UNDER_USED, GapKind.ALIGNED


class World:
    """The published baseline, and grades straight into the ledger."""

    def __init__(self, session, now):
        self.session, self.now, self.catalogue = session, now, loader.load()
        ten(session, self.catalogue, now)

    def publish(self):
        usage.sync_baseline(self.session, self.catalogue, self.now)
        return [self.reassess(slug, self.regrade(slug), BASELINE) for slug in self.catalogue.slugs]

    def regrade(self, slug):
        return evidence.regrade(self.session, self.catalogue, slug, cause=BASELINE, at=self.now)

    def reassess(self, slug, grade, cause=COSI):
        return service.reassess(
            self.session, self.catalogue, slug, grade=grade, cause=cause, at=self.now
        )

    def grade(self, slug, **changes):
        """Append a grade: the newest one with some differences."""
        newest = evidence_queries.current(self.session, slug)
        columns = {
            column.key: getattr(newest, column.key)
            for column in GradeRow.__table__.columns
            if column.key != "id"
        }
        row = GradeRow(**{**columns, **changes})
        self.session.add(row)
        self.session.flush()
        return row

    def cosi(self):
        return self.grade("cos", direction=Direction.MIXED, facts={"studies": [9, 18]}, counted=[1])


@pytest.fixture
def world(session, now):
    return World(session, now)


def _all(session, table):
    session.expire_all()
    return list(session.scalars(select(table).order_by(table.id)))


def test_the_baseline_gives_the_published_gaps(world, session):
    world.publish()
    kinds = {one.slug: one.state.kind for one in queries.overview(session, world.catalogue)}
    assert kinds == {
        "vipp": UU,
        "abc": UU,
        "cos": UU,
        "pip": UU,
        "cpp": AL,
        "vig": AL,
        "ddp": UR,
        "www": AL,
        "theraplay": UR,
        "icp": UR,
    }


def test_the_first_changes_are_the_baseline_and_change_nothing(world, session):
    changes = world.publish()
    assert [change.slug for change in changes] == list(world.catalogue.slugs)
    assert all(change.before is None and change.kinds == [] for change in changes)
    assert queries.changes(session) == []
    assert len(queries.changes(session, include_baseline=True)) == 10
    assert all(one.last_change is None for one in queries.overview(session, world.catalogue))


def test_publishing_again_changes_nothing(world, session):
    world.publish()
    entries = audit.count(session)
    session.expire_all()
    world.now += timedelta(days=1)
    assert world.publish() == [None] * 10
    assert len(_all(session, Change)) == len(_all(session, GapRow)) == 10
    assert len(_all(session, GradeRow)) == len(_all(session, WaveRow)) == 10
    assert audit.count(session) == entries


def test_a_change_keeps_both_states_and_its_cause(world, session, now):
    world.publish()
    before = queries.state(session, "cos")
    change = world.reassess("cos", world.cosi())
    session.expire_all()
    assert change.kinds == ["direction", "gap", "studies counted"]
    assert State.from_dict(change.before) == before
    after = State.from_dict(change.after)
    assert queries.state(session, "cos") == after
    assert (after.tier, after.direction, after.studies) == (Tier.STRONG, Direction.MIXED, (9, 18))
    assert (after.kind, after.band) == (GapKind.UNDER_USED_CARE, UsageBand.LITTLE)
    assert after.ranks == (4, 7, 9, 10)
    assert (change.cause_kind, change.cause_id, change.at) == ("decision", 7, now)
    assert change.sentence == (
        "Circle of Security: findings moved from generally positive to mixed; the tier stays "
        "strong (9–18 studies, was 8–17); the gap moved from “under-used” to “under-used, read "
        "with care”; why: Invented trial was accepted by two reviewers."
    )
    assert queries.changes(session) == [change]
    assert queries.changes(session, slug="ddp") == []
    assert queries.change(session, change.id) is change
    shown = {one.slug: one.last_change for one in queries.overview(session, world.catalogue)}
    assert shown.pop("cos") is change
    assert set(shown.values()) == {None}


def test_the_gap_row_points_at_its_grade_and_use(world, session):
    world.publish()
    grade = world.cosi()
    world.reassess("cos", grade)
    row, use = queries.newest_gap(session, "cos"), usage.latest(session, "cos")
    assert row
    assert use
    assert (row.grade_id, row.usage_id) == (grade.id, use.id)
    assert (row.policy, row.kind) == (
        world.catalogue.gap.version,
        GapKind.UNDER_USED_CARE,
    )
    assert "More use is not clearly supported" in row.sentence


def test_a_grade_that_says_the_same_is_no_change(world, session):
    world.publish()
    grade = world.grade("cos", reasons=["Worded anew."])
    assert world.reassess("cos", grade) is None
    newest = queries.newest_gap(session, "cos")
    assert newest
    assert newest.grade_id == grade.id


def test_there_and_back_are_two_changes(world, session):
    world.publish()
    first = queries.state(session, "cos")
    world.reassess("cos", world.cosi())
    back = world.grade(
        "cos", direction=Direction.GENERALLY_POSITIVE, facts={"studies": [8, 17]}, counted=[]
    )
    change = world.reassess("cos", back, Cause("withdrawal", "Invented trial was retracted", 8))
    assert queries.state(session, "cos") == first
    assert queries.changes(session)[0].id == change.id
    assert len(queries.changes(session)) == 2
    assert len(queries.changes(session, limit=1)) == 1


def test_a_preview_is_what_reassessing_then_records(world, session):
    world.publish()
    grade = world.cosi()
    seen = service.preview(session, world.catalogue, "cos", evidence_queries.as_grade(grade))
    assert queries.state(session, "cos") != seen
    world.reassess("cos", grade)
    assert queries.state(session, "cos") == seen


@pytest.mark.parametrize(
    ("numerator", "used", "kind"),
    [
        (300, UsageBand.WIDE, GapKind.ALIGNED),
        (100, UsageBand.MIDDLE, GapKind.ALIGNED),
        (0, UsageBand.LITTLE, GapKind.UNDER_USED),
    ],
)
def test_a_new_wave_with_a_share_decides_the_band(world, session, now, numerator, used, kind):
    world.publish()
    _wave_of_one(session, now, numerator=numerator, denominator=734)
    world.reassess("cos", evidence_queries.current(session, "cos"), Cause("usage", "a new wave"))
    after = queries.state(session, "cos")
    assert (after.band, after.kind, after.ranks) == (used, kind, ())


def test_ranks_among_another_number_say_nothing_to_the_policy(world, session, now):
    world.publish()
    _wave_of_one(session, now, ranks=[1], out_of=40)
    world.reassess("cos", evidence_queries.current(session, "cos"), Cause("usage", "a new wave"))
    assert queries.state(session, "cos").band is UsageBand.UNKNOWN


def _wave_of_one(session, now, ranks=(), **said):
    wave = Wave(
        name="2026", state=WaveState.PUBLISHED, origin="file", unit="services", promoters=[],
        field_to=now.date(), citation="an invented survey", drafted_by="admin:1", drafted_at=now,
    )  # fmt: skip
    session.add(wave)
    session.flush()
    session.add(WaveRow(wave_id=wave.id, slug="cos", ranks=list(ranks), **said))
    session.flush()


def test_without_any_statement_of_use_the_gap_is_not_known(world, session):
    world.reassess("cos", world.regrade("cos"), BASELINE)
    assert queries.state(session, "cos").kind is GapKind.UNKNOWN


def test_the_overview_stands_in_the_catalogues_order_with_the_distance_to_the_next_tier(
    world, session
):
    world.publish()
    overview = queries.overview(session, world.catalogue)
    assert [one.slug for one in overview] == list(world.catalogue.slugs)
    assert [one.distance.words if one.distance else "" for one in overview] == [
        *[""] * 4,
        *["2–8 high-quality studies short of strong"] * 2,
        *["1–2 sound studies short of intermediate"] * 3,
        "3 sound studies short of intermediate",
    ]
    assert headline([one.state for one in overview]).startswith("Three of the four most used")


def test_what_is_not_there_is_not_found(world, session):
    with pytest.raises(NotFound, match="init"):
        queries.overview(session, world.catalogue)
    with pytest.raises(NotFound):
        queries.state(session, "cos")
    with pytest.raises(NotFound):
        queries.change(session, 404)


def test_each_change_is_audited(world, session):
    world.publish()
    entries = audit.count(session)
    world.reassess("cos", world.cosi())
    assert audit.count(session) == entries + 1
    assert audit.broken_link(session) is None


def test_a_gap_worded_anew_is_kept_and_not_listed_as_a_change(world, session):
    """As when a new policy says the same in other words: the state follows, nothing moved."""
    world.publish()
    newest = queries.newest(session, "cos")
    assert newest
    anew = {**newest.after, "sentence": "Worded anew."}
    columns = {
        "slug": "cos", "sentence": "x", "cause": "x", "cause_kind": "baseline", "at": world.now
    }  # fmt: skip
    session.add(Change(kinds=[], before=newest.after, after=anew, **columns))
    session.flush()
    assert queries.state(session, "cos").sentence == "Worded anew."
    assert queries.changes(session) == []
    assert len(queries.changes(session, include_baseline=True)) == 10
    assert queries.following(session, newest) is None
    moved = world.reassess("cos", world.cosi())
    assert queries.changes(session, slug="cos") == [moved]
    assert queries.following(session, newest) is moved
    assert moved
    assert queries.following(session, moved) is None
