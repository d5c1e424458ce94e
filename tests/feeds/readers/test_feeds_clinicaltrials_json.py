"""One study of ClinicalTrials.gov: what is read, what is left out, whatever is sent."""

import gzip
import json
import re
import tarfile
from datetime import date
from typing import Any

import pytest

from monitor.catalogue.loader import load as load_catalogue
from monitor.feeds.readers import clinicaltrials_json
from monitor.feeds.records import FetchedRecord, KeptRecord, LinkKind, Trial, UnreadableRecord
from monitor.feeds.storage.citations import content_hash
from monitor.literature.design.rules import suggest_design
from monitor.literature.matching.matcher import Matcher

FETCHED = date(2026, 11, 23)
EMAIL = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}")

PROTOCOL: dict[str, dict[str, Any]] = {
    "identificationModule": {
        "nctId": "NCT00000001", "nctIdAliases": ["NCT00000009"],
        "briefTitle": "An Invention in Foster Care", "acronym": "NOWHERE",
        "officialTitle": "A Randomised Trial of an Invention in Foster Care",
        "organization": {"fullName": "University of Nowhere", "class": "OTHER"},
        "secondaryIdInfos": [
            {"id": "ISRCTN00000001", "type": "REGISTRY"},
            {"id": "00000002", "type": "REGISTRY", "domain": "ISRCTN"},
            {"id": "20070110", "type": "OTHER", "domain": "Ethics committee"},
        ],
    },
    "statusModule": {
        "overallStatus": "NOT_YET_RECRUITING", "whyStopped": None,
        "startDateStruct": {"date": "2026-06"}, "completionDateStruct": {"date": "2028-01-31"},
        "studyFirstPostDateStruct": {"date": "2026-10-05", "type": "ACTUAL"},
        "lastUpdatePostDateStruct": {"date": "2026-11-15", "type": "ACTUAL"},
    },
    "sponsorCollaboratorsModule": {
        "responsibleParty": {
            "type": "PRINCIPAL_INVESTIGATOR", "investigatorFullName": "Ina Vented",
            "investigatorTitle": "Professor", "investigatorAffiliation": "University of Nowhere",
        },
        "leadSponsor": {"name": "Ina Vented", "class": "INDIV"},
        "collaborators": [{"name": "Nowhere Trust", "class": "OTHER"}],
    },
    "descriptionModule": {
        "briefSummary": "Children \\> 1 year.\n\nWrite to Ina Vented, ina@example.org.",
        "detailedDescription": "A follow-up of NCT00000003.",
    },
    "conditionsModule": {"conditions": ["Attachment"], "keywords": ["foster care"]},
    "designModule": {
        "studyType": "INTERVENTIONAL",
        "designInfo": {"allocation": "RANDOMIZED", "interventionModel": "PARALLEL",
                       "primaryPurpose": "PREVENTION", "maskingInfo": {"masking": "SINGLE"}},
        "enrollmentInfo": {"count": 200, "type": "ESTIMATED"},
    },
    "armsInterventionsModule": {
        "armGroups": [{"label": "Control", "description": "Usual care"}],
        "interventions": [{"name": "Invention", "otherNames": ["INV-SD", "Ivv"],
                           "description": "Six visits"}],
    },
    "outcomesModule": {
        "primaryOutcomes": [{"measure": "Security", "timeFrame": "12 months"}],
        "secondaryOutcomes": [{"measure": "Sensitivity"}],
    },
    "contactsLocationsModule": {
        "centralContacts": [{"name": "Roe Ordinary", "phone": "202-555-0100",
                             "email": "roe@example.org"}],
        "overallOfficials": [{"name": "Ina Vented, PhD", "affiliation": "University of Nowhere"}],
        "locations": [{"facility": "Clinic of Nowhere", "city": "York", "country": "United Kingdom",
                       "contacts": [{"name": "Lo Cal", "email": "lo@example.org"}]}],
    },
    "referencesModule": {"references": [
        {"pmid": "1", "type": "BACKGROUND", "citation": "Another's. doi: 10.5555/background"},
        {"pmid": "2", "type": "RESULT", "citation": "Vented I. Results. doi: 10.5555/result."},
        {"pmid": "3", "type": "DERIVED", "citation": "A review. doi: 10.5555/derived"},
        {"type": "RESULT", "citation": "In the proceedings, without a number"},
    ]},
}  # fmt: skip
STUDY = {
    "protocolSection": PROTOCOL,
    "resultsSection": {"moreInfoModule": {"pointOfContact": {"title": "Dr I Vented",
                                                             "phone": "202-555-0100"}}},
    "derivedSection": {"miscInfoModule": {"versionHolder": "2026-11-20"}},
    "hasResults": False,
}  # fmt: skip


