"""Which fields of a reference hold its identifiers, format by format; and comments in nbib."""

import io

import pytest

from monitor.feeds import files
from monitor.feeds.records import FetchedRecord, LinkKind


def _read(text: str) -> FetchedRecord:
    (found,) = files.read(io.BytesIO(text.encode())).found
    assert isinstance(found, FetchedRecord)
    return found


def _ris(*fields: str) -> list[str]:
    lines = ("TY  - JOUR", "TI  - An invented trial", *fields, "ER  - ", "")
    return [one.value for one in _read("\n".join(lines)).citation.identifiers]


@pytest.mark.parametrize(
    "fields",
    [
        ["UR  - http://dx.doi.org/10.3310/a1"],
        ["UR  - https://pub.example/doi/full/10.3310/a1", "UR  - https://pub.example/page"],
        ["M3  - doi: 10.3310/a1"],
        ["M3  - Article", "M3  - 10.3310/a1"],
        ["N1  - doi: 10.3310/a1"],
        ["N1  - Alder, P.", "N1  - Inv J. 2026;5:1-9. doi: 10.3310/a1. Epub 2026 Jan 2."],
        ["N1  - A note that", "goes on: doi 10.3310/a1"],
        ["C7  - 10.3310/a1"],
        ["LK  - https://doi.org/10.3310/a1"],
        ["DO  - S0000-0000(26)00001-2 [pii]", "DO  - 10.3310/a1 [doi]"],
        ["DO  - 10.3310/a1", "UR  - https://doi.org/10.3310/another"],  # its own field counts
        ["UR  - https://doi.org/10.3310/a1", "M3  - 10.3310/a1"],
    ],
)
def test_ris_gives_a_doi_wherever_it_stands(fields):
    assert _ris(*fields) == ["10.3310/a1"]


@pytest.mark.parametrize(
    "fields",
    [
        ["UR  - https://doi.org/10.3310/a1", "M3  - 10.3310/another"],
        ["N1  - Comment on: Inv J. 2026. doi: 10.3310/a1"],
        ["N1  - Erratum in:", "Inv J. 2026. doi: 10.3310/a1"],
        ["UR  - https://pub.example/journal/10.1111/(ISSN)1467-8624"],
        ["AN  - 99001021", "DB  - Embase"],
        ["AN  - 2026-10001-001", "DP  - APA PsycInfo"],
        ["N2  - Unlike doi: 10.3310/a1 we found none."],
        ["C2  - see PMC9901021 and others"],
        ["UR  - https://pubmed.example/99001021/"],
        ["L2  - https://pubmed.ncbi.nlm.nih.gov/1/", "L2  - https://pubmed.ncbi.nlm.nih.gov/2/"],
    ],
)
def test_ris_gives_none_in_doubt(fields):
    assert _ris(*fields) == []


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        (["AN  - 99001021", "DP  - NLM", "C2  - PMC9901021"], ["99001021", "PMC9901021"]),
        (["AN  - 99001021", "DB  - Medline", "C2  - Pmc9901021"], ["99001021", "PMC9901021"]),
        (["AN  - 99001021", "DB  - PubMed", "DP  - Ovid"], ["99001021"]),
        (["AN  - MEDLINE:99001021"], ["99001021"]),
        (["N1  - PMID: 99001021", "N1  - PMCID: PMC9901021"], ["99001021", "PMC9901021"]),
        (["UR  - https://www.ncbi.nlm.nih.gov/pubmed/99001021"], ["99001021"]),
        (["L2  - https://europepmc.org/article/MED/99001021"], ["99001021"]),
        (["UR  - https://pmc.ncbi.nlm.nih.gov/articles/PMC9901021/"], ["PMC9901021"]),
        (["UR  - https://pub.example/a; https://pubmed.ncbi.nlm.nih.gov/99001021/"], ["99001021"]),
        (["C2  - PMCID: 9901021"], ["PMC9901021"]),
        (["DO  - 10.3310/a1", "C2  - PMC9901021"], ["10.3310/a1", "PMC9901021"]),
    ],
)
def test_ris_gives_pubmed_numbers(fields, values):
    assert _ris(*fields) == values


def test_a_doi_is_no_kind_of_publication():
    found = _read("TY  - JOUR\nTI  - An invented trial\nM3  - doi: 10.3310/a1\nER  - \n")
    assert found.citation.publication_types == ()
    found = _read("TY  - JOUR\nTI  - An invented trial\nM3  - Article\nER  - \n")
    assert found.citation.publication_types == ("Article",)


