"""The stand-in host of feeds, asked as a stranger would ask it."""

import requests
from lxml import etree

from monitor.demo.dialects.feedserver import FeedsStandIn


def get(url, **headers):
    return requests.get(url, headers=headers, timeout=30)


def test_a_search_feed_changes_its_links_on_every_fetch(running):
    first, second = (get(running.feeds.pubmed_search_url).content for _ in range(2))
    assert first != second
    guids = [[g.text for g in etree.fromstring(body).iter("guid")] for body in (first, second)]
    assert guids[0] == guids[1] == ["pubmed:90000002", "pubmed:90000017"]


def test_an_unchanged_feed_answers_304_by_etag_or_date(running):
    whole = get(running.feeds.journals_url)
    assert whole.status_code == 200
    assert (
        get(running.feeds.journals_url, **{"If-None-Match": whole.headers["ETag"]}).status_code
        == 304
    )
    by_date = {"If-Modified-Since": whole.headers["Last-Modified"]}
    assert get(running.feeds.journals_url, **by_date).status_code == 304
    assert get(running.feeds.journals_url, **{"If-None-Match": '"other"'}).status_code == 200


def test_a_changed_feed_is_sent_again(running, invented):
    etag = get(running.feeds.journals_url).headers["ETag"]
    invented.release(2)
    again = get(running.feeds.journals_url, **{"If-None-Match": etag})
    assert again.status_code == 200
    assert b"Theraplay for invented kinship carers" in again.content


def test_atom_is_atom(running):
    root = etree.fromstring(get(running.feeds.atom_url).content)
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    assert len(root.findall("{*}entry")) == 4


def test_recorded_feeds_are_served_as_they_are(recordings):
    raw = (recordings / "feeds" / "biorss__native-pubmed.xml").read_bytes()
    with FeedsStandIn() as feeds:
        url = feeds.add_recorded("native.xml", raw)
        assert get(url).content == raw
        assert feeds.requests("feeds/native")


def test_an_unknown_feed_is_404(running):
    assert get(running.feeds.root + "/feeds/nosuch.xml").status_code == 404
