"""The cases beside the project, in place: names and lanes that were misread, pairs judged wrongly."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.catalogue import loader
from monitor.feeds import files
from monitor.feeds.records import FetchedRecord
from monitor.literature.dedup.clusters import clusters
from monitor.literature.matching.lanes import evaluations, lane
from monitor.literature.matching.matcher import Matcher

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"


def rows(path, fields=()):
    """Give the rows of a table; one row of None, to be skipped, where it is not there."""
    if not path.exists():
        return [pytest.param(None, id="absent")]
    with path.open(encoding="utf-8", newline="") as file:
        wanted = [r for r in csv.DictReader(file) if not fields or r["expect_field"] in fields]
    return [pytest.param(row, id=row["id"]) for row in wanted]


def present(row):
    if row is None:
        pytest.skip("the cases (../shared/cases) are not on this machine")
    return row


MATCHER = Matcher(loader.load())
READING = CASES / "reading" / "reading.csv"
FIELDS = ("lane", "slugs", "evaluated", "variants")


def matched(row):
    """Give what ``lab match`` says of a record, as the column ``expect`` is written."""
    title, abstract = row["title"], row["abstract"]
    hits = MATCHER.match(title=title, abstract=abstract)
    said = {
        "lane": {str(lane(hits, title, abstract))},
        "slugs": {hit.slug for hit in hits},
        "evaluated": {one.slug for one in evaluations(hits, title, abstract) if one.evaluated},
        "variants": {f"{hit.slug}:{hit.variant}" for hit in hits if hit.variant},
    }
    return said[row["expect_field"]]


@pytest.mark.parametrize("row", rows(READING, FIELDS))
def test_names_and_lanes_are_read_rightly(row):
    expected = present(row)["expect"].split(" | ")
    assert matched(row) in [set() if one == "-" else {*one.split("; ")} for one in expected]


def test_the_lab_says_the_same_in_every_run():
    present(READING.exists() or None)

    def said(seed):
        command = [
            sys.executable,
            "-m",
            "monitor",
            "lab",
            "match",
            str(READING),
            "--json",
            "--why",
        ]
        env = {**os.environ, "PYTHONHASHSEED": str(seed)}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout

    assert len({said(seed) for seed in range(4)}) == 1


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
