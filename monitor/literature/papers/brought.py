"""Which queries brought the papers that are kept and not queued, as the list of them asks for it.

Triggers keep ``PaperQuery`` whenever a record is joined to a paper, found by another query, or a paper
changes its lane or becomes one with another.
"""

from monitor.kernel.persistence.triggers import KeptTables, Trigger, keep

_KEPT = "paper.lane IN ('notice', 'none') AND paper.merged_into_id IS NULL"
_FOUND = (
    "INSERT INTO paper_query (query_key, lane, paper_id)"  # noqa: S608 - our own words
    " SELECT DISTINCT record_query.query_key, paper.lane, paper.id FROM paper_record"
    " JOIN paper ON paper.id = paper_record.paper_id"
    " JOIN record ON record.id = paper_record.record_id"
    " JOIN record_query ON record_query.source = record.source AND record_query.key = record.key"
    f" WHERE {_KEPT}"
)
_AGAIN = f"{_FOUND} AND paper_record.paper_id = {{}} ON CONFLICT DO NOTHING"
_NO_MORE = "DELETE FROM paper_query WHERE paper_id = {}"
_OLD = (_NO_MORE.format("OLD.paper_id"), _AGAIN.format("OLD.paper_id"))
_TRIGGERS = (
    Trigger(
        "record_joined",
        "paper_record",
        "INSERT",
        (f"{_FOUND} AND paper_record.record_id = NEW.record_id ON CONFLICT DO NOTHING",),
    ),
    Trigger("record_parted", "paper_record", "DELETE", _OLD),
    Trigger(
        "record_moved", "paper_record", "UPDATE OF paper_id", (*_OLD, _AGAIN.format("NEW.paper_id"))
    ),
    Trigger(
        "record_found",
        "record_query",
        "INSERT",
        (
            (
                f"{_FOUND} AND record.source = NEW.source AND record.key = NEW.key"
                " AND record_query.query_key = NEW.query_key ON CONFLICT DO NOTHING"
            ),
        ),
    ),
    Trigger(
        "paper_brought",
        "paper",
        "UPDATE OF lane, merged_into_id",
        (_NO_MORE.format("OLD.id"), _AGAIN.format("NEW.id")),
        when="OLD.lane <> NEW.lane"
        " OR COALESCE(OLD.merged_into_id, 0) <> COALESCE(NEW.merged_into_id, 0)",
    ),
)
keep(
    KeptTables(
        tables=frozenset({"paper", "paper_record", "record", "record_query", "paper_query"}),
        triggers=tuple(one._replace(late=True) for one in _TRIGGERS),
        fills=((None, "DELETE FROM paper_query"), (None, _FOUND)),
    )
)
