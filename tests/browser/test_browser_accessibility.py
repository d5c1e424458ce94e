"""Text that cannot be read is noticed wherever it stands, whatever was judged before it."""

import accessibility  # type: ignore[import-not-found]  # beside this file
import pytest

pytestmark = pytest.mark.browser
PAGE = "<html lang=en><title>A page</title><main><h1>A page</h1><p>Text</p>{}</main></html>"


@pytest.fixture
def found(all_windows, monkeypatch):
    """Give what is told of pages looked at one after another."""
    monkeypatch.setattr(accessibility, "_judged", set())
    page = all_windows.lend(javascript=True)

    def look(more):
        page.set_content(PAGE.format(more))
        return [one["id"] for one in accessibility.broken(page, runOnly=accessibility.TAGS)]

    yield look
    all_windows.take_back(page, javascript=True)


def test_pale_text_is_noticed_as_often_as_it_is_met(found):
    pale = "<p style='color:#bbb'>Pale</p>"
    assert found("") == []
    assert found("<p style='color:#333'>Dark</p>") == []
    assert [found(pale), found(pale)] == [["color-contrast"]] * 2
    assert found("<img src='data:,'><p>Text</p>") == ["image-alt"]


def test_text_that_was_judged_on_white_is_judged_on_grey_too(found):
    dark = "<p style='color:#333'>Dark</p>"
    assert found(dark) == []
    assert found(f"<div style='background:#555'><div>{dark}</div></div>") == ["color-contrast"]
    assert found(f"<div style='opacity:.3'><div>{dark}</div></div>") == ["color-contrast"]


def test_what_axe_lets_be_does_not_count_as_judged(found):
    pale = "<button style='color:#bbb;background:#fff' {}>Pale</button>"
    assert found(pale.format("disabled")) == []
    assert found(f"<div hidden>{pale.format('')}</div>") == []
    assert found(pale.format("")) == ["color-contrast"]


def test_large_text_says_nothing_of_small(found):
    grey = "<p style='color:#888;font-size:{}px'>Grey</p>"
    assert found(grey.format(40)) == []
    assert found(grey.format(16)) == ["color-contrast"]


def test_text_that_is_positioned_is_judged_on_whatever_it_lies(found):
    over = (
        "<div style='position:relative'><div style='height:60px;background:{}'></div>"
        "<p style='position:absolute;top:0;margin:0;color:#333'>Over</p></div>"
    )
    assert found(over.format("#fff")) == []
    assert found(over.format("#444")) == ["color-contrast"]
