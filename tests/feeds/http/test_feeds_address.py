"""A feed's address as typed: one form for one feed, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.http.feed_address import FIELD, normalised, without_secrets
from monitor.kernel.errors import InvalidInput
from monitor.kernel.source_settings import FeedSettings


@pytest.mark.parametrize(
    "typed",
    [
        "https://journal.example/rss?id=7",
        "  https://journal.example/rss?id=7\n",
        "HTTPS://Journal.EXAMPLE/rss?id=7",
        "https://journal.example:443/rss?id=7",
        "https://journal.example./rss?id=7",
        "https://journal.example/rss?id=7#latest",
    ],
)
def test_one_form_for_one_feed(typed):
    assert normalised(typed) == "https://journal.example/rss?id=7"


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("http://journal.example", "http://journal.example/"),
        ("http://journal.example:443/", "http://journal.example:443/"),
        ("https://bücher.example/ü?q=ä%20b", "https://xn--bcher-kva.example/%C3%BC?q=%C3%A4%20b"),
        ("http://[::FFFF:127.0.0.1]:80/", "http://[::ffff:127.0.0.1]/"),
        ("https://journal.example/A?Token=Kk", "https://journal.example/A?Token=Kk"),
    ],
)
def test_what_differs_stays_apart(typed, form):
    assert normalised(typed) == form


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Give the feed’s address"),
        ("   ", "Give the feed’s address"),
        ("journal.example/rss", "must start with https"),
        ("gopher://127.0.0.1/", "must start with https"),
        ("file:///etc/passwd", "must start with https"),
        ("feed://journal.example/rss", "must start with https"),
        ("javascript:alert(1)", "must start with https"),
        ("https://user:word@journal.example/", "user name or password"),
        ("https://user@journal.example/", "user name or password"),
        ("https://@journal.example/", "user name or password"),
        ("https:///rss", "names no host"),
        ("https://./rss", "names no host"),
        ("https://journal.example/a b", "a space"),
        ("https://journal.example/\x00", "cannot be seen"),
        ("https://journal.example/\r\nHost: x", "cannot be seen"),
        ("https://journal\u202e.example/", "cannot be seen"),
        ("https://journal.example:port/", "not a web address"),
        ("https://journal.example:99999/", "not a web address"),
        ("https://[::1/", "not a web address"),
        ("https://" + "a" * 70 + ".example/", "not one that can exist"),
        ("https://journal.example/" + "a" * 1000, "too long"),
    ],
)
def test_what_no_feed_can_have_is_refused_at_its_field(typed, words):
    with pytest.raises(InvalidInput, match=words) as caught:
        normalised(typed)
    assert caught.value.field == FIELD


@given(st.text() | st.text().map(lambda text: f"https://journal.example/{text}"))
def test_every_text_is_refused_or_has_a_form_that_stays(typed):
    try:
        form = normalised(typed)
    except InvalidInput:
        return
    assert normalised(form) == form
    assert form.isascii()
    FeedSettings(name="n", url=form)


def test_a_key_is_not_shown():
    shown = without_secrets("https://journal.example/rss?token=T0&issue=new&T1")
    assert shown == "https://journal.example/rss?token=…&issue=…&…"
    assert without_secrets("https://journal.example/rss") == "https://journal.example/rss"
