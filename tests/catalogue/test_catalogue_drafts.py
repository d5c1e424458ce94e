"""Policies named to be tried: released ones, files that are not, and what is refused with why."""

import pytest

from monitor.catalogue import drafts, loader
from monitor.kernel.errors import ConfigError, InvalidInput, NotFound

CATALOGUE = loader.load()
FOLDER = loader.FOLDER
GRADING, GAP = CATALOGUE.grading.version, CATALOGUE.gap.version  # in force


def test_released_policies_are_named_by_kind_and_version():
    votes = drafts.named(CATALOGUE, ["grading/2023-1", "gap/2023-2"])
    assert (votes.grading.version, votes.gap.version) == ("2023-1", "2023-2")
    assert votes.synthesis is CATALOGUE.synthesis
    assert drafts.named(CATALOGUE, ["grading/2023-1"]).gap is CATALOGUE.gap
    back = drafts.named(votes, [f"grading/{GRADING}", f"gap/{GAP}"])
    assert back.grading is CATALOGUE.grading


def test_every_pair_that_is_offered_fits():
    found = drafts.pairs(CATALOGUE)
    assert found[0] == (GRADING, GAP)
    assert (GRADING, "2023-2") not in found
    for grading, gap in found:
        drafts.named(CATALOGUE, [f"grading/{grading}", f"gap/{gap}"])


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (["2026-1"], InvalidInput, "'2026-1' names no policy: write grading/2026-1"),
        (["certainty/2026-1"], InvalidInput, "names no policy"),
        (["gap/"], InvalidInput, "names no policy"),
        (["../../etc/passwd"], InvalidInput, "names no policy"),
        (["grading/1999-1"], NotFound, "no grading policy '1999-1'; there are 2023-1, "),
        (["gap/2023-1", "gap/2026-1"], InvalidInput, "gap: given twice"),
        (["gap/2023-1"], InvalidInput, f"grading/{GRADING} and gap/2023-1 do not fit: .* benefit"),
    ],
)
def test_what_cannot_be_tried_is_refused_and_says_why(names, error, message):
    with pytest.raises(error, match=message):
        drafts.named(CATALOGUE, names)


@pytest.mark.parametrize(
    ("kind", "version", "old", "new"),
    [
        ("grading", "2026-1", "studies = 3, sound = 1", "studies = 2, sound = 1"),
        ("gap", "2026-1", "wide_from = 25", "wide_from = 30"),
        ("synthesis", "2026-1", "delta = 0.20", "delta = 0.30"),
    ],
)
def test_a_file_that_is_not_released_is_tried(tmp_path, kind, version, old, new):
    text = (FOLDER / kind / f"{version}.toml").read_text()
    assert old in text
    path = tmp_path / "draft.toml"
    path.write_text(text.replace(old, new).replace(f'"{version}"', '"2099-1"', 1))
    tried = drafts.tried(CATALOGUE, [str(path)])
    assert getattr(tried, kind).version == "2099-1"
    assert getattr(tried, kind) != getattr(CATALOGUE, kind)
    with pytest.raises(InvalidInput, match=f"{kind}: given twice"):
        drafts.tried(CATALOGUE, [str(path), f"{kind}/2026-1"])


def test_a_file_beside_the_released_policy_it_fits(tmp_path):
    path = tmp_path / "votes.toml"
    path.write_text((FOLDER / "gap" / "2023-2.toml").read_text())
    with pytest.raises(InvalidInput, match="do not fit"):
        drafts.tried(CATALOGUE, [str(path)])
    assert drafts.tried(CATALOGUE, [str(path), "grading/2023-1"]).gap.version == "2023-2"


def test_a_file_that_is_no_policy_is_refused_with_every_error(tmp_path):
    with pytest.raises(NotFound, match="there is no file"):
        drafts.tried(CATALOGUE, [str(tmp_path / "none.toml")])
    path = tmp_path / "draft.toml"
    path.write_text('version = "2099-1"\n')
    with pytest.raises(ConfigError, match="is no policy"):
        drafts.tried(CATALOGUE, [str(path)])
    path.write_text('delta = -1\nversion = "2099-1"\nmore = 1\n')
    with pytest.raises(ConfigError) as refused:
        drafts.tried(CATALOGUE, [str(path)])
    assert "draft.toml: delta:" in str(refused.value)
    assert "draft.toml: more: unknown key" in str(refused.value)
