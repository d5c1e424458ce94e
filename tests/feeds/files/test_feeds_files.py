"""Files that people bring: each format's fields, every encoding, real exports, and what is refused."""

import codecs
import contextlib
import gzip
import io
import tarfile
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds import files
from monitor.feeds.files import lines
from monitor.feeds.records import FetchedRecord, KeptRecord
from monitor.kernel.errors import InvalidInput

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
AB  - An invented abstract on
T1-weighted images, registered as ISRCTN00000012.
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
TABLE = (
    "Title;DOI;Authors;PMID;Start Page;End page\n"
    '"Example; with a semicolon";10.5555/X;"Example A; Example B";90000002;3;9\n;;;\n'
)
CIW = """FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Example, A
   Example, B
TI An invented trial of
   Theraplay
SO JOURNAL OF INVENTED TRIALS
DE attachment; play
PY 2026
BP 3
EP 9
DI 10.5555/example.3
PM 90000003
ER

EF
"""
STYLED = '<style face="normal" font="default" size="100%">{}</style>'
ENDNOTE = f"""<?xml version="1.0" encoding="UTF-8" ?><xml><records><record>
<database name="mine.enl" path="C:\\Users\\somebody\\mine.enl">mine.enl</database>
<source-app name="EndNote" version="20.0">EndNote</source-app><rec-number>7</rec-number>
<foreign-keys><key app="EN" timestamp="1">7</key></foreign-keys>
<ref-type name="Journal Article">17</ref-type>
<contributors><authors><author>{STYLED.format("Example, A.")}</author><author>Example, B.</author>
</authors></contributors>
<titles><title>{STYLED.format("An invented trial of ")}{STYLED.format("Theraplay")}</title>
<secondary-title>J Invented Trials</secondary-title></titles>
<periodical><full-title>Journal of Invented Trials</full-title></periodical>
<pages>3-9</pages><volume>1</volume><number>2</number>
<keywords><keyword>attachment</keyword><keyword>play</keyword></keywords>
<dates><year>{STYLED.format("2026")}</year></dates>
<accession-num>90000004</accession-num><abstract>Invented, ISRCTN00000012.</abstract>
<urls><related-urls><url>https://example.org/4</url></related-urls>
<pdf-urls><url>internal-pdf://somebody/4.pdf</url></pdf-urls></urls>
<custom2>PMC9999994</custom2><electronic-resource-num>10.5555/Example.4</electronic-resource-num>
<remote-database-name>Medline</remote-database-name></record></records></xml>
"""
EVERY = {"RIS": RIS, "MEDLINE": NBIB, "CSV": TABLE, "Web of Science": CIW, "EndNote XML": ENDNOTE}


def read(data):
    reading = files.read(io.BytesIO(data))
    found = list(reading.found)
    good = [one for one in found if isinstance(one, FetchedRecord)]
    return reading.format, good, [one for one in found if not isinstance(one, FetchedRecord)]


def only(text):
    name, records, _ = read(text.encode())
    assert len(records) == 1, records
    return name, records[0]


def test_ris_gives_clean_fields():
    name, record = only(RIS)
    cited = record.citation
    assert name == "RIS"
    assert record.key == "doi:10.5555/example.1"
    assert cited.title == "Example trial of Theraplay & play"
    assert cited.abstract
    assert "on T1-weighted images" in cited.abstract, "a line of text is no field"
    assert cited.authors == ("Example, A.", "Example, B.")
    assert (cited.journal, cited.year, cited.pages) == ("Journal of Invented Trials", 2026, "3-9")
    assert [one.value for one in cited.registrations] == ["ISRCTN00000012"]
    assert cited.url is None, "only http and https addresses are links"


def test_medline_gives_clean_fields():
    name, record = only(NBIB)
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
    name, record = only(TABLE)
    assert name == "CSV"
    assert record.citation.title == "Example; with a semicolon"
    assert record.citation.authors == ("Example A", "Example B")
    assert record.citation.pages == "3-9"
    assert record.key == "pmid:90000002"


