"""An admin runs a wave in a real browser: two files, a preview, the mail; on a page and a phone."""

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
import waves  # type: ignore[import-not-found]  # on pytest's path

from monitor import workflow
from monitor.notify import queries as mail

pytestmark = pytest.mark.browser


def _reader(world):
    with world.database.write() as session:
        rows.reader(session, "vipp", "vipp", at=world.at)
        wave = waves.first(session, world.at)
        workflow.publish_wave(session, world.service, wave_id=wave.id, by=waves.BY, at=world.at)


def test_a_wave_goes_from_two_files_to_a_readers_mail_without_javascript(
    site, open_browser, tmp_path
):
    _reader(site.world)
    (tmp_path / "wave.csv").write_bytes(waves.table(waves.AFTER, 690))
    (tmp_path / "wave.toml").write_bytes(waves.about(**waves.LATER))
    page = open_browser(site.world.ada, width=360, javascript=False)
    page.goto(f"{site.address}/waves")
    page.get_by_label("The table, as CSV").set_input_files(tmp_path / "wave.csv")
    page.get_by_label("About the wave, as TOML").set_input_files(tmp_path / "wave.toml")
    page.get_by_role("button", name="Check and keep as a draft").click()
    assert "nothing is published yet" in page.inner_text("h1")
    assert "1 reader would be told" in page.inner_text("main")
    assert page.get_by_text("−7.2 (−11.5 to −2.9)").is_visible()
    page.get_by_role("button", name="Publish the wave").click()
    assert "Tick that you have read what will change" in page.inner_text("main")
    page.get_by_label("I have read what will change").check()
    page.get_by_role("button", name="Publish the wave").click()
    assert "published" in page.inner_text("h1")
    site.world.deliver()
    with site.world.database.read() as session:
        told = [m for m in mail.messages(session) if m.address == "vipp@reader.example"]
    page.goto(f"{site.address}/mail/{told[0].uuid}")
    assert "use now 14.3%, was 21.5%" in page.inner_text("main")
    page.goto(f"{site.address}/use/vipp")
    assert page.inner_text("h1") == "Fewer services use it: 14.3%, was 21.5%"
    wide = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wide, "the page scrolls sideways"


def test_the_overview_folds_what_explains_on_a_phone_and_nowhere_else(site, open_browser):
    phone, wide = (open_browser(width=width, javascript=False) for width in (360, 1100))
    for page in (phone, wide):
        page.goto(site.address)
        assert page.get_by_text("Limited evidence does not mean ineffective.").first.is_visible()
    explained = "How much good research there is"
    assert wide.get_by_text(explained).is_visible()
    assert not phone.get_by_text(explained).is_visible()
    opener = phone.get_by_text("Evidence, findings, use, the gap, and why ranges")
    opener.focus()
    phone.keyboard.press("Enter")
    assert phone.get_by_text(explained).is_visible()
    phone.goto(site.address)
    assert phone.evaluate("document.documentElement.scrollHeight") < 7_500
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
