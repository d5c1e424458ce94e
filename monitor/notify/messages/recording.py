"""The statement by which messages that were accepted are recorded: one for a whole lot, on either database."""

from functools import cache

from sqlalchemy import TextClause, bindparam, text

from monitor.kernel.persistence.database import UtcDateTime
from monitor.notify.tables import ERASED

# What was heard of messages, from rows of JSON (id, token, words), and which messages these are. Where
# several write they are held first, in the order of ``holding``; by their keys, as PostgreSQL thinks
# that there are a hundred of them, and would rather read all messages.
_SAID = "said (id, token, words) AS (SELECT"
_ON_SQLITE = (
    f"{_SAID} json_extract(value, '$[0]'), json_extract(value, '$[1]'), "
    "json_extract(value, '$[2]') FROM json_each(:said))"
)
_ON_POSTGRESQL = (
    f"{_SAID} (value ->> 0)::integer, (value ->> 1)::integer, value ->> 2 "  # noqa: S608 - our own words
    "FROM json_array_elements(CAST(:said AS json))), "
    "held AS MATERIALIZED (SELECT id FROM message "
    "WHERE id = ANY(ARRAY(SELECT id FROM said)) ORDER BY id FOR UPDATE)"
)
_SAID_ON = {
    "sqlite": (_ON_SQLITE, "IN (SELECT id FROM said)"),
    "postgresql": (_ON_POSTGRESQL, "= ANY(ARRAY(SELECT id FROM held))"),
}


@cache
def as_sent(dialect: str) -> TextClause:
    """Write the statement that marks messages as sent, each if its claim is still held.

    As text that is the same for however many, so that PostgreSQL plans it once: it is asked for every
    few messages. Where several write, it holds them first, in the order of ``holding``.
    """
    heard, these = _SAID_ON[dialect]
    return text(
        f"WITH {heard} "  # noqa: S608 - our own words
        "UPDATE message SET state = 'sent', sent_at = :at, lease_until = NULL, held_since = NULL, "
        f"reply = CASE WHEN address LIKE '{ERASED}%' THEN NULL ELSE said.words END FROM said "
        f"WHERE message.id {these} AND message.id = said.id "
        "AND message.lease_token = said.token AND message.state = 'claimed' RETURNING message.id"
    ).bindparams(bindparam("at", type_=UtcDateTime()))