def test_the_header_of_a_table_may_stand_below_what_was_searched():
    above = '"SEARCH QUERY","invented:ti"\n-----\n\n'
    _, record = only(above + "Title,DOI,Abstract\nAn invented trial,10.5555/x,NA\n")
    assert record.citation.title == "An invented trial"
    assert record.citation.abstract is None, "NA is how R writes nothing"


def test_web_of_science_gives_clean_fields():
    name, record = only(CIW)
    cited = record.citation
    assert name == "Web of Science"
    assert record.key == "pmid:90000003"
    assert cited.title == "An invented trial of Theraplay"
    assert cited.authors == ("Example, A", "Example, B")
    assert (cited.year, cited.pages) == (2026, "3-9")
    assert cited.keywords == ("attachment", "play")


def test_endnote_gives_clean_fields_and_nothing_of_the_machine():
    name, record = only(ENDNOTE)
    cited = record.citation
    assert name == "EndNote XML"
    assert cited.title == "An invented trial of Theraplay"
    assert [one.value for one in cited.identifiers] == [
        "90000004",
        "10.5555/example.4",
        "PMC9999994",
    ]
    assert cited.authors == ("Example, A.", "Example, B.")
    assert (cited.journal, cited.year, cited.issue) == ("Journal of Invented Trials", 2026, "2")
    assert cited.keywords == ("attachment", "play")
    assert cited.url == "https://example.org/4"
    assert [one.value for one in cited.registrations] == ["ISRCTN00000012"]
    assert b"somebody" not in record.raw


def test_an_accession_number_is_a_pubmed_number_only_where_the_database_says_so():
    _, record = only(ENDNOTE.replace("Medline", "Embase"))
    assert "pmid" not in {one.scheme for one in record.citation.identifiers}


def test_the_same_reference_exported_again_has_not_changed():
    again = ENDNOTE.replace("<rec-number>7<", "<rec-number>8<").replace(
        'timestamp="1"', 'timestamp="2"'
    )
    assert only(ENDNOTE)[1].stable == only(again)[1].stable


def test_references_without_a_title_or_cut_off_are_set_aside_and_the_rest_go_on():
    _, records, aside = read(
        (RIS + "TY  - JOUR\nDO  - 10.5555/untitled\nER  - \n" + RIS.replace("ER  -", "")).encode()
    )
    assert len(records) == 1
    assert [(one.key, one.reason) for one in aside] == [
        ("doi:10.5555/untitled", "the reference has no title"),
        (aside[1].key, "not RIS: the reference does not end in ER"),
    ]
    _, records, aside = read(CIW.replace("ER\n", "").encode())
    assert not records
    assert "cut off" in aside[0].reason


def test_a_reference_twice_in_a_file_is_told_twice():
    assert len(read((RIS + RIS).encode())[1]) == 2


@pytest.mark.parametrize("name", EVERY)
def test_what_was_kept_can_be_read_again(name):
    _, record = only(EVERY[name])
    again = files.reread(KeptRecord(record.key, record.raw, record.media_type, date(2026, 1, 1)))
    assert again == record


@pytest.mark.parametrize(
    ("raw", "media_type"),
    [
        (b"", "application/x-research-info-systems"),
        ((RIS + RIS).encode(), "application/x-research-info-systems"),
        (b"<xml><records><record>", "application/x-endnote+xml"),
        (b"no, header\n", "text/csv"),
        (b"anything", "application/of-no-format"),
    ],
)
def test_what_cannot_be_read_again_says_so(raw, media_type):
    again = files.reread(KeptRecord("key", raw, media_type, date(2026, 1, 1)))
    assert not isinstance(again, FetchedRecord)
    assert (again.key, again.raw) == ("key", raw)


