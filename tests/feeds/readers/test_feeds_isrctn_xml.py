"""One trial of ISRCTN: what is read, what is left out, whatever is sent."""

import gzip
import json
import re
from datetime import date
from xml.sax.saxutils import escape

import pytest
from lxml import etree

from monitor.feeds.readers import isrctn_xml
from monitor.feeds.records import FetchedRecord, KeptRecord, LinkKind, Trial, UnreadableRecord
from monitor.kernel.errors import SourceError, SourceFault
from monitor.literature.design.rules import suggest_design

FETCHED = date(2026, 11, 23)
EMAIL = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}")

TRIAL = """
<fullTrial>
  <trial lastUpdated="2026-11-15T09:00:00.123456789Z" version="4"
         publicIdentifierCanonical="ISRCTN00000001">
    <isrctn dateAssigned="2026-10-05T00:00:00.000Z">00000001</isrctn>
    <trialDescription>
      <title>An invention in foster care</title>
      <scientificTitle>A randomised trial of an invention</scientificTitle>
      <acronym>NOWHERE</acronym>
      <studyHypothesis>That it works &lt; never.</studyHypothesis>
      <plainEnglishSummary>Background and study aims
To see. Sites of Professor Ina Vented.

Who is the main contact?
1. Roe Ordinary, roe@example.org
2. Another Person

Where is the study run from?
University of Nowhere (UK)</plainEnglishSummary>
      <primaryOutcome>Security at 12 months</primaryOutcome>
      <secondaryOutcomes>
        <outcomeMeasure><variable>Sensitivity</variable><timepoints>6 months</timepoints></outcomeMeasure>
        <outcomeMeasure><variable>Stress</variable></outcomeMeasure>
      </secondaryOutcomes>
    </trialDescription>
    <externalRefs>
      <doi>10.1186/ISRCTN00000001</doi>
      <clinicalTrialsGovNumber>NCT00000001</clinicalTrialsGovNumber>
      <protocolSerialNumber>Nil known</protocolSerialNumber>
      <secondaryNumbers><secondaryNumber>NCT00000001</secondaryNumber>
        <secondaryNumber>see NCT00000002</secondaryNumber></secondaryNumbers>
    </externalRefs>
    <trialDesign>
      <studyDesign>Single-centre trial</studyDesign>
      <primaryStudyDesign>Interventional</primaryStudyDesign>
      <interventionalTrialDesign><allocation>Randomized controlled trial</allocation>
      </interventionalTrialDesign>
      <overallStatusOverride>Stopped</overallStatusOverride>
      <reasonAbandoned>No funds</reasonAbandoned>
      <overallStartDate>2026-06-01T00:00:00.000Z</overallStartDate>
      <overallEndDate>2028-01-31T00:00:00.000Z</overallEndDate>
    </trialDesign>
    <participants>
      <recruitmentCountries><country>England</country><country>United Kingdom</country>
      </recruitmentCountries>
      <trialCentres><trialCentre><name>Clinic of Nowhere</name><city>York</city></trialCentre>
      </trialCentres>
      <targetEnrolment>200</targetEnrolment><totalFinalEnrolment>187</totalFinalEnrolment>
      <recruitmentStart>2026-07-01T00:00:00.000Z</recruitmentStart>
      <recruitmentEnd>2027-07-01T00:00:00.000Z</recruitmentEnd>
    </participants>
    <conditions><condition><description>Attachment</description></condition></conditions>
    <interventions><intervention><description>Six visits, then

usual care</description><drugNames>INV-SD, Ivv</drugNames></intervention></interventions>
    <results>
      <publicationDetails>2026 Results article in https://pubmed.ncbi.nlm.nih.gov/11111111/ (added 18/11/2026)
2026 Protocol article in https://doi.org/10.5555/protocol.1
2026 Participant information sheet at https://pubmed.ncbi.nlm.nih.gov/22222222/</publicationDetails>
      <ipdSharingStatement>Ask I. Vented, tel 01904 321 321.</ipdSharingStatement>
    </results>
    <outputs>
      <output id="1" outputType="resultsarticle" createdBy="Ina Vented">
        <externalLink url="https://www.example.org/doi/full/10.5555/result.2"/></output>
      <output id="2" outputType="hrasummary"><externalLink url="https://doi.org/10.5555/hra"/>
      </output>
    </outputs>
    <parties><contactId>00000000-0000-0000-0000-000000000001</contactId></parties>
  </trial>
  <contact id="00000000-0000-0000-0000-000000000001">
    <title>Prof</title><forename>Ina</forename><surname>Vented</surname>
    <orcid>0000-0002-1825-0097</orcid><contactTypes><contactType>Scientific</contactType></contactTypes>
    <contactDetails><address>1 Private Street</address><telephone>+44 1904 321 321</telephone>
      <email>ina@example.org</email></contactDetails>
  </contact>
  <sponsor id="2"><organisation>University of Nowhere</organisation>
    <contactDetails><address>2 Private Street</address><email>office@example.org</email>
    </contactDetails></sponsor>
  <funder id="3"><name>Nowhere Trust</name></funder>
</fullTrial>"""


