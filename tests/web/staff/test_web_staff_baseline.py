"""The review's own table on its admins' page: faults, a preview, a contradiction, and its end."""

import io
import re

from baseline_tables import (  # type: ignore[import-not-found]  # tests/ is on pytest's path
    file,
    line,
    lines,
)
from sqlalchemy import select

from monitor.evidence import baselines
from monitor.evidence.tables import BaselineVersion
from monitor.gap import queries as gaps

PAGE = "/status/baseline"
_DIGEST = re.compile(r'name="digest" value="([0-9a-f]+)"')


def send(browser, data, path=PAGE):
    return browser.post(path, data, csrf=browser.csrf())


def kept(world):
    with world.database.read() as session:
        return [
            (one.id, bool(one.digest))
            for one in session.scalars(select(BaselineVersion).order_by(BaselineVersion.id))
        ]


def studies(world, slug="vipp"):
    with world.database.read() as session:
        return gaps.state(session, slug).studies


def test_a_table_is_shown_before_it_counts_and_then_brought_in_and_withdrawn(world, browse):
    ada = browse(world.ada)
    assert "The published ranges hold" in ada.get(PAGE).text
    shown = send(ada, {"table": file().decode(), "name": "a.csv"})
    assert "What “a.csv” would do" in shown.text
    assert "Strong; 8 studies" in shown.text
    assert "Nothing has happened yet." in shown.text
    assert kept(world) == []

    (digest,) = _DIGEST.findall(shown.text)
    form = {"table": file().decode(), "name": "a.csv", "step": "bring", "digest": digest}
    other = send(ada, form | {"table": file(lines({"vipp": (10, 10)})).decode()})
    assert "The table has changed since you saw what it would do" in other.text
    assert kept(world) == []
    assert send(ada, form).status_code == 303
    assert kept(world) == [(1, True)]
    assert studies(world) == (9, 9)
    page = ada.get(PAGE).text
    assert "The review’s own table is in" in page
    assert world.ada.name in page
    public = browse(None).get("/interventions/vipp").text
    assert "9 studies in the 2023 review, by its own table, brought in" in public
    assert "8–17 studies as published" in public

    assert "Say why the table is withdrawn" in send(ada, {"why": " "}, f"{PAGE}/withdraw").text
    assert send(ada, {"why": "Another review's"}, f"{PAGE}/withdraw").status_code == 303
    assert kept(world) == [(1, True), (2, False)]
    assert studies(world) == (8, 17)


def test_a_contradiction_is_kept_only_with_a_reason(world, browse):
    ada = browse(world.ada)
    text = file(lines({"vipp": (19, 19)})).decode()
    shown = send(ada, {"table": text, "name": "a.csv"})
    assert "the table has 19 studies, and the review published 8 to 17" in shown.text
    (digest,) = _DIGEST.findall(shown.text)
    form = {"table": text, "name": "a.csv", "step": "bring", "digest": digest}
    refused = send(ada, form)
    assert refused.status_code == 409
    assert "Say why the table is right" in refused.text
    assert kept(world) == []
    assert send(ada, form | {"because": "By letter of its authors"}).status_code == 303
    public = browse(None).get("/interventions/vipp").text
    assert "The table has 19 studies, and the review published 8 to 17" in public
    assert "The table was kept, since: By letter of its authors." in public


def test_every_fault_is_shown_with_the_table_to_be_mended(world, browse):
    ada = browse(world.ada)
    raw = file([line("<script>alert(1)</script>", "cos", design="x"), line("Two", "nowhere")])
    told = ada.client.post(
        PAGE,
        data={"csrf_token": ada.csrf(), "file": (io.BytesIO(raw), "a.csv")},
        content_type="multipart/form-data",
    )
    assert told.status_code == 400
    assert "2 faults in the table; nothing was brought in" in told.text
    assert "row 3: interventions: nowhere is none of" in told.text
    assert "&lt;script&gt;alert(1)" in told.text
    assert "<script>alert(1)" not in told.text
    assert "Choose a file, or paste the table" in send(ada, {}).text


def test_only_admins_see_it(world, browse):
    assert browse(world.ann).get(PAGE).status_code == 403
    with world.database.read() as session:
        assert baselines.current(session) is None