def read(study=STUDY) -> FetchedRecord:
    record = clinicaltrials_json.read(study)
    assert isinstance(record, FetchedRecord), record
    return record


def changed(module, **fields):
    own = {**PROTOCOL[f"{module}Module"], **fields}
    return {**STUDY, "protocolSection": {**PROTOCOL, f"{module}Module": own}}


def values(identifiers):
    return [one.value for one in identifiers]


def test_a_study_is_read_in_full():
    record = read()
    citation = record.citation
    assert record.key == "NCT00000001"
    assert citation.title == "An Invention in Foster Care"
    assert values(citation.identifiers) == ["NCT00000001", "NCT00000009"]
    assert values(citation.registrations) == ["ISRCTN00000001", "ISRCTN00000002", "NCT00000003"]
    assert (citation.year, citation.published) == (2026, date(2026, 10, 5))
    assert (citation.journal, citation.authors) == ("ClinicalTrials.gov", ())
    assert citation.url == "https://clinicaltrials.gov/study/NCT00000001"
    assert citation.keywords == (
        "Attachment", "foster care", "Invention", "INV-SD", "Ivv", "NOWHERE",
    )  # fmt: skip
    assert citation.publication_types == (
        "Clinical Trial Registration", "Interventional", "Randomized",
    )  # fmt: skip


def test_it_hands_over_the_facts_of_its_trial():
    assert read().citation.trial == Trial(
        status="not yet recruiting",
        started=date(2026, 6, 30),
        completed=date(2028, 1, 31),
        participants=200,
        has_results=False,
    )
    primary = {"date": "2027-02", "type": "ESTIMATED"}
    trial = read(changed("status", primaryCompletionDateStruct=primary)).citation.trial
    assert trial is not None
    assert (trial.completed, trial.completed_expected) == (date(2027, 2, 28), True)


@pytest.mark.parametrize("sent", ["2028-13", "soon", "", None, 7])
def test_a_date_that_is_none_leaves_the_completion_unknown(sent):
    trial = read(changed("status", completionDateStruct={"date": sent})).citation.trial
    assert trial is not None
    assert trial.completed is None


def test_its_abstract_says_what_a_reviewer_looks_for():
    assert read().citation.abstract == (
        "SUMMARY: Children > 1 year.\n\nWrite to [removed], [removed].\n\n"
        "OFFICIAL TITLE: A Randomised Trial of an Invention in Foster Care\n\n"
        "DESIGN: interventional; allocation randomized; model parallel; masking single; "
        "purpose prevention\n\n"
        "PARTICIPANTS: 200 planned\n\n"
        "STATUS: not yet recruiting\n\n"
        "DATES: registered 2026-10-05; start 2026-06; completion 2028-01-31\n\n"
        "INTERVENTIONS: Invention: Six visits; Control: Usual care\n\n"
        "PRIMARY OUTCOMES: Security (12 months)\n\n"
        "SECONDARY OUTCOMES: Sensitivity\n\n"
        "COUNTRIES: United Kingdom\n\n"
        "DESCRIPTION: A follow-up of NCT00000003."
    )


def test_it_is_seen_as_a_registration():
    citation = read().citation
    suggestion = suggest_design(citation.title, citation.abstract, citation.publication_types)
    assert suggestion is not None
    assert suggestion.design == "registration"


def test_only_what_the_trialists_call_a_result_reports_it():
    links = read().citation.links
    assert {one.kind for one in links} == {LinkKind.REPORTED_BY}
    assert values(one.identifier for one in links) == ["2", "10.5555/result"]


