"""The page of a mail that was sent: private by its link, of nobody, and dead."""

import re

import pytest
from services import SECRET  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.notify import queries as mail
from monitor.notify.readers import tokens
from monitor.notify.tables import MessageKind

TOKEN = re.compile(r"[A-Za-z0-9_-]{64}")


@pytest.fixture
def mailed(world):
    """Give a message that told somebody of a change."""
    with world.database.read() as session:
        return next(m for m in mail.messages(session) if m.kind is MessageKind.CHANGE)


def test_whoever_has_the_link_reads_it_and_gets_no_cookie(browse, mailed):
    reader = browse()
    page = reader.get(f"/m/{tokens.view_token(SECRET, mailed.uuid)}")
    assert page.status_code == 200
    assert "as it was sent." in page.text
    assert "What it means for you" in page.text
    assert mailed.address not in page.text
    assert not TOKEN.search(page.text)
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "\nDisallow: /m/\n" in reader.get("/robots.txt").text


def test_a_forged_altered_or_other_link_leads_nowhere(browse, mailed):
    reader, right = browse(), tokens.view_token(SECRET, mailed.uuid)
    altered = (
        right[:n] + ("A" if right[n] != "A" else "B") + right[n + 1 :] for n in (0, 20, 40, 63)
    )
    for wrong in (
        *altered,
        right[:-1],
        f"{right}A",
        mailed.uuid,
        tokens.view_token(b"another secret of tests, so long", mailed.uuid),
        tokens.view_token(SECRET, "00000000-0000-4000-8000-000000000000"),
        tokens.unsubscribe_token(SECRET, mailed.uuid),
        tokens.choices_token(SECRET, mailed.uuid),
    ):
        assert reader.get(f"/m/{wrong}").status_code == 404, wrong
    assert reader.get(f"/u/{right}").status_code == 404
    assert reader.get(f"/choices/{right}").status_code == 404
