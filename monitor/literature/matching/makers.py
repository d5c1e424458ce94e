"""A programme's developers, and what staff are trained in: said of people, not of families. Pure."""

from monitor.literature.matching.passing_cues import ALLOCATED, CLOSE
from monitor.literature.matching.scenes import LEADS_BACK, SAMPLE, Scene, any_case

# Its developers, or what staff are trained in.
_PEOPLE_OF = any_case(
    r"\b(?:developers?|makers?|founders?|authors?|originators?|creators?|inventors?|publishers?|"
    r"designers?|writers?|owners?|pioneers?|experts?|trainers?|representatives?|editors?|supervisors?|compan(?:y|ies)|firms?|"
    r"people) "
    rf"(?:of|in|on|for|from|behind) {CLOSE}"
)
_ITS_PEOPLE = any_case(
    r"^(?: \([^()]{1,20}\))?(?:['’]s)? (?:(?:handbook|manual|book|website)(?:['’]s)? )?(?:developers?|"
    r"makers?|founders?|authors?|originators?|creators?|inventors?|publishers?|trainers?|experts?|"
    r"editors?|institute|association|society|website|newsletter|logo|handbook|brochure)\b"
)
_GROUPS = r"(?:sessions?|groups?|therapy|intervention|programme|program|treatment|psychotherapy)"
_THEY_DID = any_case(
    r"(?<!were )(?<!was )\b(?:train|taught|teach|supervis|deliver|facilitat|treat)\w*|"
    r"\b(?:evaluat|compar|test(?:ed|s)\b|studied)\w*|"
    rf"\b(?:led|gave|ran|offered|provided|held|used) (?:it|them|this|that|all|(?:the|their) {_GROUPS})\b"
)


def of_its_makers(scene: Scene) -> bool:
    """Tell whether a name only says whose developers were asked, thanked or employed."""
    if not (_PEOPLE_OF.search(scene.near) or _ITS_PEOPLE.match(scene.rest)):
        return False
    return not (_THEY_DID.search(scene.rest) or ALLOCATED.search(scene.near))


_TRAINED = any_case(
    r"\b(?:trained|certified|accredited|qualified|schooled|experienced|skilled|versed) (?:in|with|as) "
    rf"{CLOSE}|\b(?:had|held|has|have|holds?|with|having) (?:a |an |some |their |also |done |had )*(?:training|"
    rf"certificates?|diplomas?|qualifications?|background|experience|accreditation) (?:in|of|with) {CLOSE}|"
    rf"\b(?:trained|certified|accredited|qualified) in [^.;:]{{1,80}}[, ](?:and )?\d+ ?% in {CLOSE}"
)
_BY_THE_WAY = any_case(
    r"\b(?:also|happen(?:ed|s)? to (?:be|have)|(?:of|among) (?:them|whom|these|those)|some|a few|"
    r"incidentally|besides|moreover)\b[^.;]{0,40}$"
)
_THEY_GAVE = any_case(
    r"\b(?:delivered|led|gave|ran|offered|provided|used|held|conducted|facilitated|applied|administered|"
    r"brought|tried) (?:it|them|this|that|all|each|\w+ sessions|(?:(?:the|these|this|that|all|both|its|"
    rf"their) )?(?:\w+ )?{_GROUPS})\b|\b(?:saw|treated|filmed|visited|worked with|met) (?:\w+ )?"
    rf"(?:\w+ )?{SAMPLE}|\b(?:then|they) (?:delivered|gave|led|used|offered)\b(?! (?:a|an|our) )|"
    rf"\bmade (?:\w+ )?visits\b|\b(?:visits|sessions) (?:to|with|for)\b|\btheir (?:{_GROUPS}|{SAMPLE}\w*|clients)\b"
)
_GIVEN_BY = any_case(
    r"\b(?:treated|seen|visited|filmed|supported|coached) by\b[^.;]{0,80}$|"
    rf"\b(?:{_GROUPS}|it|which|visits?|feedback|coaching|arms?) (?:(?:was|were|is|are|had been|being) )?"
    r"(?:\w+ )?(?:delivered|given|led|provided|conducted|facilitated|offered|run|held|carried out|"
    r"administered) by\b[^.;]{0,80}$"
)
_IT_WAS_GIVEN = any_case(
    r"\b(?:delivered|gave|led|ran|offered|provided|used)(?: \w+)? (?:it|them)\b|"
    rf"\b(?:it|the {_GROUPS}|they) (?:was|were) (?:\w+ )?(?:delivered|given|led|provided|offered|run|held)\b"
)


_TRAINED_PEOPLE = any_case(
    rf"\b(?:trained|certified|accredited|qualified|registered|licensed|experienced) {CLOSE}"
)
_THEIR_TITLE = any_case(
    r"^(?:[- ]trained)? (?:therapists?|facilitators?|practitioners?|coach(?:es)?|guiders?|clinicians?|"
    r"interveners?|counsellors?|counselors?|psychologists?|workers?|nurses?|leaders?|trainers?|staff)\b"
)


_STAFF = any_case(
    r"\b(?:therapists?|nurses?|workers?|staff|practitioners?|teachers?|clinicians?|psychologists?|midwives|"
    r"counsellors?|counselors?|leaders?|professionals?)\b[^.]{0,80}\b(?:had|have|having|held|with) "
    rf"(?:a |some |no |prior |previous )*{CLOSE}"
)
_ITS_TRAINING = any_case(
    r"^(?: \([^()]{1,20}\))? (?:training|certificates?|certification|qualifications?|accreditation|diplomas?)\b"
)


def given_elsewhere(scene: Scene) -> bool:
    """Tell whether the title or another sentence says that the programme was given."""
    told = (scene.title, *scene.others)
    return any(_IT_WAS_GIVEN.search(words) or LEADS_BACK.search(words) for words in told)


def _of_staffs_training(scene: Scene) -> bool:
    """Tell whether it is a training that staff happen to have: "a third had … training"."""
    if not (_STAFF.search(scene.near) and _ITS_TRAINING.match(scene.rest)):
        return False
    if _THEY_GAVE.search(scene.rest) or ALLOCATED.search(f"{scene.near} {scene.rest}"):
        return False
    return not given_elsewhere(scene)


def _of_titles(scene: Scene) -> bool:
    """Tell whether it is part of what people are called: "certified … therapists reviewed the app"."""
    people = _TRAINED_PEOPLE.search(scene.near)
    if people is None or not _THEIR_TITLE.match(scene.rest) or _THEY_GAVE.search(scene.rest):
        return False
    if ALLOCATED.search(f"{scene.near} {scene.rest}") or _GIVEN_BY.search(scene.near):
        return False
    return not given_elsewhere(scene)


def of_training(scene: Scene) -> bool:
    """Tell whether a name only says what somebody is trained in, and gave to nobody."""
    if _of_titles(scene) or _of_staffs_training(scene):
        return True
    training = _TRAINED.search(scene.near)
    if training is None or _THEY_GAVE.search(scene.rest):
        return False
    ahead = scene.near[: training.start()]
    if _BY_THE_WAY.search(ahead):
        return True
    if ALLOCATED.search(f"{ahead} {scene.rest}") or _GIVEN_BY.search(ahead):
        return False
    return not any(_IT_WAS_GIVEN.search(sentence) for sentence in scene.others)
