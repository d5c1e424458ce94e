"""Tables of trial registers: ClinicalTrials.gov's CSV, the WHO's (ICTRP) and the EU's (CTIS). Pure.

A row is a registration, a paper of its own as from the registers themselves. The people to ask,
whom the WHO's table names, are not kept.

No export was at hand. The columns of the EU's table ("Trial number", "Title of the trial",
"Location(s) and recruitment status", days as 24/06/2026 …) are those that ECRIN's reader of its
download goes by (ecrin-github/mdrmine-bio-sources, ctis/…/CtisConverter.java, seen 2026-11-29);
those of the WHO's whole table ("TrialID", "SecondaryIDs", "public_title", "Agemin",
"Secondary_Outcomes" …) stand in the WhoConverter beside it. Its export by search names some
otherwise ("Secondary_ID", "Inclusion_agemin", "Secondary_outcome").
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping

from monitor.feeds.files.draft import ReferenceDraft
from monitor.feeds.readers import registration
from monitor.feeds.readers.contacts import Redaction

_CLINICALTRIALS = "ClinicalTrials.gov"
_CTIS = "EU Clinical Trials Information System"
# "Trial number" heads the EU's table; its pages and letters say "EU CT number", "EU trial number"
_EU_NUMBERS = ("trialnumber", "euctnumber", "eutrialnumber")
_EU_NUMBER = re.compile(r"\d{4}-5\d{5}-\d{2}-\d{2}")
# (label in the abstract, the columns in which a register gives it), by squeezed names
_PARAGRAPHS = (
    ("SUMMARY", ("briefsummary",)),
    ("OFFICIAL TITLE", ("officialtitle", "scientifictitle")),
    ("DESIGN", ("studytype", "studydesign", "studydesigns")),
    (
        "PARTICIPANTS",
        (
            "enrollment",
            "targetsize",
            "numberofparticipantsenrolled",
            "age",
            "agegroup",
            "inclusionagemin",
            "inclusionagemax",
            "agemin",
            "agemax",
        ),
    ),
    (
        "STATUS",
        (
            "studystatus",
            "status",
            "recruitmentstatus",
            "overallstatus",
            "overalltrialstatus",
            "trialstatus",
        ),
    ),
    ("CONDITIONS", ("conditions", "condition", "medicalconditions", "medicalcondition")),
    ("INTERVENTIONS", ("interventions", "intervention", "product", "products")),
    (
        "PRIMARY OUTCOMES",
        ("primaryoutcomemeasures", "outcomemeasures", "primaryoutcome", "primaryendpoint"),
    ),
    (
        "SECONDARY OUTCOMES",
        (
            "secondaryoutcomemeasures",
            "secondaryoutcome",
            "secondaryoutcomes",
            "secondaryendpoints",
        ),
    ),
    ("COUNTRIES", ("countries", "locationsandrecruitmentstatus")),
    ("INCLUSION", ("inclusioncriteria",)),
)
_TITLES = (
    "studytitle",
    "title",
    "brieftitle",
    "publictitle",
    "titleofthetrial",
    "trialtitle",
    "fulltitle",
    "scientifictitle",
)
_REGISTERED = (
    "firstposted",
    "dateregistration3",
    "dateregistration",
    "decisiondate",
    "startdate",
)
_OTHER_NUMBERS = ("otherids", "secondaryid", "secondaryids", "otherrecords")
_JAPAN = "JPRN-"  # the WHO writes it before the number of each of Japan's registers
_ADDRESSES = ("studyurl", "url", "webaddress")


def is_register(header: tuple[str, ...]) -> bool:
    """Tell such a table by its columns."""
    labels = {_squeezed(cell) for cell in header}
    own = labels & {"nctnumber", "trialid", *_EU_NUMBERS}
    return bool(own and labels & set(_TITLES))


def without_contacts(header: list[str], row: list[str]) -> tuple[list[str], list[str]]:
    """Leave out the columns that name the people to ask, and their names in all others.

    The WHO's name those of the trial ("Contact_Firstname") and those of its ethics committee
    ("Ethics_review_contact_name").
    """
    gone = [at for at, cell in enumerate(header) if "contact" in _squeezed(cell)]
    if not gone:
        return header, row
    cells = dict(enumerate(row))
    people = _people({_squeezed(header[at]): cells.get(at, "") for at in gone})
    kept = [at for at in range(len(header)) if at not in gone]
    text = " ".join(cells.get(at, "") for at in kept)
    redaction = Redaction.of(people, text=text)
    return [header[at] for at in kept], [redaction.clean(cells.get(at, "")) for at in kept]


def _people(contacts: Mapping[str, str]) -> Iterator[str]:
    """Give the names that stand in a register's columns of contacts, by squeezed names."""
    for label, cell in contacts.items():
        if label.endswith("firstname"):
            yield f"{cell} {contacts.get(label.removesuffix('firstname') + 'lastname', '')}"
        elif label.endswith("contactname"):
            yield cell


