import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, select, text

from monitor.kernel.errors import ConfigError
from monitor.kernel.persistence.database import Database
from monitor.kernel.persistence.version import schema_version
from monitor.notify.tables import ReaderTerms
from monitor.notify.words import USUAL, Cadence
from monitor.ops import revision, schema, upgrading
from monitor.review.appraisal.given import reading_of
from monitor.review.tables import Appraisal


def _downgrade(database):
    with database.write() as session:
        config = upgrading.configuration()
        config.attributes["connection"] = session.connection()
        command.downgrade(config, "base")


def _ddl(database):
    """Everything the database itself says of its tables; names of checks included."""
    with database.read() as session:
        inspector = inspect(session.connection())
        return {
            table: {
                "columns": [
                    (c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)
                ],
                "primary": inspector.get_pk_constraint(table)["constrained_columns"],
                "unique": sorted(
                    tuple(u["column_names"]) for u in inspector.get_unique_constraints(table)
                ),
                "indexes": sorted(
                    (i["name"], tuple(i["column_names"]), str(i.get("column_sorting")))
                    for i in inspector.get_indexes(table)
                ),
                "foreign": sorted(
                    (tuple(f["constrained_columns"]), f["referred_table"])
                    for f in inspector.get_foreign_keys(table)
                ),
                "checks": sorted(
                    (c["name"], " ".join(c["sqltext"].split()))
                    for c in inspector.get_check_constraints(table)
                ),
            }
            for table in inspector.get_table_names()
            if table != "alembic_version" and not table.startswith("title_index")
        }


# SQLite does not tell Alembic that a column falls, nor what an expression is; PostgreSQL writes one
# in its own way. ``_definitions`` compares them as each database tells them itself.
_NOT_REFLECTED = frozenset({"ix_queue_item_stage_score", "ix_message_turn", "ix_paper_title_words"})
pytestmark = pytest.mark.filterwarnings(
    "ignore:Skipped unsupported reflection of expression-based index:sqlalchemy.exc.SAWarning",
    "ignore:autogenerate skipping metadata-specified expression-based index:UserWarning",
)


def _is_reflected(thing, name, kind, reflected, other):
    """Leave out these, and the words of titles, which no model can name."""
    words = kind == "table" and name.startswith("title_index")
    return not words and name not in _NOT_REFLECTED


def _definitions(database):
    """Each index as the database itself writes it: what it is of, and of which rows."""
    ours = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    if not database.is_sqlite:
        ours = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    with database.read() as session:
        found = dict(session.execute(text(ours)).all())
    return {
        name: " ".join(sql.replace('"', "").split())
        for name, sql in found.items()
        if name != "alembic_version_pkc"
    }


def test_up_down_up_leaves_nothing_and_then_everything(empty):
    schema.migrate(empty)
    first = _ddl(empty)
    _downgrade(empty)
    assert _ddl(empty) == {}
    schema.migrate(empty)
    assert _ddl(empty) == first
    revision.require_current(empty)


def test_migrations_and_models_agree(empty, database):
    """Alembic's own comparison misses enum members and CHECK constraints, so the DDL is compared."""
    schema.migrate(empty)
    assert _ddl(empty) == _ddl(database)
    assert _definitions(empty) == _definitions(database)
    with empty.read() as session:
        context = MigrationContext.configure(
            session.connection(), opts={"include_object": _is_reflected}
        )
        assert compare_metadata(context, schema.metadata) == []


def test_the_newest_migration_is_told_as_alembic_tells_it(empty):
    """Commands that only look do not load Alembic for it."""
    assert revision.head() == ScriptDirectory(str(revision.SCRIPTS)).get_current_head()
    schema.migrate(empty)
    with empty.read() as session:
        assert schema_version(session.connection()) == revision.head()


def test_a_newer_schema_is_refused(empty):
    schema.migrate(empty)
    with empty.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999_from_the_future'"))
    with pytest.raises(ConfigError, match="9999_from_the_future"):
        schema.migrate(empty)
    with pytest.raises(ConfigError, match="init"):
        revision.require_current(empty)


def test_who_looks_already_is_asked_over_the_same_connection(empty):
    seen: list[object] = []
    schema.migrate(empty)
    with empty.read() as session:
        event.listen(empty.engine, "checkout", lambda *_: seen.append(_))
        revision.require_current(empty, session)
        assert not seen
        session.execute(text("DROP TABLE alembic_version"))
        assert schema_version(session.connection()) is None
        with pytest.raises(ConfigError, match="init"):
            revision.require_current(empty, session)


