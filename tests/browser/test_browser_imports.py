"""A file brought in through a browser without JavaScript, from choosing it to the queue."""

import pytest
from test_browser_pages import press, problems, watch  # type: ignore[import-not-found]  # beside this file

pytestmark = pytest.mark.browser

FILE = """TY  - JOUR
TI  - An invented trial of Theraplay in crowded waiting rooms
DO  - 10.5555/browser.1
PY  - 2026
ER  -
TY  - JOUR
DO  - 10.5555/untitled
ER  -
"""


@pytest.mark.parametrize("width", [1100, 360])
def test_a_file_is_previewed_agreed_to_and_queued(site, open_browser, tmp_path, width):
    (tmp_path / "my search.ris").write_text(FILE)
    # axe itself is a script: without JavaScript it could not look
    page = open_browser(site.world.ann, width=width)
    trouble = watch(site, page)
    page.goto(f"{site.address}/queue")
    press(page, "link", name="Bring in a file")
    press(page, "button", name="Read the file")
    press(page, "link", name="Choose a file")
    assert page.evaluate("document.activeElement.id") == "file"
    trouble += problems(page, "no file chosen")
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "my search.ris")
    press(page, "button", name="Read the file")
    press(page, "link", name="Stop that")
    trouble += problems(page, "being read")
    site.world.work_on_files()
    press(page, "link", name="Look again")
    assert page.locator("h1").inner_text() == "This file would bring 1 new paper"
    assert "the reference has no title" in page.locator("main").inner_text()
    trouble += problems(page, "the preview")
    press(page, "button", name="Bring in 1 reference")
    press(page, "link", name="Stop that")
    trouble += problems(page, "being brought in")
    site.world.work_on_files()
    press(page, "link", name="Look again")
    assert page.locator("h1").inner_text() == "1 new paper came in"
    trouble += problems(page, "done")
    press(page, "link", name="Screen the papers in the queue")
    assert "crowded waiting rooms" in page.locator("main").inner_text()
    assert not trouble, "\n".join(trouble)


def test_a_page_looks_again_by_itself_until_it_is_told(site, open_browser, tmp_path):
    (tmp_path / "my search.ris").write_text(FILE)
    page = open_browser(site.world.ann, javascript=False)
    page.goto(f"{site.address}/import")
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "my search.ris")
    press(page, "button", name="Read the file")
    assert page.locator("h1").inner_text() == "Reading your file"
    site.world.work_on_files()
    page.get_by_role("button", name="Bring in 1 reference").wait_for()
