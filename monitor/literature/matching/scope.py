"""Which papers that name none of the ten may still be in scope. Pure."""

import re
from typing import Any

import ahocorasick

from monitor.literature.text.folding import fold, skim

# What a paper in scope is about: attachment, the parent-child relationship, parenting young or
# looked-after children (the outcomes and populations of the 2023 review). In folded text.
_CARER = r"(?:parent|mother|maternal|father|paternal|care ?giver|carer|famil)(?:al|s| s|y)?"
_YOUNG = r"(?:infant|child|toddler|baby|newborn|preschooler|neonate)(?:s| s|ren)?"
_SUBJECT = re.compile(
    rf"""\b(?:
    attachment[ ](?:secur|insecur|disorgani|behavio|relation|qualit|style|disorder|theor|based|
        pattern|represent|classif|q[ ]?s|figure|focus|trauma|difficult|problem|need|bond)
    | (?:secure|insecure|disorgani[sz]ed|reactive|{_CARER}|{_YOUNG}|early)[ ]attachment
    | attachment[ ](?:to|with|between)[ ](?:the[ ]|their[ ]|a[ ])?(?:{_CARER}|{_YOUNG})\b
    | strange[ ]situation
    | (?:infant|early[ ]childhood)[ ]mental[ ]health
    | {_CARER}[ ](?:and[ ]|to[ ])?{_YOUNG}[ ](?:interact|relation|bond|attach|dyad|synchron|psychoth)
    | (?:maternal|parental|paternal|care[ ]?giver|mothers?|parents?)[ ](?:s[ ])?(?:sensitiv|responsive)
    | (?:sensitive|responsive|nurturing|positive)[ ](?:parenting|care[ ]?giving)
    | parenting[ ](?:interven|program|support|train|skill|behavio|qualit|sensitiv)
    | (?:parental|maternal|paternal)[ ]reflective[ ]function
    | emotional[ ]availability
    | (?:foster|adoptive|kinship)[ ](?:care|famil|parent|child|mother|father|infant|toddler|bab)
    | (?:adopted|fostered)[ ](?:child|infant|toddler|bab|young[ ](?:child|people)) | adoptees?\b
    | looked[ ]after[ ](?:child|young)
    | maltreat(?:ed|ing)[ ](?:child|infant|toddler|preschool|parent|mother)
    )""",
    re.VERBOSE,
)
# A word of whatever the pattern above finds begins with one of these. Most papers have none of them,
# which one pass over their words shows.
_BEGINNINGS = ("attachment", "strange", "mental", "parent", "mother", "matern", "father", "patern",
    "caregiv", "giver", "giving", "carer", "famil", "availability", "foster", "adopt", "kinship",
    "looked", "maltreat")  # fmt: skip
# One of these stands in whatever the pattern above finds, or one of the second line together with
# somebody who cares: looking for fixed texts first is much faster.
_ALONE = ("attachment", "strange situation", "mental health", "parenting", "giving",
    "reflective function", "emotional availability", "foster", "adopt", "kinship", "looked after",
    "maltreat")  # fmt: skip
_BESIDE = ("sensitiv", "responsive", "interact", "relation", "bond", "dyad", "synchron",
    "psychoth")  # fmt: skip
_CARERS = ("parent", "mother", "matern", "father", "patern", "giver", "carer", "famil")
# … and that something was done about it and its effect asked for. In folded text.
_TRIED = re.compile(
    r"\b(?:randomi[sz]|random(?:ly)? (?:assign|allocat)|trials?\b|rcts?\b|interven|psychotherap|"
    r"(?:effects?|efficacy|effectiveness|evaluation|feasibility|pilot)\b[^.]{0,80}?\b(?:of|study)|"
    r"(?:treatment|control|comparison|waitlist|waiting list) (?:group|condition)|"
    r"program(?:me)?s?\b|home visit|pre ?post|case series|video ?feedback)"
)


def in_scope(title: str, abstract: str | None) -> bool:
    """Tell whether a paper reads like a trial on attachment or parenting, whatever it names."""
    skimmed = skim(title) + skim(abstract or "")
    if next(_BEGUN.iter(skimmed), None) is None:
        return False
    words = " ".join(skimmed.split())
    if not (_holds(words, _ALONE) or (_holds(words, _CARERS) and _holds(words, _BESIDE))):
        return False
    text = fold(f"{title}\n{abstract or ''}")
    return bool(_SUBJECT.search(text) and _TRIED.search(text))


def _beginnings() -> Any:  # noqa: ANN401 - the library's own, without types
    automaton = ahocorasick.Automaton()
    for word in _BEGINNINGS:
        automaton.add_word(f" {word}", word)  # ``skim`` puts a space before each word
    automaton.make_automaton()
    return automaton


_BEGUN = _beginnings()


def _holds(text: str, fixed: tuple[str, ...]) -> bool:
    for one in fixed:  # noqa: SIM110 - any() takes twice the time
        if one in text:
            return True
    return False
