"""How old the children of a study were, as its text states it. Pure.

An age counts where it is said of children, as an age. How long something lasted, a pregnancy, the
parents' age, the age at a later measurement and an age in general are left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from monitor.literature.design import asides
from monitor.literature.text.numerals import WORD, read_number

_CHILD = (
    r"(?:child(?:ren)?|infants?|toddlers?|bab(?:y|ies)|newborns?|neonates?|pre-?schoolers?|boys?|"
    r"girls?|adolescents?|teenagers?|adoptees|kindergart(?:e?ners?|en children)|pupils?|"
    r"youths?|young people|youngsters|twins?|triplets|siblings?|sons?|daughters?|offspring)"
)
_GROWN_UP = (
    r"(?:mothers?|fathers?|parents?|carers?|caregivers?|women|men|adults?|nurses?|teachers?|"
    r"grandmothers?|grandparents?|grandfathers?|uncles?|aunts?|students?|volunteers?|workers?|"
    r"maternal|paternal|parental|mums?|dads?|adopters?|couples?|gravidas?|therapists?)"
)
_PERSON = re.compile(
    rf"\b(?P<child>{_CHILD})\b(?! (?:abuse|care|health))|\b{_GROWN_UP}\b", re.IGNORECASE
)
_SPOKEN_OF = re.compile(rf"{_PERSON.pattern}|-olds\b".replace("?P<child>", "?:"), re.IGNORECASE)
_N = rf"(?:\d{{1,2}}(?:\.\d{{1,2}})?|{WORD}(?:[- ]{WORD})?)"
_UNIT = r"(?:weeks?|months?|mo|mos|years?|yrs?|yr)\b"
_FROM = rf"\b(?P<low>{_N})(?:[- ]?(?P<lowunit>{_UNIT})\.?)?(?:[- ]old)?"
_RANGE = (
    rf"(?:(?P<between>\bbetween )(?:the ages of )?|\bfrom )?(?<![\d.])"
    rf"{_FROM}(?P<by>-? ?(?:-|–|—|\bto\b|\bthrough\b|\band\b) ?)[<≤]?"
    rf"(?P<high>{_N})[- ]?(?P<unit>{_UNIT})(?P<old>[- ]old)?"
)
_BELOW = (
    rf"(?:\b(?:under|below|less than|up to|younger than|not older than|no older than|at most)"
    rf"(?: the age of)?|[<≤]) ?(?P<low>{_N})[- ]?(?P<unit>{_UNIT})"
)
_OR_LESS = (
    rf"\b(?P<low>{_N})[- ]?(?P<unit>{_UNIT})(?: of age| old)?,? (?:and|or) "
    r"(?:under|younger|below|less)\b"
)
_MEAN = (
    rf"\b(?:mean|average|median|M)\b(?: age)?(?: of the \w+)?(?: of| was| is|,| =|=|:| ?[=:])? ?"
    rf"(?P<low>\d{{1,2}}(?:\.\d+)?)[- ]?(?P<unit>{_UNIT})"
)
_ONE = (
    rf"\b(?P<low>{_N})[- ](?P<unit>week|month|year)s?[- ]olds?\b|"
    rf"\baged (?P<aged>{_N}) (?P<per>{_UNIT})"
)
_KINDS = ((_RANGE, "range"), (_OR_LESS, "up to"), (_BELOW, "up to"), (_MEAN, "mean"), (_ONE, "one"))
# What tells that a number is an age, right before or behind it.
_AGED_BEFORE = re.compile(
    r"\b(?:ag(?:ed?|es)|aging|ageing|years? group)\b(?: of| was| were| range[ds]?|:|,| =| is| at|"
    r" between| from| \w+ly| band){0,4}(?: ?\()? ?$|\bold(?:er)?(?: \w+)? $|\bin age from $",
    re.IGNORECASE,
)
_AGED_AFTER = re.compile(r"^[- ]olds?\b|^ (?:of age|in age)\b", re.IGNORECASE)
_OF_CHILD = re.compile(
    rf"\b{_CHILD}(?: who| that)?(?: (?:were|are|was|is|of|from|both|all|in the|ranging|ranged|with|"
    r"mostly|mainly)){0,4}(?:,? ?\(| )?(?: ?(?:between|from))? ?$",
    re.IGNORECASE,
)
_NO_AGE_BEFORE = re.compile(
    r"\b(?:for|over|during|lasted|within|after|every|until|last(?:ing|s)?|spent|spanning|through|"
    r"followed(?: up)?|follow-?up|visited|duration|course|period|interval|experience|(?:born|deliver\w+|"
    r"birth) (?:at|before|between|after|from)|gestation\w*|pregnan\w+|post-?(?:menstrual|conception\w*)|"
    r"preterm|premature\w*|GA|PMA|fifth|mg|kg|at)(?: \w+)? ?\(?(?:up to |of |about |between |from ){0,3}$",
    re.IGNORECASE,
)
_NO_AGE_AFTER = re.compile(
    r"^(?: old)?(?:['’]| of|,)? ?(?:gestation|pregnan|post-?(?:menstrual|concept|partum|natal|natally)|"
    r"amenorrh|GA\b|PMA\b|corrected gest|(?:of )?PCA\b|postconcept|of follow|follow|later|earlier|ago|before|after|of "
    r"(?:treatment|therapy|experience|training|education|schooling)|and \d+ (?:month|week)|"
    r"\d+ (?:month|week)|(?:and|or) (?:older|over|above|more)|apart|intervals?|in (?:length|duration)|"
    r"duration|[^.;]{0,20}\bnot (?:allowed|included|eligible|asked)|respectively|durations?)",
    re.IGNORECASE,
)
_MEAN_BEFORE = re.compile(
    r"\b(?:mean|average|median)\b(?: age)?(?: of (?:the )?[a-z]+)?(?: of| was| were| is)? ?$",
    re.IGNORECASE,
)
_PREGNANT = re.compile(r"\bgestation|\bpregnan|\bpost-?(?:menstrual|conception)|\bunborn|\bfetus|\bfoetus|"
                       r"\btrimester|\bpreterm\b|\bpremature\b", re.IGNORECASE)  # fmt: skip
_MEASURED_AT = re.compile(
    r"\bwhen (?:the|their|her|his) \w+ (?:is|are|was|were) (?:between |aged )?$|"
    r"\b(?:assess|measur|score|outcome|follow|test|seen again|evaluat|re-?exam|reach|until|by the age|"
    r"screen|status)\w*[^.;]{0,60}\bat(?: the age of| age)? ?$",
    re.IGNORECASE,
)
_ENDS_THERE = re.compile(
    r"(?:[- ]old)?(?:,| (?:and|who|were|was|or|with|when|at|in|had|have|came|took|drew|from|of)\b)"
)
_GROWN = 18  # years
_DAYS = {"weeks": 7.0, "months": 30.4, "years": 365.0}
_MOST_WEEKS = 60
_BORN_WEEKS = 22  # "less than 34 weeks" tells of a birth


@dataclass(frozen=True, slots=True)
class _Age:
    """One age as it stands: its ends in days, and what a reader is shown."""

    kind: str
    low: float
    high: float
    value: str


def child_ages(sentences: list[str]) -> Iterator[tuple[str, str]]:
    """Give the first age or range of ages stated of children, with its sentence: "4 to 11 years".

    Of strata in one sentence the range that holds them all; where none does, nothing.
    """
    for sentence in sentences:
        if _SPOKEN_OF.search(sentence) and not asides.of_the_field(sentence):
            ages = list(_ages(sentence))
            if ages:
                if whole := _whole(ages):
                    yield whole.value, sentence
                return


@cache
def _kinds() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Compile them once they are needed: that takes longer than much of a program's start."""
    return tuple((re.compile(words, re.IGNORECASE), kind) for words, kind in _KINDS)


