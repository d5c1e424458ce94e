"""A trial as ClinicalTrials.gov writes it, contacts and all; everything in it is invented."""

from datetime import date
from typing import Any

from monitor.demo.dialects.expressions import Document
from monitor.demo.world import InventedPaper, InventedTrial

TELEPHONE = "+44 7700 900123"  # kept for dramas: rings nowhere

# pieces of a study that the API names otherwise than the key they are found under
PIECES = {
    "NCTId": "protocolSection.identificationModule.nctId",
    "OrgStudyId": "protocolSection.identificationModule.orgStudyIdInfo.id",
    "SecondaryId": "protocolSection.identificationModule.secondaryIdInfos.id",
    "LastUpdatePostDate": "protocolSection.statusModule.lastUpdatePostDateStruct.date",
    "StudyFirstPostDate": "protocolSection.statusModule.studyFirstPostDateStruct.date",
    "StartDate": "protocolSection.statusModule.startDateStruct.date",
    "CompletionDate": "protocolSection.statusModule.completionDateStruct.date",
    "Condition": "protocolSection.conditionsModule.conditions",
    "Phase": "protocolSection.designModule.phases",
    "DesignAllocation": "protocolSection.designModule.designInfo.allocation",
    "EnrollmentCount": "protocolSection.designModule.enrollmentInfo.count",
    "InterventionName": "protocolSection.armsInterventionsModule.interventions.name",
    "InterventionType": "protocolSection.armsInterventionsModule.interventions.type",
    "ReferencePMID": "protocolSection.referencesModule.references.pmid",
    "CentralContactName": "protocolSection.contactsLocationsModule.centralContacts.name",
}


def mail_of(trial: InventedTrial) -> str:
    """Give the address of a trial's contact, at a domain that cannot be."""
    return ".".join(trial.contact).lower() + "@trials.example"


def searched(trial: InventedTrial) -> Document:
    """Give what is searched of a trial, and by which dates."""
    texts = {
        "id": " ".join((trial.number, *trial.also)),
        "title": f"{trial.title} ; {scientific_title(trial)}",
        "summary": trial.summary,
        "intervention": f"{trial.intervention} ; {trial.comparison}",
        "condition": " ; ".join(trial.conditions),
        "status": trial.status,
        "ages": " ".join(trial.ages),
        "design": "INTERVENTIONAL RANDOMIZED NA",
    }
    dates = {"edited": trial.edited, "registered": trial.registered, "started": trial.started}
    return Document(texts, dates)


def scientific_title(trial: InventedTrial) -> str:
    """Give the longer title that registries keep beside the one for everybody."""
    return f"{trial.title}: a randomised controlled trial, invented as an example"


def study(trial: InventedTrial, reports: list[InventedPaper], loaded: date) -> dict[str, Any]:
    """Write a study of the API, version 2. ``loaded``: the day of the data, on every study."""
    protocol = {
        "identificationModule": _identification(trial),
        "statusModule": _status(trial),
        "sponsorCollaboratorsModule": _sponsors(trial),
        "descriptionModule": {"briefSummary": trial.summary},
        "conditionsModule": {"conditions": list(trial.conditions), "keywords": ["attachment"]},
        "designModule": _design(trial),
        "armsInterventionsModule": _arms(trial),
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Attachment security", "timeFrame": "One year"}]
        },
        "eligibilityModule": {"sex": "ALL", "stdAges": list(trial.ages)},
        "contactsLocationsModule": _contacts(trial),
    }
    if references := _references(reports):
        protocol["referencesModule"] = {"references": references}
    return {
        "protocolSection": protocol,
        "derivedSection": {"miscInfoModule": {"versionHolder": loaded.isoformat()}},
        "hasResults": False,
    }


def _identification(trial: InventedTrial) -> dict[str, Any]:
    module: dict[str, Any] = {
        "nctId": trial.number,
        "orgStudyIdInfo": {"id": trial.key.upper()},
        "organization": {"fullName": "Imaginary University", "class": "OTHER"},
        "briefTitle": trial.title,
        "officialTitle": scientific_title(trial),
    }
    if trial.also:
        module["secondaryIdInfos"] = [{"id": other, "type": "OTHER"} for other in trial.also]
    return module


def _status(trial: InventedTrial) -> dict[str, Any]:
    actual = "ACTUAL" if trial.status == "COMPLETED" else "ESTIMATED"
    return {
        "statusVerifiedDate": trial.edited.isoformat()[:7],
        "overallStatus": trial.status,
        "expandedAccessInfo": {"hasExpandedAccess": False},
        "startDateStruct": {"date": trial.started.isoformat()[:7], "type": "ACTUAL"},
        "completionDateStruct": _on(trial.completed, actual),
        "studyFirstSubmitDate": trial.registered.isoformat(),
        "studyFirstPostDateStruct": _on(trial.registered, "ACTUAL"),
        "lastUpdateSubmitDate": trial.edited.isoformat(),
        "lastUpdatePostDateStruct": _on(trial.edited, "ACTUAL"),
    }


def _on(day: date, kind: str) -> dict[str, str]:
    return {"date": day.isoformat(), "type": kind}


def _sponsors(trial: InventedTrial) -> dict[str, Any]:
    return {
        "responsibleParty": {
            "type": "PRINCIPAL_INVESTIGATOR",
            "investigatorFullName": " ".join(trial.contact),
            "investigatorTitle": "Professor of Examples",
            "investigatorAffiliation": "Imaginary University",
        },
        "leadSponsor": {"name": "Imaginary University", "class": "OTHER"},
    }


def _design(trial: InventedTrial) -> dict[str, Any]:
    return {
        "studyType": "INTERVENTIONAL",
        "phases": ["NA"],
        "designInfo": {
            "allocation": "RANDOMIZED",
            "interventionModel": "PARALLEL",
            "primaryPurpose": "TREATMENT",
            "maskingInfo": {"masking": "SINGLE", "whoMasked": ["OUTCOMES_ASSESSOR"]},
        },
        "enrollmentInfo": {
            "count": trial.enrolment,
            "type": "ACTUAL" if trial.status == "COMPLETED" else "ESTIMATED",
        },
    }


def _arms(trial: InventedTrial) -> dict[str, Any]:
    names = (trial.intervention, trial.comparison)
    return {
        "armGroups": [
            {"label": name, "type": kind, "interventionNames": [f"Behavioral: {name}"]}
            for name, kind in zip(names, ("EXPERIMENTAL", "ACTIVE_COMPARATOR"), strict=True)
        ],
        "interventions": [
            {"type": "BEHAVIORAL", "name": name, "armGroupLabels": [name]} for name in names
        ],
    }


def _contacts(trial: InventedTrial) -> dict[str, Any]:
    name = " ".join(trial.contact)
    person = {"name": name, "role": "CONTACT", "phone": TELEPHONE, "email": mail_of(trial)}
    return {
        "centralContacts": [person],
        "overallOfficials": [
            {"name": name, "affiliation": "Imaginary University", "role": "PRINCIPAL_INVESTIGATOR"}
        ],
        "locations": [
            {
                "facility": "Imaginary Clinic",
                "city": "Exampleton",
                "country": "United Kingdom",
                "contacts": [person],
            }
        ],
    }


def _references(papers: list[InventedPaper]) -> list[dict[str, str]]:
    """List the papers that PubMed says are of the trial."""
    return [
        {"pmid": paper.pmid, "type": "DERIVED", "citation": f"{paper.title}. {paper.journal}."}
        for paper in papers
        if "pubmed" in paper.sources
    ]
