"""Every mail as its reader sees it: narrow and wide, light and dark; axe finds nothing, nothing is fetched.

``MAIL_PICTURES=folder`` keeps the pictures there: look at them.
"""

import os
import re
from pathlib import Path

import accessibility  # type: ignore[import-not-found]  # beside this file
import mails  # type: ignore[import-not-found]  # on pytest's path
import pytest

from monitor.kernel.settings import parse
from monitor.notify.writing.rendering import write

pytestmark = pytest.mark.browser
SECRET = b"s" * 32
# a mail is no page: it has no landmarks
NO_PAGE = {name: {"enabled": False} for name in ("region", "landmark-one-main")}
PICTURES = os.environ.get("MAIL_PICTURES")
MAILS = mails.every()


@pytest.fixture(scope="module")
def windows(chromium):
    """Open one window of each width and scheme."""
    opened = {
        (width, scheme): chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True
        )
        for width in (320, 700)
        for scheme in ("light", "dark")
    }
    yield {key: context.new_page() for key, context in opened.items()}
    for context in opened.values():
        context.close()


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_is_seen_whole(name, windows, tmp_path):
    settings = parse({"web": {"contact": "help@example.org"}}, folder=tmp_path)
    html = write(MAILS[name], settings, SECRET).html
    for (width, scheme), page in windows.items():
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.set_content(html)
        where = f"{name} at {width}, {scheme}"
        assert not asked, f"{where}: fetches {asked}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where
        if scheme == "light":
            found = accessibility.broken(page, rules=NO_PAGE)
        else:  # the same page in other colours
            found = accessibility.unreadable(page)
        told = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
        assert not told, f"{where}: {told}"
        colour = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
        assert (colour == "rgb(29, 42, 45)") == (scheme == "light"), where
        if PICTURES:
            picture = Path(PICTURES) / f"{name}-{width}-{scheme}.png"
            page.screenshot(path=picture, full_page=True)


def test_a_mail_without_its_style_sheet_is_still_read(windows, tmp_path):
    """Some programs drop ``<style>``: what is inline alone holds at 320 pixels."""
    settings = parse({}, folder=tmp_path)
    html = write(MAILS["digest"], settings, SECRET).html
    page = windows[(320, "light")]
    page.set_content(re.sub(r"(?s)<style>.*?</style>", "", html))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert not accessibility.broken(page, rules=NO_PAGE)
