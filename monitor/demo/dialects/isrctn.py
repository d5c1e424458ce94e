"""A stand-in of the ISRCTN registry's query service: XML, a limit and no pages.

Speaks the dialect on its own: shares no code with the reader it serves to test. As the real one,
it finds nothing, without a word, where a field is unknown; it publishes names, e-mail addresses
and telephone numbers of contacts, in fields and in free text.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar
from xml.sax.saxutils import escape, quoteattr

from monitor.demo.dialects import registrations, searches
from monitor.demo.dialects.expressions import Document, Unreadable
from monitor.demo.machinery.exchange import Request, StandInReply
from monitor.demo.machinery.faults import Fault
from monitor.demo.machinery.server import StandIn
from monitor.demo.world import InventedPaper, InventedTrial, World

PATH = "/api"
NAMESPACE = "http://www.67bricks.com/isrctn"
_QUERY = f"{PATH}/query/format/default"
_TRIAL = re.compile(rf"{PATH}/trial/(?P<number>[^/]+)/format/default")
_LIMIT = 10
_FIELDS = {
    "title": ("title",),
    "condition": ("condition",),
    "intervention": ("intervention",),
    "primaryStudyDesign": ("design",),
    "isrctn": ("id",),
}
_DATES = {"lastEdited": "edited", "dateAssigned": "registered"}
_STATUS = {"COMPLETED": "Completed", "RECRUITING": "Ongoing", "ACTIVE_NOT_RECRUITING": "Ongoing"}


class IsrctnStandIn(StandIn):
    """The stand-in."""

    name = "isrctn"
    own_faults: ClassVar[Mapping[str, frozenset[Fault]]] = {
        "isrctn/query": frozenset({Fault.SHORT, Fault.FEWER}),
        "isrctn/trial": frozenset(),
    }

    def __init__(self, world: World | None = None) -> None:
        super().__init__()
        self.world = world

    @property
    def base_url(self) -> str:
        """What ``[sources.isrctn] base_url`` takes."""
        return self.root + PATH

    def trials(self) -> list[tuple[str, Document]]:
        """List what the registry holds now, as sent and as searched, the last edited first."""
        if self.world is None:
            return []
        return [
            (_full_trial(trial, self.world.reports_of(trial)), registrations.searched(trial))
            for trial in self.world.registered("isrctn")
        ]

    def endpoint(self, path: str) -> str | None:
        """Name the endpoint of a path."""
        if path == _QUERY:
            return "isrctn/query"
        return "isrctn/trial" if _TRIAL.fullmatch(path) else None

    def answer(self, request: Request) -> StandInReply:
        """Answer a query, or with one trial."""
        if request.endpoint.endswith("/trial"):
            return self._single(request)
        query, limit = request.params.get("q", "").strip(), request.params.get("limit", "")
        if not query or (limit and not limit.isdigit()):
            return _html(400, "Bad Request")
        try:
            test = searches.isrctn(query, _FIELDS, _DATES)
        except Unreadable:
            return _html(400, "Bad Request")
        trials = [xml for xml, document in self.trials() if test(document)]
        if request.fault is Fault.FEWER:
            trials = trials[::2]
        sent = trials[: int(limit or _LIMIT)]
        declared = len(trials)
        if request.fault is Fault.SHORT:
            declared, sent = declared + (not sent), sent[:-1]
        return _xml(
            f'<allTrials xmlns="{NAMESPACE}" totalCount="{declared}">{"".join(sent)}</allTrials>'
        )

    def _single(self, request: Request) -> StandInReply:
        """Answer with one trial: a 400 for what is no number, a page of a 500 for an unknown one."""
        match = _TRIAL.fullmatch(request.path)
        number = (match["number"] if match else "").upper().removeprefix("ISRCTN")
        if not re.fullmatch(r"\d{8}", number):
            return _html(400, "Bad Request")
        for xml, document in self.trials():
            if f"ISRCTN{number}" in document.texts["id"].split():
                return _xml(xml.replace("<fullTrial>", f'<fullTrial xmlns="{NAMESPACE}">', 1))
        return _html(500, "Internal Server Error")


def _html(status: int, words: str) -> StandInReply:
    return StandInReply(f"<html><body><h1>{words}</h1></body></html>".encode(), status=status)


def _xml(text: str) -> StandInReply:
    prologue = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return StandInReply((prologue + text).encode(), "application/xml; charset=UTF-8")


def _full_trial(trial: InventedTrial, reports: list[InventedPaper]) -> str:
    return f"""<fullTrial>
