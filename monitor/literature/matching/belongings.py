"""A programme's name on a thing, on where people came from, or known to them by name. Pure.

"Posters of the Circle of Security were hung", "mothers who attend a Theraplay group were lent a
book": what was done has another subject. What was measured, asked or filmed there is the
programme's own, and so is whatever another sentence leads back to.
"""

from monitor.literature.matching.makers import given_elsewhere
from monitor.literature.matching.passing_cues import ALLOCATED, CLOSE
from monitor.literature.matching.scenes import SAMPLE, Scene, any_case

_THINGS = (
    r"(?:web ?sites?|web ?pages?|home ?pages?|conferences?|congress(?:es)?|newsletters?|magazines?|logos?|posters?|"
    r"flyers?|banners?|offices?|buildings?|waiting rooms?|mailing lists?|stands?|stalls?|anniversary|jubilee|graphics?|diagrams?|metaphors?)"
)
_ITS_THING = any_case(rf"^(?: \([^()]{{1,20}}\))?(?:['’]s)? (?:\w+ )?{_THINGS}\b")
_THING_OF = any_case(
    rf"\b(?:{_THINGS}|(?:rooms?|chairs|toys|tapes|recordings|cameras) (?:\w+ )?(?:used|bought|meant|kept|left(?: over)?))"
    rf" (?:of|for|about|on|from|by|with) {CLOSE}"
)
_OF_WHAT_IT_DID = any_case(
    rf"\b(?:it|sessions?|groups?|attachment|sensitiv\w*|evaluat\w*|effect\w*|deliver\w*|{SAMPLE}\w* used)\b"
)

_WHO_ATTEND = any_case(
    rf"\b{SAMPLE}\w* (?:who|that) (?:\w+ ){{0,2}}?(?:attend|visit|join|go|come|use|wait)\w*\b(?: (?:to|for))?{CLOSE}|"
    rf"\b(?:after|before|beside|besides|following) (?:their|the|a|an|each|every) {CLOSE}"
)
_GIVING = r"(?:given|lent|sent|handed|taught|shown|served|posted|offered|sold)"
_WERE_GIVEN = any_case(
    rf"^(?: (?:groups?|class(?:es)?|courses?|sessions?|meetings?))? (?:were|was) (?:\w+ ){{0,2}}?{_GIVING} (?!it\b|them\b)\w"
)
_WAS_GIVEN_FIRST = any_case(
    rf"^[A-Z][\w -]{{2,40}} (?:was|were) {_GIVING} to (?:\w+ ){{1,3}}(?:after|before|beside|besides|following)\b"
)
_OF_A_TRIAL = any_case(
    r"\b(?:trial|evaluat\w*|effect\w*|efficacy|treated|received|completed|attended|pre-? ?post|pilot\w*|outcomes?)\b"
)
_ASKED = any_case(
    r"\b(?:questionnaires?|scales?|surveys?|diar(?:y|ies)|interview\w*|forms?|measures?|tests?|tasks?|cameras?|"
    r"films?|feedback|follow\w*|manuals?|workbooks?|sessions? of it|booster\w*)\b"
)


_WHO = (
    rf"(?:{SAMPLE}\w*|units?|clinics?|hospitals?|wards?|services?|schools?|trusts?|teams?|councils?|staff|nurses?|"
    r"midwives|teachers?|professionals?|respondents?|practitioners?|clinicians?|workers?|people|none|few|most|many)"
)
_HAD_HEARD_OF = any_case(
    rf"\b{_WHO} (?:(?!who\b|that\b|which\b|is\b|are\b)\w+ ){{0,4}}?"
    rf"(?:knew|heard|aware|unaware|familiar|unfamiliar|acquainted) (?:of|about|with) {CLOSE}"
)
_IS_AN_OPTION = any_case(
    r"^(?: \([^()]{1,20}\))? (?:is|are|was|were|remains?) (?:only |just |but |also )?(?:one|another|an?) "
    r"(?:[\w-]+ ){0,3}?(?:options?|possibilit(?:y|ies)|alternatives?)\b"
)
_PEOPLE_COUNTED = any_case(
    rf"\b(?:sample (?:was|were|comprised|consisted)|we (?:surveyed|interviewed|asked))\b[^.;]{{0,40}}\b(?:{_WHO})\b"
)


def of_hearsay(scene: Scene) -> bool:
    """Tell whether it is only said who had heard of it: "few units knew of …"."""
    if not _HAD_HEARD_OF.search(scene.near) or _ASKED.search(scene.rest):
        return False
    said = (scene.near, scene.rest, scene.title, *scene.others)
    return not (any(ALLOCATED.search(words) for words in said) or given_elsewhere(scene))


def of_an_option(scene: Scene) -> bool:
    """Tell whether a survey of people says that there is this too: "… is one option for families"."""
    if not _IS_AN_OPTION.match(scene.rest):
        return False
    said = (scene.near, scene.rest, scene.title, *scene.others)
    asked = any(_PEOPLE_COUNTED.search(words) for words in scene.others)
    return asked and not (
        any(ALLOCATED.search(words) or _OF_A_TRIAL.search(words) for words in said)
        or given_elsewhere(scene)
    )


def of_a_thing(scene: Scene) -> bool:
    """Tell whether a name stands on a thing: a poster, a conference, a room."""
    if not (_ITS_THING.match(scene.rest) or _THING_OF.search(scene.near)):
        return False
    sentence = f"{scene.near} {scene.rest}"
    return not (
        ALLOCATED.search(sentence) or _OF_WHAT_IT_DID.search(sentence) or given_elsewhere(scene)
    )


def of_where_people_came_from(scene: Scene) -> bool:
    """Tell whether people of a programme got another thing, which nothing leads back from."""
    if not _WHO_ATTEND.search(scene.near):
        return False
    if not (_WERE_GIVEN.match(scene.rest) or _WAS_GIVEN_FIRST.match(scene.near)):
        return False
    sentence = f"{scene.near} {scene.rest}"
    return not (ALLOCATED.search(sentence) or _ASKED.search(sentence) or given_elsewhere(scene))
