"""Trying a feed out: what is in it, and what cannot be added."""

from datetime import date

import pytest

from monitor.feeds.added.sampling import sample
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.source_settings import SourcesSettings

TODAY = date(2026, 11, 23)
LOOPBACK = SourcesSettings(allow_loopback=True)
FEED = b"""<rss version="2.0"><channel><title>J</title>
<item><title>Undated</title><guid>1</guid></item>
<item><title>Older</title><guid>2</guid><pubDate>Mon, 02 Nov 2026 06:00:00 GMT</pubDate></item>
<item><title>Newest</title><guid>3</guid><pubDate>Fri, 20 Nov 2026 06:00:00 GMT</pubDate></item>
<item><guid>no title</guid></item></channel></rss>"""


def test_a_sample_tells_what_is_in_it_the_newest_first(upstream):
    upstream.script = [upstream.says(FEED)]
    found = sample(LOOPBACK, f"{upstream.url}/rss", TODAY)
    assert [one.title for one in found.citations] == ["Newest", "Older", "Undated"]
    assert (found.items, found.unreadable) == (4, 1)
    assert "application/rss+xml" in upstream.asked[0].headers["accept"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "an empty reply"),
        (b"<html><p>Down for maintenance</p></html>", "not a feed"),
        (FEED[:-30], "cut off"),
    ],
)
def test_what_is_no_feed_is_told_as_such(upstream, body, words):
    upstream.answer = lambda asked: upstream.says(body)
    with pytest.raises(SourceError, match=f"the address gives .*{words}"):
        sample(LOOPBACK, f"{upstream.url}/rss", TODAY)


def test_an_address_inside_is_refused_and_a_busy_host_is_asked_once(upstream):
    with pytest.raises(SourceError) as caught:
        sample(SourcesSettings(), f"{upstream.url}/rss", TODAY)
    assert caught.value.kind is SourceFault.REFUSED
    assert upstream.asked == []
    upstream.answer = lambda asked: upstream.says(status=503)
    with pytest.raises(SourceError):
        sample(LOOPBACK, f"{upstream.url}/rss", TODAY)
    assert len(upstream.asked) == 1
