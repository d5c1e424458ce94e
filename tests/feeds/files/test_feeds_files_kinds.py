"""What real files do to their fields, kind by kind: nothing lost, nothing shifted, each set aside with its reason."""

import codecs
import csv
import doctest
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds import files
from monitor.feeds.files import author_lists, cited_as, columns, dates
from monitor.feeds.readers import pubmed_xml, rss_document, titles, xml_repair
from monitor.feeds.records import FetchedRecord, KeptRecord, UnreadableRecord
from monitor.kernel.errors import InvalidInput

TODAY = date(2026, 11, 28)


def read(text):
    data = text.encode() if isinstance(text, str) else text
    return list(files.read(io.BytesIO(data)).found)


def cited(text):
    found = read(text)
    assert all(isinstance(one, FetchedRecord) for one in found), found
    return [one.citation for one in found]


def test_the_examples_hold():
    for module in (author_lists, cited_as, columns, dates, titles, xml_repair):
        assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("cell", "people"),
    [
        ("Alder P, Birch Q.", ["Alder P", "Birch Q"]),
        ("Alder P.", ["Alder P"]),
        ("Alder P., Birch Q.", ["Alder P.", "Birch Q."]),
        ("Alder P.B.; Birch Q.", ["Alder P.B.", "Birch Q."]),
        ("van IJzendoorn MH, O'Neil P, Birch-Cedar Q", ["van IJzendoorn MH", "O'Neil P", "Birch-Cedar Q"]),
        ("P Alder, Q Birch", ["P Alder", "Q Birch"]),
        ("PQ Alder, Q van Birch, R Cedar…", ["PQ Alder", "Q van Birch", "R Cedar"]),
        ("P.Q. Alder, Q. Birch", ["P.Q. Alder", "Q. Birch"]),
        ("Alder, Pat", ["Alder, Pat"]),
        ("Alder, P.", ["Alder, P."]),
        ("De la Alder, Pat", ["De la Alder, Pat"]),
        ("Pat Alder, Quin Birch", ["Pat Alder", "Quin Birch"]),
        ("Anna-Lena Alder, Helen de Birch", ["Anna-Lena Alder", "Helen de Birch"]),
        ("Garcia Lopez, Maria Jose", ["Garcia Lopez, Maria Jose"]),
        ("Maria Jose, Garcia Lopez", ["Maria Jose, Garcia Lopez"]),
        ("Martin Lopez, Quin", ["Martin Lopez, Quin"]),
        ("Alder, Pat and Birch, Quin", ["Alder, Pat", "Birch, Quin"]),
        ("Alder, P and Birch, Q and Cedar, R", ["Alder, P", "Birch, Q", "Cedar, R"]),
        ("Alder, Pat & Birch, Quin", ["Alder, Pat", "Birch, Quin"]),
        ("Pat Alder and Quin Birch", ["Pat Alder", "Quin Birch"]),
        ("Pat Alder, Quin Birch, and Rae Cedar", ["Pat Alder", "Quin Birch", "Rae Cedar"]),
        ("Alder, P., Birch, Q., & Cedar, R. S.", ["Alder, P.", "Birch, Q.", "Cedar, R. S."]),
        ("Alder, Pat; Birch, Quin; and Cedar, Rae", ["Alder, Pat", "Birch, Quin", "Cedar, Rae"]),
        ("Alder, Pat|Birch, Quin", ["Alder, Pat", "Birch, Quin"]),
        ("Alder P\nBirch Q", ["Alder P", "Birch Q"]),
        ("Alder P, Birch Q, et al.", ["Alder P", "Birch Q"]),
        ("Alder, Pat and others", ["Alder, Pat"]),
        ("Alder P Jr, Birch Q", ["Alder P Jr", "Birch Q"]),
        ("Ministry of Health and Social Care", ["Ministry of Health and Social Care"]),
        ("Alder, Pat and Invented Study Group", ["Alder, Pat and Invented Study Group"]),
        ("ALDER P, BIRCH Q", ["ALDER P", "BIRCH Q"]),
        ("", []),
    ],
)  # fmt: skip
def test_authors_in_one_cell(cell, people):
    assert author_lists.parted(cell) == people


