"""Waves of use: what each survey asked, whom and when; drafts, and who published or withdrew them.

What the published review said becomes the wave that it was; its rows keep their ids, so every gap
still points at what it was read from. An announcement may tell of a wave.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from monitor.ops.altering import quoted, rewrite

revision = "0015_waves"
down_revision = "0014_where_a_file_comes_from"
branch_labels = None
depends_on = None

_BANDS = ("widely used", "in the middle", "little used", "not known")
_NEW_BANDS = (*_BANDS[:3], "between", "not known")
_STATES = ("draft", "published", "withdrawn", "discarded")
_STANDS = sa.text("state IN ('draft', 'published')")
_OLD, _NEW = "usage_observation", "wave_row"


def upgrade() -> None:
    _waves()
    _rows()
    op.execute(
        "INSERT INTO wave (name, state, origin, unit, promoters, citation, drafted_by, drafted_at,"
        " published_by, published_at)"
        " SELECT wave, 'published', 'published review', min(unit), '[]', min(citation), 'job:usage',"
        " min(recorded_at), 'job:usage', min(recorded_at)"
        " FROM usage_observation GROUP BY wave ORDER BY wave"
    )
    op.execute(
        "INSERT INTO wave_row (id, wave_id, slug, nation, sector, area, numerator, denominator,"
        " ranks, out_of, words)"
        " SELECT o.id, wave.id, o.slug, '', '', '', o.numerator, o.denominator, o.ranks, o.out_of,"
        " o.words FROM usage_observation o JOIN wave ON wave.name = o.wave"
    )
    _count_on(_NEW)
    _gap_points_at(_OLD, _NEW, _BANDS, _NEW_BANDS)
    op.drop_table(_OLD)
    op.add_column("announcement", sa.Column("wave_id", sa.Integer(), nullable=True))
    op.create_index("ix_announcement_wave_id", "announcement", ["wave_id"])


def downgrade() -> None:
    """Go back; what the version before has no place for is lost: drafts, parts, what was asked."""
    op.drop_index("ix_announcement_wave_id", "announcement")
    op.drop_column("announcement", "wave_id")
    _observations()
    op.execute(
        "INSERT INTO usage_observation (id, slug, wave, ranks, out_of, words, numerator,"
        " denominator, unit, citation, recorded_at)"
        " SELECT r.id, r.slug, wave.name, r.ranks, r.out_of, r.words, r.numerator, r.denominator,"
        " CASE WHEN r.numerator IS NULL THEN NULL ELSE coalesce(wave.unit, 'services') END,"
        " wave.citation, wave.drafted_at FROM wave_row r JOIN wave ON wave.id = r.wave_id"
        " WHERE wave.state = 'published' AND r.nation = '' AND r.sector = '' AND r.area = ''"
    )
    _count_on(_OLD)
    op.execute(
        "UPDATE gap SET usage_id = NULL WHERE usage_id NOT IN (SELECT id FROM usage_observation)"
    )
    op.execute("UPDATE gap SET band = 'not known' WHERE band = 'between'")
    _gap_points_at(_NEW, _OLD, _NEW_BANDS, _BANDS)
    op.drop_table(_NEW)
    op.drop_table("wave")


def _waves() -> None:
    state = sa.Enum(
        *_STATES, name="wavestate", native_enum=False, create_constraint=True, length=40
    )
    op.create_table(
        "wave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("instrument", sa.String(), nullable=True),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("question", sa.String(), nullable=True),
        sa.Column("field_from", sa.Date(), nullable=True),
        sa.Column("field_to", sa.Date(), nullable=True),
        sa.Column("dated", sa.String(), nullable=True),
        sa.Column("frame", sa.String(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("mode", sa.String(), nullable=True),
        sa.Column("promoters", sa.JSON(), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=True),
        sa.Column("responses", sa.Integer(), nullable=True),
        sa.Column("services", sa.Integer(), nullable=True),
        sa.Column("design_effect", sa.Double(), nullable=True),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("gold_standard", sa.JSON(), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("drafted_by", sa.String(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why_ended", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wave")),
    )
    op.create_index(
        "uq_wave_name",
        "wave",
        ["name"],
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    )
    op.create_index("ix_wave_state", "wave", ["state"])


def _rows() -> None:
    op.create_table(
        _NEW,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("nation", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("numerator", sa.Integer(), nullable=True),
        sa.Column("denominator", sa.Integer(), nullable=True),
        sa.Column("ranks", sa.JSON(), nullable=False),
        sa.Column("out_of", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(numerator IS NULL) = (denominator IS NULL)",
            name=op.f("ck_wave_row_share_has_denominator"),
        ),
        sa.CheckConstraint(
            "numerator >= 0 AND numerator <= denominator", name=op.f("ck_wave_row_share_is_one")
        ),
        sa.ForeignKeyConstraint(
            ["slug"], ["intervention.slug"], name=op.f("fk_wave_row_slug_intervention")
        ),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_wave_row_wave_id_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wave_row")),
        sa.UniqueConstraint(
            "wave_id",
            "slug",
            "nation",
            "sector",
            "area",
            name=op.f("uq_wave_row_wave_id_slug_nation_sector_area"),
        ),
    )


def _observations() -> None:
    """Make the table of the version before, as its first migration did."""
    op.create_table(
        _OLD,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("wave", sa.String(), nullable=False),
        sa.Column("ranks", sa.JSON(), nullable=False),
        sa.Column("out_of", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.Column("numerator", sa.Integer(), nullable=True),
        sa.Column("denominator", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(numerator IS NULL) = (denominator IS NULL)",
            name=op.f("ck_usage_observation_share_has_denominator"),
        ),
        sa.CheckConstraint(
            "(numerator IS NULL) = (unit IS NULL)", name=op.f("ck_usage_observation_share_has_unit")
        ),
        sa.ForeignKeyConstraint(
            ["slug"], ["intervention.slug"], name=op.f("fk_usage_observation_slug_intervention")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_observation")),
        sa.UniqueConstraint("slug", "wave", name=op.f("uq_usage_observation_slug_wave")),
    )


def _gap_points_at(before: str, since: str, bands: Sequence[str], others: Sequence[str]) -> None:
    """Let a gap point at another table of use, and take other bands."""
    if op.get_bind().dialect.name == "sqlite":
        rewrite("gap", {before: since, f"({quoted(bands)})": f"({quoted(others)})"})
        return
    op.drop_constraint(op.f(f"fk_gap_usage_id_{before}"), "gap", type_="foreignkey")
    op.create_foreign_key(op.f(f"fk_gap_usage_id_{since}"), "gap", since, ["usage_id"], ["id"])
    check = op.f("ck_gap_usageband")
    op.drop_constraint(check, "gap", type_="check")
    op.create_check_constraint(check, "gap", f"band IN ({quoted(others)})")


def _count_on(table: str) -> None:
    """Let new rows get numbers after those that were brought along."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"  # noqa: S608 - our own names
            f" (SELECT coalesce(max(id), 0) + 1 FROM {table}), false)"
        )