def test_nobody_who_can_be_contacted_is_kept():
    kept = read().raw.decode()
    for gone in ("Vented", "Ordinary", "Lo Cal", "example.org", "555-0100", "Professor"):
        assert gone not in kept.replace("Vented I. Results.", "")
    for stays in ("Clinic of Nowhere", "York", "Nowhere Trust", "University of Nowhere"):
        assert stays in kept


def test_the_matcher_finds_an_intervention_that_only_another_name_tells():
    given = {"name": "Parent programme", "otherNames": ["Circle of Security"]}
    citation = read(changed("armsInterventions", interventions=[given])).citation
    hits = Matcher(load_catalogue()).match(
        title=citation.title, abstract=citation.abstract, keywords=citation.keywords
    )
    assert [(hit.slug, hit.field) for hit in hits] == [("cos", "keywords")]


@pytest.mark.parametrize("count", [None, "200", 2.5, True, -1, 10**12])
def test_a_number_of_people_that_is_none_is_not_given(count):
    study = changed("design", enrollmentInfo={"count": count})
    assert "PARTICIPANTS" not in (read(study).citation.abstract or "")


def test_a_new_load_of_their_data_is_no_change_and_a_new_status_is():
    stamped = {**STUDY, "derivedSection": {"miscInfoModule": {"versionHolder": "2026-11-21"}}}
    assert content_hash(read(stamped)) == content_hash(read())
    assert content_hash(read(changed("status", overallStatus="COMPLETED"))) != content_hash(read())


@pytest.mark.parametrize(
    "study",
    [None, [], "text", 3, {}, {"protocolSection": None}, {"FullStudy": {"Study": {}}},
     changed("identification", nctId=None), changed("identification", nctId="NCT1"),
     changed("identification", nctId=["NCT00000001"]),
     changed("identification", briefTitle=" ", officialTitle=None)],
)  # fmt: skip
def test_an_unreadable_study_is_set_aside_without_its_people(study):
    record = clinicaltrials_json.read(study)
    assert isinstance(record, UnreadableRecord)
    assert record.reason
    assert not EMAIL.search(record.raw.decode())
    assert b"Ordinary" not in record.raw


@pytest.mark.parametrize(
    "junk", [None, 3, True, float("nan"), "text", ["x"], [None], [[[]]], {"a": [None]}, {"date": 1},
             "\x00\ud800", [{"name": 3, "type": "RESULT", "pmid": {}}], "x" * 20_000]
)  # fmt: skip
def test_any_field_may_be_of_another_kind(junk):
    for module, fields in PROTOCOL.items():
        naming = module == "identificationModule"
        own = {} if naming else {"protocolSection": {**PROTOCOL, module: junk}}
        readings = [read({**STUDY, **own})]
        readings += [
            read(changed(module.removesuffix("Module"), **{name: junk}))
            for name in fields.keys() - {"nctId", "briefTitle"}
        ]
        for record in readings:
            assert again(record).citation == record.citation


def test_a_nest_without_end_is_cut():
    nest: object = "deep"
    for _ in range(900):
        nest = {"a": nest}
    record = read({**STUDY, "nest": nest})
    assert b"deep" not in record.raw
    assert again(record) == record


def test_a_kept_record_that_is_no_json_is_unreadable():
    for raw in (b"", b"{", b"[" * 100_000, b"\xff"):
        kept = KeptRecord("NCT00000001", raw, clinicaltrials_json.MEDIA_TYPE, FETCHED)
        record = clinicaltrials_json.reread(kept)
        assert isinstance(record, UnreadableRecord)


def again(record: FetchedRecord) -> FetchedRecord:
    found = clinicaltrials_json.reread(
        KeptRecord(record.key, record.raw, record.media_type, FETCHED)
    )
    assert isinstance(found, FetchedRecord)
    return found


def load(path):
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)


