import hashlib
import json
import re
import shutil
import tomllib
from datetime import date
from pathlib import Path

import pytest

from monitor.catalogue import loader
from monitor.catalogue.words import SAID, Tier
from monitor.kernel.errors import ConfigError, NotFound

# Released policies never change: a change is a new file and an ADR (docs/grading.md).
RELEASED = {
    "certainty/2026-1.toml": "6151d8c9c2492bdd61319b08862ff30a813ec5a91d349a75c717197d724ad622",
    "gap/2023-1.toml": "b16ce98330de0b3d074eb790a83107ebf5f23bc6c1679e0d0d5786f7fd6aef9c",
    "gap/2023-2.toml": "ef43481484820062d52955e006c7a0009ba55a20fabc7bcdb262210275a03ec8",
    "gap/2026-1.toml": "34f18910d5d27136587076d4f0e3a2bae25712e82a3d64b56b4bb96274689c9d",
    "grading/2023-1.toml": "ccafae00a7ce0604800035f07eb0eea99c288109e6b32ff53a7fded2c38ba6c8",
    "grading/2026-1.toml": "d5df8bbedb1c06c8f40b886ce1bf20fa3f4913a33cca616e8b22dbd0a3d75732",
    "synthesis/2026-1.toml": "89415e41246a3ba1b3e099e4f565bbc3797024eeb7121fe3f4d307d321238592",
}
DOMAIN = Path(__file__).resolve().parents[3] / "shared" / "domain"
PUBLISHED = {
    "vipp": ("strong", (8, 17), (4, 7, 9, 10)),
    "abc": ("strong", (8, 17), (4, 7, 9, 10)),
    "cos": ("strong", (8, 17), (4, 7, 9, 10)),
    "pip": ("strong", (8, 17), (4, 7, 9, 10)),
    "cpp": ("intermediate", (3, 6), (5, 6)),
    "vig": ("intermediate", (3, 6), (5, 6)),
    "ddp": ("weak", (1, 2), (1, 2, 3, 4)),
    "www": ("weak", (1, 2), (8,)),
    "theraplay": ("weak", (1, 2), (1, 2, 3, 4)),
    "icp": ("weak", (0, 0), (1, 2, 3, 4)),
}


@pytest.fixture
def copy(tmp_path):
    """The catalogue's files, copied so that a test may damage them."""
    folders = ("interventions", "context", "grading", "gap", "synthesis", "certainty", "sentences")
    for name in (*folders, "tools"):
        shutil.copytree(loader.FOLDER / name, tmp_path / name)
    files = ("review.toml", "context.toml", "policies.toml", "measures.toml", "plausible.toml")
    for name in (*files, "areas.toml", "glossary.toml"):
        shutil.copy(loader.FOLDER / name, tmp_path)
    return tmp_path


def _replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _errors(folder):
    with pytest.raises(ConfigError) as caught:
        loader.read(folder)
    return str(caught.value).splitlines()


def test_the_ten_are_as_published():
    catalogue = loader.load()
    found = {
        one.slug: (one.baseline.tier, one.baseline.facts["studies"], one.usage.ranks)
        for one in catalogue.interventions
    }
    assert found == PUBLISHED
    assert catalogue.slugs == tuple(PUBLISHED)
    assert [one.position for one in catalogue.interventions] == list(range(1, 11))


def test_every_published_fact_has_its_citation():
    for one in loader.load().interventions:
        assert "10.3310/IVCN8847" in one.baseline.citation
        assert "734 services (625 responses)" in one.usage.citation


def test_findings_are_the_reviews_for_a_whole_tier():
    directions = {one.slug: one.baseline.direction for one in loader.load().interventions}
    assert directions.pop("icp") == "none to go on"
    by_tier = {(PUBLISHED[slug][0], direction) for slug, direction in directions.items()}
    assert by_tier == {
        ("strong", "generally positive"),
        ("intermediate", "generally positive"),
        ("weak", "mixed"),
    }


def test_the_review_closed_before_may_2021():
    review = loader.load().review
    assert review.closed == date(2021, 5, 1)
    assert review.caveat == "Limited evidence does not mean ineffective."


@pytest.mark.skipif(not DOMAIN.is_dir(), reason="the domain notes are not on this machine")
def test_every_name_of_the_domain_notes_is_there():
    notes = json.loads((DOMAIN / "interventions.json").read_text())["interventions"]
    for note in notes:
        one = loader.load().intervention(note["id"])
        names = {form.removesuffix("®") for form in note["full_forms"]}
        assert names <= set(one.full_forms)
        known = {short.form for short in one.abbreviations}
        known |= {form for variant in one.variants for form in variant.forms}
        assert set(note["abbreviations"]) - known <= {"WWW"}


