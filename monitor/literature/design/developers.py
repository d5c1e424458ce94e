"""Whether a paper says that those who made a programme took part in its study. Pure.

What is said of raters, of people examined, or of a form that the authors made tells nothing of it.
"""

import re
from collections.abc import Iterator

from monitor.literature.design import asides

LED, INDEPENDENT = "the developers took part", "independent of the developers"
_PROGRAMME = (
    r"(?:program(?:me)?s?|interventions?|models?|treatments?|therap(?:y|ies)|courses?|"
    r"(?:treatment |intervention |training )?manuals?|approach|curriculum)"
)
# What authors make for a study of their own: it says nothing of the programme's makers.
_FORM = re.compile(
    r"\b(?:questionnaires?|forms?|scales?|checklists?|measures?|instruments?|interviews?|tests?|"
    r"diar(?:y|ies)|cod(?:es?|ing)|rubrics?|items?|surveys?|algorithms?|ontolog\w+|software|"
    r"schedules?|topic guides?|vignettes?|criteria|standards?|tasks?|sheets?|ratings?|indexe?s?|index|"
    r"inventor(?:y|ies)|stud(?:y|ies)|tools?|apps?|logs?|guides?|protocols?|definitions?|hypothes\w+)\b",
    re.IGNORECASE,
)
_EVALUATED = re.compile(
    rf"\bindependent (?:evaluation|replication|trial)s? of (?:the |this |an? |our )?"
    rf"(?:[A-Z][\w-]*|(?:\w+[- ]){{0,3}}{_PROGRAMME}\b)|"
    r"\b(?:this|ours?|the present) (?:\w+ )?(?:is|was) (?:an?|the first|the only) (?:first )?"
    r"independent (?:evaluation|replication|trial)\b(?! of (?:all|each|every|both|the (?:child|"
    r"mother|patient)|\d))"
)
_FREE = re.compile(
    r"\bindependent(?:ly)? (?:of|from) (?:the |its |their )?(?:\w+['’]?s? ){0,2}(?:developers?|originators?|founders?|creators?)\b|"
    r"\b(?:no|not) (?:\w+ ){0,3}(?:involv|affiliat|connect)\w* [^.;]{0,30}\b(?:developers?|originators?)\b|"
    r"\b(?:developers?|originators?)\b[^.;]{0,60}\b(?:no (?:part|role|involvement|say|hand)|not "
    r"(?:\w+ )?(?:involved|part of)|took no part)",
    re.IGNORECASE,
)
_LED = re.compile(
    rf"\b(?:developers?|originators?|founders?|creators?|authors?) of (?:the |this |its )?"
    rf"(?:[\w-]+ ){{0,3}}{_PROGRAMME}\b|\b{_PROGRAMME}['’]?s? (?:developers?|originators?|creators?)\b|"
    rf"\bauthors? (?:is|are|was|were) (?:\w+ ){{0,3}}(?:developers?|originators?|founders?|creators?)\b|"
    rf"\b(?:we|authors?) (?:have )?(?:\w+ )?(?:co-?)?(?:developed|created|devised) (?:this|the) "
    rf"(?:[\w-]+ )?{_PROGRAMME}\b",
    re.IGNORECASE,
)
_BY_AUTHOR = re.compile(
    r"(?P<what>[^.;:]{1,120}?)\b(?:(?:was|were|is|has been|had been) )?(?:first |originally |co-?)?"
    r"(?:developed|created|devised|designed|written) by (?:the |one of the |its |two of the )?"
    r"(?:(?:first|second|third|last|senior|lead|present|current|corresponding) )?authors?\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b[A-Z][\w-]*[A-Z][\w-]*\b|\b[A-Z][a-z]+ [A-Z][a-z]+\b|\bTheraplay\b")

_NEAR = re.compile(
    r"\bauthors?\b|\bdevelop|\boriginator|\bfounder|\bcreator|\bindependent", re.IGNORECASE
)


def involvement(sentences: list[str]) -> Iterator[tuple[str, str]]:
    """Give what is said of the developers, with the first sentence that says so; at most one."""
    near = [sentence for sentence in sentences if _NEAR.search(sentence)]
    own = [sentence for sentence in near if not asides.others_did(sentence)]
    for value, tells in ((INDEPENDENT, _independent), (LED, _led)):
        for sentence in own:
            if tells(sentence):
                yield value, sentence
                return


def _independent(sentence: str) -> bool:
    freed = _FREE.search(sentence)
    if freed:
        return not _FORM.match(
            sentence[freed.end() :].lstrip().removeprefix("of the ").removeprefix("of ")
        )
    return _EVALUATED.search(sentence) is not None


def _led(sentence: str) -> bool:
    led = _LED.search(sentence)
    if led:
        return not _FORM.search(led[0])
    made = _BY_AUTHOR.search(sentence)
    if made is None:
        return False
    what = re.split(r",|\b(?:in|with|by|using|on|through|via|from|against) ", made["what"])[-1]
    if _FORM.search(what):
        return False
    return bool(re.search(rf"\b{_PROGRAMME}\b", what, re.IGNORECASE) or _NAMED.search(what))
