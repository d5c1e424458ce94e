"""Suggests how a study was done, with the sentence that says so. A suggestion, never a decision.

The text comes first: publication types reach PubMed months after the paper, so nothing may
depend on them; they only speak where the text is silent. A registry's own word that a record is a
registration is the exception: its text tells of a randomised trial, but it reports none. A
sentence that speaks of other trials ("randomised trials are needed") tells nothing of this one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.literature.design import notices
from monitor.literature.design.trial_cues import speaks_of_others
from monitor.literature.text.sentences import lines

_RANDOM = (
    r"(?<!non[- ])(?<!non)(?<!not )(?<!quasi[- ])(?<!un)(?<!mendelian )"
    r"\brandomi[sz](?:ed|ation|ing|e)\b(?! effects?)"
    r"(?!,? (?:[a-z-]+,? ){0,3}trials\b)"
)
# What a title says, most telling first: "protocol for a randomised trial" is a protocol.
_TITLE = (
    (
        "notice",
        (
            r"^\W*(?:editorial|"
            r"(?:letter|comment|commentary|reply|response)\b[^.]{0,30}\b(?:to|on)\b|"
            r"authors?['’]? (?:reply|response))"
        ),
    ),
    ("protocol", r"\bprotocol\b(?! (?:adherence|fidelity))|\brationale and design\b"),
    (
        "review",
        (
            r"\b(?:systematic|scoping|umbrella|narrative|literature|integrative|critical|realist|"
            r"rapid|evidence) review|\bmeta-?\s?analy|\bnetwork meta|\ba review\b(?! of \d)|"
            r"\breview of\b(?! \d)|"
            r"\boverview\b|\breview\W*$"
        ),
    ),
    (
        "economic",
        (
            r"(?<!effectiveness and )(?<!efficacy and )(?<!outcomes and )(?<!clinical and )"
            r"\bcost[- ](?:effective|utility|benefit|consequence)|\beconomic (?:eval|anal)|\bcosts of\b"
        ),
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
            r"\b(?:moderat|mediat)(?:es|ors?|ion|ing) (?:of|the effect)|\banalys[ie]s (?:of|from) "
            r"(?:data from )?(?:the|a|an) (?:[\w-]+ ){0,4}trial\b"
        ),
    ),
    (
        "non-randomised",
        r"\bnon[- ]?randomi[sz]ed|\bquasi[- ]?(?:experiment|randomi)|\bcontrolled before",
    ),
    ("randomised", _RANDOM + r"|\brandom(?:ly)? (?:assign|allocat|clinical|control)|\bRCT\b"),
    (
        "case",
        (
            r"\bcase[- ](?:series|reports?|stud(?:y|ies))\b|\bsingle[- ]case\b|\bmultiple baseline|"
            r"\breview of \d+ (?:cases|patients)\b|\ba case(?: of\b|\W*$)|\bcases of\b"
        ),
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
            r"\b(?:this|present|our|the) (?:systematic |scoping )?(?:review|meta-?analysis)\b"
            r"(?! (?:board|committee|panel))|\bwe (?:systematically )?(?:searched|reviewed)\b|\bdatabases were searched\b|"
            r"\b(?:studies|trials|articles|papers) (?:were|met) (?:included|inclusion|eligib)|"
            r"\bPRISMA\b|\bsearch(?:es)? of (?:MEDLINE|PubMed|PsycINFO)"
        ),
    ),
    (
        "protocol",
        (
            r"\b(?:will (?:then |also )?be|are to be) (?:randomi[sz]ed|randomly|recruited|assigned|allocated|invited)|"
            r"\bthis protocol\b|\bstudy protocol\b"
        ),
    ),
    (
        "qualitative",
        (
            r"\bqualitative (?:stud|interview|component|evaluation|process|sub-?stud)[^.;]{0,80}"
            r"\b(?:nested|embedded|alongside|within)\b|\b(?:nested|embedded) qualitative\b"
        ),
    ),
    (
        "economic",
        (
            r"\b(?:economic evaluation|cost[- ](?:effectiveness|utility|benefit)(?: analys[ie]s)?)"
            r"[^.;]{0,60}\balongside\b|\bwithin[- ]trial (?:economic|cost)"
        ),
    ),
    (
        "follow-up",
        (
            r"\b(?:secondary|post[- ]hoc) (?:data )?analys[ie]s of (?:data|a|an|the|our)\b|"
            r"\bthis (?:is a )?(?:secondary|post[- ]hoc) analysis\b"
        ),
    ),
    (
        "non-randomised",
        (
            r"\bnon[- ]?randomi[sz]ed|\bquasi[- ]?(?:experiment|randomi)|\bnot randomi[sz]ed|"
            r"\bmatched (?:comparison|control)|\b(?:nonequivalent|non-equivalent) |"
            r"\balternate(?:ly)? (?:assign|allocat)|\b(?:assigned|allocated)[^.;]{0,40} "
            r"(?:alternately|by (?:date of birth|birth date|day of the week|hospital number|"
            r"their choice|preference))|\bodd or even\b"
        ),
    ),
    (
        "randomised",
        _RANDOM
        + r"|\brandom(?:ly)? (?:assign|allocat|divid|distributed (?:in|to|among|between)|clinical|control)|\bRCTs?\b|"
        r"\b(?:assigned|allocated) at random\b|\brandom (?:assignment|allocation|order)|"
        r"\bdouble[- ]blind(?:ed)?,? (?:[a-z-]+,? ){0,2}(?:placebo|sham)",
    ),
    (
        "qualitative",
        (
            r"\bqualitative\b|\bsemi-?structured interviews?\b|\bthematic(?:ally)? analy|"
            r"\bphenomenolog"
        ),
    ),
    ("economic", r"\bcost[- ](?:effective|utility)|\beconomic evaluation"),
    (
        "case",
        (
            r"\bcase (?:series|report|stud(?:y|ies))\b|\bsingle[- ]case\b|\bmultiple baseline|"
            r"\b(?:we|authors) (?:report|describe|present) (?:on )?(?:a|an|the|one|two|three|four) "
            r"(?:\w+ ){0,3}(?:cases?|patients?|child|boy|girl|man|woman|infant)\b|"
            r"\b(?:an?|the) \d{1,3}[- ](?:year|month|week|day)s?[- ]old (?:\w+ ){0,3}(?:man|woman|"
            r"boy|girl|male|female|infant|child|patient|mother)\b"
        ),
    ),
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
    (
        "review",
        (
            r"\b(?:article|paper|chapter) (?:reviews|discusses|summari[sz]es|outlines)\b|"
            r"\b(?:is|are|was|were) reviewed\b|\b(?:literature|evidence) (?:is|on [^.;]{3,60} is) "
            r"(?:discussed|summari[sz]ed)\b|^We (?:review|summari[sz]e) "
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
        or _of_title(title)
        or _first(ABSTRACT, list(lines(abstract or "")), "abstract")
        or _first(TYPES, publication_types, "publication types")
    )


def _of_title(title: str) -> Suggestion | None:
    """Read a title; the mark of a retraction is no part of what it says of the paper."""
    says = notices.read_title(title)
    if says.kind:
        return Suggestion("notice", title, "title")
    found = _first(TITLE, [says.about], "title")
    return replace(found, sentence=title) if found else None


def is_registration(publication_types: Sequence[str]) -> bool:
    """Tell whether a source's labels say that a record is a trial's registration."""
    return _first(REGISTRATION, publication_types, "publication types") is not None


def _first(
    rules: tuple[tuple[str, re.Pattern[str]], ...], texts: Sequence[str], field: str
) -> Suggestion | None:
    for design, words in rules:
        for text in texts:
            if words.search(text) and not (field == "abstract" and _of_others(design, text)):
                return Suggestion(design, text, field)
    return None


def _of_others(design: str, sentence: str) -> bool:
    """Tell whether a sentence says "randomised" of other trials than the paper's own."""
    return design == "randomised" and speaks_of_others(sentence)