@pytest.mark.parametrize(
    ("elements", "values"),
    [
        ("<electronic-resource-num>S0-1 [pii]&#xD;10.3310/a1 [doi]</electronic-resource-num>", ["10.3310/a1"]),
        ("<urls><related-urls><url>https://doi.org/10.3310/a1</url></related-urls></urls>", ["10.3310/a1"]),
        ("<work-type>10.3310/a1</work-type>", ["10.3310/a1"]),
        ("<custom7>10.3310/a1</custom7><custom2>PMC9901021</custom2>", ["10.3310/a1", "PMC9901021"]),
        ("<notes>Alder, P.&#xD;Inv J. 2026. doi: 10.3310/a1.</notes>", ["10.3310/a1"]),
        ("<notes>Comment on doi: 10.3310/a1</notes>", []),
    ],
)  # fmt: skip
def test_endnote_gives_identifiers_wherever_they_stand(elements, values):
    found = _read(
        '<?xml version="1.0"?><xml><records><record><titles><title>An invented trial</title>'
        f"</titles>{elements}</record></records></xml>"
    )
    assert [one.value for one in found.citation.identifiers] == values


def test_a_table_gives_a_doi_from_its_addresses():
    found = _read("title,url\nAn invented trial,https://doi.org/10.3310/a1\n")
    assert [one.value for one in found.citation.identifiers] == ["10.3310/a1"]


def _nbib(*fields: str):
    lines = ("PMID- 99000001", "TI  - An invented trial", *fields, "")
    return _read("\n".join(lines)).citation


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("RIN", LinkKind.RETRACTED_BY), ("ROF", LinkKind.RETRACTS), ("PRIN", LinkKind.PARTLY_RETRACTED_BY),
        ("PROF", LinkKind.PARTLY_RETRACTS), ("EIN", LinkKind.CORRECTED_BY), ("EFR", LinkKind.CORRECTS),
        ("ECI", LinkKind.CONCERN_IN), ("ECF", LinkKind.CONCERN_FOR), ("UIN", LinkKind.UPDATED_BY),
        ("UOF", LinkKind.UPDATES), ("CRI", LinkKind.CORRECTED_BY), ("CRF", LinkKind.CORRECTS),
        ("RRI", LinkKind.RETRACTED_BY), ("RRF", LinkKind.UPDATES),
    ],
)  # fmt: skip
def test_nbib_gives_the_links_that_pubmeds_xml_gives(tag, kind):
    (link,) = _nbib(
        f"{tag:4}- Inv J. 2026 Dec;5(9):1. doi: 10.3310/notice. PMID:", "      99000002"
    ).links
    assert (link.kind, link.identifier.value) == (kind, "99000002")
    (link,) = _nbib(f"{tag:4}- Inv J. 2026 Dec;5(9):1. doi: 10.3310/notice").links
    assert (link.kind, link.identifier.value) == (kind, "10.3310/notice")


@pytest.mark.parametrize(
    "field",
    ["EIN - Inv J. 2026 Dec;5(9):1", "CIN - Inv J. 2026. PMID: 99000002", "CON - Inv J. PMID: 99000002",
     "SPIN- Inv J. PMID: 99000002", "RPI - Inv J. PMID: 99000002"],
)  # fmt: skip
def test_nbib_gives_no_link_of_a_comment_or_without_the_other_end(field):
    assert _nbib(field).links == ()


def test_several_notices_are_several_links_once_each():
    links = _nbib(
        "EIN - Inv J. 2026. PMID: 99000002", "EIN - Inv J. 2026. PMID: 99000003",
        "EIN - Inv J. 2026. PMID: 99000002", "RIN - Inv J. 2026. PMID: 99000004",
    ).links  # fmt: skip
    assert [one.identifier.value for one in links] == ["99000004", "99000002", "99000003"]


def test_a_table_gives_numbers_from_addresses_in_their_columns():
    found = _read(
        "title,pmid,pmcid\nAn invented trial,https://pubmed.ncbi.nlm.nih.gov/99001021/,PMCID: 9901021\n"
    )
    assert [one.value for one in found.citation.identifiers] == ["99001021", "PMC9901021"]