def test_bare_abbreviations_shared_with_others_need_two_words_of_context():
    unsafe = {"ABC", "COS", "PIP", "CPP", "DDP", "VIG", "ICP", "PCP", "IPP", "TPP", "PPP"}
    found = {
        short.form: short.minimum
        for one in loader.load().interventions
        for short in one.abbreviations
        if short.form in unsafe
    }
    assert set(found) == unsafe
    assert min(found.values()) >= 2
    assert "WWW" not in {
        short.form for one in loader.load().interventions for short in one.abbreviations
    }


def test_queries_are_balanced_and_enclosed():
    for one in loader.load().interventions:
        for source, query in one.queries.items():
            assert query.count('"') % 2 == 0
            assert _top_level_operators(query) == 0, (one.slug, source)


def _top_level_operators(query):
    """Count AND and OR outside every bracket: a date added behind would bind to the last only."""
    depth, found = 0, 0
    for word in query.replace("(", " ( ").replace(")", " ) ").split():
        depth += {"(": 1, ")": -1}.get(word, 0)
        assert depth >= 0
        found += depth == 0 and word in {"AND", "OR"}
    assert depth == 0
    return found


def test_the_query_of_circle_of_security_asks_for_attachment_beside_the_abbreviation_only():
    query = loader.load().intervention("cos").queries["pubmed"]
    assert query == '("Circle of Security"[tiab] OR ("COS-P"[tiab] AND attachment[tiab]))'


def test_a_rating_that_was_not_found_is_kept_as_such():
    ratings = loader.load().intervention("cos").ratings
    assert {one.variant for one in ratings if one.body.startswith("Title IV-E")} == {
        "COS-Parenting",
        "COS-Intensive",
    }
    (missing,) = [one for one in ratings if one.rating is None]
    assert missing.body == "Foundations (EIF) Guidebook"
    for one in loader.load().interventions:
        assert one.ratings
        assert all(rating.source for rating in one.ratings if rating.rating)


def test_an_unknown_slug_is_not_found():
    with pytest.raises(NotFound, match="marte"):
        loader.load().intervention("marte")


def test_released_policies_are_frozen():
    found = {
        f"{kind}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in ("grading", "gap", "synthesis", "certainty")
        for path in (loader.FOLDER / kind).glob("*.toml")
    }
    assert found == RELEASED


def test_every_error_of_every_file_is_reported_at_once(copy):
    _replace(copy / "interventions/cos.toml", 'tier = "strong"', 'tier = "excellent"')
    _replace(copy / "interventions/cos.toml", "position = 3", 'position = "third"')
    _replace(copy / "interventions/abc.toml", 'short = "ABC"', 'short = "ABC"\nrating = "good"')
    _replace(copy / "review.toml", "doi = ", "# doi = ")
    (copy / "interventions/vig.toml").write_text("name = ")
    in_force = loader.load().gap.version
    _replace(copy / "policies.toml", f'gap = "{in_force}"', 'gap = "2099-1"')
    errors = _errors(copy)
    assert [e for e in errors if e.startswith("interventions/cos.toml: baseline.tier:")]
    assert [e for e in errors if e.startswith("interventions/cos.toml: position:")]
    assert "interventions/abc.toml: rating: unknown key" in errors
    assert "review.toml: doi: Field required" in errors
    assert [e for e in errors if e.startswith("interventions/vig.toml: is not TOML:")]
    assert "policies.toml: gap: there is no gap/2099-1.toml" in errors
    assert len(errors) == 6


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("interventions/ddp.toml", "studies = [1, 2]", "studies = [2, 1]", "above the highest"),
        ("interventions/ddp.toml", "ranks = [1, 2, 3, 4]", "ranks = [4, 11]", "out_of"),
        ("interventions/ddp.toml", "ranks = [1, 2, 3, 4]", "ranks = [2, 1]", "rise"),
        ("interventions/ddp.toml", "sound = [0, 0], ", "", "baseline.facts: must be exactly"),
        ("interventions/ddp.toml", "minimum = 2", "minimum = 20", "more words than require"),
        ("interventions/cos.toml", 'variant = "COS-P"', 'variant = "COS-Q"', "unknown variant"),
        ("interventions/cos.toml", "position = 3", "position = 4", "position: 4 is used 2 times"),
        ("interventions/cos.toml", "position = 3", 'position = 3\nslug = "x"', "slug: not a key"),
        ("interventions/cos.toml", "least used of the ten", "least loved", "usage.words"),
        ("interventions/cos.toml", "pubmed = ", "pubmeed = ", "queries must be exactly"),
        ("interventions/cos.toml", 'source = "preventionservices', 'rated_by = "p', "unknown key"),
        ("grading/2023-1.toml", 'version = "2023-1"', 'version = "2023-2"', "must be 2023-1"),
        ("grading/2023-1.toml", "at_least = {}", "at_least = { studies = 1 }", "must ask for no"),
        ("grading/2023-1.toml", "high_quality = 8,", "hq = 8,", "unknown fact hq"),
        ("grading/2023-1.toml", "{sound} or more of them", "1 or more of them", "name its thresh"),
        ("grading/2023-1.toml", "fewer than {studies}", "fewer than {randomised}", "last sentence"),
        ("grading/2023-1.toml", "[facts.studies]", "[facts.reports]", "studies is missing"),
        ("gap/2023-1.toml", "first = 5, last = 7", "first = 5, last = 8", "ranks must cover"),
        ("gap/2023-1.toml", "little_below = 10", "little_below = 30", "little_below must be"),
        ("gap/2023-1.toml", '[matrix.weak."mixed"]', '[matrix.weak."mixd"]', "matrix.weak.mixd"),
        (
            "certainty/2026-1.toml",
            "people_two = 100",
            "people_two = 500",
            "people_two must be below",
        ),
        ("certainty/2026-1.toml", "one = 0.5", "one = 50", "risk_of_bias.one"),
        ("certainty/2026-1.toml", 'other = "low"', 'other = "fair"', "start.other"),
        (
            "certainty/2026-1.toml",
            '"imprecision" = ',
            '# "imprecision" = ',
            "nothing for imprecision",
        ),
        (
            "gap/2023-1.toml",
            'kind = "aligned", sentence = "Little used and',
            'sentence = "L',
            "kind",
        ),
    ],
)
def test_a_wrong_file_is_refused_and_named(copy, file, old, new, message):
    _replace(copy / file, old, new)
    errors = _errors(copy)
    assert [e for e in errors if message in e], errors
    assert any(file.split("/", maxsplit=1)[0] in e for e in errors)


