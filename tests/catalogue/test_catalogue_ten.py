"""What is searched for the ten is the same, read by itself or with all the catalogue says."""

import shutil

import pytest

from monitor.catalogue import ten
from monitor.catalogue.loader import load
from monitor.kernel.errors import ConfigError


def test_it_is_what_the_whole_catalogue_says_in_its_order():
    def told(interventions):
        return [(one.slug, one.short, one.position, one.queries) for one in interventions]

    assert told(ten.load_ten().interventions) == told(load().interventions)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the catalogue's folder, to damage."""
    shutil.copytree(ten.FOLDER / "interventions", tmp_path / "interventions")
    monkeypatch.setattr(ten, "FOLDER", tmp_path)
    return tmp_path / "interventions"


def test_every_file_that_cannot_be_used_is_named(folder):
    (folder / "cos.toml").write_text("position = \n")
    (folder / "abc.toml").write_bytes(b"\xff")
    (folder / "theraplay.toml").write_text('short = "Theraplay"\nposition = 3\n')
    with pytest.raises(ConfigError) as raised:
        ten.load_ten()
    abc, cos, theraplay = str(raised.value).splitlines()
    assert abc.startswith("interventions/abc.toml: is not TOML: ")
    assert cos.startswith("interventions/cos.toml: is not TOML: ")
    assert theraplay == "interventions/theraplay.toml: queries: Field required"


def test_that_there_is_none_is_told(folder):
    shutil.rmtree(folder)
    with pytest.raises(ConfigError, match=r"^interventions/: there is no file$"):
        ten.load_ten()


def test_a_file_that_cannot_be_opened_is_told(folder):
    (folder / "cos.toml").unlink()
    (folder / "cos.toml").mkdir()
    with pytest.raises(ConfigError, match=r"^interventions/cos.toml: cannot be read: "):
        ten.load_ten()
