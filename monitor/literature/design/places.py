"""Countries and settings that a text says a study was done in. Pure search; data in ``nations``.

A country counts where the text puts the study in it ("in Sweden", "Dutch families", "mothers in
Tehran"), never for an author's address, a congress, another's trial or where a programme comes
from. The four nations of the UK are the United Kingdom here.
"""

import re
from collections.abc import Iterator
from functools import cache

from monitor.literature.design import asides
from monitor.literature.design.nations import NAMES, PEOPLES, PLACES, REGIONS, UK, UNSURE

__all__ = ["UK", "countries", "country_named", "settings"]

_WHO = (
    r"(?:famil|mother|father|parent|caregiver|carer|child|infant|toddler|bab(?:y|ies)\b|adolescent|"
    r"teenager|youth|boys|girls|women|men\b|people|couples|dyads|twins|adults|pupils|students|"
    r"participants|patients|residents|households|sample|population|nurses|midwi|health visitors|"
    r"general practi|teachers|social workers|practitioners|clinicians|therapists)"
)
_HOUSES = (
    r"(?:services?\b|trusts?\b|hospitals?\b|clinics?\b|communit|primary care|foster|adopt|schools?\b|"
    r"cohort|preschool|setting|health (?:service|care|cent|board|insur|visit)|sites?\b|cent(?:res?|ers?)\b|"
    r"nurser(?:y|ies)|kindergartens?|day ?care|towns?\b|cit(?:y|ies)\b|villages?|districts?|regions?|"
    r"provinces?|count(?:y|ies)\b|municipalit|states?\b|local authorit|prisons?|practices\b|agenc|"
    r"National Health|Medicaid|child (?:welfare|protection|health)|social (?:work|care|service)|"
    r"(?:[Gg]overnment|[Mm]inistry|[Dd]epartment|[Bb]oard|[Cc]ouncil|[Aa]uthorit(?:y|ies)|Executive|Office|"
    r"Assembly|Directorate|[Ii]nstitut(?:e|ion)|[Rr]egistr(?:y|ies)|[Pp]arliament)\b)"
)
_OF = rf" (?:[A-Za-z][a-z-]* ){{0,3}}(?:{_WHO}|{_HOUSES})"
# Of a people, and yet no sign of the place: who came from it, what was written in its language.
_ABROAD = re.compile(
    r"^ (?:[A-Za-z-]+ ){0,2}(?:refugee|immigrant|migrant|immigration|adoptee|orphan|origin|descent|"
    r"heritage|ancestry|background|speaking|language|version|translation|Americans?|Academy|"
    r"Psych|Association|Society|Journal|Medical|College)|^[- ](?:born|speaking|origin|American)|"
    r"^ (?:\w+ )?(?:[a-z-]+ )?(?:adoptees|refugees|immigrants|migrants)",
)
_FROM_ABROAD = re.compile(
    r"\b(?:Latin|South|North|Central|Native|Asian|[a-z]+born|immigrant|refugee|migrant|"
    r"funded by|supported by|grants? from|funding from)(?: the)? ?$"
)
_PREPOSITION = r"\b(?:[Ii]n|[Ff]rom|[Aa]cross|[Tt]hroughout|[Ww]ithin|[Aa]round|[Nn]ear)"
_WAY = (
    r"(?: (?:the|The|a|an|rural|urban|inner|mainland|northern|southern|eastern|western|central|"
    r"north(?:ern)?|south(?:ern)?|east|west|North(?! Korea)|South(?! Sudan| Africa| Korea)|East|West|Northern(?! Ireland)|Southern|Eastern|Western|"
    r"Central|Greater|[Nn]orth-?[a-z]+(?! Ireland)|[Ss]outh-?[a-z]+|two|three|four|five|six|several|all|"
    r"different|part|parts|areas?|regions?|provinces?|states?|towns?|cit(?:y|ies)|villages?|districts?|"
    r"suburbs?|outskirts|capital|island|of|city|state|and|Capital|Region|City|County|Province|State|"
    r"[A-Z][\w'’.-]+(?:,|(?= (?:in|of|and)))| \d+)){0,7} "
)
_BELONGS = (
    rf"\b(?:{_WHO[3:-1]}|[Cc]apital|[Rr]egions?|[Cc]it(?:y|ies)|[Tt]owns?|[Vv]illages?|[Pp]rovinces?|"
    r"[Cc]ount(?:y|ies)|[Pp]arts?|[Nn]orth|[Ss]outh|[Ee]ast|[Ww]est|[Ss]tates?|[Ii]slands?|"
    r"[Mm]unicipalit(?:y|ies)|[Cc]ommune)[a-z]{0,8} of (?:the |The )?(?:[a-z]+ )?"
)
# A town that is not known, before its country: at a clinic of Deventer, The Netherlands.
_TOWN = (
    r"\b(?:[Ii]n|[Ff]rom|[Aa]t|[Nn]ear|[Oo]f)\b(?=[^.;:()]{0,70}[A-Z])[^.;:()]{1,90}?"
    r"[A-Z][\w'’.-]+(?: hospital| clinic)?(?:, | ?\()(?:the |The )?"
)
_SOLD = re.compile(
    r"^TRIAL REGISTRATION|\b[Cc]linical [Tt]r(?:ia|ai)ls? [Rr]egist|[Cc]linical[Tt]rials\.gov|\bScientific,|\bTechnologies\b|"
    r"\b(?:Inc|Ltd|GmbH|Corp|AG|LLC|software|version \d|SPSS|purchased|supplied|manufactur|"
    r"Pharma\w*|Laborator\w+)\b"
)
_DISPLACED = re.compile(
    r"\b(?:refugee|asylum|immigrant|migrant|displaced|resettle)\w*\b", re.IGNORECASE
)
_ORIGIN = re.compile(
    r"(?<=\w) (?:who )?(?:had )?(?:(?:came|come|coming|fled|originat\w+|arriv\w+) )?from [A-Z][\w-]+(?: [A-Z][\w-]+){0,3}"
    r"(?:(?:, | and |, and | or )[A-Z][\w-]+(?: [A-Z][\w-]+){0,3}){0,6}(?! (?:clinics?|cent|services?|schools?|hospitals?))"
)
_SHORT = r"UK|US|USA|U\.[KS]\.(?:A\.?)?"  # "US dollars", "UK norms": no place by itself
_NEXT = (
    r"(?:[)\]])?,?(?: and| or| &| as well as)?(?: also)?(?: (?:in|from|to|with))?"
    rf"(?: (?:[a-z]+ )?{_WHO}[a-z]* (?:in|of|from))?(?: the| The)? "
)
_PRESENT = re.compile(
    r"\b(?:is|are|has|have|may|can|there|die|live)\b(?! (?:being )?(?:conducted|carried out|done|performed|"
    r"located|run|recruit\w+)\b)|^In [A-Z]\w+,? (?:approximately|about|around|the|many|most|more|an?|no|only)\b"
)
_PAST = re.compile(r"\b(?:was|were|will|took|had|lived|came)\b")
_ADJECTIVE = re.compile(
    r"^ (?!(?:and|in|with|were|was|who|to|for|had|is|are|from|at|by|using|during|between|after|before|"
    r"over|as|on|that|which|but|or|took|participated|received|came|since|until|where|while|when|will|"
    r"than|between|under|through|have|has|did|completed|lived|attended)\b)[a-z]"
)
_SETTINGS = (
    ("home", r"(?<!medical )(?<!nursing )\bhome[- ](?:visit(?!or)|based)|\b(?:at|in) (?:their |the )?(?:own )?homes?\b(?!-)"),
    ("neonatal unit", r"\bneonatal (?:intensive care )?units?\b|\bNICU\b"),
    ("mother and baby unit", r"\bmother[- ](?:and|&)?[- ]?(?:baby|infant) units?\b"),
    ("hospital", r"\b(?:in|at|from) (?:an? |the |\w+ ){0,3}hospitals?\b|\binpatient"),
    ("mental health service", r"\bmental health (?:services?|clinics?\b|cent(?:re|er)s?)|\bCAMHS\b"),
    ("primary care", r"\bprimary (?:health ?)?care\b|\bgeneral practi(?:ce|tioner)|\bhealth visit"),
    ("foster or adoptive care", r"\bfoster (?:care|famil|parent|mother)|\badoptive (?:famil|par)"),
    ("residential care", r"\bresidential (?:care|home|group)|\borphanages?\b|\binstitutional care"),
    (
        "childcare",
        (
            r"\b(?:child|day) ?care (?:cent(?:re|er)|setting|provider|worker|facilit|service|staff|home)|\bkindergartens?\b|"
            r"\b(?:in|at|from) (?:child|day) ?care\b|\bhead start\b|"
            r"(?<!the )(?<!neonatal )(?<!newborn )(?<!well-baby )\bnurser(?:y|ies)\b(?! stock| rhyme)"
        ),
    ),
    ("school", (r"\bfrom (?:\w+ ){1,3}schools\b|"
     r"\b(?:in|at|across) (?!medical)(?:(?!medical\b|of\b|after\b|graduate\b)\w+ ){0,3}schools?\b(?! of\b| age| year|-age)|"
     r"\bschool-based")),
    ("prison", (r"\b(?:in|at|from) (?:\w+ ){0,3}(?:prisons?|jails?)\b|\bincarcerated\b|"
     r"\bprison (?:nurser|unit|mother|father)")),
    ("online", (r"\b(?:online|internet|web)[- ](?:based|delivered|program)(?! (?:\w+ ){0,2}(?:randomi|system|survey|"
     r"questionnaire|database|allocation|registry|form|platform for|search))|\btelehealth|\bby video ?call")),
    ("community", r"\bcommunity[- ](?:based|sett|cent|serv|agenc|clinic)"),
)  # fmt: skip


