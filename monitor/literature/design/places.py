"""Countries and settings that a text says a study was done in. Pure data and search.

A country counts where the text puts the study in it ("in Sweden", "Dutch families"), never for
an author's address. The four nations of the UK are the United Kingdom here.
"""

import re
from collections.abc import Iterator
from functools import cache

UK = "United Kingdom"
_PLAIN = (
    "Afghanistan Albania Argentina Australia Austria Bangladesh Belgium Bolivia Botswana "
    "Brazil Bulgaria Cambodia Cameroon Canada Chile China Colombia Croatia Cuba Cyprus "
    "Denmark Ecuador Egypt Estonia Ethiopia Finland France Germany Ghana Greece Guatemala "
    "Haiti Hungary Iceland India Indonesia Iran Iraq Israel Italy Jamaica Japan Kenya "
    "Latvia Lebanon Lithuania Luxembourg Malawi Malaysia Mali Malta Mexico Mongolia Morocco "
    "Mozambique Namibia Nepal Netherlands Nicaragua Niger Nigeria Norway Pakistan Palestine "
    "Panama Paraguay Peru Philippines Poland Portugal Romania Russia Rwanda Senegal Serbia "
    "Singapore Slovakia Slovenia Somalia Spain Sudan Sweden Switzerland Syria Taiwan "
    "Tanzania Thailand Tunisia Turkey Uganda Ukraine Uruguay Venezuela Vietnam Zambia "
    "Zimbabwe"
)
_PAIRS = (
    "Australian/Australia Austrian/Austria Belgian/Belgium Brazilian/Brazil "
    "Canadian/Canada Chilean/Chile Chinese/China Danish/Denmark Finnish/Finland "
    "French/France German/Germany Greek/Greece Hungarian/Hungary Indian/India "
    "Iranian/Iran Israeli/Israel Italian/Italy Japanese/Japan Kenyan/Kenya "
    "Lithuanian/Lithuania Mexican/Mexico Norwegian/Norway Pakistani/Pakistan "
    "Polish/Poland Portuguese/Portugal Romanian/Romania Spanish/Spain Swedish/Sweden "
    "Swiss/Switzerland Turkish/Turkey Ugandan/Uganda"
)
_NAMES = {
    UK: (
        r"(?:the )?UK|(?:the )?U\.K\.|United Kingdom|England|Scotland|Wales|Northern Ireland|"
        r"Great Britain|Britain"
    ),
    "Ireland": r"Ireland",
    "United States": r"(?:the )?USA?|(?:the )?U\.S\.(?:A\.)?|United States",
    **{name: name for name in _PLAIN.split()},
    "Czech Republic": r"Czech Republic|Czechia",
    "New Zealand": r"New Zealand|Aotearoa",
    "Saudi Arabia": r"Saudi Arabia",
    "Sierra Leone": r"Sierra Leone",
    "South Africa": r"South Africa",
    "South Korea": r"(?:South )?Korea",
    "Sri Lanka": r"Sri Lanka",
    "Hong Kong": r"Hong Kong",
}
_PEOPLES = {
    UK: r"British|English(?! language)|Scottish|Welsh|UK|NHS",
    "Ireland": r"(?<!Northern )Irish",
    "United States": r"American(?! Psych| Acad)|US|U\.S\.",
    "Netherlands": r"Dutch",
    **{name: people for people, name in (pair.split("/") for pair in _PAIRS.split())},
}
_IN = (
    r"\b(?:[Ii]n|[Ff]rom|[Aa]cross|[Tt]hroughout|[Ww]ithin)(?: the| rural| urban| northern| southern"
    r"| eastern| western| central| North| South East| two| three| several| parts of| areas of"
    r"| regions of| [A-Z][\w.-]+,){0,3} "
)
_OF = (
    r" (?:[a-z-]+ ){0,2}(?:famil|mother|father|parent|caregiver|carer|child|infant|toddler|"
    r"adolescent|women|sample|population|service|trust|hospital|clinic|communit|primary care|"
    r"foster|adopt|school|cohort|preschool|setting|health)"
)
_SETTINGS = (
    ("home", r"\bhome[- ](?:visit|based)|\b(?:at|in) (?:their |the )?(?:own )?homes?\b"),
    ("neonatal unit", r"\bneonatal (?:intensive care )?units?\b|\bNICU\b"),
    ("mother and baby unit", r"\bmother[- ](?:and|&)?[- ]?(?:baby|infant) units?\b"),
    ("hospital", r"\b(?:in|at|from) (?:an? |the |\w+ ){0,3}hospitals?\b|\binpatient"),
    ("mental health service", r"\bmental health (?:services?|clinics?|cent(?:re|er)s?)|\bCAMHS\b"),
    ("primary care", r"\bprimary (?:health ?)?care\b|\bgeneral practi(?:ce|tioner)|\bhealth visit"),
    ("foster or adoptive care", r"\bfoster (?:care|famil|parent|mother)|\badoptive (?:famil|par)"),
    ("residential care", r"\bresidential (?:care|home|group)|\borphanages?\b|\binstitutional care"),
    ("childcare", r"\b(?:child ?care|day ?care|nurser(?:y|ies)|kindergartens?)\b|\bhead start\b"),
    ("school", r"\b(?:in|at|from|across) (?:\w+ ){0,3}schools?\b|\bschool-based"),
    ("prison", r"\bprisons?\b|\bjails?\b|\bincarcerat"),
    ("online", r"\b(?:online|internet|web)[- ](?:based|delivered|program)|\btelehealth|\bby video ?call"),
    ("community", r"\bcommunity[- ](?:based|sett|cent|serv|agenc|clinic)"),
)  # fmt: skip
_ELSEWHERE = re.compile(r"\bNew (?:England|South Wales|Mexico)\b")


def countries(sentences: list[str]) -> Iterator[tuple[str, str]]:
    """Give each country the study is said to be in, with the first sentence that says so."""
    yield from _first(_countries(), sentences)


def settings(sentences: list[str]) -> Iterator[tuple[str, str]]:
    """Give each setting that is named, with the first sentence that names it."""
    yield from _first(_settings(), sentences)


@cache
def _countries() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Compile them once they are needed, as the settings: it would slow every program's start."""
    return tuple(
        (
            name,
            re.compile(
                rf"{_IN}(?:{place})(?![\w-])"
                + (rf"|\b(?:{_PEOPLES[name]}){_OF}" if name in _PEOPLES else "")
            ),
        )
        for name, place in _NAMES.items()
    )


@cache
def _settings() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(words, re.IGNORECASE)) for name, words in _SETTINGS)


def _first(
    known: tuple[tuple[str, re.Pattern[str]], ...], sentences: list[str]
) -> Iterator[tuple[str, str]]:
    # a state that carries a country's name would put the study in the wrong one
    read = [(_ELSEWHERE.sub(lambda met: "_" * len(met[0]), one), one) for one in sentences]
    for name, words in known:
        for text, sentence in read:
            if words.search(text):
                yield name, sentence
                break