<trial lastUpdated="{_moment(trial.edited)}" version="2" isVisibleToPublic="true" publicIdentifierCanonical="{trial.number}" publicIdentifierType="ISRCTN">
<isrctn dateAssigned="{_moment(trial.registered)}">{trial.number.removeprefix("ISRCTN")}</isrctn>
{_description(trial)}
{_numbers(trial)}
<trialDesign><studyDesign>Invented multicentre randomised trial</studyDesign>
<primaryStudyDesign>Interventional</primaryStudyDesign>
<secondaryStudyDesign>Randomised controlled trial</secondaryStudyDesign>
<interventionalTrialDesign><allocation>Randomized controlled trial</allocation><masking>Blinded (masking used)</masking></interventionalTrialDesign>
<trialTypes><trialType>Treatment</trialType></trialTypes>
<overallEndDate>{_moment(trial.completed)}</overallEndDate><overallStatusOverride>{_STATUS[trial.status]}</overallStatusOverride></trialDesign>
<participants><recruitmentCountries><country>England</country></recruitmentCountries>
<inclusion>Imaginary families</inclusion><ageRange>Mixed</ageRange><targetEnrolment>{trial.enrolment}</targetEnrolment>
<recruitmentStart>{_moment(trial.started)}</recruitmentStart><recruitmentEnd>{_moment(trial.completed)}</recruitmentEnd></participants>
<conditions>{"".join(f"<condition><description>{escape(c)}</description></condition>" for c in trial.conditions)}</conditions>
<interventions><intervention><description>{escape(trial.intervention)}, compared with: {escape(trial.comparison)}</description>
<interventionType>Behavioural</interventionType></intervention></interventions>
<results><publicationPlan>Planned publication in an invented journal</publicationPlan><publicationStage>Results</publicationStage></results>
<outputs>{"".join(_output(paper, n) for n, paper in enumerate(reports, 1))}</outputs>
<parties><contactId>Contact0</contactId><sponsorId>Sponsor0</sponsorId></parties>
</trial>
{_contact(trial)}
<sponsor id="Sponsor0"><organisation>Imaginary University</organisation><sponsorType>University/education</sponsorType></sponsor>
</fullTrial>
"""


def _moment(day: date) -> str:
    return datetime.combine(day, searches.EDITED_AT).isoformat() + ".295891682Z"


def _description(trial: InventedTrial) -> str:
    """Write the texts; the summary for everybody ends with a person to contact, as most do."""
    summary = (
        f"Background and study aims\n{trial.summary}\n\nWho can participate?\nImaginary families\n\n"
        f"Who is the main contact?\nDr {' '.join(trial.contact)}\n{registrations.mail_of(trial)}"
    )
    return f"""<trialDescription><title>{escape(trial.title)}</title>
<scientificTitle>{escape(registrations.scientific_title(trial))}</scientificTitle><acronym/>
<studyHypothesis>{escape(trial.summary)}</studyHypothesis>
<plainEnglishSummary>{escape(summary)}</plainEnglishSummary>
<primaryOutcome>Attachment security at one year</primaryOutcome></trialDescription>"""


def _numbers(trial: InventedTrial) -> str:
    nct = next((number for number in trial.also if number.startswith("NCT")), "Nil known")
    return f"""<externalRefs><doi>10.1186/{trial.number}</doi><eudraCTNumber>Nil known</eudraCTNumber>
<irasNumber/><clinicalTrialsGovNumber>{nct}</clinicalTrialsGovNumber><protocolSerialNumber>{trial.key.upper()}</protocolSerialNumber>
<secondaryNumbers><secondaryNumber>{trial.key.upper()}</secondaryNumber></secondaryNumbers></externalRefs>"""


def _output(paper: InventedPaper, number: int) -> str:
    kind = "protocolarticle" if "Clinical Trial Protocol" in paper.types else "resultsarticle"
    link = f"https://pubmed.ncbi.nlm.nih.gov/{paper.pmid}/"
    if "pubmed" not in paper.sources:
        link = f"https://doi.org/{paper.doi}"
    return (
        f'<output id="Output{number}" outputType="{kind}" artefactType="ExternalLink" '
        f'dateCreated="{_moment(paper.entered)}" peerReviewed="true">'
        f"<externalLink url={quoteattr(link)}/><description/></output>"
    )


def _contact(trial: InventedTrial) -> str:
    forename, surname = trial.contact
    return f"""<contact id="Contact0"><title>Dr</title><forename>{forename}</forename><surname>{surname}</surname>
<contactTypes><contactType>Principal Investigator</contactType><contactType>Public</contactType></contactTypes>
<contactDetails><address>1 Imaginary Street</address><city>Exampleton</city><country>United Kingdom</country>
<telephone>{registrations.TELEPHONE}</telephone><email>{registrations.mail_of(trial)}</email></contactDetails></contact>"""
