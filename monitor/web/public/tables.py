"""What a page shows, as a table to take away: in each row the licence, how to cite it, and its day."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response

from monitor.kernel.english import day
from monitor.kernel.uk import uk_day_of
from monitor.ops.exports import table
from monitor.web.current import now, service
from monitor.web.public.shown.forest_files import LICENCE


def csv_answer(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], what: str, place: str
) -> Response:
    """Hand rows over as CSV: their columns in this order, then what each file says of itself.

    ``what`` names the file, ``place`` is the page that shows the same. Without a row there is the
    head alone. No cell is a formula to a spreadsheet.
    """
    on = uk_day_of(now()).date
    address = f"{service().settings.web.public_url}{place}"
    notice = service().settings.web.notice
    itself = {
        "as_of": on.isoformat(),
        "licence": LICENCE,
        "cite_as": f"Gap Monitor, {what.replace('-', ' ')}, {day(on)}, {address}",
        **({"notice": notice} if notice else {}),
    }
    laid = [{name: row[name] for name in columns} | itself for row in rows]
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\r\n")
    written.writerows(table(laid) or [[*columns, *itself]])
    answer = Response(out.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"{what}-{on.isoformat()}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
