"""Which papers are worth comparing: none is left out because many came at once."""

from datetime import date

import pytest
from published import ten  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.kernel.persistence.bulk import add_all, add_numbered
from monitor.literature.linkage import candidates as module
from monitor.literature.linkage.candidates import candidates
from monitor.literature.tables import Match, Paper, PaperTrial
from monitor.literature.words import Lane

TODAY = date(2026, 11, 23)
ARTICLES, TRIALS = 40, 300  # more pairs than one statement gives


@pytest.fixture
def of_one_intervention(session, catalogue, now):
    """Articles that name no number, and ended trials, all of one intervention."""
    ten(session, catalogue, now)
    paper = {
        "title": "x", "authors": [], "publication_types": [], "keywords": [], "version": 1,
        "lane": Lane.EVALUATED, "first_seen_at": now, "changed_at": now, "read_by": 1, "year": 2024,
        "title_words": "x",
    }  # fmt: skip
    ids = add_numbered(session, Paper, [paper] * (ARTICLES + TRIALS))
    match = {"slug": "theraplay", "words": "x", "field": "title", "start": 0, "rule": "full name"}
    add_all(session, Match, [match | {"paper_id": id_} for id_ in ids])
    trial = {"completed": date(2022, 6, 30), "completed_expected": False}
    session.add_all(PaperTrial(paper_id=id_, **trial) for id_ in ids[ARTICLES:])
    session.flush()
    return ids[:ARTICLES], ids[ARTICLES:]


@pytest.mark.parametrize("asked", ["articles", "trials", "all"])
def test_of_however_many_papers_at_once_no_pair_is_left_out(session, of_one_intervention, asked):
    articles, trials = of_one_intervention
    some = {"articles": articles, "trials": trials, "all": [*articles, *trials]}[asked]
    every = {(article, trial) for article in articles for trial in trials}
    assert len(every) > module._MOST_PAIRS
    assert candidates(session, some, TODAY) == every
