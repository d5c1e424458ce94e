"""The service in a real browser: a filled world on SQLite, a server, Chromium. Skips where absent."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from staff_world import World, begin, fill  # type: ignore[import-not-found]  # on pytest's path
from werkzeug.serving import WSGIRequestHandler, make_server

from monitor.kernel import settings as settings_module
from monitor.kernel.persistence.database import Database
from monitor.kernel.settings import Settings
from monitor.ops.schema import metadata
from monitor.web.app import create_app

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
# the same engine without windows first: it draws the same pages with two thirds of the work
BROWSERS = ("chromium-headless-shell", "chromium")
ARIAL = 833.0  # pixels that ten of its m take at a size of 100


class Quiet(WSGIRequestHandler):
    """A handler that logs nothing."""

    def log(self, type: str, message: str, *args: object) -> None:
        pass


class Site:
    """A running service: its address, its world, and what listens to its pages."""

    def __init__(self, address: str, world: World) -> None:
        self.address = address
        self.world = world
        self._listening: list[tuple[Any, str, Callable[..., object]]] = []

    def listen(self, page: Any, event: str, hear: Callable[..., object]) -> None:
        """Hear of an event of a page until the test ends: its window is lent to others then."""
        page.on(event, hear)
        self._listening.append((page, event, hear))

    def stop_listening(self) -> None:
        for page, event, hear in self._listening:
            page.remove_listener(event, hear)
        self._listening.clear()


class Windows:
    """The windows of one browser, lent to one test after another: to open one costs four pages."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._free: dict[bool, list[Any]] = {True: [], False: []}

    def open(self, *, javascript: bool) -> Any:
        """Open a window that nobody else has had."""
        page = self._browser.new_context(java_script_enabled=javascript).new_page()
        page.set_default_timeout(60_000)
        return page

    def lend(self, *, javascript: bool) -> Any:
        """Give a window without cookies; of earlier tests it knows only pages at other addresses."""
        free = self._free[javascript]
        return free.pop() if free else self.open(javascript=javascript)

    def take_back(self, page: Any, *, javascript: bool) -> None:
        """Empty a window; one that the test has closed is gone."""
        if not page.is_closed():
            page.goto("about:blank")
            page.context.clear_cookies()
            self._free[javascript].append(page)


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"there is neither {' nor '.join(BROWSERS)} on this machine")
    with playwright.sync_playwright() as running:
        # a machine of tests has no graphics card: what stands in for one is the slower way to draw
        drawn_plainly = ("--disable-gpu", "--disable-gpu-rasterization")
        browser = running.chromium.launch(
            executable_path=path, args=["--no-sandbox", *drawn_plainly]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def arial(all_windows: Windows) -> None:
    """Ask for the typeface of our pages, or one as wide: on paper a wider one breaks lines elsewhere."""
    width = """() => {
        const drawing = document.createElement("canvas").getContext("2d");
        drawing.font = "100px Arial";
        return drawing.measureText("mmmmmmmmmm").width;
    }"""
    page = all_windows.lend(javascript=True)
    found = page.evaluate(width)
    all_windows.take_back(page, javascript=True)
    if abs(found - ARIAL) > ARIAL / 100:
        pytest.skip("neither Arial nor a typeface as wide (fonts-liberation) is on this machine")


@pytest.fixture(scope="session")
def original(tmp_path_factory) -> tuple[World, Path]:
    """A filled world and its folder, made once: it takes a second of work."""
    folder = tmp_path_factory.mktemp("original")
    database = Database(f"sqlite:///{folder}/browser.sqlite3")
    metadata.create_all(database.engine)
    world = fill(begin(_settings(folder), database, lambda: NOW))
    database.dispose()  # nothing of it is left in a log beside the file
    return world, folder


def copy_of(original: tuple[World, Path], folder: Path) -> World:
    """Give the same world in a copy of its folder, which exists already."""
    filled, before = original
    shutil.copytree(before, folder, dirs_exist_ok=True)
    database = Database(f"sqlite:///{folder}/browser.sqlite3")
    service = replace(filled.service, settings=_settings(folder), database=database)
    return filled.moved(service)


def _settings(folder: Path) -> Settings:
    notice = "A test: everything here is invented."
    return settings_module.parse(
        {"web": {"port": 0, "notice": notice, "longest_page_seconds": 300}}, folder=folder
    )


@pytest.fixture(scope="session")
def copied() -> Callable[[tuple[World, Path], Path], World]:
    """Give the copier, for a module that puts more into the world before its tests begin."""
    return copy_of


@pytest.fixture
def site(tmp_path: Path, original) -> Iterator[Site]:
    """A filled service of its own for each test, so that a test may click what it likes."""
    world = copy_of(original, tmp_path)
    app = create_app(world.service)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", world)
    server.shutdown()
    thread.join()
    server.server_close()
    world.database.dispose()


@pytest.fixture(scope="session")
def all_windows(chromium) -> Windows:
    return Windows(chromium)


@pytest.fixture
def open_browser(all_windows, site):
    """Open a window of a width, signed in as somebody or as nobody; given back at the end.

    With ``own`` it is a new one, closed at the end: for a test that changes more of it than where it
    is and how wide.
    """
    lent: list[tuple[Any, bool]] = []
    own_ones: list[Any] = []

    def open_window(user=None, *, width: int = 1100, javascript: bool = True, own: bool = False):
        if own:
            page = all_windows.open(javascript=javascript)
            own_ones.append(page)
        else:
            page = all_windows.lend(javascript=javascript)
            lent.append((page, javascript))
        page.set_viewport_size({"width": width, "height": 900})
        if user is not None:
            token = site.world.sign_in(user)
            page.context.add_cookies([{"name": "session", "value": token, "url": site.address}])
        return page

    yield open_window
    site.stop_listening()
    for page in own_ones:
        page.context.close()
    for page, javascript in lent:
        all_windows.take_back(page, javascript=javascript)