def countries(sentences: list[str]) -> Iterator[tuple[str, str]]:
    """Give each country the study is said to be in, with the first sentence that says so."""
    given: set[str] = set()
    displaced = any(_DISPLACED.search(sentence) for sentence in sentences)
    for whole in sentences:
        # where refugees come from is not where they were studied
        sentence = _ORIGIN.sub(" from elsewhere", whole) if displaced else whole
        if not (_is_general(sentence) or _SOLD.search(sentence)):
            for country in sorted(_in_one(sentence) - given):
                given.add(country)
                yield country, whole


def _is_general(sentence: str) -> bool:
    """Tell whether a sentence says how things are, not what was done: "In Peru, most clinics have …"."""
    if asides.general(sentence) or asides.cited(sentence):
        return True
    if asides.is_own(sentence) or not _PRESENT.search(sentence):
        return False
    return not _PAST.search(sentence)


def country_named(name: str) -> str:
    """Give our name of a country as a registry writes it; an unknown one stays as it is."""
    plain = name.strip()
    return next(
        (
            country
            for country, words in NAMES.items()
            if re.fullmatch(rf"(?:[Tt]he )?(?:{words})", plain)
        ),
        plain,
    )


def settings(sentences: list[str]) -> Iterator[tuple[str, str]]:
    """Give each setting that is named as one, with the first sentence that names it."""
    for name, words in _settings():
        for sentence in sentences:
            if _is_set_in(words, sentence):
                yield name, sentence
                break