@pytest.mark.parametrize("name", ["RIS", "MEDLINE", "CSV", "Web of Science"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_are_read_as_what_they_are(name, encoding, end):
    text = EVERY[name].replace("xample", "xämple").replace("\n", end)
    plain = only(EVERY[name].replace("xample", "xämple"))[1]
    found, records, aside = read(text.encode(encoding))
    assert (found, aside) == (name, [])
    assert [one.citation for one in records] == [plain.citation]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_xml_is_read_in_the_encoding_it_states(encoding):
    stated = ENDNOTE.replace("Example", "Exämple").replace("UTF-8", encoding.removesuffix("-sig"))
    name, records, _ = read(stated.encode(encoding))
    assert name == "EndNote XML"
    assert records[0].citation.authors[0] == "Exämple, A."


def test_mixed_encodings_line_ends_and_nuls_harm_only_themselves():
    mixed = (
        RIS.encode()
        + b"\r\n"
        + RIS.replace("Example, A", "Caf\u00e9, A").replace("\n", "\r\n").encode("cp1252")
        + RIS.replace("Example, A", "Caf\u00e9, A\0").replace("\n", "\r").encode()
    )
    _, records, aside = read(mixed)
    assert not aside
    assert [one.citation.authors[0] for one in records] == ["Example, A.", "Café, A.", "Café, A."]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"hello", "no references we can read: bring RIS"),
        (b"%PDF-1.7\n...", "a PDF: bring the reference of the paper"),
        (b"PK\x03\x04....xl/workbook.xml", "an Excel workbook: save it as CSV with a title column"),
        (b"PK\x03\x04....word/document.xml", "a Word document"),
        (b"PK\x03\x04....a.ris", "an archive .ZIP.: unpack it"),
        (b"\xd0\xcf\x11\xe0....", "an old Excel or Word file"),
        (gzip.compress(RIS.encode()), "a compressed file: unpack it"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"\x7fELF\x02\x01\x01\x03\x04\x05" * 50, "not text"),
        (b" <!DOCTYPE html><html><body>Sorry</body></html>", "a web page: use the site's own export"),
        (b"<html><br></html>", "a web page"),
        (b"<rss><channel/></rss>", "XML, but not PubMed's, EndNote's or the WHO's"),
        (b"% made by us\n@article{a, title = {X}}", "BibTeX: in your reference manager"),
        (b"%0 Journal Article\n%T X\n", "EndNote's tagged text"),
        (b'{"title": "X"}', "JSON"),
        (b"abstract,authors,year\nx,y,2020\n", "none of its columns is called title"),
        (b"a,b\n1,2\n", "no references we can read"),
    ],
)  # fmt: skip
def test_what_holds_no_references_is_refused_with_what_it_is_and_the_remedy(data, words):
    with pytest.raises(InvalidInput, match=words):
        read(data)


def test_a_file_that_cannot_be_read_twice_is_refused():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    with pytest.raises(InvalidInput, match="save it to disk"):
        files.read(Pipe(RIS.encode()))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (ENDNOTE.encode()[:-30], "EndNote XML is cut off"),
        (b"<PubmedArticleSet><PubmedArticle>", "PubMed XML is cut off"),
        (b"<xml><records>" + b"<a/>" * 2_000_000, "MiB without a whole reference"),
        (b"<PubmedArticleSet>" + b"<a/>" * 2_000_000, "MiB without a whole reference"),
        (b"title,doi\n" + b"x" * 1_100_000 + b",10.5555/x\n", "line 2 is no CSV: a cell"),
        (b'title,doi\n"never closed,10.5555/x\n' + b"x,y\n" * 300_000, "never closed"),
        (b"TY  - JOUR\nTI  - " + b"x" * 30_000_000, "a line of more than"),
        (b"TY  - JOUR\n" + b"AB  - x\n" * 400_000, "one reference has more than"),
    ],
)
def test_what_would_fill_the_memory_or_is_cut_off_ends_with_the_reason(data, words):
    with pytest.raises(InvalidInput, match=words):
        read(data)