@given(st.text(max_size=80))
def test_no_author_is_empty_and_no_letter_is_made_up(cell):
    people = author_lists.parted(cell)
    assert all(one.strip() for one in people)
    assert {c for one in people for c in one if c.isalpha()} <= set(cell)


@pytest.mark.parametrize(
    ("written", "year"),
    [
        ("2021", 2021), ("2021/03/04", 2021), ("2021 Mar-Apr", 2021), ("20210304", 2021),
        ("202103", 2021), ("04 Mar 2021", 2021), ("04/03/2021", 2021), ("20032021", 2021),
        ("20210300", 2021), ("2021-03-04T10:00:00Z", 2021), ("in press", None), ("", None),
        ("12345678", None), ("99999999", None), ("2021030", None), ("21", None),
    ],
)  # fmt: skip
def test_years(written, year):
    assert dates.year(written) == year


def test_a_year_is_sought_where_the_first_field_says_in_press():
    head = "TY  - JOUR\nTI  - X\nPY  - in press\n"
    assert cited(head + "Y1  - 2021/03/04\nER  - \n")[0].year == 2021
    assert cited(head + "DA  - 2021/03/04\nER  - \n")[0].year == 2021
    assert cited(head + "ER  - \n")[0].year is None
    assert cited("title,year,publication date\nX,in press,20210304\n")[0].year == 2021


@pytest.mark.parametrize(
    ("citation", "journal", "read"),
    [
        ("J Inv. 2021 Mar;5(2):101-110. doi: 10.5555/x.", "", ("2021", "5", "2", "101-110")),
        ("J Inv. 2021;5:e12.", "", ("2021", "5", "", "e12")),
        ("J Inv. 2021 Mar 4:S0000-0000(21)00001-2. doi: 10.5555/x.", "", ("2021", "", "", "")),
        ("", "J Inv (2021) 5:2 (101-110). Date of Publication: 1 Mar 2021", ("2021", "5", "2", "101-110")),
        ("", "J Inv (London) (2021) 5 (101-110)", ("2021", "5", "", "101-110")),
        ("", "Journal (Invented)", ("", "", "", "")),
        ("", "Studies of 2021", ("", "", "", "")),
        ("no citation at all", "", ("", "", "", "")),
    ],
)  # fmt: skip
def test_a_citation_in_one_cell(citation, journal, read):
    found = cited_as.read(citation, journal)
    assert tuple(found.get(name, "") for name in ("year", "volume", "issue", "pages")) == read


@pytest.mark.parametrize(
    ("title", "missing"),
    [
        ("[Not Available].", True), ("[Not available]", True), ("No title available.", True),
        ("[Title not available]", True), ("Untitled", True), ("[In Process Citation]", True),
        ("[Article in French].", True), ("N/A", True), ("(no title)", True),
        ("Not available to all: a survey", False), ("Untitled: a life", False), ("A title", False),
        ("In practice", False), ("Unknown families", False), ("No child", False),
    ],
)  # fmt: skip
def test_what_stands_where_a_title_is_missing(title, missing):
    assert titles.is_placeholder(title) is missing


def test_the_vernacular_title_counts_where_the_other_is_none():
    nbib = "PMID- 98000001\nTI  - [Not Available].\nTT  - Enfants et Theraplay.\n"
    assert cited(nbib)[0].title == "Enfants et Theraplay."
    assert cited(nbib.replace("[Not Available]", "[Children]"))[0].title == "[Children]."
    assert cited("PMID- 98000001\nTI  - [Not Available].\n")[0].title == "[Not Available]."
    assert cited("title,original title\nNot available,Enfants\n")[0].title == "Enfants"


