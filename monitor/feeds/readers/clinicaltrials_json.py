"""Reads one study of ClinicalTrials.gov's JSON (API version 2). Pure.

Any field may be missing, null or of another kind: it then counts as not given. People who can be
contacted are taken out before anything is kept: see ``_kept``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from monitor.feeds import plain
from monitor.feeds.identifiers.canonical import distinct, isrctn, nct, pmid
from monitor.feeds.readers import registration
from monitor.feeds.readers.contacts import Redaction
from monitor.feeds.records import (
    Citation,
    FetchedRecord,
    Identifier,
    KeptRecord,
    Trial,
    UnreadableRecord,
)

MEDIA_TYPE = "application/json"
REGISTRY = "ClinicalTrials.gov"
# who runs a study, and how to reach them: of no use here
_CONTACTS = frozenset(
    {
        "centralContacts", "contacts", "investigatorFullName", "oldNameTitle",
        "overallOfficials", "pointOfContact",
    }
)  # fmt: skip
_ABOUT_THEM = frozenset({"email", "investigatorTitle", "phone", "phoneExt"})
_DEEPEST = 40  # a real study has about 12 levels
# stamped anew with every load of their data, though the study is the same
_STAMPED = frozenset({"derivedSection"})
_ESCAPED = re.compile(r"\\(?=[^\w\s])")  # their texts are Markdown: "\<" is "<"

Object = Mapping[str, Any]


def read(study: object) -> FetchedRecord | UnreadableRecord:
    """Read one study, or say why it cannot be read. Its key is its NCT number."""
    kept = _kept(study)
    raw = _bytes(kept)
    number = nct(_text(_module(kept, "identification"), "nctId"))
    if number is None:
        key = f"unknown:{plain.digest(raw.decode('utf-8', 'replace'))}"
        return UnreadableRecord(key, raw, "has no NCT number")
    title = _title(_module(kept, "identification"))
    if not title:
        return UnreadableRecord(number.value, raw, "has no title")
    return FetchedRecord(
        number.value,
        raw,
        MEDIA_TYPE,
        _citation(kept, number, title),
        stable=_bytes({name: part for name, part in kept.items() if name not in _STAMPED}),
    )


def reread(kept: KeptRecord) -> FetchedRecord | UnreadableRecord:
    """Read one kept study with today's reader."""
    try:
        return read(json.loads(kept.raw))
    except (ValueError, RecursionError):
        return UnreadableRecord(kept.key, kept.raw, "is no JSON")


def dated(study: object) -> tuple[str | None, date | None]:
    """Give the NCT number of a listed study, and the day it was last posted."""
    number = nct(_text(_module(study, "identification"), "nctId"))
    return number.value if number else None, registration.day(_date(study, "lastUpdatePost"))


def _citation(study: Object, number: Identifier, title: str) -> Citation:
    naming = _module(study, "identification")
    aliases = naming.get("nctIdAliases")
    own = distinct(number, *map(nct, plain.lines(aliases)))
    text = registration.abstract(_paragraphs(study))
    posted = registration.day(_date(study, "studyFirstPost"))
    return Citation(
        title=title,
        identifiers=own,
        registrations=registration.other_registrations(own, _other_numbers(naming), title, text),
        abstract=text,
        journal=REGISTRY,
        year=posted.year if posted else None,
        published=posted,
        publication_types=_types(_module(study, "design")),
        keywords=tuple(dict.fromkeys(_keywords(study)))[: plain.MAX_LIST],
        url=f"https://clinicaltrials.gov/study/{number.value}",
        links=registration.reported_by(_results(study)),
        trial=_trial(study),
    )


def _trial(study: Object) -> Trial:
    primary = _dated(study, "primaryCompletion")
    completed = (
        primary if registration.last_day(_text(primary, "date")) else _dated(study, "completion")
    )
    shown = study.get("hasResults")
    return Trial(
        status=_word(_module(study, "status"), "overallStatus") or None,
        started=registration.last_day(_date(study, "start")),
        completed=registration.last_day(_text(completed, "date")),
        completed_expected=_text(completed, "type") == "ESTIMATED",
        participants=_enrolled(_object(_module(study, "design"), "enrollmentInfo")),
        has_results=shown if isinstance(shown, bool) else None,
    )