def _is_set_in(words: re.Pattern[str], sentence: str) -> bool:
    named = [
        met
        for met in words.finditer(sentence)
        if not asides.denied(sentence, met.start(), met.end())
    ]
    if not named or _is_general(sentence):
        return False
    return not asides.of_the_field(sentence) and not asides.later(sentence)


def _in_one(sentence: str) -> set[str]:
    country_names: set[str] = set()
    for met in _place().finditer(sentence):
        if not _is_named_so(sentence, met) and not asides.not_there(
            sentence, met.start(), met.start("place")
        ):
            place, end = _whole(sentence, met)
            if re.fullmatch(_SHORT, place) and _ADJECTIVE.search(sentence[end:]):
                continue
            country_names |= _named(place, sentence)
            country_names |= set(_listed(sentence, end))
    for met in _people().finditer(sentence):
        abroad = _ABROAD.search(sentence[met.end("people") :])
        before = sentence[: met.start()]
        if (
            not abroad
            and not _FROM_ABROAD.search(before)
            and not asides.not_there(sentence, met.start(), met.start())
        ):
            country_names.add(_country_of_people(met["people"]))
    if _nhs().search(sentence) and not country_names:
        country_names.add(UK)
    return country_names


def _listed(sentence: str, end: int) -> Iterator[str]:
    """Give the countries that follow in a list."""
    while met := _next().match(sentence, end):
        yield from _named(met["place"], sentence)
        end = met.end()


