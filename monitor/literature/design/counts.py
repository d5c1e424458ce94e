"""Numbers a text states of its sample: how many took part, and how old the children were. Pure.

Only what stands there: a number without its people, or an age that may be an adult's, is left out.
"""

import re
from collections.abc import Iterator
from functools import cache

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: number for number, word in enumerate(_UNITS.split())}
_WORDS |= {word: 10 * number for number, word in enumerate(_TENS.split(), start=2)}
_WORD = "(?:" + "|".join(sorted(_WORDS, key=len, reverse=True)) + ")"
_NUMBER = (
    rf"(?P<n>\d{{1,3}}(?:[,\u2009\u202f ]\d{{3}}){{1,2}}(?!\d)|\d{{1,6}}|"
    rf"(?:{_WORD}|a|an) hundred(?:(?: and)? {_WORD}(?:[- ]{_WORD})?)?|{_WORD}(?:[- ]{_WORD})?)"
)
_WHO = (
    r"(?P<who>famil(?:y|ies)|(?:mother|father|parent|caregiver|carer|child|"
    r"infant|toddler|baby|mother[-–]infant|parent[-–]child)[-–/ ](?:\w+ )?dyads?|dyads|mothers|"
    r"fathers|parents|caregivers|carers|children|infants|toddlers|babies|boys|girls|adolescents|"
    r"participants|patients|subjects|volunteers|women|men|adults|people|pairs|triads|couples|"
    r"students|therapists|practitioners|teachers|schools|practices|centres|centers|clusters|"
    r"villages|sites|individuals|adoptees|preschoolers|newborns|neonates|twins)\b"
)
_GAP = r"(?:,? aged [^,.;()]{1,30},)?[^.;()\d]"
_PEOPLE = rf"(?:[\w'’–-]+,? ){{0,5}}?{_WHO}"
_KINDS = (
    (
        "randomised",
        (
            rf"(?<![\d.,-])\b{_NUMBER} {_PEOPLE}{_GAP}{{0,80}}?\b(?:were|was|being|been) "
            rf"(?:\w+ly )?(?:randomi[sz]ed|randomly|assigned|allocated)\b|"
            rf"\brandomi[sz]ed {_NUMBER.replace('?P<n>', '?P<n2>')} "
            rf"{_PEOPLE.replace('?P<who>', '?P<who2>')}|"
            rf"\brandomly (?:assigned|allocated) {_NUMBER.replace('?P<n>', '?P<n3>')} "
            rf"{_PEOPLE.replace('?P<who>', '?P<who3>')}|"
            rf"\b{_WHO.replace('?P<who>', '?P<who4>')} \(n ?= ?(?P<n4>\d[\d,]*)\)[^.;()]{{0,120}}?"
            rf"\b(?:were|was) (?:\w+ly )?(?:randomi[sz]ed|randomly)\b|"
            rf"(?<![\d.,-])\b{_NUMBER.replace('?P<n>', '?P<n5>')} (?:were|was) randomi[sz]ed\b"
        ),
    ),
    (
        "analysed",
        (
            rf"(?<![\d.,-])\b{_NUMBER} {_PEOPLE}{_GAP}{{0,50}}?\b(?:were analy[sz]ed|completed (?:the )?"
            rf"(?:study|trial|treatment|program|intervention|follow|post|assess)|were (?:\w+ )?included "
            rf"in the (?:\w+[- ]){{0,4}}analys)"
        ),
    ),
    (
        "enrolled",
        (
            rf"(?<![\d.,-])\b{_NUMBER} {_PEOPLE}{_GAP}{{0,60}}?\b(?:were (?:\w+ )?(?:recruited|"
            rf"enrol+ed|included|studied|entered|referred|interviewed)|participated|took part|"
            rf"consented|received|entered|enrol+ed)\b|"
            rf"\b(?:recruited|enrol+ed|includ(?:ed|e|ing)|studied|involved|comprised|sample of|consisted of|"
            rf"interviews with|interviewed) {_NUMBER.replace('?P<n>', '?P<n2>')} "
            rf"{_PEOPLE.replace('?P<who>', '?P<who2>')}|"
            rf"\b{_WHO.replace('?P<who>', '?P<who3>')} \((?-i:N) ?= ?(?P<n3>\d[\d,]*)\)"
        ),
    ),
)
_SOME = re.compile(rf"\d|\b(?:{_WORD}|hundred)\b", re.IGNORECASE)
_UNIT = r"[- ]?(?P<unit>weeks?|months?|mo|years?|yrs?)\b"
_AGE = re.compile(
    rf"(?:\b(?:aged?|ages|between|from)(?: of)?(?: between| from)? )?(?P<low>\d{{1,2}}(?:\.\d)?)"
    rf"(?:[- ]?(?:weeks?|months?|mo|years?|yrs?))?(?:[-–— ]?old)?-? ?(?:-|–|—|to|and|through) ?"
    rf"(?P<high>\d{{1,2}}(?:\.\d)?){_UNIT}",
    re.IGNORECASE,
)
_SINGLE = re.compile(
    rf"(?P<sign>\b(?:under|below|less than|up to|younger than|mean age(?: of| was| =| [=:])?|"
    rf"m(?:ean)?(?: age)? ?=|average age(?: of| was)?|aged)|[<≤]) ?(?P<low>\d{{1,2}}(?:\.\d+)?)"
    rf"{_UNIT}|\b(?P<old>\d{{1,2}}(?:\.\d)?)[- ](?P<per>week|month|year)s?[- ]olds?\b",
    re.IGNORECASE,
)
_CHILD = re.compile(
    r"\b(?:child|infant|toddler|bab(?:y|ies)|newborn|preschool|boys|girls|adolescen|adoptee|"
    r"kindergart|pupil|young people|months?[- ]old)",
    re.IGNORECASE,
)
_GROWN = 18  # years