def reply(*trials, total=None, namespace="http://www.67bricks.com/isrctn") -> bytes:
    count = len(trials) if total is None else total
    inside = "".join(trials)
    return f'<allTrials xmlns="{namespace}" totalCount="{count}">{inside}</allTrials>'.encode()


def read(trial=TRIAL) -> FetchedRecord:
    (found,) = isrctn_xml.read(reply(trial)).trials
    assert isinstance(found.record, FetchedRecord), found
    return found.record


def again(record: FetchedRecord) -> FetchedRecord:
    kept = KeptRecord(record.key, record.raw, record.media_type, FETCHED)
    found = isrctn_xml.reread(kept)
    assert isinstance(found, FetchedRecord), found
    return found


def values(identifiers):
    return [one.value for one in identifiers]


def test_a_trial_is_read_in_full():
    record = read()
    citation = record.citation
    assert record.key == "ISRCTN00000001"
    assert citation.title == "An invention in foster care"
    assert values(citation.identifiers) == ["ISRCTN00000001", "10.1186/isrctn00000001"]
    assert values(citation.registrations) == ["NCT00000001", "NCT00000002"]
    assert (citation.year, citation.published) == (2026, date(2026, 10, 5))
    assert (citation.journal, citation.authors) == ("ISRCTN registry", ())
    assert citation.url == "https://www.isrctn.com/ISRCTN00000001"
    assert citation.keywords == ("Attachment", "INV-SD", "Ivv", "NOWHERE")
    assert citation.publication_types == (
        "Clinical Trial Registration", "Interventional", "Randomized controlled trial",
    )  # fmt: skip
    assert again(record) == record


def test_it_hands_over_the_facts_of_its_trial():
    facts = Trial(
        "Stopped", date(2026, 6, 1), date(2028, 1, 31), participants=187, has_results=False
    )
    assert read().citation.trial == facts
    fewer = TRIAL.replace("<totalFinalEnrolment>187", "<totalFinalEnrolment>Nil known")
    trial = read(
        fewer.replace("<overallEndDate>2028-01-31T00:00:00.000Z", "<overallEndDate>")
    ).citation.trial
    assert trial is not None
    assert (trial.participants, trial.completed) == (200, None)
    shown = read(TRIAL.replace("<results>", "<results><basicReport>Told</basicReport>"))
    assert shown.citation.trial is not None
    assert shown.citation.trial.has_results


