"""Suggests how a study was done, with the sentence that says so. A suggestion, never a decision.

The text comes first: publication types reach PubMed months after the paper, so nothing may
depend on them; they only speak where the text is silent. A registry's own word that a record is a
registration is the exception: its text tells of a randomised trial, but it reports none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"')\]”’]))\s+(?=[\"'(\[“‘]*[A-ZÀ-Þ])|\n+")

_RANDOM = (
    r"(?<!non[- ])(?<!non)(?<!not )(?<!quasi[- ])(?<!un)(?<!mendelian )"
    r"\brandomi[sz](?:ed|ation|ing|e)\b(?! effects?)"
)
# What a title says, most telling first: "protocol for a randomised trial" is a protocol.
_TITLE = (
    (
        "notice",
        (
            r"^\W*(?:correction|corrigend|errat|retract|expression of concern|withdrawn|editorial|"
            r"(?:letter|comment|commentary|reply|response)\b[^.]{0,30}\b(?:to|on)\b|"
            r"authors?['’]? (?:reply|response))"
        ),
    ),
    ("protocol", r"\bprotocol\b(?! (?:adherence|fidelity))|\brationale and design\b"),
    (
        "review",
        (
            r"\b(?:systematic|scoping|umbrella|narrative|literature|integrative|critical|realist|"
            r"rapid|evidence) review|\bmeta-?\s?analy|\bnetwork meta|\ba review\b|\breview of\b|"
            r"\boverview of\b"
        ),
    ),
    (
        "economic",
        r"\bcost[- ](?:effective|utility|benefit|consequence)|\beconomic (?:eval|anal)|\bcosts of\b",
    ),
    (
        "qualitative",
        (
            r"\bqualitative\b|\bthematic analysis|\bphenomenolog|\bgrounded theory|\bfocus groups?\b|"
            r"\b(?:parents|mothers|fathers|carers|caregivers|therapists|practitioners)['’]? "
            r"(?:experience|perception|perspective|view)s?\b"
        ),
    ),
    (
        "follow-up",
        (
            r"\bfollow(?:ing)?[- ]up (?:of|study|at|from|results|assessment)\b|\b(?:month|year)s? "
            r"follow[- ]up\b|\b(?:month|year)[- ]follow[- ]up\b|\bsecondary (?:data )?analys|"
            r"\bpost[- ]hoc\b|\blong[- ]term (?:effect|outcome|follow)|\bsustained effects?\b|"
            r"\b(?:moderat|mediat)(?:es|ors?|ion|ing) (?:of|the effect)"
        ),
    ),
    (
        "non-randomised",
        r"\bnon[- ]?randomi[sz]ed|\bquasi[- ]?(?:experiment|randomi)|\bcontrolled before",
    ),
    ("randomised", _RANDOM + r"|\brandom(?:ly)? (?:assign|allocat|clinical|control)|\bRCTs?\b"),
    (
        "case",
        r"\bcase[- ](?:series|reports?|stud(?:y|ies))\b|\bsingle[- ]case\b|\bmultiple baseline",
    ),
    (
        "single-group",
        (
            r"\b(?:single|one)[- ](?:group|arm)\b|\bpre[- ]?(?:to[- ])?post\b|\buncontrolled\b|"
            r"\bopen (?:label )?(?:trial|pilot)\b|\bwithin[- ](?:group|subjects?)\b"
        ),
    ),
)
# What an abstract says, most telling first.
_ABSTRACT = (
    (
        "review",
        (
            r"\b(?:this|present|our|the) (?:systematic |scoping )?(?:review|meta-?analysis)\b|"
            r"\bwe (?:systematically )?(?:searched|reviewed)\b|\bdatabases were searched\b|"
            r"\b(?:studies|trials|articles|papers) (?:were|met) (?:included|inclusion|eligib)|"
            r"\bPRISMA\b|\bsearch(?:es)? of (?:MEDLINE|PubMed|PsycINFO)"
        ),
    ),
    (
        "protocol",
        (
            r"\b(?:will be|are to be) (?:randomi[sz]ed|randomly|recruited|assigned|allocated|invited)|"
            r"\bthis protocol\b|\bstudy protocol\b"
        ),
    ),
    (
        "non-randomised",
        (
            r"\bnon[- ]?randomi[sz]ed|\bquasi[- ]?(?:experiment|randomi)|\bnot randomi[sz]ed|"
            r"\bmatched (?:comparison|control)|\b(?:nonequivalent|non-equivalent) "
        ),
    ),
    (
        "randomised",
        _RANDOM + r"|\brandom(?:ly)? (?:assign|allocat|divid|distribut|clinical|control)|\bRCTs?\b|"
        r"\b(?:assigned|allocated) at random\b|\brandom (?:assignment|allocation)",
    ),
    (
        "qualitative",
        (
            r"\bqualitative\b|\bsemi-?structured interviews?\b|\bthematic(?:ally)? analy|"
            r"\bphenomenolog"
        ),
    ),
    ("economic", r"\bcost[- ](?:effective|utility)|\beconomic evaluation"),
    ("case", r"\bcase (?:series|report|stud(?:y|ies))\b|\bsingle[- ]case\b|\bmultiple baseline"),
    (
        "non-randomised",
        r"\b(?:comparison|control|waitlist|wait-list) (?:group|condition)\b|\bcontrolled trial\b",
    ),
    (
        "single-group",
        (
            r"\b(?:single|one)[- ](?:group|arm)\b|\bpre[- ]?(?:to[- ])?(?:and )?post|\bpretest\b|"
            r"\buncontrolled\b|\bbefore and after\b|\bfrom baseline to\b|\bfeasibility\b"
        ),
    ),
)
_TYPES = (
    (
        "notice",
        r"^(?:published erratum|retraction|retracted|expression of concern|comment|letter|editorial)",
    ),
    ("protocol", r"protocol"),
    ("review", r"review|meta-analysis"),
    ("randomised", r"^randomi[sz]ed controlled trial"),
    ("non-randomised", r"^controlled clinical trial|non-randomi[sz]ed"),
    ("case", r"^case reports?"),
)
_REGISTRATION = (("registration", r"^registration|^clinical trial registration"),)


def _compiled(
    rules: tuple[tuple[str, str], ...],
) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((design, re.compile(words, re.IGNORECASE)) for design, words in rules)


TITLE, ABSTRACT, TYPES = _compiled(_TITLE), _compiled(_ABSTRACT), _compiled(_TYPES)
REGISTRATION = _compiled(_REGISTRATION)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A design and the sentence it was read from, as it stands in ``field``."""

    design: str
    sentence: str
    field: str  # "title", "abstract" or "publication types"


