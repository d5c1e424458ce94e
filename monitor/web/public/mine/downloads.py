"""What a buyer takes away: the ten beside their own use, their services as a table, everything as JSON."""

import csv
import io
import json
from typing import Any

from flask import Blueprint, Response

from monitor.gap import queries as gap
from monitor.kernel.language.uk import uk_day_of
from monitor.mine import buyers_table, compared, queries, taking
from monitor.ops import exports
from monitor.web.current import now, service
from monitor.web.public.mine import guard
from monitor.web.public.ten.csv_tables import itself

blueprint = guard.close(Blueprint("own_downloads", __name__))


@blueprint.get("/mine/gap.csv")
def gap_table() -> Response:
    """Give own use and gap beside the national ones, a row for each of the ten."""
    here = service()
    with here.database.read() as session:
        held = queries.services(session, guard.whose().buyer_key)
        ten = gap.overview(session, here.catalogue)
    entries = [kept.entry for kept in held]
    rows = compared.rows(compared.lines(here.catalogue.gap, ten, entries))
    return _csv([row | itself("my services beside the ten", "/my-services") for row in rows], "gap")


@blueprint.get("/mine/services.csv")
def services_table() -> Response:
    """Give the services as a table, in the columns in which one is brought in."""
    here = service()
    with here.database.read() as session:
        held = queries.services(session, guard.whose().buyer_key)
    rows = buyers_table.rows((kept.entry for kept in held), here.catalogue)
    named = [dict(zip(buyers_table.COLUMNS, row, strict=True)) for row in rows]
    return _csv(named or [dict.fromkeys(buyers_table.COLUMNS, "")], "services")


@blueprint.get("/mine/everything.json")
def everything() -> Response:
    """Give everything that is held of whoever has the view open."""
    here = service()
    with here.database.read() as session:
        told = taking.everything(session, guard.whose().buyer_key, here.catalogue)
    text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    return _file(text, "everything", "json", "application/json")


def _csv(rows: list[dict[str, Any]], what: str) -> Response:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(exports.table(rows))
    return _file(written.getvalue(), what, "csv", "text/csv")


def _file(text: str, what: str, ending: str, mimetype: str) -> Response:
    answer = Response(text, content_type=f"{mimetype}; charset=utf-8")
    name = f"my-services-{what}-{uk_day_of(now()).date.isoformat()}.{ending}"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer
