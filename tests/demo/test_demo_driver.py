"""The configuration of the service over the stand-ins."""

import tomllib
from pathlib import Path

from monitor.demo import driver
from monitor.kernel import settings


def read(running, **more):
    text = driver.configuration(running, port=8001, notice="An “invented” notice", **more)
    return settings.parse(tomllib.loads(text), folder=Path()).sources


def test_every_source_is_led_to_its_stand_in(running):
    sources = read(running)
    for stand_in in running.sources:
        if stand_in is not running.feeds:
            section = getattr(sources, stand_in.name)
            assert section.enabled
            assert section.base_url.startswith(stand_in.root)
    assert [feed.url for feed in sources.journals.feeds] == [
        running.feeds.journals_url,
        running.feeds.atom_url,
    ]
    assert sources.pubmed_rss.feeds[0].url == running.feeds.pubmed_search_url
    assert sources.allow_loopback


def test_sources_can_be_left_out_and_feeds_be_others(running):
    sources = read(running, without=("crossref", "isrctn"), feeds={"One": "http://127.0.0.1:1/"})
    on = {
        name
        for name in ("pubmed", "crossref", "isrctn", "openalex")
        if getattr(sources, name).enabled
    }
    assert on == {"pubmed", "openalex"}
    assert [feed.name for feed in sources.journals.feeds] == ["One"]


def test_a_free_port_is_one_that_no_connection_is_given():
    ports = {driver.free_port() for _ in range(20)}
    assert all(20_000 <= port < 32_768 and driver.is_free(port) for port in ports)
    assert len(ports) > 1, "two services beside each other would meet"
