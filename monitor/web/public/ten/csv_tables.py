"""What a page shows, as a table to take away: in each row the licence, how to cite it, and its day."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response

from monitor.kernel.language.english import day
from monitor.kernel.language.uk import uk_day_of
from monitor.ops.exports import table
from monitor.web.current import now, service
from monitor.web.public.shown.forest_files import LICENCE


def csv_answer(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], what: str, place: str
) -> Response:
    """Hand rows over as CSV: their columns in this order, then what each file says of itself.

    ``what`` is what they are of, in a few words, ``place`` the page that shows the same. Without a row there is the
    head alone. No cell is a formula to a spreadsheet.
    """
    about = itself(what, place)
    laid = [{name: row[name] for name in columns} | about for row in rows]
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\r\n")
    written.writerows(table(laid) or [[*columns, *about]])
    answer = Response(out.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"{what.replace(' ', '-').lower()}-{about['as_of']}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def itself(what: str, place: str) -> dict[str, str]:
    """Say what a table says of itself: its day, its licence, how to cite it, the notice of settings."""
    on = uk_day_of(now()).date
    web = service().settings.web
    return {
        "as_of": on.isoformat(),
        "licence": LICENCE,
        "cite_as": f"Gap Monitor, {what}, {day(on)}, {web.public_url}{place}",
        **({"notice": web.notice} if web.notice else {}),
    }