def reference(title="X", **fields):
    return "".join(f"{tag}  - {value}\n" for tag, value in {"TI": title, **fields}.items())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # fields behind ER, at the file's end too
        ("TY  - JOUR\nTI  - A\nER  - \nAB  - a\n\nTY  - JOUR\nTI  - B\nER  - \nAB  - b\n",
         [("A", "a"), ("B", "b")]),
        # near to the next reference, and nothing there is said twice
        ("TY  - JOUR\nTI  - A\nAB  - a\nER  - \n\nAB  - b\nTY  - JOUR\nTI  - B\nER  - \n",
         [("A", "a"), ("B", "b")]),
        # TY in the middle, from the second reference on
        ("TY  - JOUR\nTI  - A\nAB  - a\nER  - \n\nTI  - B\nTY  - JOUR\nAB  - b\nER  - \n",
         [("A", "a"), ("B", "b")]),
        # TY last
        ("TI  - A\nAB  - a\nTY  - JOUR\nER  - \nTI  - B\nAB  - b\nTY  - JOUR\nER  - \n",
         [("A", "a"), ("B", "b")]),
        # no TY at all in one of them
        ("TY  - JOUR\nTI  - A\nER  - \nTI  - B\nAB  - b\nER  - \n", [("A", None), ("B", "b")]),
        # what a program writes above and between is no field
        ("Database: X\n\nTY  - JOUR\nTI  - A\nER  - \n\n1. exp attachment/\n\nTY  - JOUR\nTI  - B\nER  - \n",
         [("A", None), ("B", None)]),
        ("\nTY  - JOUR\nTI  - A\nER  - \nER  - \n\n\n", [("A", None)]),
    ],
)  # fmt: skip
def test_ris_fields_stay_with_their_reference(text, found):
    assert [(one.title, one.abstract) for one in cited(text)] == found


def test_a_title_never_goes_back_to_a_reference_that_has_none():
    """Else the year of one and the title of another would make a third that nobody wrote."""
    found = read("TY  - JOUR\nPY  - 2019\nER  - \n\nTI  - B\nAU  - Birch, Q\n")
    assert [type(one) for one in found] == [UnreadableRecord, UnreadableRecord]
    kept = KeptRecord(
        "k",
        b"TY  - JOUR\nPY  - 2019\nER  - \n\nTI  - B",
        "application/x-research-info-systems",
        TODAY,
    )
    assert isinstance(files.reread(kept), UnreadableRecord)


def test_ris_cut_off_before_the_next_takes_nothing_along():
    found = read("TY  - JOUR\nTI  - A\n\nTY  - JOUR\nTI  - B\nER  - \n")
    assert [isinstance(one, FetchedRecord) for one in found] == [False, True]
    assert "does not end in ER" in found[0].reason


@pytest.mark.parametrize(
    ("goes_on", "title"),
    [
        ("\n      Theraplay.", "A trial of Theraplay."), ("\n\tTheraplay.", "A trial of Theraplay."),
        ("\nTheraplay.", "A trial of Theraplay."), ("\n Theraplay.", "A trial of Theraplay."),
        ("\nVIPP- and VIG- groups.", "A trial of VIPP- and VIG- groups."),
        ("\nRF- and DA- groups.", "A trial of RF- and DA- groups."),
        ("\n\nTheraplay by itself", "A trial of"),
    ],
)  # fmt: skip
def test_nbib_lines_go_on(goes_on, title):
    text = f"PMID- 98000001\nTI  - A trial of{goes_on}\nDP  - 2021\nCOIS- none\n"
    (found,) = cited(text)
    assert (found.title, found.year) == (title, 2021)


@pytest.mark.parametrize(
    ("row", "read_as"),
    [
        ("A,Alder P,2021", ("A", 2021)), ("A,Alder P,2021,,", ("A", 2021)), ("A,Alder P", ("A", None)),
        ('"A, b",Alder P,2021', ("A, b", 2021)), ("A, b,Alder P,2021", None),
        ("A,Alder P,2021,,surplus", None),
    ],
)  # fmt: skip
def test_rows_are_never_shifted(row, read_as):
    (found,) = read(f"title,authors,year\n{row}\n")
    if read_as is None:
        assert isinstance(found, UnreadableRecord)
        assert "cells and the header 3" in found.reason
    else:
        assert (found.citation.title, found.citation.year) == read_as


def test_a_separator_at_the_end_of_each_line_hides_no_surplus_cell():
    kept, aside = read("title;authors;\nA;Alder P;\nA; b;Alder P;\n")
    assert isinstance(kept, FetchedRecord)
    assert isinstance(aside, UnreadableRecord)