def test_its_abstract_says_what_a_reviewer_looks_for():
    assert read().citation.abstract == (
        "SUMMARY: Background and study aims To see. Sites of [removed].\n\n"
        "Where is the study run from? University of Nowhere (UK)\n\n"
        "SCIENTIFIC TITLE: A randomised trial of an invention\n\n"
        "AIMS: That it works < never.\n\n"
        "DESIGN: Interventional; Randomized controlled trial; Single-centre trial\n\n"
        "PARTICIPANTS: 187 enrolled; 200 planned\n\n"
        "STATUS: Stopped (No funds)\n\n"
        "DATES: registered 2026-10-05; start 2026-06-01; recruitment ends 2027-07-01; "
        "completion 2028-01-31\n\n"
        "INTERVENTIONS: Six visits, then\n\nusual care\n\n"
        "PRIMARY OUTCOMES: Security at 12 months\n\n"
        "SECONDARY OUTCOMES: Sensitivity 6 months; Stress\n\n"
        "COUNTRIES: England; United Kingdom"
    )


def test_it_is_seen_as_a_registration():
    citation = read().citation
    suggestion = suggest_design(citation.title, citation.abstract, citation.publication_types)
    assert suggestion is not None
    assert suggestion.design == "registration"


def test_articles_that_the_registry_lists_report_it_and_other_outputs_do_not():
    links = read().citation.links
    assert {one.kind for one in links} == {LinkKind.REPORTED_BY}
    assert values(one.identifier for one in links) == [
        "11111111", "10.5555/protocol.1", "10.5555/result.2",
    ]  # fmt: skip


def test_nobody_who_can_be_contacted_is_kept():
    kept = read().raw.decode()
    for gone in ("Vented", "Ordinary", "Another Person", "example.org/", "@", "Private Street",
                 "321", "1825", "contact"):  # fmt: skip
        assert gone not in kept.replace("https://www.example.org/", ""), gone
    for stays in ("Clinic of Nowhere", "York", "Nowhere Trust", "University of Nowhere"):
        assert stays in kept


def test_the_bare_number_will_do_and_another_namespace_changes_nothing():
    bare = TRIAL.replace('publicIdentifierCanonical="ISRCTN00000001"', "")
    (found,) = isrctn_xml.read(reply(bare, namespace="urn:another")).trials
    assert found.record.key == "ISRCTN00000001"
    assert found.edited == date(2026, 11, 15)
    assert isinstance(found.record, FetchedRecord)
    assert found.record.citation == read().citation


@pytest.mark.parametrize("empty", ["Nil known", "Not provided at time of registration", " ", "N/A"])
def test_what_says_nothing_is_not_given(empty):
    trial = TRIAL.replace("That it works &lt; never.", empty).replace(">187<", f">{empty}<")
    abstract = read(trial).citation.abstract or ""
    assert "AIMS" not in abstract
    assert "PARTICIPANTS: 200 planned" in abstract


@pytest.mark.parametrize(
    ("old", "new"),
    [(">00000001</isrctn>", ">1</isrctn>"), ("<trial ", "<trail "),
     ("An invention in foster care", " ")],
)  # fmt: skip
def test_an_unreadable_trial_is_set_aside_without_its_people(old, new):
    trial = TRIAL.replace(' publicIdentifierCanonical="ISRCTN00000001"', "")
    trial = trial.replace("A randomised trial of an invention", "").replace(old, new)
    trial = trial.replace("</trial>", "</trail>" if "trail" in new else "</trial>")
    (found,) = isrctn_xml.read(reply(trial)).trials
    assert isinstance(found.record, UnreadableRecord)
    assert found.record.reason
    assert b"Vented" not in found.record.raw
    assert b"@" not in found.record.raw


