"""Reads ISRCTN's XML: a set of ``fullTrial``, each a trial with its contacts, sponsors and funders.

Elements are known by their local names, so that a new namespace changes nothing. People who can
be contacted are taken out before anything is kept. Never resolves an entity, loads a DTD or
reaches the network, whatever the document asks for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import dropwhile

from lxml import etree

from monitor.feeds import plain
from monitor.feeds.identifiers.canonical import distinct, doi, isrctn, nct
from monitor.feeds.readers import registration
from monitor.feeds.readers.contacts import Redaction
from monitor.feeds.readers.xml_elements import SAFELY, Element
from monitor.feeds.records import (
    Citation,
    FetchedRecord,
    Identifier,
    KeptRecord,
    UnreadableRecord,
)
from monitor.feeds.records import Trial as TrialFacts
from monitor.kernel.errors import SourceError, SourceFault

MEDIA_TYPE = "application/xml"
REGISTRY = "ISRCTN registry"
_CONTACTS = frozenset({"contact", "contactDetails", "contactId"})
_BY_WHOM = "createdBy"  # an attribute of outputs: who put them there
_MAIN_CONTACT = re.compile(r"who is the main contact", re.IGNORECASE)
# what they write into a field that was left empty
_NOTHING = re.compile(
    r"(?:nil known|not provided at time of registration|not applicable|n/a)\.?", re.IGNORECASE
)
_KINDS = ("primaryStudyDesign", "secondaryStudyDesign", "allocation")
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class IsrctnTrial:
    """One trial of a reply, and the day it was last edited."""

    record: FetchedRecord | UnreadableRecord
    edited: date | None


@dataclass(frozen=True, slots=True)
class IsrctnReply:
    """One whole reply: how many trials the registry finds, and those that it sent."""

    total: int
    trials: tuple[IsrctnTrial, ...]


def read(body: bytes) -> IsrctnReply:
    """Read one reply.

    Raises:
        SourceError: it is no whole set of trials.
    """
    root = _root(body)
    total = root.get("totalCount") if root is not None and _name(root) == "allTrials" else None
    if root is None or total is None:
        what = "XML that is no set of trials" if root is not None else "no whole XML document"
        raise SourceError(SourceFault.MALFORMED, f"ISRCTN sent {what}")
    if not (total.isascii() and total.isdigit() and len(total) <= _MOST_DIGITS):
        raise SourceError(SourceFault.MALFORMED, "ISRCTN did not state how many trials it finds")
    return IsrctnReply(
        int(total), tuple(_trial(element) for element in root if _name(element) == "fullTrial")
    )


def reread(kept: KeptRecord) -> FetchedRecord | UnreadableRecord:
    """Read one kept trial with today's reader."""
    root = _root(kept.raw)
    if root is None or _name(root) != "fullTrial":
        return UnreadableRecord(kept.key, kept.raw, "is not one trial")
    return _trial(root).record


def _root(body: bytes) -> Element | None:
    parser = etree.XMLParser(**SAFELY)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    # they never send one, and without it there are no entities
    return root if root.getroottree().docinfo.internalDTD is None else None


def _trial(whole: Element) -> IsrctnTrial:
    """Read one trial, without its contacts."""
    _take_contacts_out(whole)
    raw = etree.tostring(whole, encoding="utf-8", with_tail=False)
    trial = _child(whole, "trial")
    number = isrctn(_attribute(trial, "publicIdentifierCanonical")) or isrctn(
        _text(_child(trial, "isrctn"))
    )
    edited = registration.day(_attribute(trial, "lastUpdated"))
    if trial is None or number is None:
        key = f"unknown:{plain.digest(raw.decode('utf-8', 'replace'))}"
        return IsrctnTrial(UnreadableRecord(key, raw, "has no ISRCTN"), edited)
    said = _child(trial, "trialDescription")
    title = _line(said, "title", plain.MAX_TITLE) or _line(said, "scientificTitle", plain.MAX_TITLE)
    if not title:
        return IsrctnTrial(UnreadableRecord(number.value, raw, "has no title"), edited)
    citation = _citation(trial, number, title)
    return IsrctnTrial(FetchedRecord(number.value, raw, MEDIA_TYPE, citation), edited)