def test_xml_is_never_made_larger_than_it_is():
    bomb = (
        '<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY f SYSTEM "file:///etc/hostname">]>'
    )
    _, record = only(bomb + ENDNOTE.partition("?>")[2].replace("An invented", "An &b;&f; invented"))
    assert "aaaa" not in record.citation.title
    assert record.citation.title.startswith("An")


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    for start in (
        b"",
        b"TY  - JOUR\n",
        b"PMID- 1\n",
        b"title\n",
        b"FN x\nPT J\n",
        b"<xml><records>",
        codecs.BOM_UTF16_LE,
    ):
        with contextlib.suppress(InvalidInput):
            read(start + data)


@given(st.binary(max_size=300), st.integers(1, 7))
def test_lines_do_not_depend_on_where_the_reading_stops(data, step):
    parts = [data[at : at + step] for at in range(0, len(data), step)]
    expected = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    found = list(lines._split(parts))
    assert found == (expected if expected[-1] else expected[:-1])


@pytest.mark.parametrize(
    ("path", "name", "count"),
    [
        ("reference_exports/revtools__avian_ecology_bibliography.ris", "RIS", 20),
        ("reference_exports/revtools__restoration_scopus.ris.gz", "RIS", 286),
        ("reference_exports/revtools__restoration_WoS.ciw.gz", "Web of Science", 247),
        ("dedup_labelled/asysd__scopus.ris", "RIS", 10),
        ("dedup_labelled/asysd__wos_test.ris", "RIS", 50),
        ("dedup_labelled/asysd__zotero_export.ris.gz", "RIS", 1000),
        ("dedup_labelled/asysd__labelled_test_set.csv.gz", "CSV", 1845),
        ("medline_text_rct_labels/revtools__restoration_pubmed.nbib.gz", "MEDLINE", 104),
        ("medline_text_rct_labels/narchd__pubmed_result.txt.gz", "MEDLINE", 473),
        ("pubmed_xml/ncbi.utils__pubmed.xml.gz", "PubMed XML", 100),
    ],
)
def test_real_exports_give_the_counts_the_manifest_states(recordings, path, name, count):
    data = (recordings / path).read_bytes()
    found, records, aside = read(gzip.decompress(data) if path.endswith(".gz") else data)
    assert found == name
    assert len(records) + len(aside) == count
    for record in records[:50]:
        kept = KeptRecord(record.key, record.raw, record.media_type, date(2026, 1, 1))
        again = files.reread(kept)
        assert isinstance(again, FetchedRecord)
        assert (again.key, again.citation) == (record.key, record.citation)


@pytest.mark.parametrize(
    ("archive", "counts", "refused"),
    [
        ("rispy-ris", {"RIS": 23, "Web of Science": 2}, []),
        (
            "asreview-demo",
            {"RIS": 394, "CSV": 76},
            ["generic.vec", "generic_labels_no_title.csv"],
        ),
        (
            "citation-file-formatting-formats",
            {"RIS": 398, "CSV": 413, "MEDLINE": 50},
            ["README.md", "_baseline.xlsx", "_baseline_embase.xlsx", "_baseline_eppireviewer.xlsx"],
        ),
    ],
)
def test_every_recorded_export_is_read_or_refused_for_a_reason(
    recordings, archive, counts, refused
):
    """The same references as a dozen tools write them, whatever their names say they are."""
    told: Counter[str] = Counter()
    no_use = []
    with tarfile.open(recordings / "reference_exports" / f"{archive}.tar.gz") as tar:
        for member in tar:
            if not member.isfile():
                continue
            opened = tar.extractfile(member)
            assert opened
            try:
                name, records, aside = read(opened.read())
                told[name] += len(records) + len(aside)
            except InvalidInput:
                no_use.append(member.name.rsplit("/", 1)[-1])
    assert (told, sorted(no_use)) == (counts, sorted(refused))
