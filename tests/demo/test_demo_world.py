"""The invented world is plainly invented, and covers what the demonstration tells."""

import re
from datetime import date

import pytest

from monitor.demo import world

TODAY = date(2026, 11, 23)
PAPERS = world.load(TODAY).papers
TRIALS = world.load(TODAY).trials


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.key)
def test_every_paper_is_plainly_invented(paper):
    assert re.search(r"invented|example|imaginary", paper.title, re.IGNORECASE)
    assert "Invented" in paper.journal
    assert paper.doi.startswith("10.5555/")
    assert int(paper.pmid) > 90_000_000
    assert all(re.fullmatch(r"(NCT|ISRCTN)000000\d\d", r) for r in paper.registrations)
    assert 1 <= len(paper.abstract) <= 6


def test_keys_and_numbers_are_unique():
    assert len({paper.key for paper in PAPERS}) == len(PAPERS)
    assert len({paper.number for paper in PAPERS}) == len(PAPERS)
    known = {None, *(p.key for p in PAPERS)}
    assert all({paper.about, paper.preprint} <= known for paper in PAPERS)
    assert len({trial.key for trial in TRIALS} | known) == len(TRIALS) + len(known)
    assert len({trial.number for trial in TRIALS}) == len(TRIALS)


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.key)
def test_every_trial_is_plainly_invented(trial):
    assert re.search(r"invented|example|imaginary", trial.title, re.IGNORECASE)
    assert re.fullmatch(r"(NCT|ISRCTN)000000\d\d", trial.number)
    assert trial.registered <= trial.started < trial.completed
    assert trial.registered <= trial.edited
    authors = {family for paper in PAPERS for family, _ in paper.authors}
    assert trial.contact[1] not in authors  # or nobody could tell whether it was kept


def test_every_number_that_a_paper_names_is_registered():
    named = {number for paper in PAPERS for number in paper.registrations}
    assert named <= {trial.number for trial in TRIALS}
    unpublished = {trial.key for trial in TRIALS if trial.number not in named}
    assert unpublished == {"www-registration", "theraplay-unpublished", "ddp-false-friend"}


def test_a_registration_comes_before_its_paper():
    invented = world.load(TODAY)
    trial = invented.trial("ddp-hands-registration")
    assert invented.reports_of(trial) == []
    before = {one.key: one.edited for one in invented.registered("clinicaltrials")}
    assert {one.key for one in invented.release(4)} >= {"ddp-false-friend", "vipp-fathers"}
    paper = invented.paper("ddp-hands")
    assert invented.release(5) == [paper, invented.paper("www-pip")]
    assert invented.reports_of(trial) == [paper]
    after = invented.registered("clinicaltrials")[0]
    assert after.edited == paper.entered > before[trial.key]


def test_those_of_all_dois_know_what_no_other_source_does():
    invented = world.load(TODAY)
    invented.release(6)
    (concern,) = [p for p in invented.visible("crossref") if not p.sources]
    assert concern in invented.visible("openalex")
    assert invented.notices_of(invented.paper("theraplay-trial")) == [concern]
    assert invented.notices_of(invented.paper("theraplay-trial"), "pubmed") == []
    assert invented.article_of(invented.paper("vipp-preprint")) == invented.paper("vipp-fathers")


def test_a_paper_can_vanish_and_come_back():
    invented = world.load(TODAY)
    invented.vanish("cos-trial", "pubmed")
    keys = {source: {p.key for p in invented.visible(source)} for source in ("pubmed", "europepmc")}
    assert "cos-trial" not in keys["pubmed"]
    assert "cos-trial" in keys["europepmc"]
    invented.reappear("cos-trial", "pubmed")
    assert "cos-trial" in {p.key for p in invented.visible("pubmed")}
    invented.vanish("www-registration")
    assert "www-registration" not in {t.key for t in invented.registered("isrctn")}
    assert invented.changes == 3
    with pytest.raises(KeyError):
        invented.vanish("nosuch")


def test_a_paper_can_be_dated_wrongly():
    invented = world.load(TODAY)
    long_ago = date(2001, 2, 3)
    invented.misdate("cos-trial", long_ago, "pubmed")
    dated = {p.key: p.entered for p in invented.visible("pubmed")}
    assert dated["cos-trial"] == long_ago
    assert {p.key: p.entered for p in invented.visible("europepmc")}["cos-trial"] != long_ago
    invented.misdate("www-registration", long_ago)
    assert invented.registered("isrctn")[-1].edited == long_ago


def test_sources_are_ones_the_stand_ins_know():
    known = {"pubmed", "europepmc", "pubmed_rss", "journals", "atom"}
    assert set().union(*(paper.sources for paper in PAPERS)) == known


def test_labelled_sections_are_read():
    paper = world.load(date(2026, 11, 23)).paper("cos-trial")
    assert [label for label, _ in paper.sections] == [
        "BACKGROUND",
        "METHODS",
        "RESULTS",
        "CONCLUSIONS",
    ]
    assert paper.entered == date(2026, 11, 11)


def test_an_unknown_paper_is_a_key_error():
    with pytest.raises(KeyError):
        world.load(date(2026, 11, 23)).paper("nosuch")