def _citation(trial: Element, number: Identifier, title: str) -> Citation:
    outside = _child(trial, "externalRefs")
    own = distinct(number, doi(_line(outside, "doi")) or doi(f"10.1186/{number.value}"))
    text = registration.abstract(_paragraphs(trial))
    elsewhere = (nct(_line(outside, "clinicalTrialsGovNumber")),)
    assigned = registration.day(_attribute(_child(trial, "isrctn"), "dateAssigned"))
    return Citation(
        title=title,
        identifiers=own,
        registrations=registration.other_registrations(
            own, elsewhere, *_each(outside, "secondaryNumber"), title, text
        ),
        abstract=text,
        journal=REGISTRY,
        year=assigned.year if assigned else None,
        published=assigned,
        publication_types=(registration.TYPE, *_designs(trial, *_KINDS)),
        keywords=tuple(dict.fromkeys(_keywords(trial)))[: plain.MAX_LIST],
        url=f"https://www.isrctn.com/{number.value}",
        links=registration.reported_by(
            article for article in _articles(trial) if article not in own
        ),
        trial=_facts(trial),
    )


def _facts(trial: Element) -> TrialFacts:
    """Read the trial's facts; the registry tells no expected end from one that has come."""
    people, results = _child(trial, "participants"), _child(trial, "results")
    return TrialFacts(
        status=_state(trial) or None,
        started=registration.last_day(_start(trial)),
        completed=registration.last_day(_given(_child(trial, "trialDesign"), "overallEndDate")),
        participants=_count(
            _given(people, "totalFinalEnrolment") or _given(people, "targetEnrolment")
        ),
        has_results=bool(_given(results, "basicReport")) if results is not None else None,
    )


def _count(text: str) -> int | None:
    digits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if digits else None


def _paragraphs(trial: Element) -> Iterator[tuple[str, str]]:
    said, people = _child(trial, "trialDescription"), _child(trial, "participants")
    yield "SUMMARY", _given(said, "plainEnglishSummary")
    yield "SCIENTIFIC TITLE", _given(said, "scientificTitle")
    yield "AIMS", _given(said, "studyHypothesis")
    yield "DESIGN", "; ".join(_designs(trial, *_KINDS, "studyDesign"))
    yield "PARTICIPANTS", _participants(people)
    yield "STATUS", _status(trial)
    yield "DATES", _dates(trial)
    yield "INTERVENTIONS", _described(_child(trial, "interventions"))
    yield "PRIMARY OUTCOMES", _outcomes(said, "primaryOutcome")
    yield "SECONDARY OUTCOMES", _outcomes(said, "secondaryOutcome")
    yield "COUNTRIES", "; ".join(_each(_child(people, "recruitmentCountries"), "country"))


def _designs(trial: Element, *names: str) -> tuple[str, ...]:
    """Give what is said of the design, the allocation among it; older and newer records differ."""
    design = _child(trial, "trialDesign")
    return tuple(dict.fromkeys(text for name in names for text in _each(design, name)))


def _participants(people: Element | None) -> str:
    enrolled, planned = _given(people, "totalFinalEnrolment"), _given(people, "targetEnrolment")
    parts = ((enrolled, "enrolled"), (planned, "planned"))
    return "; ".join(f"{number} {what}" for number, what in parts if number)


def _status(trial: Element) -> str:
    status, why = _state(trial), _given(_child(trial, "trialDesign"), "reasonAbandoned")
    return f"{status} ({why})" if status and why else status


def _state(trial: Element) -> str:
    design, people = _child(trial, "trialDesign"), _child(trial, "participants")
    return _given(design, "overallStatusOverride") or _given(people, "recruitmentStatusOverride")


def _start(trial: Element) -> str:
    design, people = _child(trial, "trialDesign"), _child(trial, "participants")
    return _given(design, "overallStartDate") or _given(people, "recruitmentStart")


def _dates(trial: Element) -> str:
    design, people = _child(trial, "trialDesign"), _child(trial, "participants")
    parts = {
        "registered": registration.day(_attribute(_child(trial, "isrctn"), "dateAssigned")),
        "start": registration.day(_start(trial)),
        "recruitment ends": registration.day(_given(people, "recruitmentEnd")),
        "completion": registration.day(_given(design, "overallEndDate")),
    }
    return "; ".join(f"{name} {when}" for name, when in parts.items() if when)