def test_any_element_may_be_missing_empty_or_elsewhere():
    whole = etree.fromstring(TRIAL)
    for element in [*whole.iter()][2:]:
        changed = etree.fromstring(TRIAL)
        twin = changed.find(whole.getroottree().getelementpath(element))
        assert twin is not None
        for change in (lambda one: one.clear(), lambda one: one.getparent().remove(one)):
            change(twin)
            (found,) = isrctn_xml.read(reply(etree.tostring(changed, encoding="unicode"))).trials
            if isinstance(found.record, FetchedRecord):
                assert again(found.record) == found.record


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><body>CANARY</body></html>", reply(TRIAL)[:-4], reply(TRIAL).replace(b"26", b"\x00"),
     reply().replace(b' totalCount="0"', b""), reply(total="many"), reply(total="-1"),
     reply(total="9" * 40), b"<fullTrial/>",
     b'<!DOCTYPE a [<!ENTITY x "y">]><allTrials totalCount="0">&x;</allTrials>',
     b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><allTrials totalCount="0"/>'],
)  # fmt: skip
def test_what_is_no_set_of_trials_is_refused(body):
    with pytest.raises(SourceError) as caught:
        isrctn_xml.read(body)
    assert caught.value.kind is SourceFault.MALFORMED
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"", b"{}", b"<trial/>", reply(TRIAL), b"<fullTrial>"])
def test_a_kept_record_that_is_no_trial_is_unreadable(raw):
    record = isrctn_xml.reread(KeptRecord("ISRCTN00000001", raw, "application/xml", FETCHED))
    assert isinstance(record, UnreadableRecord)


def as_xml(name, value) -> str:
    """Turn the register's tree, which the recording gives as JSON, back into its XML."""
    if isinstance(value, list):
        return "".join(as_xml(name, one) for one in value)
    inside = (
        "".join(as_xml(key, one) for key, one in value.items())
        if isinstance(value, dict)
        else escape(str(value))
    )
    return f"<{name}>{inside}</{name}>"


@pytest.fixture(scope="module")
def recorded(recordings):
    path = recordings / "registries" / "ctrdata__isrctn_A.json.gz"
    trials = json.loads(gzip.decompress(path.read_bytes()))
    added = {"ctrname", "record_last_import", "_id"}  # by the tool that recorded them
    return [{key: one[key] for key in one.keys() - added} for one in trials]


def test_recorded_trials_are_read(recorded):
    body = reply(*(f"<fullTrial>{as_xml('trial', one)}</fullTrial>" for one in recorded))
    found = isrctn_xml.read(body)
    assert (found.total, len(found.trials)) == (5, 5)
    links = {}
    for trial, one in zip(recorded, found.trials, strict=True):
        record = one.record
        assert isinstance(record, FetchedRecord)
        assert record.key == f"ISRCTN{trial['isrctn']}"
        citation = record.citation
        assert citation.title == trial["trialDescription"]["title"].strip()
        assert "Randomised controlled trial" in citation.publication_types
        assert "PARTICIPANTS: " in (citation.abstract or "")
        assert again(record) == record
        links[record.key] = values(link.identifier for link in citation.links)
    assert links["ISRCTN12949496"] == ["36385642", "30524749"]
    assert links["ISRCTN80181452"] == ["10.1056/nejmoa1501917", "10.1056/nejmoa1708831", "19590247"]
    named = {one.record.key: one.record for one in found.trials}["ISRCTN80181452"]
    assert isinstance(named, FetchedRecord)
    assert values(named.citation.registrations) == ["NCT01035190"]


def test_no_recorded_contact_is_kept(recorded):
    body = reply(*(f"<fullTrial>{as_xml('trial', one)}</fullTrial>" for one in recorded))
    people = 0
    for trial, one in zip(recorded, isrctn_xml.read(body).trials, strict=True):
        assert isinstance(one.record, FetchedRecord)
        kept = one.record.raw.decode() + repr(one.record.citation)
        assert not EMAIL.search(kept)
        summary = trial["trialDescription"].get("plainEnglishSummary", "")
        for line in summary.partition("main contact?")[2].splitlines():
            name = line.partition(",")[0].strip()
            people += bool(name)
            assert not name or name not in kept
    assert people >= 4
