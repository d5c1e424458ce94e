"""The outcome measures that texts on attachment and parenting name. Pure data and search.

Gold-standard measures of a child's attachment are marked; the Adult Attachment Interview is a
measure of adults and is not one of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure, by its full name; ``gold`` if it is a gold standard of a child's attachment.

    ``letters`` are its short form, which other fields use too: they count only in a text on
    families, where something is measured, and where the text does not say that they stand for something else.
    """

    name: str
    words: re.Pattern[str]
    gold: bool = False
    letters: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None


def _measure(
    name: str, words: str, letters: str = "", *, unless: str = "", gold: bool = False
) -> Measure:
    return Measure(
        name,
        re.compile(words, re.IGNORECASE),
        gold,
        re.compile(rf"(?<![\w-])(?P<letters>{letters})(?!\w|-?\d{{2}})") if letters else None,
        re.compile(unless, re.IGNORECASE) if unless else None,
    )


MEASURES = (
    _measure(
        "Strange Situation Procedure",
        r"\bstrange[ -]situations? (?:procedure|paradigm|test|task|assess|classif|episode)|"
        r"\bainsworth\b[^.;]{0,20}\bstrange[ -]situation|(?-i:\bStrange Situations?\b)|"
        r"\b(?:in|with|using|by|during|of) the strange[ -]situation\b",
        gold=True,
    ),
    _measure(
        "Attachment Q-Sort",
        r"\battachment (?:behaviou?r )?q[ -]?(?:sort|set)\b",
        "AQS",
        gold=True,
    ),
    _measure(
        "Manchester Child Attachment Story Task",
        r"\bmanchester (?:child )?attachment story",
        "C?MCAST",
        gold=True,
    ),
    _measure(
        "Story stems",
        r"\bstory[ -]?stems?\b|\bstory[ -]completion|\bdoll[ -]play (?:task|interview|narrative|stor)",
        "MSSB|ASCT",
        unless=r"\bstem[- ]cell|\btransplant",
        gold=True,
    ),
    _measure(
        "Preschool separation and reunion (Cassidy and Marvin, or PAA)",
        r"\bcassidy(?:,? (?:and|&)|[-–]) ?marvin\b|\bmain (?:and|&) cassidy\b|"
        r"\bpreschool assessment of attachment\b|\bmodified strange situation",
        gold=True,
    ),
    _measure("Child Attachment Interview", r"\bchild attachment interview", gold=True),
    _measure(
        "Adult Attachment Interview (of adults)",
        r"\badult attachment interview",
        "AAI",
        unless=r"\bankle",
    ),
    _measure(
        "Disturbances of Attachment Interview",
        r"\bdisturbances of attachment interview",
        "DAI",
        unless=r"\bdrug|\baxonal",
    ),
    _measure("Relationship Problems Questionnaire", r"\brelationship problems questionnaire"),
    _measure(
        "Randolph Attachment Disorder Questionnaire",
        r"\brandolph(?:['’]s)? (?:[a-z]+ ){0,4}(?:attachment|questionnaire|scale|checklist)",
        "RADQ",
    ),
    _measure(
        "Kerns Security Scale",
        r"\bkerns(?:['’]s?)? (?:[a-z]+ ){0,3}(?:security|scale)|"
        r"\bsecurity scale\b[^.;]{0,20}\bkerns\b",
    ),
    _measure(
        "Marschak Interaction Method",
        r"\bmarschak\b",
        "MIM",
        unless=r"\bMIM (?:\w+ ){0,3}(?:program|intervention)|\bmultiple indicators?\b|\bmoulding|\bmolding",
    ),
    _measure("Ainsworth's sensitivity scales", r"\bainsworth(?:['’]s)? (?:\w+ ){0,3}scales?\b"),
    _measure("Maternal Behavior Q-Sort", r"\bmaternal behaviou?r q[ -]?(?:sort|set)", "MBQS"),
    _measure("Emotional Availability Scales", r"\bemotional availability (?:\w+ )?scales?\b"),
    _measure(
        "CARE-Index", r"(?-i:\bCARE-? ?Index\b)|\b(?:infant|toddler|child)[- ]care[- ]index\b"
    ),
    _measure("AMBIANCE", r"(?-i:\bAMBIANCE\b)|\batypical maternal behaviou?r instrument"),
    _measure("Coding Interactive Behavior", r"\bcoding interactive behaviou?r", "CIB"),
    _measure(
        "Manchester Assessment of Caregiver-Infant Interaction",
        r"\bmanchester assessment of caregiver[-– ]infant interaction",
        "MACI",
        unless=r"\bmillon\b",
    ),
    _measure(
        "Nursing Child Assessment scales",
        r"(?-i:\bNCAST\b)(?! keys| training| program|['’]s)|(?-i:\bNCAFS\b)|"
        r"\bnursing child assessment",
        "NCATS",
    ),
    _measure(
        "Working Model of the Child Interview", r"\bworking models? of the child interview", "WMCI"
    ),
    _measure(
        "Parental Reflective Functioning Questionnaire",
        r"\bparental reflective functioning questionnaire",
        "PRFQ",
    ),
    _measure(
        "Parent Development Interview",
        r"\bparent development interview",
        "PDI",
        unless=r"\bpsychomotor|\bMDI\b|\bbayley|\bpain disability|\bmental development",
    ),
    _measure(
        "Parenting Stress Index",
        r"\bparent(?:ing|al) stress index",
        "PSI(?:-SF|-4)?",
        unless=r"\bpneumonia|\bpounds\b",
    ),
    _measure(
        "Strengths and Difficulties Questionnaire",
        r"\bstrengths? (?:and|&) difficult(?:y|ies) questionnaire",
        "SDQ",
        unless=r"\bsomatoform",
    ),
    _measure("Child Behavior Checklist", r"\bchild behaviou?r checklist", "CBCL"),
    _measure("Eyberg Child Behavior Inventory", r"\beyberg child", "ECBI"),
    _measure(
        "Brief Infant-Toddler Social and Emotional Assessment",
        r"\bbrief infant[- ]toddler social",
        "BITSEA",
    ),
    _measure("Ages and Stages Questionnaire", r"\bages (?:and|&) stages q", "ASQ(?:[-:]SE)?"),
    _measure(
        "Bayley Scales",
        r"\bbayley(?:['’]s)?(?: \w+){0,2} (?:scales?|test|assess|index)|"
        r"\bbayley[- ](?:II|III|IV|2|3|4)\b|\b(?:the|with|using) bayley\b",
    ),
    _measure(
        "Edinburgh Postnatal Depression Scale",
        r"\bedinburgh post-?(?:natal|partum) depression",
        "EPDS",
        unless=r"\belectronic prescribing",
    ),
    _measure(
        "Postpartum Bonding Questionnaire",
        r"\bpost-?(?:partum|natal) bonding questionnaire",
        "PBQ",
        unless=r"\bpersonality belief|\bpain beliefs?",
    ),
    _measure("CORE-OM", r"(?-i:\bCORE[- ]?OM\b)|\bclinical outcomes in routine evaluation"),
    _measure(
        "Still-face paradigm",
        r"\bstill[- ]face (?:paradigm|procedure|experiment|task|episode|"
        r"situation|test)|(?-i:\bStill[- ]Face\b)|\bthe still[- ]face\b",
    ),
)
_FAMILY = re.compile(
    r"\b(?:mothers?|fathers?|parent\w*|maternal|paternal|caregiver\w*|carers?|infants?|bab(?:y|ies)|"
    r"toddlers?|child(?:ren)?(?:['’]s)?|famil(?:y|ies)|dyads?|attachment|bond(?:s|ing)?|pupils|"
    r"adopti\w+|foster|sensitivity|postnatal\w*|postpartum)\b",
    re.IGNORECASE,
)
# What tells that letters measure: "scored on the PSI", "in the WMCI".
_MEASURED = re.compile(
    r"\b(?:measur|assess|scor|rat(?:ed|ing|ings)\b|cod(?:ed|ing)\b|questionnaire|scales?\b|sub-?scale|interview|"
    r"inventor|instrument|self-?report|filled (?:in|out)|answer|respond|report|complet|administ|evaluat|classif|outcome|screen|"
    r"items?\b|cut-?off|symptom|(?:high|low|bett|great)er\b|observ|test|baseline|follow-?up|effect|"
    r"analy[sz]|p ?[<=])\w*",
    re.IGNORECASE,
)
_INSIDE = re.compile(
    r"\b(?:in|on|by|with|using|through|during|via) (?:the |an? )?\(?$", re.IGNORECASE
)
# "3 PSI", "PSI = 40 kPa", "the PDI of paint": an amount, or a thing's.
_AMOUNT_BEFORE = re.compile(r"\d ?$|\b(?:of|to|at|under|above|below) \d[\d.,]* ?$")
_AMOUNT_AFTER = re.compile(
    r"^ (?:of|in) (?!the (?:mother|child|infant|parent)|mother|child|infant|parent|father)[a-z]|^ (?:program|training|intervention|group|trial|study|model|course)"
)
_LINKING = frozenset(("of", "the", "and", "for", "in", "a", "an", "to", "on"))


