"""Mail that cannot leave: incidents of our own mail, messages held back, refusals that were seen."""

import sqlalchemy as sa
from alembic import op

revision = "0005_mail_that_cannot_leave"
down_revision = "0004_sessions_and_drafts"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_COLUMNS = (
    "id, source, topic, kind, message, opened_at, last_seen_at, times, reminded_at, closed_at, "
    "closed_by"
)


def upgrade() -> None:
    op.add_column("message", sa.Column("held_since", _TIME, nullable=True))
    op.add_column("message", sa.Column("seen_at", _TIME, nullable=True))
    _rewrite_incident(of_sources_only=False)


def downgrade() -> None:
    op.execute("DELETE FROM incident WHERE source NOT IN (SELECT name FROM source)")
    _rewrite_incident(of_sources_only=True)
    op.drop_column("message", "seen_at")
    op.drop_column("message", "held_since")


def _rewrite_incident(*, of_sources_only: bool) -> None:
    """Let ``incident.source`` name a source only, or a part of ours as well, such as the mail."""
    name = op.f("fk_incident_source_source")
    if op.get_bind().dialect.name == "sqlite":
        _rewrite_on_sqlite(name if of_sources_only else None)
    elif of_sources_only:
        op.create_foreign_key(name, "incident", "source", ["source"], ["name"])
    else:
        op.drop_constraint(name, "incident", type_="foreignkey")


def _rewrite_on_sqlite(foreign_key: str | None) -> None:
    """Make the table anew, as SQLite can drop no constraint; nothing points at its rows."""
    op.drop_index("uq_incident_open", "incident")
    op.execute(f"CREATE TEMPORARY TABLE incident_rows AS SELECT {_COLUMNS} FROM incident")  # noqa: S608 - our own names
    op.drop_table("incident")
    key = [sa.ForeignKeyConstraint(["source"], ["source.name"], name=foreign_key)]
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("source", "topic", "kind")),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("last_seen_at", _TIME, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("reminded_at", _TIME, nullable=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        *(key if foreign_key else ()),
    )
    op.execute(f"INSERT INTO incident ({_COLUMNS}) SELECT {_COLUMNS} FROM incident_rows")  # noqa: S608 - our own names
    op.execute("DROP TABLE incident_rows")
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_incident_open", "incident", ["source", "topic"], unique=True, sqlite_where=still_open
    )