def _ages(sentence: str) -> Iterator[_Age]:
    taken: list[tuple[int, int]] = []
    for words, kind in _kinds():
        for met in words.finditer(sentence):
            start, end = met.span()
            if any(start < stop and begin < end for begin, stop in taken):
                continue
            age = _read(met, kind)
            if age or kind != "range" or met["by"].strip() != "and":
                taken.append((start, end))
            if age and _is_childs_age(sentence, met, kind):
                yield age


def _whole(ages: list[_Age]) -> _Age | None:
    ranges = [age for age in ages if age.kind in {"range", "up to"}]
    if not ranges:
        values = {age.value for age in ages}
        return ages[0] if len(values) == 1 or ages[0].kind == "mean" else None
    for age in ranges:
        if all(age.low <= other.low and other.high <= age.high for other in ranges):
            return age
    return None


def _is_childs_age(sentence: str, met: re.Match[str], kind: str) -> bool:
    before, after = sentence[: met.start()], sentence[met.end() :]
    if _NO_AGE_AFTER.search(after) or (kind != "up to" and re.search(r"[<≤>≥] ?$", before)):
        return False
    marked = bool(
        kind in {"one", "mean"}
        or _AGED_BEFORE.search(before)
        or _AGED_AFTER.search(after)
        or re.search(r"[- ]olds?$", met[0])
        or ((met.groupdict().get("between") or "").strip() and _OF_CHILD.search(before))
        or _OF_CHILD.search(before)
    )
    if not marked or (_MEAN_BEFORE.search(before) and kind != "mean"):
        return False
    if _NO_AGE_BEFORE.search(before) and not _AGED_BEFORE.search(before):
        return False
    if _MEASURED_AT.search(before) or (_in_weeks(met) and _PREGNANT.search(sentence)):
        return False
    return _of_a_child(before, met[0], after)