def _is_named_so(sentence: str, met: re.Match[str]) -> bool:
    """Tell whether the place is part of a longer name, or a person's: "in Jordan et al."."""
    after = sentence[met.end() :]
    return bool(
        re.match(r"(?:['’]s\b|,? et al| and colleagues| \((?:19|20)\d\d\)| University|(?:/\w+)? (?:[Vv]eterans|[Ww]ar)\b| [A-Z][a-z]+ "
                 r"(?:Scale|Inventory|Questionnaire|Test|Index))", after)
    )  # fmt: skip


def _whole(sentence: str, met: re.Match[str]) -> tuple[str, int]:
    """Give a place, and where its name ends: a city before its state or country is that one's."""
    place, end = met["place"], met.end()
    if place in PLACES or place in UNSURE:
        larger = _larger().match(sentence, end)
        if larger and (larger["place"] in REGIONS or larger["place"] not in PLACES):
            return larger["place"], larger.end()
    return place, end


def _named(place: str, sentence: str) -> set[str]:
    if place in UNSURE:
        told = {country for words, country in UNSURE[place] if re.search(words, sentence)}
        return told if len(told) == 1 else set()
    country = PLACES.get(place)
    return {country or country_named(place)}


@cache
def _country_of_people(people: str) -> str:
    return next(c for c, words in PEOPLES.items() if re.fullmatch(words, people))


@cache
def _known() -> str:
    """Every name of a place, the longer ones first. Compiled once they are needed."""
    names = [*NAMES.values(), *(re.escape(place) for place in (*PLACES, *UNSURE))]
    return "|".join(sorted("|".join(names).split("|"), key=len, reverse=True))


@cache
def _place() -> re.Pattern[str]:
    way = _WAY.replace("[A-Z][", rf"(?!(?:{_known()})\b)[A-Z][")
    # "in Portugal, Spain and Italy": a country is no town of the next
    no_country = rf"\b(?!(?:{'|'.join(NAMES.values())})\b)"
    town = _TOWN.replace(r"[A-Z][\w", no_country + r"[A-Z][\w")
    return re.compile(rf"(?:{_PREPOSITION}{way}|{_BELONGS}|{town})(?P<place>{_known()})(?![\w-])")


@cache
def _larger() -> re.Pattern[str]:
    """Match the state or the country after a city."""
    return re.compile(
        rf"(?:, | \()(?:[A-Z][a-z]+, )?(?:the |The )?(?P<place>{_known()})(?![\w-])\)?"
    )


@cache
def _next() -> re.Pattern[str]:
    return re.compile(rf"{_NEXT}(?P<place>{_known()})(?![\w-])")


@cache
def _people() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?P<people>{'|'.join(PEOPLES.values())})(?={_OF})")


@cache
def _nhs() -> re.Pattern[str]:
    others = "|".join(words for country, words in PEOPLES.items() if country != UK)
    return re.compile(rf"\bNHS (?!(?:{others}))|\bNHS\b{_OF}|\bHealth and Social Care Trust")


@cache
def _settings() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(words, re.IGNORECASE)) for name, words in _SETTINGS)