def suggest_design(
    title: str, abstract: str | None, publication_types: Sequence[str] = ()
) -> Suggestion | None:
    """Suggest a design: from the title, else the abstract, else the source's own labels.

    A record labelled as a registration is one, whatever its text says.

    ``design`` is one of: randomised, non-randomised, single-group, case, protocol, follow-up,
    review, economic, qualitative, notice, registration. None where nothing says.
    """
    return (
        _first(REGISTRATION, publication_types, "publication types")
        or _first(TITLE, [title], "title")
        or _first(ABSTRACT, list(sentences(abstract or "")), "abstract")
        or _first(TYPES, publication_types, "publication types")
    )


def is_registration(publication_types: Sequence[str]) -> bool:
    """Tell whether a source's labels say that a record is a trial's registration."""
    return _first(REGISTRATION, publication_types, "publication types") is not None


def sentences(text: str) -> Iterator[str]:
    """Split a text into sentences, without changing a character inside one."""
    for part in _SENTENCE_END.split(text):
        if stripped := part.strip():
            yield stripped


def _first(
    rules: tuple[tuple[str, re.Pattern[str]], ...], texts: Sequence[str], field: str
) -> Suggestion | None:
    for design, words in rules:
        for text in texts:
            if words.search(text):
                return Suggestion(design, text, field)
    return None
