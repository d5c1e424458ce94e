"""A programme's name on a thing, or on where people came from, while something else was done. Pure.

"Posters of the Circle of Security were hung", "mothers who attend a Theraplay group were lent a
book": what was done has another subject. What was measured, asked or filmed there is the
programme's own, and so is whatever another sentence leads back to.
"""

from monitor.literature.matching.makers import given_elsewhere
from monitor.literature.matching.passing_cues import ALLOCATED, CLOSE
from monitor.literature.matching.scenes import SAMPLE, Scene, any_case

_THINGS = (
    r"(?:web ?sites?|web ?pages?|home ?pages?|conferences?|congress(?:es)?|newsletters?|magazines?|logos?|posters?|"
    r"flyers?|banners?|offices?|buildings?|waiting rooms?|mailing lists?|stands?|stalls?|anniversary|jubilee)"
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
_ASKED = any_case(
    r"\b(?:questionnaires?|scales?|surveys?|diar(?:y|ies)|interview\w*|forms?|measures?|tests?|tasks?|cameras?|"
    r"films?|feedback|follow\w*|manuals?|workbooks?|sessions? of it|booster\w*)\b"
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
