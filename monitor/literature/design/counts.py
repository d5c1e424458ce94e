"""How many took part, as a text states it. Pure.

Only what stands there: a number without its people, an arm's, a number needed, asked or hoped for,
or one of somebody else's study is left out. Parts that are one sample together are added up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from monitor.literature.design import asides
from monitor.literature.design.count_ways import (
    ANALYSED,
    ASSIGNED,
    BY_CHANCE,
    CHANCE,
    CLASS,
    ENROLLED,
    LIKE,
    PEOPLE,
    PLANNED,
    RANDOMISED,
    WHO,
    people,
    sieve,
    ways,
)
from monitor.literature.text.numerals import NUMBER, read_number

_JOINT = re.compile(",? (?:and|plus|&) ", re.IGNORECASE)
_JOINTS = ("and ", "plus ", "& ")
_TWO = 2
_NOT_BY_CHANCE = re.compile(r"\b(?:non-?|not |un|quasi-?|semi-?|before )randomi[sz]", re.IGNORECASE)
_NOT_SAMPLE = re.compile(
    r"\b(?:power|required|needed|necessary|sample[- ]sizes?|to detect|calculat\w*|by our sums|suffic\w+|"
    r"at least|minimum|a maximum|hypothes\w+|would (?:be|give|allow|have)|estimated|drop-?outs?|"
    r"attrition|(?:an|each|per|either|every|one|the \w+|in an?) (?:arm|group)|in each|"
    r"mean (?:age|number)|out of|respectively|studies involving|(?:trials?|studies|study) (?:that )?each|"
    r"each (?:of|trial|study)|questionnaires? (?:was|were) (?:sent|posted))\b|%",
    re.IGNORECASE,
)
# "(N = 29; mean age 31 years)" counts people, and says more of them
_BESIDE = re.compile(r"[;,] ?(?:mean|M|average)\b[^()]{0,60}\)", re.IGNORECASE)
_TO_COME = re.compile(
    r"\b(?:will|shall|plan(?:s|ned|ning)? to|aim(?:s|ed|ing)? (?:to|at|for)|intend(?:s|ed)? to|"
    r"expect(?:s|ed)? to|hope[ds]? to|(?:is|are) to\b|to be (?:\w+ly )?(?:recruited|enrol+ed|randomi[sz]ed|"
    r"included|assigned|allocated|invited)|anticipat\w+|target\w*|planned|projected|is expected|"
    r"are expected|going to|recruitment of|to recruit|to enrol+|to randomi[sz]e|to include|"
    r"we seek|is open to|(?:invites|wants|wishes) )\b",
    re.IGNORECASE,
)
_AN_ARM = re.compile(
    r"\b(?:group|arm|cohort|phase|experiment|study) (?:[A-D1-6]|I{1,3}|one|two|three)\b[^.;]{0,25}$|"
    r"\b(?:intervention|control|treatment|experimental|comparison|placebo|study|usual[- ]care|"
    r"waiting[- ]list|each|either|other|first|second|one) (?:group|arm|condition)[^.;]{0,30}$|"
    rf"(?:\d|{NUMBER}|half|some|most|%) of (?:the )?$|\b(?:Objective|Aim|Group|Phase|Stage|Visit|"
    r"Day|Week|Year|Table|Figure|Type|Grade|Cohort|Step|Level|Site|Part|Study|Experiment) $|"
    r"\b(?:first|second|third|another|one) (?:study|trial|experiment|part|phase),? [^.;]{0,20}$|"
    r"\b(?:Arm|Group) (?:\d|[A-D])\b[^.;]*$|"
    r"\b(?:initial|first|next|last|remaining|other|further|additional|another|only|fewer than|"
    r"more than|including|includes|after|the) $",
    re.IGNORECASE,
)
_IN_AN_ARM = re.compile(
    r"^[^.;,]{0,40}\b(?:in|to) (?:the |each |either )?(?:\w+[- ]){1,3}(?:group|arm|condition)\b|"
    r"^[^.;]{0,60}\b(?:compared (?:with|to)|versus|vs\.?) ",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"\b(?:approached|invited|screened|contacted|asked|assessed|identified|referred|sent|wrote to)"
    r"(?: all| the)? $",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Count:
    """A number of people, where its words stand."""

    number: int
    who: str
    start: int
    end: int


def sample_sizes(sentences: list[str]) -> Iterator[tuple[str, str]]:
    """Give the number first stated of those randomised, analysed and enrolled, with its sentence.

    A value reads "130 families randomised"; one yet to come is "planned", and is given only where
    nobody is said to have been randomised, analysed or enrolled.
    """
    given: dict[str, tuple[str, str]] = {}
    for sentence in sentences:
        for value, kind in _in_one(sentence):
            given.setdefault(kind, (f"{value} {kind}", sentence))
    done = [given[kind] for kind in (RANDOMISED, ANALYSED, ENROLLED) if kind in given]
    yield from done or [given[PLANNED]] if PLANNED in given else done


def _in_one(sentence: str) -> Iterator[tuple[str, str]]:
    if not re.search(NUMBER, sentence, re.IGNORECASE) or _is_of_others(sentence):
        return
    to_come = _TO_COME.search(sentence) is not None
    for clause in re.split(r";(?![^()]*\)) ?", sentence):
        if _NOT_SAMPLE.search(_BESIDE.sub(")", clause)) and not _in_each(clause):
            continue
        for value, kind in _of_clause(clause, sentence):
            yield value, PLANNED if to_come else kind


def _is_of_others(sentence: str) -> bool:
    return asides.of_the_field(sentence) or (
        asides.others_did(sentence) and not re.search(r"\b(?:we|our)\b", sentence, re.IGNORECASE)
    )


def _of_clause(clause: str, sentence: str) -> Iterator[tuple[str, str]]:
    said: str | None = None
    if BY_CHANCE.search(sentence) and not _NOT_BY_CHANCE.search(clause):
        said = _randomised(clause, sentence)
        if said:
            yield said, RANDOMISED
    if (count := _first(ANALYSED, clause)) is not None:
        yield count, ANALYSED
    elif not said and (count := _first(ENROLLED, clause)) is not None:
        yield count, ENROLLED


def _randomised(clause: str, sentence: str) -> str | None:
    """Give those whom chance assigned: a total, or the sum of the arms where only they are told."""
    if parts := _drawn(sentence):
        return f"{sum(parts)}"
    if (both := _both_arms(clause)) is not None:
        return both
    return _first(RANDOMISED, clause) or _in_each(clause) or _arms(clause)


def _drawn(sentence: str) -> list[int]:
    """Give the numbers that each have their own "by lot": the rest of the sample was not drawn."""
    numbers: list[int] = []
    for part in re.split(r"[:;,]| and (?=\d|[a-z]+ )", sentence):
        met = re.search(NUMBER, part, re.IGNORECASE)
        if met and re.search(
            r"\b(?:by (?:lot|chance)|at random|randomly|by (?:the )?toss)\b", part
        ):
            numbers.append(read_number(met[0]) or 0)
    return numbers if len(numbers) > 1 and all(numbers) else []


def _both_arms(clause: str) -> str | None:
    """Add the arms of "40 families were randomly assigned to A and 40 to B", with its "to"s."""
    if len(re.findall(NUMBER, clause, re.IGNORECASE)) < _TWO:
        return None
    # what is in both ways to say it is looked for first: the whole takes long to compile
    met = _two_arms().search(clause) if _may_be_two_arms().search(clause) else None
    if met is None:
        return None
    more = met["bare"] or clause[met.start("more") : _last_arm(clause, met.end("more"))]
    numbers = [met["n"], *re.findall(rf"({NUMBER})", more, re.IGNORECASE)]
    read = [read_number(number) for number in numbers]
    return f"{sum(number or 0 for number in read)} {met['who'].casefold()}" if all(read) else None


def _in_each(clause: str) -> str | None:
    """Read "(n = 33 in each group)" of groups that are counted, or are two by their words."""
    met = re.search(
        r"\b[nN] ?= ?(\d[\d,]*)[,;]? (?:in|for|to|per|an?) ?(?:each|every|both|either|arm|group)\b|"
        r"\beach[,;]? [nN] ?= ?(\d[\d,]*)|\b[nN] ?= ?(\d[\d,]*) each\b|(\d[\d,]*) in each (?:group|arm)\b",
        clause,
    )  # fmt: skip
    groups = _groups(clause)
    if met is None or groups is None or not BY_CHANCE.search(clause):
        return None
    number = read_number(next(digits for digits in met.groups() if digits))
    who = re.search(WHO, clause, re.IGNORECASE)
    return f"{number * groups} {who[0].casefold()}" if number and who else None


def _groups(clause: str) -> int | None:
    told = re.search(
        r"\b(two|three|four|2|3|4) (?:[\w-]+ ){0,3}(?:groups|arms|conditions)\b", clause
    )
    if told:
        return read_number(told[1])
    named = re.search(rf"{CHANCE}(?: {ASSIGNED})? to ([^().;\d]{{1,120}})", clause, re.IGNORECASE)
    if named is None or "," in named[1].rstrip(" ,"):
        return None
    return 2 if len(re.findall(r"\b(?:or|and)\b", named[1])) == 1 else None


def _arms(clause: str) -> str | None:
    """Add the arms of "randomised to A (n = 43) or to B (n = 41)", where no total stands."""
    verb = re.search(rf"\b(?:{CHANCE}|{ASSIGNED})\b", clause, re.IGNORECASE)
    if verb is None:
        return None
    parts = re.findall(r"\([nN] ?= ?(\d[\d,]*)\)", clause[verb.start() :])
    who = re.search(WHO, clause[: verb.start()], re.IGNORECASE)
    numbers = [read_number(part) for part in parts]
    if len(numbers) < _TWO or not who or not all(numbers):
        return None
    return f"{sum(number or 0 for number in numbers)} {who[0].casefold()}"


def _first(kind: str, clause: str) -> str | None:
    signs = sieve()
    seen = signs.seen_in(clause)
    for way in ways()[kind]:
        for begin, met in way.met_in(clause) if signs.may_match(way.sign, seen) else ():
            if (value := _value(clause, begin, met)) is not None:
                return value
    return None


def _value(clause: str, begin: int, met: re.Match[str]) -> str | None:
    """Give a number with its people, its other part added; None where it is no whole sample.

    ``begin``: where the words begin that say what became of them.
    """
    start = met.start("n")
    before, number = clause[:start], read_number(met["n"])
    if number is None or _AN_ARM.search(before) or _is_year(before, met["n"]):
        return None
    who = (met.groupdict().get("who") or "").casefold()
    if _class(who) == "places" and re.search(r"\b(?:at|in|from|across|of|by) $", before):
        return None
    told = clause[begin : met.end()]
    if _IN_AN_ARM.search(clause[met.end() :]) and not re.search(CHANCE, told, re.IGNORECASE):
        return None
    own = _Count(number, who, start, met.end("who") if who else met.end("n"))
    return _with_parts(clause, own)


def _is_year(before: str, number: str) -> bool:
    dated = re.search(r"\b(?:in|since|by|until|of|and|to|from) $", before, re.IGNORECASE)
    return bool(dated and re.fullmatch(r"(?:19|20)\d\d", number))


def _with_parts(clause: str, own: _Count) -> str | None:
    """Add what is joined to a count by "and"; None where the two are not the same sort of people."""
    parts = [own, *_parts_after(clause, own), *_parts_before(clause, own)]
    if len(parts) == 1:
        return (
            None if _tells_another_arm(clause[own.start :]) else f"{own.number} {own.who}".strip()
        )
    whos = {part.who for part in parts if part.who}
    classes = {_class(who) for who in whos}
    if len(classes) != 1:
        return None
    shown = whos.pop() if len(whos) == 1 else classes.pop()
    return f"{sum(part.number for part in parts)} {shown}"


def _tells_another_arm(clause: str) -> bool:
    """Tell whether a second group is told of behind the first, which was not the whole sample then."""
    return bool(_and_number().search(clause) and _another_arm().search(clause))


def _parts_after(clause: str, own: _Count) -> Iterator[_Count]:
    end = own.end
    while (joint := _JOINT.match(clause, end)) and (met := people().match(clause, joint.end())):
        yield _Count(read_number(met["n"]) or 0, met["who"].casefold(), met.start("n"), met.end())
        end = met.end()


def _parts_before(clause: str, own: _Count) -> Iterator[_Count]:
    """Give "36 control and" before "31 study families", "71 boys and" before "62 girls"."""
    before = clause[: own.start]
    while before.casefold().endswith(_JOINTS) and (met := _part_before().search(before)):
        if _ASKED.search(before[: met.start("n")]):
            return
        who = (met["who"] or "").casefold()
        yield _Count(read_number(met["n"]) or 0, who, met.start("n"), met.end())
        before = before[: met.start("n")]


def _class(who: str) -> str:
    return "dyads" if re.search(r"dyads?$|pairs$", who) else CLASS.get(who, who)


def _last_arm(clause: str, end: int) -> int:
    """Give where the last of up to three more arms ends, of which the second ends here."""
    for _ in range(3):
        if (met := _next_arm().match(clause, end)) is None:
            break
        end = met.end()
    return end


_ARM = r"(?:\([^()]{0,40}\)|[^.;\d()]){1,60}?"
_ARM_VERB = rf"(?:were |was |been )?(?:randomly )?(?:randomi[sz]ed|{ASSIGNED})"
_BARE = rf" and (?:{NUMBER}) [a-z-]+(?=,? (?:by lot|at random)|[,.]|$)"
_AND = rf"\band (?:the (?:other|remaining) )?(?:{NUMBER}) "
_TO = rf"(?:,| and|, and) (?:{NUMBER}) (?:(?:{LIKE} )?{WHO} )?(?:{_ARM_VERB} )?to\b"


@cache
def _may_be_two_arms() -> re.Pattern[str]:
    return re.compile(rf" to\b(?s:.*?) to\b|{_BARE}", re.IGNORECASE)


@cache
def _two_arms() -> re.Pattern[str]:
    return re.compile(
        rf"{PEOPLE}(?: {_ARM_VERB})?"
        rf"(?: to\b{_ARM}(?P<more>{_TO})|(?! to\b)[^.;\d]{{1,40}}?(?P<bare>{_BARE}))",
        re.IGNORECASE,
    )


@cache
def _next_arm() -> re.Pattern[str]:
    return re.compile(rf"{_ARM}{_TO}", re.IGNORECASE)


@cache
def _and_number() -> re.Pattern[str]:
    return re.compile(_AND, re.IGNORECASE)


@cache
def _another_arm() -> re.Pattern[str]:
    """Match a second group told of in the same breath."""
    return re.compile(
        rf"^[^.;]{{5,160}}?{_AND}(?:{LIKE} ){{0,3}}{WHO} (?:who|with|"
        r"received|had|in|to|consume[ds]?|were (?:given|assigned|allocated|randomi[sz]ed|treated))\b",
        re.IGNORECASE,
    )


@cache
def _part_before() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<n>{NUMBER}) (?:{LIKE} ){{0,4}}?(?P<who>{WHO})?,? ?(?:and|plus|&) $", re.IGNORECASE
    )