ENDNOTE = (
    '<?xml version="1.0" encoding="UTF-8"?><xml><records>'
    "<record><titles><title>One</title></titles></record>"
    "<record><titles><title>Thera{}play</title></titles></record>"
    "<record><titles><title>Three</title></titles></record></records></xml>"
)


@pytest.mark.parametrize(
    ("rubbish", "title"),
    [
        ("\x1f", "Theraplay"), ("\x00", "Theraplay"), ("\x0c", "Theraplay"), ("&#x1F;", "Theraplay"),
        ("&#31;", "Theraplay"), ("&#x0;", "Theraplay"), ("&#xFFFF;", "Theraplay"),
        ("&#xD800;", "Theraplay"), ("&#99999999;", "Theraplay"), ("\uffff", "Theraplay"),
        (" &#xD83D;&#xDE00; ", "Thera 😀 play"), (" & ", "Thera & play"), ("&nbsp;", "Thera play"),
        (" &lt;x ", "Thera <x play"), ("\x0b", "Thera play"),
    ],
)  # fmt: skip
def test_one_character_costs_an_endnote_file_nothing(rubbish, title):
    found = [one.title for one in cited(ENDNOTE.format(rubbish))]
    assert found == ["One", title, "Three"]


def test_a_byte_of_another_encoding_and_other_encodings():
    latin = ENDNOTE.format("é ").encode().replace("é".encode(), b"\xe9")
    assert [one.title for one in cited(latin)] == ["One", "Theraé play", "Three"]
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"):
        named = ENDNOTE.replace("UTF-8", encoding).format("é\x1f ").encode(encoding)
        mark = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else b""
        assert [one.title for one in cited(mark + named)] == ["One", "Theraé play", "Three"]


def test_an_endnote_file_that_is_cut_off_is_still_said_to_be():
    with pytest.raises(InvalidInput, match="cut off or damaged"):
        read(ENDNOTE.format("")[:-30])


def test_endnote_styles_are_no_part_of_words():
    styled = (
        '<style face="normal">A trial of</style><style face="italic">Circle of Security</style>'
        '<style face="normal">on Na</style><style face="normal" font="x">ï</style>'
        '<style face="normal">ve Theraplay</style><style face="superscript">TM</style>'
        '<style face="normal"> &lt;median</style>'
    )
    (found,) = cited(
        f"<xml><records><record><titles><title>{styled}</title></titles></record></records></xml>"
    )
    assert found.title == "A trial of Circle of Security on Naïve Theraplay™ <median"


@pytest.mark.parametrize("rubbish", ["\x1f", "\x0c", "&#x1F;", "&#0;"])
def test_one_character_costs_pubmed_and_feeds_nothing(rubbish):
    article = (
        "<PubmedArticle><MedlineCitation><PMID>{}</PMID><Article><ArticleTitle>Thera{}play"
        "</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
    )
    several = article.format(1, "") + article.format(2, rubbish) + article.format(3, "")
    document = f"<PubmedArticleSet>{several}</PubmedArticleSet>".encode()
    for body in (document, b'<?xml version="1.0"?><!-- c -->' + document):
        read_all = pubmed_xml.read(io.BytesIO(body))
        found = [one for one in read_all if isinstance(one, FetchedRecord)]
        assert [one.citation.title for one in found] == ["Theraplay"] * 3
        kept = KeptRecord(found[1].key, found[1].raw, found[1].media_type, TODAY)
        again = pubmed_xml.reread(kept)
        assert isinstance(again, FetchedRecord)
        assert again.citation == found[1].citation
    feed = f"<rss version='2.0'><channel><item><title>Thera{rubbish}play</title></item></channel></rss>"
    (item,) = rss_document.read(feed.encode(), None)
    assert item.entry["title"] == "Theraplay"