def recorded(recordings):
    """Give every recorded study of version 2, by the name of its file."""
    folder = recordings / "registries"
    found = {
        path.name.partition(".")[0]: load(path) for path in sorted(folder.glob("*ctg-studies*"))
    }
    found["aact"] = [load(folder / "aact__NCT02552212.json.gz")]
    found["ctrdata"] = [
        one
        for one in load(folder / "ctrdata__other_registers.json.gz")
        if one.get("ctrname") == "CTGOV2"
    ]
    with tarfile.open(folder / "biomcp-ctgov-2026.tar.gz") as archive:
        files = [archive.extractfile(one) for one in archive if one.isfile()]
        replies = [json.load(file) for file in files if file is not None]
    found["biomcp"] = [study for reply in replies for study in reply.get("studies", [reply])]
    return found


@pytest.fixture(scope="module")
def readings(recordings):
    return {
        name: [(study, clinicaltrials_json.read(study)) for study in studies]
        for name, studies in recorded(recordings).items()
    }


def test_every_recorded_study_is_read_with_the_counts_stated(readings):
    assert {name: len(pairs) for name, pairs in readings.items()} == {
        "herniated_disc__ctg-studies": 100,
        "clinical-trials-public__ctg-studies": 10,
        "clinical-trials-public__ctg-studies(2)": 1,
        "clinical-trials-public__ctg-studies(5)": 50,
        "aact": 1, "ctrdata": 5, "biomcp": 25,
    }  # fmt: skip
    for pairs in readings.values():
        for study, record in pairs:
            assert isinstance(record, FetchedRecord)
            naming = study["protocolSection"]["identificationModule"]
            assert record.key == naming["nctId"]
            assert record.citation.title == " ".join(naming["briefTitle"].split())
            assert again(record) == record


def test_recorded_studies_say_how_they_allocate_and_when_they_were_posted(readings):
    citations = [record.citation for _, record in readings["herniated_disc__ctg-studies"]]
    randomised = [one for one in citations if "Randomized" in one.publication_types]
    assert len(randomised) == 64  # as the manifest states
    assert all(one.published and one.abstract for one in citations)
    assert sum(len(one.links) > 0 for one in citations) >= 10


def test_recorded_studies_tell_when_they_ended_and_how_many_took_part(readings):
    pairs = [pair for name in readings for pair in readings[name]]
    trials = {record.key: record.citation.trial for _, record in pairs}
    assert all(trial and trial.status for trial in trials.values())
    for study, record in pairs:
        said = study["protocolSection"]["statusModule"].get("primaryCompletionDateStruct")
        trial = trials[record.key]
        assert not said or (trial.completed and f"{trial.completed}".startswith(said["date"]))
    told = [one for one in trials.values() if one.completed]
    assert len(told) > 0.9 * len(trials)
    assert sum(one.has_results is True for one in trials.values()) >= 6


def test_no_recorded_contact_is_kept(readings):
    """Scan what is kept for every address, and for the names of the study's own contacts."""
    people = 0
    for pairs in readings.values():
        for study, record in pairs:
            kept = record.raw.decode() + repr(record.citation)
            assert not EMAIL.search(kept), record.key
            for name in contacts(study):
                people += 1
                assert name not in kept, (record.key, name)
    assert people > 450


OFFICE = re.compile(
    r"\b(clinical|trials?|call|center|study|director|contact|information|coordinator|site|"
    r"transparency|investigator|sponsor|number|team|research|medical)\b", re.IGNORECASE,
)  # fmt: skip


def contacts(study) -> set[str]:
    """Give the people a study names, not its offices and companies, without their degrees."""
    module = study["protocolSection"].get("contactsLocationsModule", {})
    listed = [*module.get("centralContacts", []), *module.get("overallOfficials", [])]
    for place in module.get("locations", []):
        listed += place.get("contacts", [])
    names = {str(one.get("name", "")).partition(",")[0].strip() for one in listed}
    sponsors = study["protocolSection"].get("sponsorCollaboratorsModule", {})
    sponsor = sponsors.get("leadSponsor", {})
    company = sponsor.get("name", "") if sponsor.get("class") == "INDUSTRY" else ""
    return {n for n in names if " " in n and not OFFICE.search(n) and n not in company}


def test_the_older_interface_is_not_mistaken_for_this_one(recordings):
    classic = load(recordings / "registries" / "aact__NCT00023673.json.gz")
    assert isinstance(clinicaltrials_json.read(classic), UnreadableRecord)
