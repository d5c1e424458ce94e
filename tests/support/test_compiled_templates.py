"""What is kept of a template is what compiling it gives, for an environment of the same kind only."""

import compiled_templates  # type: ignore[import-not-found]  # tests/support is on pytest's path
import jinja2
import pytest

SAID = "{% if who %}{{ who }}{% endif %}"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(compiled_templates.FOLDER, str(tmp_path))


def _shown(monkeypatch, *, escape):
    monkeypatch.setattr(compiled_templates, "_known", {})  # as in another process
    environment = jinja2.Environment(autoescape=escape, cache_size=0)  # noqa: S701 - both are looked at
    return environment.from_string(SAID).render(who="<b>")


def test_another_process_finds_what_one_has_compiled(monkeypatch, tmp_path):
    assert _shown(monkeypatch, escape=True) == "&lt;b&gt;"
    (kept,) = tmp_path.iterdir()
    before = kept.stat().st_mtime_ns
    assert _shown(monkeypatch, escape=True) == "&lt;b&gt;"
    assert [one.stat().st_mtime_ns for one in tmp_path.iterdir()] == [before]


def test_an_environment_of_another_kind_does_not_take_it(monkeypatch, tmp_path):
    assert _shown(monkeypatch, escape=True) == "&lt;b&gt;"
    assert _shown(monkeypatch, escape=False) == "<b>"
    assert len(list(tmp_path.iterdir())) == 2


def test_where_nothing_is_kept_it_is_compiled(monkeypatch, tmp_path):
    monkeypatch.delenv(compiled_templates.FOLDER)
    assert _shown(monkeypatch, escape=True) == "&lt;b&gt;"
    assert not list(tmp_path.iterdir())