WOS = (
    "\ufeffPT\tAU\tTI\tSO\tAB\tPY\tVL\tIS\tBP\tEP\tDI\tPM\n"
    'J\tAlder, P; Birch, Q\tA "Theraplay" trial\tINV J\tWe <or= 5\t2021\t5\t2\t101\t110\t10.5555/w\t98000009\t\n'
    'J\tCedar, R\t"Quoted" at its start\tINV J\t\t\t\t\t\t\t\t\t\n'
)
CLINICALTRIALS = (
    "NCT Number,Study Title,Study URL,Study Status,Brief Summary,Conditions,Interventions,Enrollment,"
    "Study Type,Study Design,Other IDs,First Posted\n"
    'NCT09999991,Theraplay in Northmere,https://e.org/1,RECRUITING,"Children <five, mostly.",A|B,'
    "BEHAVIORAL: Theraplay|OTHER: Waiting,112,INTERVENTIONAL,Allocation: RANDOMIZED|Masking: NONE,"
    "ISRCTN12345678,2024-02-03\n"
)
ICTRP = (
    "TrialID,Public title,Scientific title,Date registration,Source Register,web address,Target size,"
    "Study design,Intervention,Contact Firstname,Contact Lastname,Contact Email\n"
    "ACTRN12620000000001,Circle of Security,By Pat Alder,20200304,ANZCTR,https://e.org/2,101,Randomised,"
    "Circle of Security,Pat,Alder,pat@example.org\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_web_of_science_tables_come_in(encoding):
    first, second = cited(WOS.encode(encoding))
    assert (first.title, first.abstract) == ('A "Theraplay" trial', "We <or= 5")
    assert first.authors == ("Alder, P", "Birch, Q")
    assert (first.year, first.volume, first.issue, first.pages) == (2021, "5", "2", "101-110")
    assert [one.value for one in first.identifiers] == ["98000009", "10.5555/w"]
    assert second.title == '"Quoted" at its start'


def test_clinicaltrials_tables_come_in():
    (found,) = read(CLINICALTRIALS)
    said = found.citation
    assert found.key == "nct:NCT09999991"
    assert (said.title, said.year, said.journal) == (
        "Theraplay in Northmere",
        2024,
        "ClinicalTrials.gov",
    )
    assert [one.value for one in said.registrations] == ["ISRCTN12345678"]
    assert said.publication_types == ("Clinical Trial Registration", "Interventional", "Randomized")
    assert "SUMMARY: Children <five, mostly.\n\n" in said.abstract
    assert said.keywords == ("A", "B", "Theraplay", "Waiting")


def test_ictrp_tables_come_in_without_the_people_to_ask():
    (found,) = read(ICTRP)
    said = found.citation
    assert (said.title, said.year, said.journal) == ("Circle of Security", 2020, "ANZCTR")
    assert [one.value for one in said.identifiers] == ["ACTRN12620000000001"]
    assert found.key == "registry:ACTRN12620000000001"
    for name in (b"Pat Alder", b"pat@example.org", b"Contact"):
        assert name not in found.raw
    kept = KeptRecord(found.key, found.raw, found.media_type, TODAY)
    again = files.reread(kept)
    assert isinstance(again, FetchedRecord)
    assert again.citation == said


def ictrp(*trials):
    fields = "".join(
        "<Trial><Internal_Number>1</Internal_Number>"
        + "".join(f"<{name}>{text}</{name}>" for name, text in trial.items())
        + "</Trial>"
        for trial in trials
    )
    return f'<?xml version="1.0"?><Trials_downloaded_from_ICTRP>{fields}</Trials_downloaded_from_ICTRP>'


TRIAL = {
    "TrialID": "DRKS00099999",
    "Last_Refreshed_on": "20 November 2026",
    "Public_title": "Circle of Security &amp; more in Northmere",
    "Scientific_title": "A randomised trial of Circle of Security",
    "Date_registration": "14/12/2024", "Date_registration3": "20241214",
    "Source_Register": "German Clinical Trials Register",
    "web_address": "https://e.org/3", "Recruitment_Status": "Recruiting", "Target_size": "101",
    "Study_type": "interventional", "Study_design": "Allocation: Randomized; Masking: None",
    "Countries": "Germany",
    "Contact_Firstname": "Pat", "Contact_Lastname": "Alder", "Contact_Email": "pat@example.org",
    "Contact_Tel": "030 123456", "Contact_Affiliation": "Invented Hospital",
    "Inclusion_Criteria": "Mothers;&lt;br&gt;asked by Pat Alder",
    "Condition": "attachment", "Intervention": "Circle of Security groups",
    "Primary_outcome": "security", "Secondary_outcome": "", "Secondary_ID": "NCT09999992",
    "Ethics_review_contact_name": "Quin Birch", "Ethics_review_contact_phone": "030 654321",
    "Ethics_review_contact_email": "quin@example.org", "Ethics_review_status": "Approved",
    "Exclusion_Criteria": "None, says Quin Birch", "results_yes_no": "No",
}  # fmt: skip


@pytest.mark.parametrize(
    ("number", "scheme", "value"),
    [
        ("DRKS00099999", "registry", "DRKS00099999"), ("ACTRN12620000000001", "registry", "ACTRN12620000000001"),
        ("ChiCTR2100099999", "registry", "ChiCTR2100099999"), ("CTRI/2024/01/099999", "registry", "CTRI/2024/01/099999"),
        ("JPRN-UMIN000099999", "registry", "UMIN000099999"), ("JPRN-jRCT1099999999", "registry", "jRCT1099999999"),
        ("KCT0009999", "registry", "KCT0009999"), ("NTR9999", "registry", "NTR9999"),
        ("PACTR202409999999999", "registry", "PACTR202409999999999"), ("RBR-9xxxx9", "registry", "RBR-9XXXX9"),
        ("SLCTR/2024/099", "registry", "SLCTR/2024/099"), ("TCTR20240999999", "registry", "TCTR20240999999"),
        ("IRCT20240999999N1", "registry", "IRCT20240999999N1"), ("EUCTR2012-099999-84-GB", "registry", "EudraCT 2012-099999-84"),
        ("CTIS2023-509999-24-00", "registry", "CTIS2023-509999-24-00"), ("NCT09999991", "nct", "NCT09999991"),
        ("ISRCTN09999999", "isrctn", "ISRCTN09999999"),
    ],
)  # fmt: skip
def test_the_whos_xml_brings_each_registers_number_as_the_trials_own(number, scheme, value):
    (found,) = read(ictrp({**TRIAL, "TrialID": number}))
    assert [(one.scheme, one.value) for one in found.citation.identifiers] == [(scheme, value)]
    assert found.key == f"{scheme}:{value}"


def test_the_whos_xml_comes_in_without_the_people_to_ask():
    (found,) = read(ictrp(TRIAL))
    said = found.citation
    assert (said.title, said.year) == ("Circle of Security & more in Northmere", 2024)
    assert said.journal == "German Clinical Trials Register"
    assert [one.value for one in said.registrations] == ["NCT09999992"]
    assert said.publication_types[:2] == ("Clinical Trial Registration", "Interventional")
    for label in ("OFFICIAL TITLE", "PARTICIPANTS: 101", "STATUS: Recruiting", "PRIMARY OUTCOMES"):
        assert label in said.abstract
    assert "<br" not in said.abstract
    for name in (
        *(b"Pat", b"Alder", b"pat@example.org", b"030 123456", b"Invented Hospital"),
        *(b"Quin", b"Birch", b"quin@example.org", b"030 654321"),
    ):
        assert name not in found.raw
    again = files.reread(KeptRecord(found.key, found.raw, found.media_type, TODAY))
    assert isinstance(again, FetchedRecord)
    assert again.citation == said


WHOLE = (
    "TrialID,last_update,SecondaryIDs,public_title,Scientific_title,url,Public_Contact_Firstname,"
    "Public_Contact_Lastname,study_type,study_design,Date_registration,Target_size,"
    "Recruitment_status,Countries,Conditions,Interventions,Agemin,Agemax,Primary_Outcome,"
    "Secondary_Outcomes\n"
    "ACTRN12620000000001,1 May 2021,NCT09999992,Watch and wonder,An official one,https://e.org/4,"
    "Pat,Alder,Interventional,Randomised,14/12/2020,60,Recruiting,Australia,attachment,"
    "Circle of Security,0,5,security,sleep\n"
)


def test_the_whos_whole_table_comes_in_by_its_own_names():
    (found,) = read(WHOLE)
    said = found.citation
    assert (said.title, said.year) == ("Watch and wonder", 2020)
    assert [one.value for one in said.registrations] == ["NCT09999992"]
    for part in (
        "PARTICIPANTS: 60; 0; 5",
        "PRIMARY OUTCOMES: security",
        "SECONDARY OUTCOMES: sleep",
    ):
        assert part in said.abstract
    assert b"Alder" not in found.raw


def test_one_bad_trial_is_set_aside_and_a_cut_is_told():
    good, bad = read(ictrp(TRIAL, {"TrialID": "DRKS00099998"}))
    assert isinstance(good, FetchedRecord)
    assert isinstance(bad, UnreadableRecord)
    with pytest.raises(InvalidInput, match="cut off or damaged"):
        read(ictrp(TRIAL)[:-40])


# the whole header of the EU's download, in ECRIN's reading of it
CTIS = (
    "Trial number,Title of the trial,Protocol code,Overall trial status,"
    "Location(s) and recruitment status,Age group,Age range secondary identifier,Gender,"
    "Number of participants enrolled,Trial region,Medical conditions,Therapeutic area,Trial phase,"
    "Product,Primary endpoint,Secondary endpoints,Decision date,Start date,End date,"
    "Global end of the trial,Trial results,Sponsor/Co-Sponsors,Sponsor type,Last updated\n"
    '2023-509999-24-00,Theraplay beside a medicine,INV-1,Ongoing,"Germany:Ongoing, France:Ended",'
    "0-17 years,2-5 years,Female and male,54,EEA only,attachment,Mental health,Phase II,"
    "An invented one,Security,Sleep,24/06/2024,,,,No,Invented University,Hospital,09/07/2026\n"
)


def test_the_eus_table_comes_in_under_its_number():
    (found,) = read(CTIS)
    assert found.key == "registry:CTIS2023-509999-24-00"
    said = found.citation
    assert (said.title, said.year) == ("Theraplay beside a medicine", 2024)
    assert said.publication_types == ("Clinical Trial Registration",)
    assert said.journal == "EU Clinical Trials Information System"
    for part in (
        *("CONDITIONS: attachment", "PARTICIPANTS: 54; 0-17 years", "PRIMARY OUTCOMES: Security"),
        *("SECONDARY OUTCOMES: Sleep", "COUNTRIES: Germany:Ongoing, France:Ended"),
    ):
        assert part in said.abstract


@pytest.mark.parametrize(
    ("head", "named"),
    [
        ("Authors,Study name,Year,DOI", "“Study name”"), ("Titel;Autoren;Jahr", "“Titel”"),
        ("Auteurs,Titre,Annee", "“Titre”"), ("Authors,Year,Paper heading", "“Paper heading”"),
    ],
)  # fmt: skip
def test_a_table_without_titles_names_the_column_to_rename(head, named):
    with pytest.raises(InvalidInput, match=f"rename the column {named} to title"):
        read(f"{head}\nx,y,2020\n")


@pytest.mark.parametrize(
    "text", ["TITLE.\nA trial of play, in a study, of names.\n", "TITLE:\nx\n"]
)
def test_prose_is_no_table(text):
    with pytest.raises(InvalidInput):
        read(text)


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("Article Title,Author(s),Journal,Publication Year,Vol.,Issue No.,Pages,Digital Object Identifier,AB",
         '"Swings","Alder, P.",Inv J,2020,5,2,e7,10.5555/c.1,We swung.'),
        ("Item Title,Authors,Publication Title,PubYear,Journal Volume,Journal Issue,Pagination,Item DOI,Abstract Text",
         '"Swings","Alder, P.",Inv J,2020,5,2,e7,10.5555/c.1,We swung.'),
        ("title,author,pubtitle,pubdate,volume,issue,Art. No.,DOI link,Description",
         '"Swings","Alder, P.",Inv J,1 Mar 2020,5,2,e7,https://doi.org/10.5555/c.1,We swung.'),
        ("Title,Authors,Venue,Year,Vol,Issue,StartPage,EndPage,Extra,Abstract",
         '"Swings","Alder, P.",Inv J,2020,5,2,e7,0,DOI: 10.5555/c.1,We swung.'),
    ],
)  # fmt: skip
def test_columns_by_the_names_that_databases_give_them(head, row):
    (one,) = cited(f"{head}\n{row}\n")
    assert (one.title, one.authors, one.journal, one.year) == (
        "Swings",
        ("Alder, P.",),
        "Inv J",
        2020,
    )
    assert (one.volume, one.issue, one.pages, one.abstract) == ("5", "2", "e7", "We swung.")
    assert [number.value for number in one.identifiers] == ["10.5555/c.1"]


