"""The cases beside the project, in place: names and lanes that were misread, pairs judged wrongly."""

import csv
from pathlib import Path

import pytest

from monitor.feeds import files
from monitor.feeds.records import FetchedRecord
from monitor.literature.dedup.clusters import clusters

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"


def rows(path):
    """Give the rows of a table; one row of None, to be skipped, where it is not there."""
    if not path.exists():
        return [pytest.param(None, id="absent")]
    with path.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["id"]) for row in csv.DictReader(file)]


def present(row):
    if row is None:
        pytest.skip("the cases (../shared/cases) are not on this machine")
    return row


def judged(path):
    """Give what ``lab dedupe`` says of two records of a file, by their names."""
    with path.open("rb") as file:
        found = [one for one in files.read(file).found if isinstance(one, FetchedRecord)]
    together = clusters(one.citation for one in found)
    named = [({found[i].label for i in one.indices}, one.certain) for one in together]

    def verdict(*pair):
        sure = {certain for names, certain in named if names >= {*pair}}
        return "certain" if True in sure else "doubtful" if sure else "apart"

    return verdict


@pytest.mark.parametrize("row", rows(CASES / "reading" / "dedupe_expect.csv"))
def test_pairs_are_judged_as_they_are(row):
    verdict = judged(CASES / "reading" / "dedupe.csv")
    assert verdict(*present(row)["records"].split("; ")) in row["expect"].split(" | ")


def test_marks_make_no_other_paper_and_parts_of_a_supplement_are_not_one():
    present((CASES / "input").is_dir() or None)
    verdict = judged(CASES / "input" / "dedupe-marks.csv")
    assert {verdict("a", "b"), verdict("b", "c"), verdict("a", "c")} == {"certain"}
    assert judged(CASES / "input" / "dedupe-supplement.csv")("a", "b") != "certain"