def measures(sentences: list[str]) -> Iterator[tuple[Measure, str]]:
    """Give each measure that is named once, with the first sentence that names it."""
    whole = "\n".join(sentences)
    for measure in MEASURES:
        for sentence in sentences:
            if _names(measure, sentence, whole):
                yield measure, sentence
                break


def _names(measure: Measure, sentence: str, whole: str) -> bool:
    if measure.words.search(sentence):
        return True
    if measure.letters is None or not (met := measure.letters.search(sentence)):
        return False
    if measure.unless and measure.unless.search(whole):
        return False
    if not _FAMILY.search(whole):
        return False
    return _is_a_measure(met, sentence) and not _stands_for_more(measure, met["letters"], whole)


def _is_a_measure(met: re.Match[str], sentence: str) -> bool:
    """Tell whether letters stand in a sentence that measures something, and are no amount."""
    before, after = sentence[: met.start()], sentence[met.end() :]
    amount = _AMOUNT_BEFORE.search(before) or _AMOUNT_AFTER.search(after)
    return not amount and bool(_MEASURED.search(sentence) or _INSIDE.search(before))


def _stands_for_more(measure: Measure, letters: str, whole: str) -> bool:
    """Tell whether the text spells the letters out, as something else than the measure."""
    plain = re.sub(r"\W.*", "", letters)
    for met in re.finditer(rf"([\w'’ –-]{{3,120}}) \({re.escape(plain)}\b", whole):
        if not measure.words.search(met[1]) and _initials(met[1], len(plain)) == plain.casefold():
            return True
    for met in re.finditer(
        rf"\b{re.escape(plain)} \(([^()]{{3,120}})\)|\b{re.escape(plain)}, (?:or|for|the) ([^.,;]{{3,80}})",
        whole,
    ):
        words = met[1] or met[2]
        if not measure.words.search(words) and _begins(words, plain):
            return True
    return False


def _words(text: str) -> list[str]:
    return [one for one in re.split(r"[^\w]+", text.casefold()) if one and one not in _LINKING]


def _initials(text: str, many: int) -> str:
    return "".join(word[0] for word in _words(text)[-many:])


def _begins(text: str, letters: str) -> bool:
    return "".join(word[0] for word in _words(text)[: len(letters)]) == letters.casefold()
