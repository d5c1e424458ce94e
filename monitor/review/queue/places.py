"""Where every paper of the queue stands under every filter, and how many do: kept by the database.

A paper has a place in the whole queue (``slug`` empty) and one under each intervention that it names.
A page of any lane, filter and depth is read off one index of places; the counts it shows are sums
of a few kept numbers. Triggers keep both in the transaction that changes a paper, its reading, its
matches or its place in the queue, whatever code that is.
"""

from monitor.kernel.persistence.triggers import KeptTables, Trigger, keep

_COLUMNS = "paper_id, slug, stage, lane, design, rank, queued_at"
_NAMED = 'SELECT slug FROM "match" WHERE paper_id = NEW.paper_id'
_QUEUED = (
    f"INSERT INTO queue_place ({_COLUMNS})"  # noqa: S608 - our own words
    " SELECT NEW.paper_id, named.slug, NEW.stage, paper.lane, COALESCE(paper_reading.design, ''),"
    " -NEW.score, NEW.queued_at"
    f" FROM paper CROSS JOIN (SELECT '' AS slug UNION {_NAMED}) AS named"
    " LEFT JOIN paper_reading ON paper_reading.paper_id = paper.id"
    " WHERE paper.id = NEW.paper_id"
)
_MOVED = (
    "UPDATE queue_place SET stage = NEW.stage, rank = -NEW.score, queued_at = NEW.queued_at"
    " WHERE paper_id = NEW.paper_id"
)
_NAMED_NOW = (
    f"INSERT INTO queue_place ({_COLUMNS})"  # noqa: S608 - our own words
    " SELECT paper_id, NEW.slug, stage, lane, design, rank, queued_at FROM queue_place"
    " WHERE paper_id = NEW.paper_id AND slug = '' ON CONFLICT DO NOTHING"
)
_NAMED_NO_MORE = (
    "DELETE FROM queue_place WHERE paper_id = OLD.paper_id AND slug = OLD.slug AND NOT EXISTS"
    ' (SELECT 1 FROM "match" WHERE paper_id = OLD.paper_id AND slug = OLD.slug)'
)
_READ = (
    "UPDATE queue_place SET design = COALESCE(NEW.design, '') WHERE paper_id = NEW.paper_id"
    " AND design <> COALESCE(NEW.design, '')"
)
_UNREAD = "UPDATE queue_place SET design = '' WHERE paper_id = OLD.paper_id AND design <> ''"


_FILLS = (
    "DELETE FROM queue_place",
    "DELETE FROM queue_tally",
    (
        f"INSERT INTO queue_place ({_COLUMNS}) SELECT queue_item.paper_id, named.slug,"  # noqa: S608 - our own words
        " queue_item.stage, paper.lane, COALESCE(paper_reading.design, ''), -queue_item.score,"
        " queue_item.queued_at FROM queue_item JOIN paper ON paper.id = queue_item.paper_id"
        " JOIN (SELECT paper_id, '' AS slug FROM queue_item UNION"
        ' SELECT paper_id, slug FROM "match") AS named ON named.paper_id = queue_item.paper_id'
        " LEFT JOIN paper_reading ON paper_reading.paper_id = queue_item.paper_id"
    ),
    "DELETE FROM queue_tally",
    (
        "INSERT INTO queue_tally (stage, slug, lane, design, papers)"
        " SELECT stage, slug, lane, design, count(*) FROM queue_place"
        " GROUP BY stage, slug, lane, design"
    ),
)


def _counted(row: str, by: int) -> str:
    return (
        "INSERT INTO queue_tally (stage, slug, lane, design, papers)"  # noqa: S608 - our own words
        f" VALUES ({row}.stage, {row}.slug, {row}.lane, {row}.design, {by})"
        " ON CONFLICT (stage, slug, lane, design)"
        f" DO UPDATE SET papers = queue_tally.papers + {by}"
    )


_LESS, _MORE = _counted("OLD", -1), _counted("NEW", 1)
_PLACES = (
    Trigger("queue_item_in", "queue_item", "INSERT", (_QUEUED,)),
    Trigger(
        "queue_item_moved",
        "queue_item",
        "UPDATE OF stage, score, queued_at",
        (_MOVED,),
        when="OLD.stage <> NEW.stage OR OLD.score <> NEW.score OR OLD.queued_at <> NEW.queued_at",
    ),
    Trigger(
        "queue_item_out",
        "queue_item",
        "DELETE",
        ("DELETE FROM queue_place WHERE paper_id = OLD.paper_id",),
    ),
    Trigger(
        "paper_lane",
        "paper",
        "UPDATE OF lane",
        ("UPDATE queue_place SET lane = NEW.lane WHERE paper_id = NEW.id",),
        when="OLD.lane <> NEW.lane",
    ),
    Trigger("paper_read", "paper_reading", "INSERT", (_READ,)),
    Trigger("paper_read_anew", "paper_reading", "UPDATE OF design", (_READ,)),
    Trigger("paper_unread", "paper_reading", "DELETE", (_UNREAD,)),
    Trigger("match_in", "match", "INSERT", (_NAMED_NOW,)),
    Trigger("match_moved", "match", "UPDATE OF paper_id, slug", (_NAMED_NO_MORE, _NAMED_NOW)),
    Trigger("match_out", "match", "DELETE", (_NAMED_NO_MORE,)),
)
_TALLY = (
    Trigger("place_in", "queue_place", "INSERT", (_MORE,)),
    Trigger("place_out", "queue_place", "DELETE", (_LESS,)),
    Trigger(
        "place_moved",
        "queue_place",
        "UPDATE OF stage, lane, design",
        (_LESS, _MORE),
        when="OLD.stage <> NEW.stage OR OLD.lane <> NEW.lane OR OLD.design <> NEW.design",
    ),
)
keep(
    KeptTables(
        tables=frozenset(
            {"paper", "paper_reading", "match", "queue_item", "queue_place", "queue_tally"}
        ),
        triggers=tuple(one._replace(late=True) for one in _PLACES) + _TALLY,
        fills=tuple((None, statement) for statement in _FILLS),
    )
)