def test_an_incomplete_matrix_is_refused_and_each_missing_cell_named(copy):
    path = copy / "gap/2023-1.toml"
    kept = [
        line for line in path.read_text().splitlines() if not line.startswith('"not known" = { k')
    ]
    path.write_text("\n".join(kept))
    (error,) = _errors(copy)
    assert "strong / mixed / not known" in error
    assert error.count(" / not known") == 18


def test_the_matrix_spells_out_every_cell():
    raw = tomllib.loads((loader.FOLDER / "gap/2023-1.toml").read_text())["matrix"]
    cells = [cell for by_direction in raw.values() for row in by_direction.values() for cell in row]
    assert len(cells) == len(Tier) * len(SAID) * 4 == 72


def test_the_second_matrix_calls_no_result_a_proof_of_no_difference():
    """As 2023-1 cell by cell, but for the sentences: a result may be only not significant."""
    old, new = (
        tomllib.loads((loader.FOLDER / f"gap/2023-{n}.toml").read_text())["matrix"] for n in (1, 2)
    )
    for tier, rows in new.items():
        for direction, row in rows.items():
            for band, cell in row.items():
                before = old[tier][direction][band]
                assert cell["kind"] == before["kind"]
                assert "no difference" not in cell["sentence"]
                assert (cell["sentence"] == before["sentence"]) == (direction != "no difference")


@pytest.mark.parametrize("about", loader.load().interventions, ids=lambda one: one.slug)
def test_no_fixed_sentence_tells_of_a_trial_that_runs(about):
    """Such a sentence ages: what registries say, and when a trial ends, is read from them."""
    said = " ".join([about.kind, about.baseline.direction_words])
    for word in (
        "NCT0",
        "ISRCTN",
        "runs to",
        "recruiting",
        "randomised 1",
        "is under way",
        "until",
    ):
        assert word not in said
    assert not re.search(r"\b20(2[6-9]|[3-9]\d)\b", said)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('[labels."slight benefit"]', '[labels."small benefit"]', "labels: must be exactly one"),
        ('[classes."harm"]', '[classes."harms"]', "classes: must be exactly one"),
        ('"waiting list" =', '"waiting" =', "comparisons: must be exactly one"),
        ("{Who} probably", "{Whom} probably", "labels.probable benefit: no such place: ['Whom']"),
    ],
)
def test_a_finding_without_its_sentence_is_refused(copy, old, new, message):
    _replace(copy / "sentences" / "findings.toml", old, new)
    (error,) = _errors(copy)
    assert error.startswith("sentences/findings.toml: ")
    assert message in error


def test_an_empty_folder_is_refused(tmp_path):
    errors = _errors(tmp_path)
    assert "interventions/: there is no file" in errors
    assert [e for e in errors if e.startswith("review.toml: cannot be read")]


def test_bytes_that_are_not_text_are_refused(copy):
    (copy / "interventions/cos.toml").write_bytes(b"\xff\xfe")
    assert [e for e in _errors(copy) if e.startswith("interventions/cos.toml: is not TOML")]
