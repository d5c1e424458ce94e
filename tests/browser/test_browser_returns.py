"""A service answers on a phone without JavaScript, comes back and changes it; the wave makes itself."""

import pytest
import service_returns as returns  # type: ignore[import-not-found]  # on pytest's path

from monitor.notify import queries as mail
from monitor.notify.readers.tokens import survey_token

pytestmark = pytest.mark.browser
LIST = returns.listing("Ash", "Birch")


def _is_narrow(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_service_returns_on_a_phone_comes_back_and_the_wave_makes_itself(
    site, open_browser, tmp_path
):
    admin = open_browser(site.world.ada)
    ask(site, admin, tmp_path)
    link = mailed_link(site)
    phone = open_browser(width=360, javascript=False)
    begin(phone, link)
    phone.context.close()  # the bell rings; the browser is closed
    phone = open_browser(width=360, javascript=False)
    go_on(phone, link)
    change(phone)
    close(admin)
    phone.goto(link)
    assert phone.inner_text("h1") == "This wave closed on 23 November 2026"


def ask(site, admin, folder):
    """Bring the list, open a collection and invite everybody, as an admin."""
    (folder / "services.csv").write_bytes(LIST)
    admin.goto(f"{site.address}/services")
    admin.get_by_label("The list, as CSV").set_input_files(folder / "services.csv")
    admin.get_by_role("button", name="Check and keep the list").click()
    admin.goto(f"{site.address}/collections")
    admin.get_by_label("Name of the wave").fill("Services 2029")
    admin.get_by_label("Last day").fill("2027-01-31")
    admin.get_by_label("Who can answer").fill("An invented list")
    admin.get_by_label("Who asks services to answer").fill("Example Network of Services")
    admin.get_by_role("button", name="Open the collection").click()
    admin.get_by_role("button", name="Invite 2 services").click()


def mailed_link(site):
    """Send the mail, and give the link that the first service got."""
    site.world.deliver()
    with site.world.database.read() as session:
        letter = next(m for m in mail.messages(session) if m.address == "ash@service.example")
    assert letter.sent_at
    return f"{site.address}/returns/{survey_token(site.world.service.secret, letter.uuid)}"


def begin(phone, link):
    phone.goto(link)
    assert _is_narrow(phone)
    phone.get_by_label("Dyadic Developmental Psychotherapy").check()
    phone.get_by_label("Theraplay").check()
    phone.get_by_role("button", name="Continue").click()
    assert _is_narrow(phone)
    phone.get_by_label("Families, roughly, Theraplay").fill("about 25")
    phone.get_by_role("button", name="Continue").click()


def go_on(phone, link):
    phone.goto(link)
    assert phone.get_by_label("Theraplay").is_checked()
    phone.get_by_role("button", name="Continue").click()
    assert phone.get_by_label("Families, roughly, Theraplay").input_value() == "25"
    phone.get_by_role("button", name="Continue").click()
    phone.get_by_role("button", name="Send our answers").click()
    assert "Say whether we may show your area" in phone.inner_text("main")
    phone.get_by_label("We do not measure attachment").check()
    phone.get_by_label("Yes").check()
    phone.get_by_role("button", name="Send our answers").click()
    assert phone.inner_text("h1") == "Thank you: your answers are in"
    assert "about 25" in phone.inner_text("main")
    assert _is_narrow(phone)


def change(phone):
    phone.get_by_role("link", name="Change our answers").click()
    phone.get_by_label("Theraplay").uncheck()
    for _ in range(2):
        phone.get_by_role("button", name="Continue").click()
    phone.get_by_role("button", name="Send our answers").click()
    assert "about 25" not in phone.inner_text("main")


def close(admin):
    """Close the collection, and see the draft that it made."""
    admin.reload()
    assert admin.inner_text("h1") == "1 of 2 services have answered so far (50%)"
    admin.get_by_label("I have seen who has not answered").check()
    admin.get_by_role("button", name="Close and make the wave").click()
    assert "cannot be published" in admin.inner_text("h1"), "of so few"
    told = admin.inner_text("main")
    assert "(1 of 1)" not in told, "what one service answered"
    assert "Fewer than 10 services answered." in told
    assert "1 of 2 invited (50%)" in told