def test_a_nought_says_nothing_of_where_a_paper_stands():
    (one,) = cited("Title,Year,Source,Volume,Issue,StartPage,EndPage\nSwings,2020,Inv J,0,0,0,0\n")
    assert (one.volume, one.issue, one.pages) == (None, None, None)


@pytest.mark.parametrize(
    ("note", "value"),
    [("Cited By :5; PMID: 20123456", "20123456"), ("Erratum in: J Inv; PMID: 20123456", None)],
)
def test_numbers_in_a_note_of_one_line_are_read_where_it_is_of_this_paper(note, value):
    (one,) = cited(f"TY  - JOUR\nTI  - One\nN1  - {note}\nER  -\n")
    assert next((name.value for name in one.identifiers), None) == value


def test_numbers_in_a_note_of_several_lines_are_read():
    (one,) = cited('Title,Year,Extra\nSwings,2020,"PMID: 99000001\nPMCID: PMC9900001"\n')
    assert [number.value for number in one.identifiers] == ["99000001", "PMC9900001"]


def test_a_header_below_the_separator_that_excel_wants():
    (one,) = cited("\ufeffsep=,\nNo.,Title,First author,Year\n1,Swings,Alder,2020\n")
    assert (one.title, one.year) == ("Swings", 2020)


@pytest.mark.parametrize(("tag", "title"), [("CT", "A chapter"), ("BT", "A book")])
def test_ris_titles_of_chapters_and_books_are_titles(tag, title):
    (one,) = cited(f"TY  - CHAP\n{tag}  - {title}\nPY  - 2020\nER  - \n")
    assert one.title == title