def sample_sizes(sentences: list[str]) -> Iterator[tuple[str, str]]:
    """Give the number first stated of those randomised, analysed and enrolled, with its sentence.

    A value reads "130 families randomised".
    """
    for kind, words in _kinds():
        for sentence in sentences:
            met = words.search(sentence) if _SOME.search(sentence) else None
            if met and (value := _people(met)):
                yield f"{value} {kind}", sentence
                break


def child_ages(sentences: list[str]) -> Iterator[tuple[str, str]]:
    """Give the first age or range of ages stated of children, with its sentence: "4 to 11 years"."""
    for sentence in sentences:
        if _CHILD.search(sentence):
            for met in (_AGE.search(sentence), _SINGLE.search(sentence)):
                if met and (value := _age(met.groupdict())):
                    yield value, sentence
                    return


@cache
def _kinds() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Compile them once they are needed: that takes longer than much of a program's start."""
    return tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _KINDS)


def _people(met: re.Match[str]) -> str | None:
    found = met.groupdict()
    for mark in ("", "2", "3", "4", "5"):
        if count := found.get(f"n{mark}"):
            number, who = _number(count), (found.get(f"who{mark}") or "").casefold()
            return f"{number} {who}".strip() if number else None
    return None


def _number(words: str) -> int | None:
    """Read "1,024" or "one hundred and fifty-four"; None for nought or what is no number."""
    digits = re.sub(r"[,\u2009\u202f ]", "", words)
    if digits.isdecimal():
        return int(digits) or None
    total = 0
    for word in re.split(r"[ -]", words.casefold()):
        if word == "hundred":
            total = (total or 1) * 100
        else:
            total += _WORDS.get(word, 0)
    return total or None


def _age(found: dict[str, str | None]) -> str | None:
    low, high = found.get("low") or found.get("old"), found.get("high")
    unit = _unit(found.get("unit") or found.get("per") or "")
    if low is None or (unit == "years" and float(high or low) > _GROWN):
        return None
    if high is not None:
        return f"{low} to {high} {unit}" if float(low) < float(high) else None
    sign = (found.get("sign") or "").casefold()
    if sign.startswith(("under", "below", "less", "younger", "<", "≤", "up to")):
        return f"up to {low} {unit}"
    return f"mean {low} {unit}" if sign.startswith(("m", "average")) else f"{low} {unit}"


def _unit(word: str) -> str:
    return {"w": "weeks", "m": "months"}.get(word[:1].casefold(), "years")
