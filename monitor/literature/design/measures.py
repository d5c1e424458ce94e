"""The outcome measures that texts on attachment and parenting name. Pure data and search.

Gold-standard measures of a child's attachment are marked; the Adult Attachment Interview is a
measure of adults and is not one of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure, by its full name; ``gold`` if it is a gold standard of a child's attachment."""

    name: str
    words: re.Pattern[str]
    gold: bool = False


def _measure(name: str, words: str, *, gold: bool = False) -> Measure:
    # full names in any case; abbreviations, in their capitals, stand in a group of their own
    return Measure(name, re.compile(words), gold)


MEASURES = (
    _measure("Strange Situation Procedure", r"(?i:\bstrange[ -]situations?\b)", gold=True),
    _measure(
        "Attachment Q-Sort",
        r"(?i:\battachment (?:behaviou?r )?q[ -]?(?:sort|set)\b)|\bAQS\b",
        gold=True,
    ),
    _measure(
        "Manchester Child Attachment Story Task",
        r"(?i:\bmanchester (?:child )?attachment story)|\bC?MCAST\b",
        gold=True,
    ),
    _measure(
        "Story stems",
        r"(?i:\bstory[ -]?stems?\b|\bstory[ -]completion|\bdoll[ -]play\b)|\bMSSB\b|\bASCT\b",
        gold=True,
    ),
    _measure(
        "Preschool separation and reunion (Cassidy and Marvin, or PAA)",
        r"(?i:\bcassidy(?:,? (?:and|&)|[-–]) ?marvin\b|\bmain (?:and|&) cassidy\b|"
        r"\bpreschool assessment of attachment\b|\bmodified strange situation)",
        gold=True,
    ),
    _measure("Child Attachment Interview", r"(?i:\bchild attachment interview)", gold=True),
    _measure(
        "Adult Attachment Interview (of adults)", r"(?i:\badult attachment interview)|\bAAI\b"
    ),
    _measure(
        "Disturbances of Attachment Interview",
        r"(?i:\bdisturbances of attachment interview)|\bDAI\b",
    ),
    _measure("Relationship Problems Questionnaire", r"(?i:\brelationship problems questionnaire)"),
    _measure(
        "Randolph Attachment Disorder Questionnaire",
        r"(?i:\brandolph attachment disorder)|\bRADQ\b",
    ),
    _measure(
        "Ainsworth's sensitivity scales", r"(?i:\bainsworth(?:['’]s)? (?:\w+ ){0,3}scales?\b)"
    ),
    _measure("Maternal Behavior Q-Sort", r"(?i:\bmaternal behaviou?r q[ -]?(?:sort|set))|\bMBQS\b"),
    _measure("Emotional Availability Scales", r"(?i:\bemotional availability (?:\w+ )?scales?\b)"),
    _measure("CARE-Index", r"(?i:\b(?:infant |toddler )?care[- ]index\b)"),
    _measure("AMBIANCE", r"\bAMBIANCE\b|(?i:\batypical maternal behaviou?r instrument)"),
    _measure("Nursing Child Assessment scales", r"\bNCAST\b|\bNCAFS\b|\bNCATS\b"),
    _measure(
        "Parental Reflective Functioning Questionnaire",
        r"(?i:\bparental reflective functioning questionnaire)|\bPRFQ\b",
    ),
    _measure("Parent Development Interview", r"(?i:\bparent development interview)|\bPDI\b"),
    _measure("Parenting Stress Index", r"(?i:\bparenting stress index)|\bPSI(?:-SF|-4)?\b"),
    _measure(
        "Strengths and Difficulties Questionnaire",
        r"(?i:\bstrengths? and difficult(?:y|ies) questionnaire)|\bSDQ\b",
    ),
    _measure("Child Behavior Checklist", r"(?i:\bchild behaviou?r checklist)|\bCBCL\b"),
    _measure("Eyberg Child Behavior Inventory", r"(?i:\beyberg child)|\bECBI\b"),
    _measure(
        "Brief Infant-Toddler Social and Emotional Assessment",
        r"(?i:\bbrief infant[- ]toddler social)|\bBITSEA\b",
    ),
    _measure("Ages and Stages Questionnaire", r"(?i:\bages (?:and|&) stages)|\bASQ(?:[-:]SE)?\b"),
    _measure("Bayley Scales", r"(?i:\bbayley\b)"),
    _measure(
        "Edinburgh Postnatal Depression Scale",
        r"(?i:\bedinburgh postnatal depression)|\bEPDS\b",
    ),
    _measure("Still-face paradigm", r"(?i:\bstill[- ]face\b)"),
)


def measures(sentences: list[str]) -> Iterator[tuple[Measure, str]]:
    """Give each measure that is named once, with the first sentence that names it."""
    for measure in MEASURES:
        for sentence in sentences:
            if measure.words.search(sentence):
                yield measure, sentence
                break
