"""The staff pages with their invented world: ``begun`` has people only, ``world`` is full."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from staff_world import SECRET, World, begin, fill  # type: ignore[import-not-found]  # tests/ is on pytest's path
from werkzeug.test import TestResponse

from monitor.accounts.tables import User
from monitor.web.app import create_app


@pytest.fixture
def begun(settings, database, clock) -> World:
    return begin(settings, database, clock)


@pytest.fixture
def world(begun) -> World:
    return fill(begun)


@pytest.fixture
def staff_app(begun, settings, clock) -> Flask:
    """The application on the world's database; a test that asks for ``world`` finds it filled."""
    return create_app(
        settings, begun.database, begun.service.catalogue, secret=SECRET, clock=clock, testing=True
    )


@pytest.fixture
def browse(begun, staff_app) -> Callable[[User | None], "Browser"]:
    """Open a browser, signed in as somebody or as nobody."""

    def open_browser(user: User | None = None) -> Browser:
        client = staff_app.test_client()
        if user is not None:
            client.set_cookie("session", begun.sign_in(user))
        return Browser(client)

    return open_browser


class Browser:
    """A browser that sends a page's forms with the hidden fields the page holds."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

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