def _in_weeks(met: re.Match[str]) -> bool:
    groups = met.groupdict()
    return (groups.get("unit") or groups.get("per") or "").casefold().startswith("w")


def _of_a_child(before: str, age: str, after: str) -> bool:
    """Tell whose age it is: "fourteen-month-old infants", "infants (4 to 6 months)"; not a mother's."""
    attribute = re.match(
        rf"(?:[- ]olds?)?,? (?:[a-z]+ ){{0,2}}?(?P<who>{_PERSON.pattern})", after, re.IGNORECASE
    )
    said_old = re.search(r"[- ]old$", age) or re.match(r"[- ]old ", after)
    if said_old and attribute and not _ENDS_THERE.match(after):
        return attribute["child"] is not None
    clause = re.split(r"[;:]|\.\s|, (?:and|but|while|whereas)\b|\bwhose\b(?= )", before)[-1]
    people = list(_PERSON.finditer(clause)) or list(_PERSON.finditer(before))
    if not people:
        return bool(re.search(r"\bolds\b", age + after[:5]) or (attribute and attribute["child"]))
    verb = re.search(r"\b(?:were|was|are|is|ranged|had)\b(?! (?:given|the))[^,]{0,30}$", clause)
    if verb and (subjects := [person for person in people if person.end() <= verb.start()]):
        return subjects[0]["child"] is not None or _possessed(clause[: verb.start()])
    return people[-1]["child"] is not None and not re.search(
        r"\bmaternal age|\bmothers?['’] age", clause
    )


def _possessed(subject: str) -> bool:
    """Tell whether the subject is the parents' children: "mothers' infants were …"."""
    return re.search(rf"\b{_GROWN_UP}['’]s? (?:\w+ )?{_CHILD}\b|\b{_GROWN_UP} and (?:their )?{_CHILD}\b",
                     subject, re.IGNORECASE) is not None  # fmt: skip


def _read(met: re.Match[str], kind: str) -> _Age | None:
    groups = met.groupdict()
    unit = _unit(groups.get("unit") or groups.get("per") or "")
    low = _number(groups.get("low") or groups.get("aged") or "")
    if low is None:
        return None
    if kind == "range":
        return _range(groups, low, unit)
    days = low * _DAYS[unit]
    born = unit == "weeks" and low > (_BORN_WEEKS if kind == "up to" else _MOST_WEEKS)
    if born or days > _GROWN * _DAYS["years"]:
        return None
    shown = f"{_shown(low)} {unit}"
    if kind == "up to":
        return _Age(kind, 0.0, days, f"up to {shown}")
    return _Age(kind, days, days, f"mean {shown}" if kind == "mean" else shown)


def _range(groups: dict[str, str | None], low: float, unit: str) -> _Age | None:
    high = _number(groups.get("high") or "")
    by = (groups.get("by") or "").strip()
    if high is None or (by == "and" and not groups.get("between")):
        return None
    low_unit = _unit(groups.get("lowunit") or unit)
    first, last = low * _DAYS[low_unit], high * _DAYS[unit]
    if first >= last or last > _GROWN * _DAYS["years"]:
        return None
    start = f"{_shown(low)} {low_unit}" if low_unit != unit else _shown(low)
    return _Age("range", first, last, f"{start} to {_shown(high)} {unit}")


def _number(words: str) -> float | None:
    return float(words) if re.fullmatch(r"\d+(?:\.\d+)?", words) else read_number(words)


def _shown(number: float) -> str:
    return f"{number:g}"


def _unit(word: str) -> str:
    return {"w": "weeks", "m": "months"}.get(word[:1].casefold(), "years")
