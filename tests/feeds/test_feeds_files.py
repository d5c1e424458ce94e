import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds import files
from monitor.kernel.errors import InvalidInput, SourceError

RIS = """TY  - JOUR
TI  - Example trial of <i>Theraplay</i> &amp; play
AU  - Example, A.
AU  - Example, B.
T2  - Journal of Invented Trials
PY  - 2026/03/01
VL  - 1
IS  - 2
SP  - 3
EP  - 9
DO  - https://doi.org/10.5555/Example.1
AB  - An invented abstract, registered as ISRCTN00000000.
UR  - javascript:alert(1)
ER  -
"""
NBIB = """PMID- 90000001
TI  - Example of a title that
      goes on
AB  - Invented.
FAU - Example, Anna
AU  - Example A
CN  - Example Group
DP  - 2026 Mar-Apr
JT  - Journal of invented trials
LID - 10.5555/example.2 [doi]
PMC - PMC9999999
PT  - Randomized Controlled Trial
SI  - ClinicalTrials.gov/NCT00000001
"""
TABLE = 'Title;DOI;Authors;PMID\n"Example; with a semicolon";10.5555/X;"Example A; Example B";90000002\n;;;\n'


def _only(text):
    content = files.read(text.encode())
    assert len(content.records) == 1, content
    return content.format, content.records[0]


def test_ris_gives_clean_fields():
    name, record = _only(RIS)
    cited = record.citation
    assert name == "RIS"
    assert record.key == "doi:10.5555/example.1"
    assert cited.title == "Example trial of Theraplay & play"
    assert cited.authors == ("Example, A.", "Example, B.")
    assert (cited.journal, cited.year, cited.pages) == ("Journal of Invented Trials", 2026, "3-9")
    assert [one.value for one in cited.registrations] == ["ISRCTN00000000"]
    assert cited.url is None, "only http and https addresses are links"


def test_medline_gives_clean_fields():
    name, record = _only(NBIB)
    cited = record.citation
    assert name == "MEDLINE"
    assert cited.title == "Example of a title that goes on"
    assert {(one.scheme, one.value) for one in cited.identifiers} == {
        ("pmid", "90000001"),
        ("doi", "10.5555/example.2"),
        ("pmcid", "PMC9999999"),
    }
    assert cited.authors == ("Example A", "Example Group")
    assert cited.year == 2026
    assert [one.value for one in cited.registrations] == ["NCT00000001"]


def test_a_table_is_told_by_its_header_whatever_separates_it():
    name, record = _only(TABLE)
    assert name == "CSV"
    assert record.citation.title == "Example; with a semicolon"
    assert record.citation.authors == ("Example A", "Example B")
    assert record.key == "pmid:90000002"


def test_a_reference_without_a_title_is_set_aside_and_the_rest_go_on():
    content = files.read((RIS + "TY  - JOUR\nDO  - 10.5555/untitled\nER  - \n").encode())
    assert len(content.records) == 1
    assert [(one.key, one.reason) for one in content.unreadable] == [
        ("doi:10.5555/untitled", "the reference has no title")
    ]


def test_a_reference_twice_in_a_file_is_one_record():
    assert len(files.read((RIS + RIS).encode()).records) == 1


@pytest.mark.parametrize("data", [b"", b"hello", b"<html><body>Sorry</body></html>", b"a,b\n1,2\n"])
def test_what_holds_no_references_is_refused_with_the_remedy(data):
    with pytest.raises(InvalidInput, match="bring PubMed XML"):
        files.read(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_read_as_what_they_are(encoding):
    content = files.read(RIS.replace("Example trial", "Café trial").encode(encoding))
    assert content.records[0].citation.title.startswith("Café trial")


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    for start in (b"", b"TY  - JOUR\n", b"PMID- 1\n", b"title\n"):
        try:
            files.read(start + data)
        except InvalidInput:
            assert not start or b"PMID" in start  # a later TY line makes it no MEDLINE
        except SourceError:
            assert b"<PubmedArticle" in data  # begins like PubMed XML, and is cut off


@pytest.mark.parametrize(
    ("path", "name", "count"),
    [
        ("reference_exports/revtools__avian_ecology_bibliography.ris", "RIS", 20),
        ("reference_exports/revtools__restoration_scopus.ris.gz", "RIS", 286),
        ("dedup_labelled/asysd__scopus.ris", "RIS", 10),
        ("dedup_labelled/asysd__zotero_export.ris.gz", "RIS", 1000),
        ("medline_text_rct_labels/revtools__restoration_pubmed.nbib.gz", "MEDLINE", 104),
        ("medline_text_rct_labels/narchd__pubmed_result.txt.gz", "MEDLINE", 473),
        ("pubmed_xml/ncbi.utils__pubmed.xml.gz", "PubMed XML", 100),
    ],
)
def test_real_exports_give_the_counts_the_manifest_states(recordings, path, name, count):
    data = (recordings / path).read_bytes()
    content = files.read(gzip.decompress(data) if path.endswith(".gz") else data)
    assert content.format == name
    assert len(content.records) + len(content.unreadable) == count


def test_no_real_export_breaks_the_reader(recordings):
    """Every small file of references there is, whatever its name says it is."""
    read = refused = 0
    for archive in ("reference_exports/rispy-ris.tar.gz", "reference_exports/asreview-demo.tar.gz"):
        with tarfile.open(fileobj=io.BytesIO((recordings / archive).read_bytes())) as tar:
            for member in tar:
                if not member.isfile() or member.size > 300_000:
                    continue
                opened = tar.extractfile(member)
                assert opened
                try:
                    read += bool(files.read(opened.read()))
                except InvalidInput:
                    refused += 1
    assert read > refused > 0