def draft(header: list[str], row: list[str], raw: str, media_type: str) -> ReferenceDraft:
    """Read one registration."""
    cells = {_squeezed(name): cell.strip() for name, cell in zip(header, row, strict=False)}
    number = cells.get("nctnumber") or cells.get("trialid", "")
    european = _first(cells, _EU_NUMBERS)
    if not number and _EU_NUMBER.fullmatch(european):
        number = f"EUCT {european}"
        cells.setdefault("sourceregister", _CTIS)
    registered = _first(cells, _REGISTERED)
    return ReferenceDraft(
        raw=raw,
        media_type=media_type,
        title=_first(cells, _TITLES),
        abstract="".join(_paragraphs(cells)),
        journal=cells.get("sourceregister") or (_CLINICALTRIALS if "nctnumber" in cells else ""),
        year=registered,
        nct=number,
        isrctn=number,
        registry=number.removeprefix(_JAPAN),
        url=_first(cells, _ADDRESSES),
        types=[registration.TYPE, *_designs(cells)],
        keywords=[*_listed(cells, "conditions"), *_listed(cells, "condition"), *_given(cells)],
        registrations=[number, *(cells.get(name, "") for name in _OTHER_NUMBERS)],
        label=number,
    )


def _paragraphs(cells: Mapping[str, str]) -> Iterator[str]:
    """Write the abstract as HTML, whose paragraphs stay apart."""
    title = _first(cells, _TITLES)
    for label, names in _PARAGRAPHS:
        said = [
            cells[name].replace("|", "; ")
            for name in names
            if cells.get(name, "") not in {"", title}
        ]
        if said:
            yield f"<p>{label}: {html.escape('; '.join(said), quote=False)}</p>"


def _designs(cells: Mapping[str, str]) -> Iterator[str]:
    """Give what sort of study it is, and whether people were allocated at random."""
    kind = cells.get("studytype", "").lower()
    yield kind[:1].upper() + kind[1:]
    for part in (cells.get("studydesign") or cells.get("studydesigns", "")).split("|"):
        name, _, value = part.partition(":")
        if name.strip().lower() == "allocation" and value.strip().lower() not in {"", "na", "n/a"}:
            word = value.strip().lower().replace("non_", "non-")
            yield word[:1].upper() + word[1:]


def _given(cells: Mapping[str, str]) -> Iterator[str]:
    """Name the interventions: "BEHAVIORAL: Theraplay|OTHER: waiting list"."""
    for part in _listed(cells, "interventions"):
        kind, mark, name = part.partition(": ")
        yield name if mark and kind.isupper() else part


def _listed(cells: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in cells.get(name, "").split("|") if part.strip()]


def _first(cells: Mapping[str, str], names: Iterable[str]) -> str:
    return next((cells[name] for name in names if cells.get(name)), "")


def _squeezed(label: str) -> str:
    return "".join(filter(str.isalnum, label.lower()))
