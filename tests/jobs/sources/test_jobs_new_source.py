"""A source that nobody knew when the service was written: one entry, and nothing else to edit."""

import json
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from monitor.feeds import queries, sources
from monitor.feeds import service as feeds
from monitor.feeds.completeness import days, questions
from monitor.feeds.records import Answer, Citation, FetchedRecord, Identifier
from monitor.feeds.sources import SOURCES, SourceDefinition
from monitor.feeds.sources.contract import catalogue_queries
from monitor.feeds.tables import SourceRow
from monitor.feeds.watermarks import Query, Watermark
from monitor.jobs.sources.polling import poll_source
from monitor.kernel.errors import ConfigError
from monitor.kernel.settings import parse
from monitor.literature.papers.precedence import Version, best
from monitor.literature.tables import Paper

NAME = "inventory"
TITLE = "Theraplay for families: a randomised trial"


def _record(key: str, title: str = TITLE) -> FetchedRecord:
    said = Citation(title, (Identifier("doi", f"10.3310/{key}"),), year=2026)
    return FetchedRecord(key, json.dumps({"title": title}).encode(), "application/json", said)


@dataclass(frozen=True)
class Inventory:
    queries: tuple[Query, ...]

    def ask(self, query, watermark, now):
        found = (_record("inv.1"),) if query.key == "theraplay" else ()
        return Answer(query, found, Watermark(position=now.date().isoformat()), declared=len(found))


ENTRY = SourceDefinition(
    NAME,
    "The Inventory",
    lambda context: Inventory(catalogue_queries(context.catalogue, NAME)),
    lambda kept: replace(_record(kept.key), raw=kept.raw),
    preference=-1,
    is_acted_on=True,
    is_searched=True,
    is_registry=True,
)


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setitem(SOURCES, NAME, ENTRY)


@pytest.fixture
def with_source(service, known):
    """The service with the entry, and with the entry's queries among the catalogue's data."""
    asked = tuple(
        one.model_copy(update={"queries": {**one.queries, NAME: one.name}})
        for one in service.catalogue.interventions
    )
    catalogue = service.catalogue.model_copy(update={"interventions": asked})
    found = replace(service, catalogue=catalogue)
    sources.check(found.settings, catalogue)
    with found.database.write() as session:
        feeds.sync_sources(session, found.settings, at=found.clock())
    return found


def test_it_is_asked_kept_shown_and_judged_like_any_other(with_source, clock):
    report = poll_source(with_source, NAME)
    assert (report.error, report.records, report.queued) == (None, 1, 1)
    with with_source.database.read() as session:
        assert [one.title for one in session.scalars(select(Paper))] == [TITLE]
        heard = {
            one.name: one.title
            for one in queries.last_heard(session, with_source.settings, clock())
        }
        assert heard[NAME] == "The Inventory"
        shown = days.today(session, with_source.settings, with_source.catalogue, clock())
        asked = questions.standing(session, with_source.settings, with_source.catalogue)
    assert "The Inventory" in {one.title for one in shown.sources}
    assert len([one for one in asked if one.source == NAME]) == len(with_source.catalogue.slugs)


def test_its_word_counts_as_its_entry_says(known):
    mine = Version(NAME, "1", 1, Citation("As the Inventory has it"))
    theirs = Version("pubmed", "2", 2, Citation("As PubMed has it"))
    assert best([theirs, mine]).title == "As the Inventory has it"
    assert sources.is_acted_on(NAME)
    assert not sources.is_acted_on("journals")
    assert not sources.is_acted_on("import")


def test_its_switch_is_a_setting_like_any_other(with_source, tmp_path):
    off = parse({"sources": {"others": {NAME: {"enabled": False}}}}, folder=tmp_path)
    assert not ENTRY.enabled(off)
    with with_source.database.write() as session:
        assert session.get_one(SourceRow, NAME).enabled
        feeds.sync_sources(session, off, at=with_source.clock())
        assert not session.get_one(SourceRow, NAME).enabled


def test_a_setting_or_a_query_that_fits_no_source_is_told(service, known, tmp_path):
    typo = parse({"sources": {"others": {"inventroy": {"enabled": False}}}}, folder=tmp_path)
    with pytest.raises(ConfigError) as told:
        sources.check(typo, service.catalogue)
    assert "sources.others.inventroy: there is no such source" in str(told.value)
    assert f"interventions/theraplay.toml: queries: {NAME} is missing" in str(told.value)


def test_without_the_entry_nothing_knows_of_it(service, tmp_path):
    sources.check(service.settings, service.catalogue)
    with service.database.read() as session:
        assert session.get(SourceRow, NAME) is None
