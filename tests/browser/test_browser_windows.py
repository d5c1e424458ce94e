"""A window that is lent again shows nothing of the test that had it."""

import pytest

pytestmark = pytest.mark.browser


def test_a_window_given_back_knows_nobody_and_tells_nobody(all_windows, site):
    page, heard = all_windows.lend(javascript=True), []
    site.listen(page, "request", lambda request: heard.append(request.url))
    page.context.add_cookies([{"name": "session", "value": "x", "url": site.address}])
    page.goto(f"{site.address}/healthz")
    assert heard == [f"{site.address}/healthz"]
    site.stop_listening()
    all_windows.take_back(page, javascript=True)
    again = all_windows.lend(javascript=True)
    assert again is page
    assert again.url == "about:blank"
    assert again.context.cookies() == []
    again.goto(f"{site.address}/healthz")
    assert len(heard) == 1
    all_windows.take_back(again, javascript=True)


def test_a_window_that_was_closed_is_not_lent_again(all_windows):
    page = all_windows.lend(javascript=False)
    page.context.close()
    all_windows.take_back(page, javascript=False)
    again = all_windows.lend(javascript=False)
    assert again is not page
    all_windows.take_back(again, javascript=False)
