"""What the tests of papers need: the real catalogue, and records as the feeds store them."""

import itertools

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from factories import Polls  # type: ignore[import-not-found]  # tests/support is on pytest's path
from published import ten  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.catalogue import loader
from monitor.feeds.records import Citation, Identifier
from monitor.feeds.service import StoredRecord
from monitor.literature import service
from monitor.literature.matching.matcher import Matcher


@pytest.fixture(scope="session")
def catalogue():
    return loader.load()


@pytest.fixture(scope="session")
def matcher(catalogue):
    return Matcher(catalogue)


class Intake:
    """Stores records as the feeds do, and takes them in."""

    def __init__(self, session, matcher, now):
        self.session, self.matcher, self.now = session, matcher, now
        self._hashes = itertools.count(1)
        self._polls = Polls(session, now)

    def stored(self, citation, *, source="pubmed", key=None) -> StoredRecord:
        number = next(self._hashes)
        record: StoredRecord = self._polls.stored(
            self.session, citation, source, key or f"key-{number}", query="vipp", at=self.now
        )
        return record

    def __call__(self, citation, *, source="pubmed", key=None):
        return self.again(self.stored(citation, source=source, key=key))

    def again(self, stored):
        (taken,) = service.ingest(self.session, [stored], self.matcher, self.now)
        return taken


@pytest.fixture
def intake(session, matcher, catalogue, now):
    ten(session, catalogue, now)
    return Intake(session, matcher, now)


@pytest.fixture
def reviewer(session, now):
    return rows.person(session, "Ana", at=now)


@pytest.fixture
def cite():
    """A plainly invented paper, with whatever a test wants different."""

    def make(title="Circle of Security in the invented town of Nowhere: a trial", **fields):
        identifiers = tuple(
            Identifier(scheme, fields.pop(scheme))
            for scheme in ("pmid", "doi", "pmcid", "nct", "isrctn")
            if scheme in fields
        )
        return Citation(title=title, identifiers=identifiers, **fields)

    return make


@pytest.fixture(scope="session")
def new_intake() -> type[Intake]:
    """For a test that has a database of its own."""
    return Intake
