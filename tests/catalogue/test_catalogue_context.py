"""What is told of each intervention beside its evidence: never without a source and its date."""

import shutil

import pytest

from monitor.catalogue import loader
from monitor.catalogue.shapes.context import ASPECTS
from monitor.kernel.errors import ConfigError


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "catalogue"
    shutil.copytree(loader.FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def refused(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        loader.read(folder)
    return str(caught.value)


def test_each_of_the_ten_is_told_in_a_sentence_and_what_no_source_says_is_not_known():
    catalogue = loader.load()
    for slug in catalogue.slugs:
        context = catalogue.context(slug)
        assert context.what is not None
        assert context.what.words.endswith(".")
        assert list(context.aspects) == list(ASPECTS)
        # no source that we know of gives a price or a provider: see the domain notes
        assert context.cost is None
        assert context.uk_provider is None
    assert [s for s in catalogue.slugs if catalogue.context(s).age] == ["pip", "cpp"]
    assert [s for s in catalogue.slugs if catalogue.context(s).training] == ["vipp", "ddp"]


def test_every_fact_has_a_source_with_a_date_and_what_is_undated_says_to_ask():
    catalogue = loader.load()
    for slug in catalogue.slugs:
        for origin in catalogue.background.origins(catalogue.context(slug)):
            assert origin.dated
            assert (origin.dated == "undated") == bool(origin.caution)


def test_where_all_sentences_are_from_one_place_it_is_told_once(copy):
    origin = loader.load().origin_of_sentences
    assert origin is not None
    assert origin.short == "NIHR’s summary of the 2023 review"
    path = copy / "context/www.toml"
    path.write_text(path.read_text("utf-8").replace('"summary"', '"review"', 1), "utf-8")
    assert loader.read(copy).origin_of_sentences is None


def test_two_that_are_related_are_told_on_both_sides():
    background = loader.load().background
    pairs = {slug: [other for other, _ in background.related(slug)] for slug in loader.load().slugs}
    assert {slug: others for slug, others in pairs.items() if others} == {
        "vipp": ["vig"],
        "vig": ["vipp"],
        "pip": ["cpp"],
        "cpp": ["pip"],
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("context/ddp.toml", ', source = "ddpnetwork" }', " }", "training.source: Field required"),
        (
            "context/ddp.toml",
            '"ddpnetwork"',
            '"hearsay"',
            "training.source: context.toml has no so",
        ),
        ("context/ddp.toml", "days = ", "price = ", "context/ddp.toml: price: unknown key"),
        ("context.toml", 'dated = "2023"\n', "", "context.toml: sources.review.dated: Field requi"),
        ("context.toml", 'source = "review"', 'source = "notes"', "there is no sources.notes"),
        ("context.toml", '["pip", "cpp"]', '["pip", "pip"]', "pip and pip are no two interventi"),
        ("context.toml", '["pip", "cpp"]', '["pip", "cppp"]', "pip and cppp are no two interven"),
    ],
)
def test_a_fact_without_its_source_or_its_date_is_refused_and_named(copy, file, old, new, message):
    assert message in refused(copy, file, old, new)


def test_a_file_of_no_intervention_is_refused_and_an_intervention_without_a_file_is_unknown(copy):
    (copy / "context/www.toml").unlink()
    assert not any(loader.read(copy).context("www").aspects.values())
    shutil.copy(copy / "context/ddp.toml", copy / "context/dddp.toml")
    with pytest.raises(ConfigError, match=r"context/dddp.toml: there is no interventions/dddp"):
        loader.read(copy)