def _title(naming: Object) -> str:
    for name in ("briefTitle", "officialTitle"):
        if title := plain.html_line(_plain(naming, name), plain.MAX_TITLE):
            return title
    return ""


def _other_numbers(naming: Object) -> Iterator[Identifier | None]:
    for other in _objects(naming, "secondaryIdInfos"):
        number = _text(other, "id")
        yield from registration.other_registrations((), (), number)
        if "isrctn" in _text(other, "domain").casefold():
            yield isrctn(number)


def _paragraphs(study: Object) -> Iterator[tuple[str, str]]:
    """Give the abstract's parts; the long description last, since it may be cut off."""
    naming, said = _module(study, "identification"), _module(study, "description")
    official = _plain(naming, "officialTitle")
    yield "SUMMARY", _plain(said, "briefSummary")
    yield "OFFICIAL TITLE", official if official != _plain(naming, "briefTitle") else ""
    yield "DESIGN", _design(_module(study, "design"))
    yield "PARTICIPANTS", _participants(_module(study, "design"))
    yield "STATUS", _status(study)
    yield "DATES", _dates(study)
    yield "INTERVENTIONS", _interventions(_module(study, "armsInterventions"))
    yield "PRIMARY OUTCOMES", _outcomes(study, "primaryOutcomes")
    yield "SECONDARY OUTCOMES", _outcomes(study, "secondaryOutcomes")
    yield "COUNTRIES", _countries(_module(study, "contactsLocations"))
    yield "DESCRIPTION", _plain(said, "detailedDescription")


def _design(design: Object) -> str:
    how = _object(design, "designInfo")
    masking = _object(how, "maskingInfo")
    parts = {
        "": _word(design, "studyType"),
        "allocation ": _word(how, "allocation"),
        "model ": _word(how, "interventionModel") or _word(how, "observationalModel"),
        "masking ": _word(masking, "masking"),
        "purpose ": _word(how, "primaryPurpose"),
    }
    return "; ".join(f"{name}{word}" for name, word in parts.items() if word)


def _participants(design: Object) -> str:
    enrolment = _object(design, "enrollmentInfo")
    count = _enrolled(enrolment)
    if count is None:
        return ""
    kind = {"ACTUAL": " enrolled", "ESTIMATED": " planned"}.get(_text(enrolment, "type"), "")
    return f"{count}{kind}"


def _enrolled(enrolment: Object) -> int | None:
    count = enrolment.get("count")
    if isinstance(count, bool) or not isinstance(count, int):
        return None
    return count if 0 <= count < registration.MOST_PEOPLE else None


def _status(study: Object) -> str:
    status = _module(study, "status")
    stopped = _plain(status, "whyStopped")
    return f"{_word(status, 'overallStatus')}{f' ({stopped})' if stopped else ''}"


def _dates(study: Object) -> str:
    parts = {
        "registered": _date(study, "studyFirstPost"),
        "start": _date(study, "start"),
        "completion": _date(study, "completion"),
    }
    return "; ".join(f"{name} {when}" for name, when in parts.items() if when)


def _interventions(arms: Object) -> str:
    given = _objects(arms, "interventions") + _objects(arms, "armGroups")
    pairs = (
        (_plain(entry, "name") or _plain(entry, "label"), _plain(entry, "description"))
        for entry in given
    )
    return "; ".join(": ".join(part for part in pair if part) for pair in pairs)


def _outcomes(study: Object, name: str) -> str:
    listed = _objects(_module(study, "outcomes"), name)
    pairs = ((_plain(one, "measure"), _plain(one, "timeFrame")) for one in listed)
    return "; ".join(f"{what} ({when})" if when else what for what, when in pairs if what)


def _countries(places: Object) -> str:
    found = {_text(place, "country") for place in _objects(places, "locations")}
    return "; ".join(sorted(found - {""}))


def _types(design: Object) -> tuple[str, ...]:
    allocation = _word(_object(design, "designInfo"), "allocation")
    kinds = (
        registration.TYPE,
        _word(design, "studyType"),
        allocation if allocation != "na" else "",
    )
    return tuple(kind[:1].upper() + kind[1:] for kind in kinds if kind)