def test_a_database_that_is_not_there_is_not_made(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/nowhere.sqlite3")
    with pytest.raises(ConfigError, match="init"):
        revision.require_current(database)
    assert not (tmp_path / "nowhere.sqlite3").exists()


def _step(database, direction, revision):
    if database.path:
        database.path.parent.mkdir(parents=True, exist_ok=True)
    with database.write() as session:
        config = upgrading.configuration()
        config.attributes["connection"] = session.connection()
        getattr(command, direction)(config, revision)


def test_papers_and_all_that_points_at_them_survive_the_change_of_lanes(empty):
    _step(empty, "upgrade", "0002_proof_that_we_looked")
    adding = text(
        "INSERT INTO paper (id, title, authors, publication_types, keywords, title_key, lane,"
        " first_seen_at, changed_at, version, merged_into_id) VALUES (:id, 'An invented title',"
        " '[]', '[]', '[]', 'k', :lane, '2026-11-23 06:10:00', '2026-11-23 06:10:00', 3, :into)"
    )
    with empty.write() as session:
        session.execute(adding, {"id": 1, "lane": "evaluated", "into": None})
        session.execute(adding, {"id": 2, "lane": "none", "into": 1})
        session.execute(text("INSERT INTO paper_identifier VALUES ('doi', '10.5555/a', 1)"))
    kept = "SELECT id, title, authors, version, merged_into_id FROM paper ORDER BY id"
    with empty.read() as session:
        before = session.execute(text(kept)).all()
    schema.migrate(empty)
    with empty.write() as session:
        assert session.execute(text(kept)).all() == before
        assert session.execute(text("SELECT read_by FROM paper")).scalars().all() == [0, 0]
        session.execute(text("UPDATE paper SET lane = 'mentioned' WHERE id = 1"))
    _step(empty, "downgrade", "0002_proof_that_we_looked")
    with empty.read() as session:
        assert session.execute(text(kept)).all() == before
        lanes = session.execute(text("SELECT lane FROM paper ORDER BY id")).scalars().all()
        assert lanes == ["evaluated", "none"]
        assert session.execute(text("SELECT paper_id FROM paper_identifier")).scalars().all() == [1]


def test_titles_are_found_after_the_index_of_words_was_made_anew_and_back(empty):
    _step(empty, "upgrade", "0026_heartbeats")
    adding = text(
        "INSERT INTO paper (id, title, title_words, authors, publication_types, keywords, lane,"
        " first_seen_at, changed_at, version, read_by) VALUES (:id, 't', :words, '[]', '[]', '[]',"
        " 'none', '2026-11-23 06:10:00', '2026-11-23 06:10:00', 1, 1)"
    )
    with empty.write() as session:
        for number, words in enumerate(("opening hours", "lane closures", "opened again"), 1):
            session.execute(adding, {"id": number, "words": words})
        if empty.is_sqlite:  # this version's triggers are not up yet
            old = "INSERT INTO title_index (rowid, words) SELECT id, title_words || ' lane_none' FROM paper"
            session.execute(text(old))
    for direction, version in (
        ("upgrade", "0027_beginnings_of_words"),
        ("downgrade", "0026_heartbeats"),
        ("upgrade", "head"),
    ):
        _step(empty, direction, version)
        with empty.read() as session:
            found = [_titled(session, word) for word in ("opening", "opene", "lane")]
        lane = [3, 2, 1] if direction == "downgrade" else [2]  # as it was before
        assert found == [[1], [3], lane]


def _titled(session, word):
    """Ask the index itself, in the words of no version of ours."""
    if session.get_bind().dialect.name == "sqlite":
        asked = "SELECT rowid FROM title_index WHERE title_index MATCH :word ORDER BY rowid DESC"
        return session.scalars(text(asked), {"word": f'"{word}" *'}).all()
    definition = session.scalar(
        text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_paper_title_words'")
    )
    vector, where = definition.split("USING gin (", 1)[1].split(") WHERE ")
    asked = f"SELECT id FROM paper WHERE {where} AND {vector} @@ :word ORDER BY id DESC"  # noqa: S608 - our own words
    return session.scalars(text(asked.replace("::", "\\:\\:")), {"word": f"'{word}':*"}).all()


def test_appraisals_survive_the_change_to_readings_and_back(empty):
    """Two who agreed, and two with a third who settled; as the version before kept them."""
    _step(empty, "upgrade", "0010_jobs_in_pieces")
    at = "2026-11-23 06:10:00+00:00"
    with empty.write() as session:
        for user, role in ((1, "reviewer"), (2, "reviewer"), (3, "admin")):
            session.execute(
                text(
                    'INSERT INTO "user" (id, address, name, role, created_at)'
                    " VALUES (:id, :address, 'Somebody', :role, :at)"
                ),
                {"id": user, "address": f"{user}@example.org", "role": role, "at": at},
            )
        for number, (study, user) in enumerate(((1, 1), (1, 2), (2, 1), (2, 2), (2, 3)), start=1):
            if user == 1:
                session.execute(
                    text("INSERT INTO study (id, label, created_at) VALUES (:id, 'Example', :at)"),
                    {"id": study, "at": at},
                )
            session.execute(
                text(
                    "INSERT INTO appraisal (id, token, study_id, reviewer_id, settles, count_it,"
                    " reason, interventions, design, risk_of_bias, risk_reason, outcome_class,"
                    " outcome, direction, quote, at) VALUES (:id, :token, :study, :user, :settles,"
                    " :yes, '', '[\"cos\"]', 'randomised', 'low', 'Concealed', 'attachment',"
                    " 'Security', 'mixed', 'A sentence.', :at)"
                ),
                {
                    "id": number, "token": f"t{number}", "study": study, "user": user,
                    "settles": user == 3, "yes": True, "at": at,
                },
            )  # fmt: skip
    kept = (
        "SELECT id, token, study_id, reviewer_id, settles, count_it, design, risk_of_bias,"
        " direction, quote FROM appraisal ORDER BY id"
    )
    with empty.read() as session:
        before = session.execute(text(kept)).all()
    schema.migrate(empty)
    with empty.read() as session:
        assert session.execute(text(kept)).all() == before
        (reading, *_) = map(reading_of, session.scalars(select(Appraisal).order_by(Appraisal.id)))
        assert (reading.arms[0].intervention, reading.results[0].risk.stated) == ("cos", "low")
        roles = session.scalars(text('SELECT role FROM "user" ORDER BY id')).all()
    assert roles == ["reviewer", "reviewer", "admin"]
    with empty.write() as session:
        session.execute(text("UPDATE \"user\" SET role = 'lead reviewer' WHERE id = 2"))
        session.execute(
            text(
                "INSERT INTO appraisal (id, token, study_id, reviewer_id, settles, count_it, reason,"
                " interventions, risk_reason, outcome_class, outcome, quote, at, round, edition)"
                " VALUES (9, 't9', 1, 3, :no, :no, 'Adults', '[]', '', 'other', '', '', :at, 2, 1)"
            ),
            {"no": False, "at": at},
        )
    _step(empty, "downgrade", "0010_jobs_in_pieces")
    with empty.read() as session:
        rows = session.execute(text(kept)).all()
        roles = session.scalars(text('SELECT role FROM "user" ORDER BY id')).all()
    assert rows[:5] == before
    assert (rows[5].token, rows[5].design, bool(rows[5].count_it)) == ("t9", "case", False)
    assert roles == ["reviewer", "reviewer", "admin"]


def test_the_reviews_own_tables_have_a_place_and_leave_it_again(empty):
    schema.migrate(empty)
    with empty.write() as session:
        session.execute(
            text(
                'INSERT INTO baseline_version (id, digest, name, content, kept, reason, "by", at)'
                " VALUES (1, 'd', 'a.csv', '{}', '[]', '', 'cli', '2026-11-23 06:10:00+00:00')"
            )
        )
    _step(empty, "downgrade", "0016_certainty")
    schema.migrate(empty)
    with empty.read() as session:
        assert session.execute(text("SELECT id FROM baseline_version")).all() == []


def test_how_feeds_of_use_were_asked_is_forgotten_on_the_way_back(empty):
    schema.migrate(empty)
    with empty.write() as session:
        session.execute(
            text(
                "INSERT INTO use_feed (name, enabled, asked, next_due_at, failures, problems,"
                " validators) VALUES ('A', true, 'h', '2026-11-23 06:10:00+00:00', 0, '[]', '{}')"
            )
        )
    _step(empty, "downgrade", "0017_the_reviews_own_table")
    schema.migrate(empty)
    with empty.read() as session:
        assert session.execute(text("SELECT name FROM use_feed")).all() == []


def test_services_returns_have_a_place_and_mail_that_asks_them_leaves_with_it(empty):
    schema.migrate(empty)
    at = {"at": "2026-11-23 06:10:00+00:00"}
    adding = (
        "INSERT INTO message (uuid, message_id, kind, address, context, state, queued_at, next_at,"
        " attempts, lease_token) VALUES (:uuid, :uuid, :kind, 'a@example.org', '{}', 'pending',"
        " :at, :at, 0, 0)"
    )
    with empty.write() as session:
        for kind in ("survey", "confirm"):
            session.execute(text(adding), {**at, "uuid": kind, "kind": kind})
    _step(empty, "downgrade", "0019_my_services")
    with empty.read() as session:
        assert session.execute(text("SELECT kind FROM message")).scalars().all() == ["confirm"]
    schema.migrate(empty)
    revision.require_current(empty)


def test_links_to_what_is_held_leave_on_the_way_back_with_what_came_back_of_them(empty):
    schema.migrate(empty)
    at = {"at": "2026-11-23 06:10:00+00:00"}
    adding = (
        "INSERT INTO message (id, uuid, message_id, kind, address, context, state, queued_at,"
        " next_at, attempts, lease_token) VALUES (:id, :kind, :kind, :kind, 'a@example.org', '{}',"
        " 'sent', :at, :at, 0, 0)"
    )
    back = (
        "INSERT INTO returned_mail (message_id, weight, status, words, at)"
        " VALUES (:id, 'for now', '4.2.2', 'full', :at)"
    )
    with empty.write() as session:
        for number, kind in enumerate(("confirm", "own_data")):
            session.execute(text(adding), {**at, "id": number, "kind": kind})
            session.execute(text(back), {**at, "id": number})
    _step(empty, "downgrade", "0023_did_it_help")
    with empty.read() as session:
        assert session.execute(text("SELECT kind FROM message")).scalars().all() == ["confirm"]
        assert session.execute(text("SELECT count(*) FROM returned_mail")).scalar() == 1
    schema.migrate(empty)
    revision.require_current(empty)


def test_readers_of_before_keep_each_change_at_once_and_a_digest_leaves_no_trace(empty):
    _step(empty, "upgrade", "0017_the_reviews_own_table")
    at = {"at": "2026-11-23 06:10:00+00:00"}
    with empty.write() as session:
        session.execute(
            text(
                "INSERT INTO subscriber (id, address, state, interventions, purpose, asked_at,"
                " confirmed_at) VALUES (7, 'r@example.org', 'active', '[]', '', :at, :at)"
            ),
            at,
        )
    schema.migrate(empty)
    with empty.write() as session:
        terms = session.scalars(select(ReaderTerms)).one()
        assert (terms.subscriber_id, terms.cadence, terms.budget) == (7, Cadence.AT_ONCE, None)
        assert terms.kinds == list(USUAL)
        session.execute(
            text(
                "INSERT INTO message (id, uuid, message_id, kind, address, subscriber_id, context,"
                " state, queued_at, next_at, attempts, lease_token, digest_id) VALUES (1, 'u', 'm',"
                " 'digest', 'r@example.org', 7, '{}', 'sent', :at, :at, 0, 0, 1)"
            ),
            at,
        )
    _step(empty, "downgrade", "0017_the_reviews_own_table")
    with empty.read() as session:
        assert session.execute(text("SELECT count(*) FROM message")).scalar() == 0
    schema.migrate(empty)
    revision.require_current(empty)


def test_published_ranks_become_a_wave_and_gaps_still_point_at_them(empty):
    """As the version before kept use: a row a wave and intervention; and back again."""
    _step(empty, "upgrade", "0011_readings")
    at = "2026-11-23 06:10:00+00:00"
    with empty.write() as session:
        session.execute(
            text(
                "INSERT INTO intervention (slug, name, position, content_hash, synced_at)"
                " VALUES ('cos', 'Circle', 1, 'x', :at)"
            ),
            {"at": at},
        )
        session.execute(
            text(
                "INSERT INTO usage_observation (id, slug, wave, ranks, out_of, words, citation,"
                " recorded_at) VALUES (7, 'cos', '2020', '[4, 7]', 10, 'little', 'A survey', :at)"
            ),
            {"at": at},
        )
        session.execute(
            text(
                "INSERT INTO grade (id, slug, policy, tier, tier_low, tier_high, direction,"
                " facts, counted, reasons, cause_kind, cause, at) VALUES (1, 'cos', '2023-1',"
                " 'strong', 'strong', 'strong', 'mixed', '{}', '[]', '[]', 'baseline', '', :at)"
            ),
            {"at": at},
        )
        session.execute(
            text(
                "INSERT INTO gap (id, slug, policy, kind, sentence, band, grade_id, usage_id,"
                " cause_kind, cause, at) VALUES (1, 'cos', '2023-2', 'aligned', 'S.', 'little used',"
                " 1, 7, 'baseline', '', :at)"
            ),
            {"at": at},
        )
    schema.migrate(empty)
    pointed = (
        "SELECT r.id, r.slug, r.ranks, r.words, wave.name, wave.state, wave.citation FROM gap"
        " JOIN wave_row r ON r.id = gap.usage_id JOIN wave ON wave.id = r.wave_id"
    )
    with empty.write() as session:
        (row,) = session.execute(text(pointed)).all()
        assert (row.id, row.slug, row.words) == (7, "cos", "little")
        assert (row.name, row.state, row.citation) == ("2020", "published", "A survey")
        session.execute(text("UPDATE gap SET band = 'between'"))
        adding = "INSERT INTO wave_row (wave_id, slug, nation, sector, area, ranks) VALUES (1, 'cos', 'Wales', '', '', '[]')"
        session.execute(text(adding))  # it gets a number of its own
    _step(empty, "downgrade", "0011_readings")
    with empty.read() as session:
        (row,) = session.execute(text("SELECT * FROM usage_observation")).all()
        assert (row.id, row.slug, row.wave, row.out_of) == (7, "cos", "2020", 10)
        assert session.execute(text("SELECT usage_id, band FROM gap")).all() == [(7, "not known")]


def test_rounds_of_before_were_judged_in_the_tool_in_force_and_papers_stay_when_moves_are_lost(
    empty,
):
    _step(empty, "upgrade", "0011_readings")
    at = {"at": "2026-11-23 06:10:00+00:00"}
    before = (
        (
            'INSERT INTO "user" (id, address, name, role, created_at)'
            " VALUES (1, 'a@example.org', 'Somebody', 'admin', :at)"
        ),
        "INSERT INTO study (id, label, created_at) VALUES (1, 'One', :at)",
        "INSERT INTO study (id, label, created_at) VALUES (2, 'Another', :at)",
        (
            "INSERT INTO appraisal_round (study_id, number, reason, opened_by, opened_at)"
            " VALUES (1, 2, 'A correction', 1, :at)"
        ),
    )
    with empty.write() as session:
        for statement in before:
            session.execute(text(statement), at)
    schema.migrate(empty)
    with empty.write() as session:
        assert session.execute(text("SELECT tool FROM appraisal_round")).scalars().all() == [""]
        session.execute(text("UPDATE appraisal_round SET tool = 'robins_i_v2'"))
        session.execute(
            text(
                'INSERT INTO regrouping (id, token, kind, study_id, other_id, reason, moved, at, "by")'
                " VALUES (1, 't', 'merged', 1, 2, 'One trial', '{}', :at, 'user:1')"
            ),
            at,
        )
    _step(empty, "downgrade", "0011_readings")
    with empty.read() as session:
        assert session.execute(text("SELECT count(*) FROM study")).scalar() == 2
        assert (
            session.execute(text("SELECT reason FROM appraisal_round")).scalar() == "A correction"
        )
    schema.migrate(empty)
    revision.require_current(empty)


def test_why_a_message_waits_is_taken_from_its_sentence_and_given_back_to_it(empty):
    _step(empty, "upgrade", "0023_did_it_help")
    at = {"at": "2026-11-23 06:10:00+00:00"}
    adding = (
        "INSERT INTO message (uuid, message_id, kind, address, context, state, queued_at, next_at,"
        " attempts, lease_token, reply) VALUES (:uuid, :uuid, 'digest', 'a@example.org', '{}',"
        " :state, :at, :at, 0, 0, :reply)"
    )
    approval = "It is sent when an admin has approved its digest"
    rows = {
        "a": ("on hold", approval, "awaits approval"),
        "b": ("on hold", "An admin holds it until it is let go", "held by an admin"),
        "c": ("cancelled", "Not sent: what it tells of the study is no longer so", "overtaken"),
        "d": ("cancelled", "The reader left before it was sent", None),
        "e": ("deferred", approval, None),  # as a mail server may say: nothing follows from it
        "f": ("pending", None, None),
    }
    with empty.write() as session:
        for uuid, (state, reply, _) in rows.items():
            session.execute(text(adding), {**at, "uuid": uuid, "state": state, "reply": reply})
    given = {uuid: reason for uuid, (_, _, reason) in rows.items()}
    reasons = text("SELECT uuid, reason FROM message")
    schema.migrate(empty)
    with empty.write() as session:
        assert dict(session.execute(reasons).all()) == given
        session.execute(text("UPDATE message SET reply = 'said otherwise' WHERE uuid = 'a'"))
    _step(empty, "downgrade", "0023_did_it_help")
    with empty.read() as session:
        said = dict(session.execute(text("SELECT uuid, reply FROM message")).all())
        assert said == {uuid: reply for uuid, (_, reply, _) in rows.items()}
    schema.migrate(empty)
    with empty.read() as session:
        assert dict(session.execute(reasons).all()) == given
    revision.require_current(empty)
