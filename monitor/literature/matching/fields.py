"""Names of a treatment that are also those of a field and a profession: "child psychotherapy". Pure."""

import re

from monitor.literature.matching.scenes import Scene
from monitor.literature.text.folding import fold

# Of the full names in the catalogue, those that are also a field's.
_FIELDS = frozenset(("child psychotherapy", "child and adolescent psychotherapy"))
_ABOUT = re.compile(r"psychotherap|psychoanal|psychodynamic|child therapy", re.IGNORECASE)
_PEOPLE = r"(?:child|patient|pupil|young people|adolescent|boy|girl|client|case|famil|parent)"
_KINDS = (
    r"(?:individual |once-weekly |twice-weekly |weekly |intensive |brief |long-term |short-term |"
    r"time-limited |manuali[sz]ed |routine |the |a |this |their |of )*$"
)
_GIVEN_BEFORE = re.compile(
    r"(?:\b(?:receiv\w+|attend\w*|complet\w+|underw\w+|undergo\w*|assigned to|randomi[sz]ed to|"
    r"allocated to|offer\w*|giv\w+|had|having|start\w*|began|finish\w*|enter\w*|treated (?:with|by)|"
    r"referred (?:to|for)|wait(?:ed|ing) for|seen (?:for|in)|provid\w+|deliver\w+|evaluat\w+|compar\w+|"
    r"test(?:ed|ing)|trials? of|examin\w+|studied|stud(?:y|ies) of|outcomes? (?:of|after|in)|effects? of|"
    r"effectiveness of|efficacy of|benefits? of|costs? of|experiences? (?:of|with)|course of|"
    r"(?:sessions?|hours|weeks?|months?|years?) of|after|during|before) |"
    rf"\b{_PEOPLE}\w*\b[^.;]{{0,30}}\b(?:in|into|through|throughout|awaiting|needing) ){_KINDS}",
    re.IGNORECASE,
)
_GIVEN_AFTER = re.compile(
    r"^(?: \([^()]{1,20}\))? (?:(?:was|were|has been|had been|may be|is|can be) )?(?:\w+ly )?(?:given|"
    r"offered|delivered|provided|compared|tested|evaluated|studied|examined|associated|effective|"
    r"helpful|feasible|acceptable|superior|completed|attended|received|followed|groups?|arms?|"
    r"condition|sessions?|patients|cases|outcomes?|improved|reduced|lowered|helped|helps|led to|"
    rf"raised|treatments?|for (?:\w+[ -]){{0,3}}?{_PEOPLE}|with (?:[\w-]+ ){{0,3}}?{_PEOPLE})",
    re.IGNORECASE,
)
_TAKEN_UP = re.compile(
    r"\b(?:psychotherap(?:y|ies|ists?)|therapists?|th(?:e|is|is|eir) (?:therapy|treatment))\b",
    re.IGNORECASE,
)


def is_field(words: str) -> bool:
    """Tell whether a name that was found is a field's as well."""
    return fold(words) in _FIELDS


def is_treatment(scene: Scene) -> bool:
    """Tell whether such a name means the treatment there: it was given, or the paper is about it."""
    if _ABOUT.search(scene.title) or any(_TAKEN_UP.search(one) for one in scene.others):
        return True
    return bool(_GIVEN_BEFORE.search(scene.near) or _GIVEN_AFTER.match(scene.rest))
