"""The shared cases of identifiers and links, read in place."""

from datetime import date
from pathlib import Path

import pytest

from monitor.feeds import files
from monitor.feeds.readers import rss_document, rss_item
from monitor.feeds.records import FetchedRecord, LinkKind
from monitor.literature.dedup.clusters import clusters


@pytest.fixture
def cases(recordings: Path) -> Path:
    folder = recordings.parent / "cases" / "input"
    if not folder.is_dir():
        pytest.skip("the shared cases (../shared/cases/input) are not on this machine")
    return folder


def _read(file_of: Path) -> list[FetchedRecord]:
    with file_of.open("rb") as file:
        found = list(files.read(file).found)
    assert all(isinstance(one, FetchedRecord) for one in found)
    return [one for one in found if isinstance(one, FetchedRecord)]


def _values(file_of: Path) -> list[list[str]]:
    return [[one.value for one in record.citation.identifiers] for record in _read(file_of)]


def test_ris_with_its_identifiers_elsewhere(cases):
    assert _values(cases / "ris-doi-elsewhere.ris") == [
        ["10.5555/case.id1"], ["10.5555/case.id2"], ["99001021", "PMC9901021"],
    ]  # fmt: skip
    assert [one.citation.publication_types for one in _read(cases / "ris-doi-elsewhere.ris")] == [
        ()
    ] * 3


def test_endnote_with_a_pii_beside_the_doi(cases):
    assert _values(cases / "endnote-doi-pii.xml") == [["10.5555/case.en1"]]


def test_dois_in_every_form(cases):
    assert _values(cases / "doi-forms.csv") == [
        *([f"10.5555/case.d{number}"] for number in range(1, 6)), ["10.5555/case-d6"],
    ]  # fmt: skip


def test_registrations_in_every_form(cases):
    found = [
        [r.value for r in one.citation.registrations]
        for one in _read(cases / "registration-forms.csv")
    ]
    assert found == [
        ["ISRCTN12345678"], ["ISRCTN12345679"], ["NCT01234567"], [], ["EudraCT 2020-001205-23"],
    ]  # fmt: skip


def test_an_erratum_and_its_paper_in_nbib(cases):
    paper, erratum = (record.citation.links for record in _read(cases / "nbib-erratum.nbib"))
    assert [(one.kind, one.identifier.value) for one in paper] == [
        (LinkKind.CORRECTED_BY, "99001042")
    ]
    assert [(one.kind, one.identifier.value) for one in erratum] == [
        (LinkKind.CORRECTS, "99001041")
    ]


def test_sciencedirects_prose_is_fields_and_the_same_paper_as_pubmeds(cases):
    (item,) = rss_document.read((cases / "feed-sciencedirect.xml").read_bytes(), None)
    record = rss_item.read(item, date(2026, 11, 28))
    assert isinstance(record, FetchedRecord)
    said = record.citation
    assert (said.year, said.journal, said.volume) == (2026, "Invented Child Journal", "5")
    assert said.authors == ("Pat Alder", "Quin Birch", "Rae Cedar")
    assert said.abstract is None
    (same,) = _read(cases / "feed-sciencedirect-same.nbib")
    assert [(one.certain, one.indices) for one in clusters([said, same.citation])] == [
        (True, (0, 1))
    ]