def _outcomes(said: Element | None, name: str) -> str:
    """Give the outcomes, from the free text of older records or the list of newer ones."""
    listed = _child(said, f"{name}s")
    texts = [_text(measure) for measure in listed] if listed is not None else []
    return "; ".join(filter(None, texts)) or _given(said, name)


def _keywords(trial: Element) -> Iterator[str]:
    yield from _each(_child(trial, "conditions"), "description")
    for names in _each(_child(trial, "interventions"), "drugNames"):
        yield from plain.lines(names.split(","))
    yield from plain.lines([_given(_child(trial, "trialDescription"), "acronym")])


def _articles(trial: Element) -> Iterator[Identifier]:
    """Give the articles that the registry lists as the trial's own: results and protocol."""
    details = _child(_child(trial, "results"), "publicationDetails")
    for line in _text(details, keep_lines=True).splitlines():
        if "article" in line.casefold():
            yield from registration.articles(line)
    outputs = _child(trial, "outputs")
    for output in outputs if outputs is not None else ():
        if "article" in _attribute(output, "outputType").casefold():
            yield from registration.articles(_attribute(_child(output, "externalLink"), "url"))


def _take_contacts_out(whole: Element) -> None:
    """Drop who can be contacted, and their names from what is left."""
    names = []
    for element in [*whole.iter()]:
        if _name(element) in _CONTACTS:
            forename, surname = _line(element, "forename"), _line(element, "surname")
            names.append(f"{forename} {surname}")
            if (parent := element.getparent()) is not None:
                parent.remove(element)
    organisations = [text for name in ("organisation", "name") for text in _each(whole, name)]
    redaction = Redaction.of(names, text=" ".join(_texts(whole)), organisations=organisations)
    for element in whole.iter():
        _clean(element, redaction)


def _clean(element: Element, redaction: Redaction) -> None:
    if element.text:
        element.text = redaction.clean(_without_main_contact(str(element.text)))
    if element.tail:
        element.tail = redaction.clean(str(element.tail))
    for name, value in [*element.attrib.items()]:
        if name == _BY_WHOM:
            del element.attrib[name]
        else:
            element.set(name, redaction.clean(str(value)))


def _without_main_contact(text: str) -> str:
    """Drop the last question of a plain summary with its answer, up to the next question."""
    match = _MAIN_CONTACT.search(text)
    if not match:
        return text
    after = text[match.end() :].partition("\n")[2].splitlines(keepends=True)
    rest = dropwhile(lambda line: not line.rstrip().endswith("?"), after)
    return text[: match.start()] + _without_main_contact("".join(rest))


def _name(element: Element) -> str:
    return etree.QName(element).localname


def _child(parent: Element | None, name: str) -> Element | None:
    return next((one for one in parent if _name(one) == name), None) if parent is not None else None


def _attribute(element: Element | None, name: str) -> str:
    return str(element.get(name) or "") if element is not None else ""


def _texts(element: Element | None) -> Iterator[str]:
    for text in element.itertext() if element is not None else ():
        yield str(text)


def _text(element: Element | None, *, keep_lines: bool = False) -> str:
    """Give all text in an element, its parts a space apart; nothing where it says "Nil known"."""
    text = " ".join(_texts(element)) if element is not None else ""
    if _NOTHING.fullmatch(text.strip()):
        return ""
    return text.strip() if keep_lines else plain.html_line(text, plain.MAX_ABSTRACT)


def _given(parent: Element | None, name: str) -> str:
    return _text(_child(parent, name), keep_lines=True)


def _line(parent: Element | None, name: str, limit: int = plain.MAX_FIELD) -> str:
    return plain.html_line(_given(parent, name), limit)


def _each(parent: Element | None, name: str) -> Iterator[str]:
    """Give the text of every such element, however deep, those that say something."""
    for one in parent.iter() if parent is not None else ():
        if _name(one) == name and (text := plain.html_line(_text(one))):
            yield text


def _described(interventions: Element | None) -> str:
    given = interventions if interventions is not None else ()
    return "\n\n".join(filter(None, (_given(one, "description") for one in given)))
