"""A commissioner's private view in a real browser: on a phone, without JavaScript, in by mail, out whole."""

import csv
import json
import re

import pytest
from letters import text_of  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.notify import queries as mail

pytestmark = pytest.mark.browser
ADDRESS = "board@buyer.example"
TABLE = (
    "Service;Group;Intervention;Families\r\n"
    "South team;Acute;Theraplay;25\r\nSouth team;Acute;DDP;1,030\r\nHub;Early years;VIPP;\r\n"
)


def _mailed_link(site):
    """Read the link out of the mail that was sent, as its reader would."""
    site.world.deliver()
    with site.world.database.read() as session:
        (sent,) = (one for one in mail.messages(session) if one.address == ADDRESS)
    raw = (site.world.service.settings.var / "mail" / f"{sent.uuid}.eml").read_bytes()
    found = re.search(r"/mine/open/\S+", text_of(raw))
    assert found
    return found[0]


def test_a_commissioner_sees_the_gap_in_what_they_buy_and_erases_it(site, open_browser, tmp_path):
    page = open_browser(width=360, javascript=False)
    page.goto(f"{site.address}/my-services")
    page.get_by_label("Work e-mail address").fill(ADDRESS)
    page.get_by_role("button", name="Send me the link").click()
    assert page.inner_text("h1") == "Check your e-mail"
    link = _mailed_link(site)
    page.goto(site.address + link)
    page.get_by_role("button", name="Open My services").click()
    assert page.inner_text("h1") == "What do your services offer?"
    _enter(page)
    assert "You buy 2 of the 3 under-researched" in page.inner_text("h1")
    (tmp_path / "services.csv").write_bytes(TABLE.encode("utf-8-sig"))
    page.get_by_role("link", name="Bring in a CSV").click()
    page.get_by_label("The table, as CSV").set_input_files(tmp_path / "services.csv")
    page.get_by_role("button", name="Check and bring it in").click()
    assert page.inner_text("h1").startswith("You buy all 3 of the under-researched and 1 of the")
    shown = page.inner_text("main")
    for words in ("2 new, 0 replaced", "Only you see this page.", "1,090 families"):
        assert words in shown
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Only when it touches my services").check()
    page.locator("section[aria-labelledby=ml]").get_by_role("button", name="Save").click()
    assert page.get_by_label("Only when it touches my services").is_checked()
    _take_away(page)
    _seen_by_nobody_else(site, open_browser, link)
    page.get_by_role("link", name="Erase it all").click()
    page.get_by_label("Stop the e-mails too").check()
    page.get_by_role("button", name="Erase everything").click()
    assert page.inner_text("h1") == "Everything is erased"
    page.goto(site.address + link)
    assert page.inner_text("h1") == "This link does not work"


def _enter(page):
    """Enter one service, by its boxes."""
    page.get_by_role("link", name="Add a service").click()
    page.get_by_label("Name of the service").fill("North team")
    page.get_by_label("Group (optional)").fill("Acute")
    for name in ("Dyadic Developmental", "Individual Child"):
        page.get_by_label(re.compile(f"^{name}")).check()
    page.get_by_label("Families a year: Dyadic Developmental Psychotherapy").fill("60")
    page.get_by_role("button", name="Add the service").click()


def _take_away(page):
    """Download the table that is shown, and everything that is held."""
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download this table (CSV)").click()
    rows = list(csv.reader(taken.value.path().read_text("utf-8").splitlines()))
    assert len(rows) == 11
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download everything we hold").click()
    assert len(json.loads(taken.value.path().read_text("utf-8"))["services"]) == 3


def _seen_by_nobody_else(site, open_browser, link):
    """Look as an admin: the mail without its link, a count, and no way in."""
    admin = open_browser(site.world.ada)
    with site.world.database.read() as session:
        (sent,) = (one for one in mail.messages(session) if one.address == ADDRESS)
    admin.goto(f"{site.address}/mail/{sent.uuid}")
    assert link not in admin.content()
    assert "for its reader alone" in admin.inner_text("main")
    assert admin.goto(f"{site.address}/mail/{sent.uuid}/html").status == 404
    admin.goto(f"{site.address}/status")
    assert "1 reader keeps a private page" in admin.inner_text("main")
    assert "team" not in admin.inner_text("main")
    admin.goto(f"{site.address}/mine")
    assert admin.url == f"{site.address}/my-services"
