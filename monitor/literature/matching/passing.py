"""The ways to name a programme in passing that its neighbouring words alone do not tell. Pure.

Each rule looks at one sentence round a name, and at what the paper says beside it: somebody else's
work, a list, a range, a plan for later, what a place or its staff once did. In doubt none of them
speaks, and the programme counts as evaluated.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from monitor.literature.matching.belongings import (
    of_a_thing,
    of_an_option,
    of_hearsay,
    of_where_people_came_from,
)
from monitor.literature.matching.makers import of_its_makers, of_training
from monitor.literature.matching.passing_cues import (
    ALLOCATED,
    CLOSE,
    DONE,
    LED_BACK,
    NAMED,
    OWN,
    REVIEW,
)
from monitor.literature.matching.scenes import LEADS_BACK, SAMPLE, Scene, any_case, something_else

_FEW = 2


def reason(scene: Scene) -> str | None:
    """Say why a name is a passing one; None: no rule here says so."""
    return next((said for rule, said in _RULES if rule(scene)), None)


# A range: one end of it is named.
_RANGE_TO = any_case(
    rf"\bfrom\b(?P<between>[^.;:]{{1,90}}?)\bto (?:the |a |an |even )*(?:more \w+ )?{CLOSE}"
)
_RANGE_FROM = any_case(r"\bfrom (?:the |a |an )*$")
_RANGE_ON = any_case(r"^(?: \([^)]{1,20}\))?(?: [^\W\d_][\w-]*){0,5} to \w")
_BETWEEN = any_case(r"\b(?:anything|everything|something|all|range[sd]?|somewhere)\b[^.;]{0,30}\bbetween\b"
    r"[^.;]{1,60}\band (?:the |a |an )*$")  # fmt: skip
_FIRST_TO_LAST = any_case(
    r"\b(?:talks?|lectures?|evenings?|lists?|leaflets?|books?|titles?|topics?|agendas?)\b[^.;]{0,20}"
    r"\b(?:began|begins?|started|starts?|opened|opens?) (?:with|on)\b[^.;]{1,60}"
    r"\b(?:ended|ends?|closed|closes?|finished) (?:with|on) (?:the |a |an )*$"
)
_WARES = any_case(
    r"\b(?:r[au]ns?|running|rang(?:e[sd]?|ing)|var(?:y|ied|ies|ying)|span\w*|stretch\w*|exten[dt]\w*|"
    r"go|goes|went|reach\w*|everything|anything|all|things?|offers?|courses?|programmes?|programs?|"
    r"interventions?|approaches|methods?|therapies|services?|support|help|titles?|names?|topics?|"
    r"books?|items?|subjects?|schemes?|options?|kinds?|sorts?|types?|lists?|talks?|leaflets?)\b"
)
_MOVED = any_case(
    r"\b(?:refer|transfer|switch|mov|cross|chang|recruit|convert|progress|step|adapt|translat|turn|"
    r"shift|return|invit|graduat|generali|rais|increas|decreas|reduc|improv|drop|link|travel|hand|"
    r"sen[dt]|c[oa]me|rose|risen|fell|fallen|pass|lead|led|taken)\w*\b|"
    rf"\b(?:{SAMPLE}\w*|they|we|who|he|she) (?:\w+ ){{0,2}}(?:went|go|goes)\b"
)
_IN_TIME = any_case(
    r"\d|\b(?:pre|baseline|before|birth|admission|enrol\w*|weeks?|months?|years?|sessions?|one|two|"
    r"three|four|five|six|seven|eight|nine|ten|twelve|intake|assessment|waiting)\b"
)


def _of_a_range(scene: Scene) -> bool:
    if ALLOCATED.search(scene.near):
        return False
    if match := _RANGE_TO.search(scene.near):
        ahead = scene.near[: match.start()]
        return not (_MOVED.search(ahead) or _IN_TIME.search(match["between"]))
    if match := _RANGE_FROM.search(scene.near):
        ahead = scene.near[: match.start()]
        ranging = _WARES.search(ahead) and not _MOVED.search(ahead)
        on = _RANGE_ON.match(scene.rest)
        return bool(ranging and on and not _IN_TIME.search(on[0]))
    return bool(_BETWEEN.search(scene.near) or _FIRST_TO_LAST.search(scene.near))


# What a place did before.
_PLACE = (
    r"\b(?:clinics?|cent(?:re|er)s?|hospitals?|schools?|nurser(?:y|ies)|wards?|units?|services?|rooms?|"
    r"buildings?|sites?|teams?|towns?|villages?|regions?|count(?:y|ies)|agenc(?:y|ies)|practices?|"
    r"librar(?:y|ies)|church(?:es)?|districts?|trusts?|councils?|prisons?|shelters?|hostels?|halls?|"
    r"houses?|kindergartens?|cr[eè]ches?|charit(?:y|ies)|departments?|institutes?|offices?|places?|"
    r"areas?|cit(?:y|ies)|boroughs?|hubs?|surger(?:y|ies)|museums?)\b"
)
_NO_PEOPLE = rf"(?:(?!\b(?:who|whose|whom|{SAMPLE}\w*)\b)[^.;])"
_EARLIER = (
    r"\b(?:earlier|previously|once|formerly|in the past|before|years ago|long|in former|until|"
    r"no longer|used to|at one time|a decade|some time|already|"
    r"had (?:\w+ ){0,4}(?:been (?:used|home|host|known|a|the|one)|housed|hosted))\b"
)
_PLACE_HAD = any_case(
    rf"{_PLACE}{_NO_PEOPLE}{{0,40}}?\b(?:had|has|have|having|was|were|used to|once|formerly|no longer|"
    rf"offered|ran|hosted|housed|held|provided|delivered|took part|participated|joined|piloted|tested)\b"
    rf"{_NO_PEOPLE}{{0,90}}$"
)
_PLACE_WHERE = any_case(
    rf"{_PLACE}{_NO_PEOPLE}{{0,30}}\b(?:where|in which|at which|on which|whose|which|that)\b"
    rf"{_NO_PEOPLE}{{0,30}}$"
)
_HAD_BEEN = any_case(
    r"^[^.;,]{0,40}?\b(?:had|has|have) (?:\w+ )?been\b|^ (?:\w+ )?(?:was|were) (?:once|formerly|earlier|"
    r"previously|at one time)\b"
)
_EARLIER_ANYWHERE = any_case(_EARLIER)
_GIVEN_TO_SOME = any_case(
    rf"\b(?:\d+|ten|twelve|twenty|thirty|forty|fifty|sixty) (?:\w+ )?{SAMPLE}"
)


def _of_a_place(scene: Scene) -> bool:
    if not _something_else_or_place(scene):
        return False
    if _PLACE_WHERE.search(scene.near) and _HAD_BEEN.search(scene.rest):
        return True
    place = _PLACE_HAD.search(scene.near)
    clause = re.split(r"[,.;]", scene.rest)[0]
    if place is None or _GIVEN_TO_SOME.search(clause):
        return False
    return _EARLIER_ANYWHERE.search(f"{scene.near.rpartition(';')[2]} {clause}") is not None


def _something_else_or_place(scene: Scene) -> bool:
    """Tell whether nothing leads back to what the place did."""
    return not any(LEADS_BACK.search(one) for one in (scene.title, scene.rest, *scene.others))


# A list of names.
_PART = re.compile(r"\s*;\s*(?:and |or )?|\s*,\s*(?:and |or )?|\s+(?:and|or)\s+")
_LISTED_AFTER = re.compile(r"^(?:\s*\([^()]{1,40}\))?(?:\s*[,;]|\s+(?:and|or)\b)")
_ITEM = rf"(?:{NAMED}|[A-Z][\w'’&-]*(?: (?:[A-Z][\w'’&-]*|of|the|for|to)){{0,5}})(?: \([^()]{{1,40}}\))?"
_BEGINS_WITH_NAME = re.compile(_ITEM)
_ENDS_WITH_NAME = re.compile(rf"(?:^|[\s(“\"'‘:]){_ITEM}$")
_TRIED = any_case(
    rf"{DONE.pattern}|\b(?:compar|evaluat|test(?:ed|ing|s)\b|examin|trial|effect|efficacy|effic|"
    r"stud(?:y|ied|ies)\b|includ|review|found\b|assess|analy[sz]|experienc|outcome|improv|reduc|"
    rf"took it\b|{SAMPLE}\w* were (?:offered|given)|chang|largest|smallest|better|best\b|higher|lower|"
    r"rose\b|fell\b|pilot|treated|interview)"
)
_OF_A_NUMBER = any_case(
    r"\b(?:two|three|four|five|both|these|our|all)\s(?:[\w-]+\s){0,3}?(?:interventions|programmes|"
    r"programs|therapies|treatments|approaches|models|methods|groups|arms|conditions)\b[^.;]{0,30}[(:]"
)


def _of_a_list(scene: Scene) -> bool:
    sentence = f"{scene.near} {scene.rest}"
    if _TRIED.search(sentence) or _OF_A_NUMBER.search(scene.near):
        return False
    return _listed_before(scene.near) + _listed_after(scene.rest) >= _FEW


def _listed_before(before: str) -> int:
    *parts, last = _PART.split(before)
    count = 0
    if last:
        return 0
    for part in reversed(parts):
        if not _ENDS_WITH_NAME.search(part):
            break
        count += 1
        if not _BEGINS_WITH_NAME.fullmatch(part):
            break
    return count


def _listed_after(after: str) -> int:
    beside = _LISTED_AFTER.match(after)
    if beside is None:
        return 0
    count = 0
    for part in _PART.split(after[beside.end() :].lstrip()):
        name = _BEGINS_WITH_NAME.match(part)
        if name is None:
            break
        count += 1
        if name.end() < len(part):
            break
    return count


# What somebody else did.
_AUTHORS = (
    r"[A-Z][\w'’-]+(?:(?:,| and| &|, and|, &) [A-Z][\w'’-]+){0,4}"
    r"(?:,? et al\.?,?|,? and (?:her |his |their )?(?:colleagues|co-?workers|associates|team))?"
)
_YEAR = r"(?:19|20)\d\d[a-z]?"
_TEAM = r"(?: et al\b|,? and (?:her |his |their )?(?:colleagues|co-?workers|associates|team)\b)"
_BY_AUTHORS = rf"(?:{_AUTHORS}(?: team| group| lab)?,? \({_YEAR}\)|[A-Z][\w'’-]+{_TEAM})"
_TOLD = re.compile(_BY_AUTHORS)
_CITED = re.compile(rf"\((?:see |e\.g\.,? |cf\.? )?{_AUTHORS},? {_YEAR}[^()]{{0,80}}\)")
_STUDY_BY = re.compile(
    r"\b(?:trials?|stud(?:y|ies)|work|research|evaluations?|reviews?|reports?|experiments?|papers?|"
    rf"thesis|dissertation|book|chapter) (?:by|of|from) (?:Dr\.? |Professor )?(?:{_BY_AUTHORS}|"
    rf"{_AUTHORS} in {_YEAR}|[A-Z][\w'’-]+(?: and [A-Z][\w'’-]+)?(?=[,.;]|$))"
)
# Whose manual, model or idea it is says nothing of who did the study.
_MANUAL = any_case(
    r"\b(?:describ|develop|design|adapt|follow|bas|creat|devis|propos|outlin|translat|manual|"
    r"protocol|procedure|guideline|version|handbook|measure|scale|coding|defin|invent|founded)\w*\b"
    r"[^.;]{0,30}$"
)
_OTHERS = any_case(
    r"\b(?:others|(?:other|earlier|previous|prior|older|foreign) (?:authors|researchers|teams|groups|"
    r"investigators|scholars)|another (?:team|group|author)|(?:in|from) (?:an?|one|two|three|several|"
    r"some|many|most|all) (?:earlier|previous|prior|past|older|former|other|foreign|classic)\b"
    r"[^.;]{0,25}?(?:trials?|stud(?:y|ies)|work|reviews?|reports?)\b|(?:years|decades?) ago\b)"
)
_SELF = any_case(
    r"\b(?:we|our|us|ours|this|these|present|current|here|same|replicat\w*|re-?analy\w+)\b"
)


def _by_somebody_else(scene: Scene) -> bool:
    rest, _, further = scene.rest.partition(";")
    if not something_else(replace(scene, others=(*scene.others, further))):
        return False
    text = f"{scene.near}{NAMED}{scene.rest}"
    if _SELF.search(f"{scene.near.rpartition(';')[2]} {rest}"):
        return False
    return _told_by_others(scene, text) or _OTHERS.search(text) is not None


def _told_by_others(scene: Scene, text: str) -> bool:
    if _STUDY_BY.search(scene.rest):
        return True
    place = len(scene.near)
    told = [
        *_TOLD.finditer(text),
        *(citation for citation in _CITED.finditer(text) if _apart(citation, place)),
    ]
    return any(not _MANUAL.search(text[: citation.start()]) for citation in told)


def _apart(cited: re.Match[str], place: int) -> bool:
    """Tell whether a citation in brackets belongs to the statement, not to the name alone."""
    return cited.end() <= place or cited.start() - place > len("NAME and so on")


# What is left to later.
_LEFT = any_case(
    r"\b(?:is|are|was|were|remains?|must|will|has been|have been|be|being)\b (?:\w+ ){0,3}?(?:for|"
    r"left (?:to|for)|of|up to|reserved for|kept for|a (?:question|matter|task|topic|subject) (?:for|of)|"
    r"the (?:subject|topic|task|aim) of) (?:\w+,? ){0,2}?(?:future|later|further|another|next|coming|"
    r"others|tomorrow|new|forthcoming|subsequent|larger|bigger)\b(?! of (?:the|their|his|her)\b)|"
    r"\b(?:left|reserved|kept|saved) (?:to|for) (?:\w+ ){0,2}?(?:future|later|further|another|next|others|ahead)\b|"
    r"\bwe (?:cannot|can not|could not|do not) (?:yet )?(?:say|tell|know)\b|"
    r"\bin (?:the )?(?:years|months|days|time) (?:to come|ahead)\b|\bone day\b|\bsome day\b|\bin (?:the )?future\b|"
    r"\b(?:later|next|coming|new|larger|bigger|follow-on) (?:\w+ )?(?:research|stud(?:y|ies)|trials?)\b"
    r"[^.;]{0,20}\b(?:could|should|might|may|will|must|to|can)\b"
)
_GAP = any_case(
    r"\bawaits?\b|\b(?:has|have|is|are) (?:yet|still) to be\b|\bremains? (?:open|to be)\b|"
    r"\bstill (?:has|have) to be\b"
)
_PLAN = any_case(
    r"\b(?:we|authors?|team|researchers|they|she|he|investigators|group|clinic)\b (?:\w+ )?(?:plan|"
    r"plans|hope|hopes|intend|intends|wish|wishes|would like|would love|want|wants|propose|mean|"
    r"aim next|look forward|expect)\b(?! (?:that|was|were|of))[^.;]{0,90}$|"
    r"\b(?:plans?|hopes?|intentions?|wish|next (?:step|year|project|trial|study)|next,|later,|our next)\b"
    r"[^.;]{0,90}$|\bin (?:a|the) (?:later|next|second|future|further)\b[^.;]{0,80}$|"
    r"\bit is (?:hoped|planned|intended|foreseen|proposed)\b[^.;]{0,80}$|"
    r"\b(?:appl(?:y|ies|ied|ying)|seek(?:s|ing)?|asking) for (?:\w+ )?(?:money|funds|funding|grants?)\b"
    r"[^.;]{0,60}$|\bwill (?:later|next|soon|then|one day)\b[^.;]{0,60}$|"
    r"\b(?:next|later|second|coming|future) (?:\w+ ){1,2}(?:will|is to|are to|may|should|could)\b[^.;]{0,70}$"
)
_BEFORE_IT = any_case(r"\bbefore $")
_IT_IS_TRIED = any_case(r"^ (?:is|can be|will be|may be|comes|starts)\b")
_PLANNED = any_case(
    r"^(?:(?!\b(?:was|were|and|but|had)\b)[^.;]){0,60}?\b(?:(?:is|are) (?:now |being )?(?:planned|in preparation|foreseen|scheduled|intended|"
    r"hoped)|will (?:follow|come|be (?:tried|tested|studied|evaluated|compared|added|offered|given))\b"
    r"[^.;]{0,30}?\b(?:later|next|soon|second|another|future)|(?:is|are) (?:\w+ )?next\b|"
    r"(?:is|are) on (?:our|the) list|comes? next\b|(?:has|have) been (?:put off|postponed)|"
    r"(?:is|are) (?:now |still )?under (?:discussion|preparation|consideration)|(?:is|are) (?:now |currently )?(?:under ?-?way|ongoing)\b|(?:is|are) to be \w+ (?:next|later|soon|in (?:a|the) (?:next|later)))"
)
_PROTOCOL = any_case(r"\bprotocol\b|\bwill be\b|\bdesign of\b")
_DID = any_case(
    r"\b(?:was|were)\b|\bwe (?:have )?(?:\w+ed|gave|given|lent|sent|held|took|ran|had|saw|met|read|built|"
    r"hung|made|wrote|chose|kept|left|found|told|put|brought|taught)\b|"
    r"\b\w+ed (?:\d|all|each|them|our)|"
    rf"\b{SAMPLE}\w* (?:\w+ )?(?:helped|liked|enjoyed|improved|rose|felt|found|gained|slept|learned)\b|"
    r"\b(?:helped|was liked|worked|rose|fell)[.,]"
)


def _left_to_later(scene: Scene) -> bool:
    if re.search(r"\b(?:we|here)\b[^.;]*\bit\b", scene.rest, re.IGNORECASE):
        return False
    clause = _NEW_QUESTION.split(scene.rest)[0]
    if _LEFT.search(clause) or _LEFT_BEFORE.search(scene.near):
        return True
    if _GAP.search(scene.rest):
        return not any(
            OWN.search(sentence) or LEADS_BACK.search(sentence) for sentence in scene.following
        )
    return _is_planned(scene)


# What is asked of it after a statement is no part of the statement.
_NEW_QUESTION = any_case(r";|\b(?:and|but),? (?:whether|if|how|why|what)\b")
_LEFT_BEFORE = any_case(
    r"\b(?:future|later|further|next|another|larger) (?:\w+ )?(?:research|stud(?:y|ies)|trials?|work|"
    r"team|project)s?\b[^.;]{0,90}\b(?:whether|if|how)\b[^.;]{0,60}$|"
    r"\bremains? (?:for|to)\b[^.;]{0,90}$|\b(?:someday|some day|one day)\b[^.;]{0,60}$|"
    r"\b(?:is|are|be) (?:for|left to|left for|up to) (?:others|another|later|future)\b[^.;]{0,90}$"
)


_WANTED = any_case(r"^[^.;]{0,60}? (?:is|are|seems?) (?:now |clearly |also |urgently )?(?:warranted|needed|called for|"
    r"desirable|required|overdue)\b")  # fmt: skip
_TRIAL_OF = any_case(
    r"\b(?:trials?|stud(?:y|ies)|research|comparisons?|evaluations?|evidence) (?:of|on|into|with|for|between)\b[^.;]{0,60}$"
)
_ON_FINDINGS = any_case(
    r"^(?:following|after|building on|given|encouraged by|prompted by|in view of) (?:the )?(?:[\w-]+ ){0,2}?"
    rf"(?:findings|results|evidence|success(?:es)?|reports) (?:with|of|for|on|from|in|about) {CLOSE}"
)


def _is_wanted(scene: Scene) -> bool:
    """Tell whether a paper that did something else only says that this should be studied."""
    if not (_WANTED.search(scene.rest) and _TRIAL_OF.search(scene.near)):
        return False
    return any(_DID.search(one) for one in scene.others) and _something_else_or_place(scene)


def _set_it_off(scene: Scene) -> bool:
    """Tell whether what was found of it before set off something else: "given findings with it, we …"."""
    if not _ON_FINDINGS.search(scene.near) or re.search(r"\bit\b|\bthis\b", scene.rest):
        return False
    return ", we " in scene.rest and _something_else_or_place(scene)


def _is_planned(scene: Scene) -> bool:
    """Tell whether a paper that did something else plans this: no protocol, which does nothing yet."""
    tried = _BEFORE_IT.search(scene.near) and _IT_IS_TRIED.match(scene.rest)
    if not (tried or _PLAN.search(scene.near) or _PLANNED.search(scene.rest)):
        return False
    if any(_PROTOCOL.search(text) for text in (scene.title, *scene.others)):
        return False
    return any(_DID.search(text) for text in (scene.near, scene.rest, *scene.others))


# A sentence that has none of these says nothing of anything that was done or found.
_SAID = any_case(
    rf"{_TRIED.pattern}|{OWN.pattern}|\b(?:data|sample|part of|drawn|based on|adapt|implement|deliver|"
    r"given|gave|lower|rais|increas|decreas|help|associat|predict|moderat|mediat|score|accept|feasib|"
    r"lik(?:ed|ing)|satisf|valu|develop|manual|cost|more|less|after|during|sessions?|therapist|treat|"
    rf"need|use[ds]?\b|using|children|attach|sensitiv)\w*|\b{SAMPLE}|[=<>%]|"
    r"\b(?:programme|program|therapy|intervention|psychotherapy) (?:was|were|is|are)\b"
)


# Own sentences that may be about any programme: "We interviewed twenty mothers".
_OPEN = any_case(r"\b(?:interview|experienc|view|perceiv|percept|follow|file|record|outcome|predict|"
    r"evaluat|benefit|change[sd]?\b|imple)\w*")  # fmt: skip


def _beside_its_subject(scene: Scene) -> bool:
    """Tell whether the paper says what it did with something else, and nothing of this."""
    if _SAID.search(f"{scene.near} {scene.rest}") or ALLOCATED.search(scene.title):
        return False
    if not something_else(scene):
        return False
    about = (scene.title, *(sentence for sentence in scene.others if OWN.search(sentence)))
    return not any(rule.search(text) for text in about for rule in (LED_BACK, REVIEW, _OPEN))


_RULES: tuple[tuple[Callable[[Scene], bool], str], ...] = (
    (of_training, "only what somebody was trained in"),
    (of_its_makers, "only its developers"),
    (of_a_thing, "only a thing with its name"),
    (of_where_people_came_from, "only where people came from"),
    (of_hearsay, "only what people had heard of"),
    (of_an_option, "only one option there is"),
    (_of_a_range, "only one end of a range"),
    (_of_a_list, "one of many in a list"),
    (_of_a_place, "only what a place did before"),
    (_by_somebody_else, "only what somebody else did"),
    (_left_to_later, "only left to later research"),
    (_is_wanted, "only left to later research"),
    (_set_it_off, "only what came before"),
    (_beside_its_subject, "only beside what the paper is about"),
)
