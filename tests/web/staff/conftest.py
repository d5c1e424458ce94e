"""The staff pages with their invented world: ``begun`` has people only, ``world`` is full.

A world takes seconds to make, so each is made once per kind of database and then copied.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from postgres_server import duplicate, sweep, transaction  # type: ignore[import-not-found]  # tests/support is on pytest's path
from published import Rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from staff_world import SOME_SOURCES, World, begin, fill, patient  # type: ignore[import-not-found]  # tests/support is on pytest's path
from werkzeug.test import TestResponse

from monitor.accounts.tables import User
from monitor.kernel import settings as settings_module
from monitor.kernel.persistence.database import Database
from monitor.web.app import create_app


class Originals:
    """Worlds made once, by kind of database and by whether they are full."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        self.folder, self.request = folder, request
        self.made: dict[tuple[str, bool], tuple[World, Rows, Path]] = {}

    def get(self, kind: str, *, full: bool, clock) -> tuple[World, Rows, Path]:
        """Give a world, its rows, and the folder of its database (on SQLite) and of its mail."""
        if (kind, full) not in self.made:
            folder = self.folder / f"{kind}-{full}"
            folder.mkdir()
            database = Database(self._empty(kind, folder))
            settled = clock()
            world = begin(
                settings_module.parse(patient(SOME_SOURCES), folder=folder),
                database,
                lambda: settled,
            )
            world = fill(world) if full else world
            with database.read() as session:
                self.made[kind, full] = world, Rows(session.connection()), folder
            database.dispose()
        return self.made[kind, full]

    def _empty(self, kind: str, folder: Path) -> str:
        if kind == "sqlite":
            shutil.copyfile(self.request.getfixturevalue("sqlite_template"), folder / "world.db")
            return f"sqlite:///{folder}/world.db"
        server: str = self.request.getfixturevalue("postgres_template")
        return str(
            duplicate(server, "gap_template", f"staff_{folder.name.lower().replace('-', '_')}")
        )


@pytest.fixture(scope="session")
def originals(tmp_path_factory, request) -> Originals:
    return Originals(tmp_path_factory.mktemp("worlds"), request)


@pytest.fixture(params=["sqlite", "postgresql"])
def begun(request, originals, tmp_path, settings, clock) -> Iterator[World]:
    """A world of its own for one test; full where the test also asks for ``world``."""
    full = "world" in request.fixturenames
    world, rows, folder = originals.get(request.param, full=full, clock=clock)
    if full:
        shutil.copytree(folder / "var", tmp_path / "var")
    if request.param == "sqlite":
        shutil.copyfile(folder / "world.db", tmp_path / "world.db")
        url, since = f"sqlite:///{tmp_path}/world.db", 0
    else:
        url = request.getfixturevalue("postgres_database")
        since = transaction(url)
    database = Database(url)
    if not database.is_sqlite:
        with database.write() as session:
            rows.put(session.connection())
    yield world.moved(replace(world.service, settings=settings, database=database, clock=clock))
    database.dispose()
    if not database.is_sqlite:
        sweep(url, since)


@pytest.fixture
def world(begun) -> World:
    return begun


@pytest.fixture
def staff_app(begun, settings, clock) -> Flask:
    """The application on the world's database; a test that asks for ``world`` finds it filled."""
    return create_app(replace(begun.service, settings=settings, clock=clock), testing=True)


@pytest.fixture
def browse(begun, staff_app) -> Callable[[User | None], "Browser"]:
    """Open a browser, signed in as somebody or as nobody."""

    def open_browser(user: User | None = None) -> Browser:
        client = staff_app.test_client()
        if user is not None:
            client.set_cookie("session", begun.sign_in(user))
        return Browser(client, user)

    return open_browser


class Browser:
    """A browser that sends a page's forms with the hidden fields the page holds."""

    def __init__(self, client: FlaskClient, user: User | None) -> None:
        self.client, self.user = client, user

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, buffered=True)

    def csrf(self) -> str:
        """Read a form token from a page everybody may open."""
        return _value(self.get("/subscribe").text, "csrf_token")

    def post(self, path: str, data: dict[str, object], *, csrf: str) -> TestResponse:
        return self.client.post(path, data={"csrf_token": csrf, **data})

    def send(
        self, path: str, data: dict[str, object] | None = None, *, page: str | None = None
    ) -> TestResponse:
        """Open ``page`` (or ``path``) and send its form for ``path``."""
        opened = self.get(page or path)
        assert opened.status_code == 200, f"{page or path} answered {opened.status_code}"
        return self.client.post(path, data={**self.fields(opened, path), **(data or {})})

    def fields(self, page: TestResponse, action: str) -> dict[str, object]:
        """Read what a browser would send of the form for ``action``, as it stands."""
        document: html.HtmlElement = html.document_fromstring(page.text)
        for form in document.forms:
            if form.get("action") == action:
                found: dict[str, list[str]] = {}
                for name, value in form.form_values():
                    found.setdefault(name, []).append(value)
                return dict(found)
        raise AssertionError(f"no form for {action}")


def _value(text: str, name: str) -> str:
    return text.partition(f'name="{name}" value="')[2].partition('"')[0]