def test_one_field_with_initials_behind_commas_is_several_people():
    text = "TY  - JOUR\nTI  - Swings\nAU  - Alder, P. A., Jr., Birch, Q. and Cedar, R.\nER  - \n"
    (one,) = cited(text)
    assert one.authors == ("Alder, P. A., Jr.", "Birch, Q.", "Cedar, R.")


def test_a_column_without_a_name_hides_no_surplus_cell():
    one, other = read(
        "title,year,doi,,\nA trial, of play,2020,10.5555/c.1\nSwings,2020,10.5555/c.2,,\n"
    )
    assert isinstance(one, UnreadableRecord)
    assert isinstance(other, FetchedRecord)
    assert "4 cells and the header 3" in one.reason
    assert [number.value for number in other.citation.identifiers] == ["10.5555/c.2"]


def test_a_field_with_two_addresses_gives_the_first():
    (one,) = cited(
        "TY  - JOUR\nTI  - Swings\nUR  - https://a.example/x, https://b.example/y\nER  - \n"
    )
    assert one.url == "https://a.example/x"


def test_a_doi_with_a_supplement_is_the_papers():
    (one,) = cited("title,doi\nSwings,10.5555/c.1.supp (Supplemental)\n")
    assert [number.value for number in one.identifiers] == ["10.5555/c.1"]


@given(st.lists(st.text(st.sampled_from("ab ,;\"'\n\r\t&é") | st.characters(), max_size=8)))
def test_a_row_is_kept_as_the_library_writes_it(row):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(row)
    assert columns._written(row) == out.getvalue()


@given(st.lists(st.sampled_from(
    ("Alder", "P", "and", "al", "und", "et", "&", ",", " ", "  ", "\n", ".", "andrew", "Birch, Q", "x" + chr(8195))
)).map("".join))  # fmt: skip
def test_names_joined_by_and_are_parted_quickly_as_at_length(written):
    quickly, at_length = (
        [part for piece in pieces if (part := piece.strip(" ,"))]
        for pieces in (author_lists._joined(written), author_lists._AND.split(written))
    )
    assert [" ".join(part.split()) for part in quickly] == [" ".join(p.split()) for p in at_length]