def _keywords(study: Object) -> Iterator[str]:
    about, arms = _module(study, "conditions"), _module(study, "armsInterventions")
    yield from plain.lines(about.get("conditions"))
    yield from plain.lines(about.get("keywords"))
    for given in _objects(arms, "interventions"):
        yield from plain.lines([given.get("name")])
        yield from plain.lines(given.get("otherNames"))
    yield from plain.lines([_module(study, "identification").get("acronym")])


def _results(study: Object) -> Iterator[Identifier | None]:
    """Give the articles that the trialists themselves name as its results.

    Type DERIVED is left out: it is put there by a search of PubMed for the NCT number, which the
    article names itself, and so do reviews. BACKGROUND is other people's work.
    """
    for reference in _objects(_module(study, "references"), "references"):
        if _text(reference, "type") == "RESULT":
            yield pmid(_text(reference, "pmid"))
            yield from registration.articles(_raw(reference, "citation"))


def _kept(study: object) -> dict[str, Any]:
    """Give what may be kept of a study: everything but its contacts."""
    names: list[str] = []
    bare = _without_contacts(study, names, 0)
    organisations, companies = _organisations(bare)
    redaction = Redaction.of(
        (name for name in names if name not in companies),
        text=json.dumps(bare, ensure_ascii=False),
        organisations=organisations,
    )
    clean = _cleaned(bare, redaction)
    return clean if isinstance(clean, dict) else {"sent": clean}


def _organisations(study: object) -> tuple[list[str], set[str]]:
    """Name the organisations behind a study, and those of them that are surely no person."""
    sponsors = _module(study, "sponsorCollaborators")
    listed = [_object(sponsors, "leadSponsor"), *_objects(sponsors, "collaborators")]
    named = {_text(organisation, "name"): _text(organisation, "class") for organisation in listed}
    home = _object(_module(study, "identification"), "organization")
    named[_text(home, "fullName")] = _text(home, "class")
    return [*named], {name for name, kind in named.items() if kind not in {"OTHER", ""}}


def _without_contacts(value: object, names: list[str], depth: int) -> Any:  # noqa: ANN401 - any JSON value
    """Copy a value without its contacts, and gather their names; what is too deep is dropped."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        return [_without_contacts(element, names, depth + 1) for element in value]
    if not isinstance(value, dict):
        return value
    named = _CONTACTS | {"name", "fullName"} if value.get("class") == "INDIV" else _CONTACTS
    for name in named & value.keys():
        _gather(value[name], names)
    gone = named | _ABOUT_THEM
    return {
        name: _without_contacts(part, names, depth + 1)
        for name, part in value.items()
        if name not in gone
    }


def _gather(contact: object, names: list[str]) -> None:
    if isinstance(contact, str):
        names.append(contact)
    elif isinstance(contact, list):
        names += [_raw(one, "name") for one in contact if isinstance(one, dict)]


def _cleaned(value: object, redaction: Redaction) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return redaction.clean(value)
    if isinstance(value, list):
        return [_cleaned(element, redaction) for element in value]
    if isinstance(value, dict):
        return {name: _cleaned(part, redaction) for name, part in value.items()}
    return value


def _bytes(value: object) -> bytes:
    """Write compact JSON. Halves of surrogate pairs survive, so that it reads the same again."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return written.encode("utf-8", "surrogatepass")


def _module(study: object, name: str) -> Object:
    protocol = _object(study, "protocolSection")
    return _object(protocol, f"{name}Module")


def _object(parent: object, name: str) -> Object:
    found = parent.get(name) if isinstance(parent, dict) else None
    return found if isinstance(found, dict) else {}


def _objects(parent: Object, name: str) -> list[Object]:
    found = parent.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _raw(parent: Object, name: str) -> str:
    found = parent.get(name)
    return found if isinstance(found, str) else ""


def _plain(parent: Object, name: str) -> str:
    return _ESCAPED.sub("", _raw(parent, name))


def _text(parent: Object, name: str) -> str:
    return plain.html_line(_raw(parent, name))


def _word(parent: Object, name: str) -> str:
    """Give one of their capital words in ordinary ones: NON_RANDOMIZED is "non-randomized"."""
    return _text(parent, name).lower().replace("non_", "non-").replace("_", " ")


def _date(study: object, name: str) -> str:
    return _text(_dated(study, name), "date")


def _dated(study: object, name: str) -> Object:
    return _object(_module(study, "status"), f"{name}DateStruct")
