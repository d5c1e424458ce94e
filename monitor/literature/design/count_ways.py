"""The ways to say how many took part, and the words that people and chance have in them. Pure.

Patterns that hold numbers or people are compiled once a sign of them was seen: all of them take
longer than much of a program's start.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from monitor.literature.text.numerals import NUMBER
from monitor.literature.text.sieve import Sieve

RANDOMISED, ANALYSED, ENROLLED, PLANNED = "randomised", "analysed", "enrolled", "planned"
# Words for the same people: parts of one sample, so that boys and girls are children.
_CLASSES = {
    "children": ("children child boys girls infants toddlers babies adolescents teenagers "
                 "preschoolers newborns neonates twins siblings pupils adoptees sons daughters youths kindergartners"),
    "parents": "mothers fathers parents caregivers carers grandparents grandmothers adopters",
    "families": "families family households",
    "dyads": "dyads pairs triads couples",
    "people": ("women men adults people participants patients subjects volunteers individuals "
               "persons respondents males females controls students residents"),
    "staff": "therapists practitioners teachers nurses clinicians midwives workers",
    "places": ("schools practices centres centers clusters villages sites clinics nurseries "
               "hospitals kindergartens classrooms"),
}  # fmt: skip
CLASS = {word: name for name, words in _CLASSES.items() for word in words.split()}
WHO = (
    r"(?:(?:mother|father|parent|caregiver|carer|child|infant|toddler|baby)[-–/ ](?:(?:mother|father|"
    r"parent|infant|child|toddler|baby) )?(?:dyads?|pairs)|(?:mother|parent|father|caregiver)[-–]"
    r"(?:infant|child|toddler|baby)[- ](?:dyads?|pairs)|famil(?:y|ies)|dyads|households|"
    + "|".join(
        sorted(
            (w for w in CLASS if w not in {"family", "families", "child"}), key=len, reverse=True
        )
    )
    + r")\b"
)
# Between a number and its people: what they are like; no verb, no unit, no other number.
LIKE = (
    r"(?!(?:years?|months?|weeks?|days?|hours?|minutes?|sessions?|visits?|times?|points?|percent|per|"
    r"and|or|of|in|the|than|with|to|for|who|were|was|had|has|have|from|at|on|by|invited|screened|"
    r"eligible|approached|contacted|assessed|their|studies|trials|groups?|arms?|other|which|that|"
    r"received|while|out|a|an|items?|questions?|cent|dollars?|h|min|mg|ml|kg|g|is|are|be|not)\b)"
    r"[A-Za-zÀ-ÿ][\w'’–/-]*,?"
)
PEOPLE = rf"(?P<n>{NUMBER})(?: \(\d[\d,]*\))? (?:{LIKE} ){{0,5}}?(?P<who>{WHO})"
_FIRST_PART = rf"{NUMBER} (?:{LIKE} ){{1,4}}?and "  # "45 intervention and 48 control mothers"
_BRACKET = rf"(?P<who>{WHO})(?: [^.;()\d]{{0,40}})? ?\((?:n|N|a total of n) ?= ?(?P<n>\d[\d,]*)(?:[,;][^()]{{0,80}})?\)"
CHANCE = (
    r"(?:randomi[sz]\w*|randomly|at random|by lot|by lots|drawn lots|by chance|by (?:the )?toss|"
    r"coin|lottery|random numbers?)"
)
BY_CHANCE = re.compile(rf"\b{CHANCE}\b", re.IGNORECASE)
_BEFORE_VERB = r"(?:,? (?:with (?:[a-z-]+ ){1,4})?aged [^,.;()]{1,40},?|, \w[^,.;()]{1,30} of age,| \([^()]{0,80}\)|,? who [^,.;()\d]{1,60},)?[^.;()\d]"
ASSIGNED = r"(?:assigned|allocated|placed|given|drawn|put|sent|split|divided|distributed)"
_DONE_TO = (
    rf"(?:{_BEFORE_VERB}{{0,80}}?\b(?:were|was|being|been)\b(?:[^.;()\d]{{0,60}}? and| \w+ly| then| each| all| "
    rf"therefore)? (?:{CHANCE}|{ASSIGNED}\b[^.;]{{0,60}}?\b(?:by lots?|at random|by chance|randomly))\b"
    r"(?! ?(?:controlled |clinical |double|trial|study))|"
    rf"{_BEFORE_VERB}{{0,40}}? (?:randomi[sz]ed|randomly {ASSIGNED}) (?:to|into|between|in a)\b)"
)
_ANALYSED = (
    rf"{_BEFORE_VERB}{{0,50}}?\b(?:were analy[sz]ed|completed (?:the )?(?:study|trial|treatment|program|"
    r"intervention|follow|post|assess)|(?:were|was) (?:\w+ )?included in the (?:\w+[- ]){0,4}analys)"
)
_JOINED = (
    rf"{_BEFORE_VERB}{{0,60}}?\b(?:(?:were|was|have been|had been|(?:are|is) to be|will be) (?:\w+ )?(?:recruited|enrol+ed|included|"
    r"studied|entered|interviewed|seen)|participated|took part|consented|received|entered|enrol+ed)\b"
)
_HAD = (
    r"\b(?:(?<!\()(?:recruit(?:ed)?|enrol+(?:ed)?|include[ds]?)|studied|involved|comprised|sample of|consisted of|"
    r"interviews with|interviewed|participants were|subjects were|sample was|(?:participants|patients|subjects|sample):)(?: a total of)? "
)
_RANDOMISING = rf"\b(?:randomi[sz]ed?|randomly {ASSIGNED})(?: a total of)? "


@dataclass(frozen=True, slots=True)
class Saying:
    """A way to say how many: ``sign`` stands in all of it, and is looked for first."""

    sign: re.Pattern[str]
    words: str

    def met_in(self, clause: str) -> Iterator[tuple[int, re.Match[str]]]:
        """Give where a clause says so, and the number with its people."""
        if self.sign.search(clause) and may_count(self.words, clause):
            for met in compiled(self.words).finditer(clause):
                yield met.start(), met


class SaidBehind(Saying):
    """A way that begins with its sign: the words stand right behind it, wherever it may end."""

    def met_in(self, clause: str) -> Iterator[tuple[int, re.Match[str]]]:
        """Give where a clause says so, and the number with its people."""
        end = 0
        if not self.sign.search(clause) or not may_count(self.words, clause):
            return
        for sign in self.sign.finditer(clause):
            if sign.start() < end:
                continue
            if met := compiled(self.words).match(clause, sign.end()):
                yield sign.start(), met
                end = met.end()


@cache
def compiled(words: str) -> re.Pattern[str]:
    """Compile words, in letters of either size, once they are asked for."""
    return re.compile(words, re.IGNORECASE)


def people() -> re.Pattern[str]:
    """Give what matches a number with its people."""
    return compiled(PEOPLE)


def may_count(words: str, clause: str) -> bool:
    """Tell whether words may match that perhaps hold a number with its people: then one stands there.

    To see it takes less than to compile them, and to try them at each place.
    """
    return PEOPLE not in words or people().search(clause) is not None


@cache
def ways() -> dict[str, tuple[Saying, ...]]:
    """Give the ways to tell each kind; only what is looked for first is compiled by it."""
    return {
        RANDOMISED: (
            Saying(compiled(_DONE_TO), rf"{PEOPLE}{_DONE_TO}"),
            SaidBehind(compiled(_RANDOMISING), PEOPLE),
            SaidBehind(compiled(rf"{_RANDOMISING}(?=.* and )"), rf"{_FIRST_PART}{PEOPLE}"),
            Saying(BY_CHANCE, rf"{_BRACKET}[^.;()]{{0,120}}?\b(?:were|was) (?:\w+ly )?{CHANCE}"),
            Saying(
                compiled("randomi[sz]ed"),
                rf"(?:^|[,:;] (?:and )?|\band |\bwhom )(?P<n>{NUMBER}) (?:were|was) (?:\w+ly )?randomi[sz]ed\b",
            ),
        ),
        ANALYSED: (
            Saying(
                compiled(_ANALYSED),
                rf"(?<!interviews with )(?<!groups with ){PEOPLE}{_ANALYSED}",
            ),
        ),
        ENROLLED: (
            Saying(compiled(_JOINED), rf"{PEOPLE}{_JOINED}"),
            SaidBehind(compiled(_HAD), PEOPLE),
            SaidBehind(compiled(rf"{_HAD}(?=.* and )"), rf"{_FIRST_PART}{PEOPLE}"),
            Saying(
                compiled("took part|participated|consented|were enrol"),
                rf"(?:^|, )(?P<n>{NUMBER}) (?:took part|participated|consented|were enrol+ed)\b",
            ),
            Saying(
                compiled(r" \(N ?="),
                rf"(?P<who>{WHO}) \((?-i:N) ?= ?(?P<n>\d[\d,]*)(?:[,;][^()]{{0,80}})?\)",
            ),
        ),
    }


@cache
def sieve() -> Sieve:
    """Give what tells which signs may stand in a clause."""
    return Sieve(way.sign for of_kind in ways().values() for way in of_kind)
