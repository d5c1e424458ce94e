"""The words that tell a programme that is evaluated from one that is named in passing.

Data for ``standing``: patterns only, each with what it says. Decides nothing itself.
"""

import re
from dataclasses import dataclass

DONE = re.compile(
    r"\brandomi[sz]|\bassigned\b|\ballocated\b|\barms?\b|\b(?:treatment|intervention|experimental) "
    r"(?:group|condition)|(?<!has )(?<!have )\breceiv(?:ed?|ing)\b|\bunderwent\b|\battended\b|"
    r"\bcompleted\b|\benrolled\b|\bparticipat(?:ed|ing) in\b|\btook part\b|\bdelivered\b",
    re.IGNORECASE,
)
ALLOCATED = re.compile(r"\brandomi[sz]|\bassigned\b|\ballocated\b|\barms?\b", re.IGNORECASE)
# What a paper says of itself: its aim, or what it did.
OWN = re.compile(
    r"\bwe\b|\b(?:this|present|current) (?:\w+ ){0,3}?(?:study|trial|paper|article|review|project|"
    r"protocol|research|analysis|investigation|evaluation)\b|\b(?:aims?|aimed|purpose|objectives?|"
    r"goal)\b|^(?:AIMS?|OBJECTIVES?|METHODS?|DESIGN|RESULTS?|FINDINGS)\b[^.]{0,30}:",
    re.IGNORECASE,
)
# What came before, or is said of the field.
BACKGROUND = re.compile(
    r"\b(?:has|have) (?:\w+ )?(?:been )?(?:shown|demonstrated|found|proven|proved|established|"
    r"improved|received|emerged|become)\b|\b(?:is|are|was|were) (?:\w+ )?(?:widely|commonly|often|increasingly|"
    r"frequently|among|popular|available|effective|known|recommended|established|well)\b|"
    r"\b(?:previous|earlier|prior|existing|other) (?:\w+ )?(?:stud|trial|research|work|evidence|"
    r"review|intervention|program)|\bwell[- ](?:established|known)|\bmeta-?analy[sz]|\bgrowing\b|"
    r"\bseveral\b|\bexists?\b|^(?:BACKGROUND|INTRODUCTION|CONTEXT|RATIONALE)\b",
    re.IGNORECASE,
)
SECTION = re.compile(r"^([A-Z][A-Z /&,-]{3,50}):")
BACKGROUND_SECTION = re.compile(r"BACKGROUND|INTRODUCTION|CONTEXT|RATIONALE|IMPORTANCE")
# In a paper's own sentences these lead back to a programme that was named before.
LED_BACK = re.compile(
    r"\b(?:this|the|that|its|their|it|these|both|such) (?:\w+ ){0,2}?(?:intervention|program|"
    r"programme|treatment|approach|therapy|psychotherapy|model|training|protocol|effect|effects|"
    r"efficacy|effectiveness|feasibility|use|implementation|version)s?\b|\b(?:attachment|parenting|"
    r"dyadic|relationship|video|play|home)\b.{0,40}?\b(?:intervention|program|therap|treatment|"
    r"training|guidance|feedback)",
    re.IGNORECASE,
)
REVIEW = re.compile(
    r"\b(?:systematic|scoping|umbrella|narrative|literature|this|present|a|an) (?:review|overview)\b|"
    r"\boverview of\b|\breview of\b|\bmeta-?analy|\bwe reviewed\b|\bguideline|\bsurvey\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PassingCue:
    """Words before a name that make it a passing one, unless others stand before them.

    Or ``anywhere`` in the sentence.
    """

    words: re.Pattern[str]
    unless: re.Pattern[str]
    reason: str
    anywhere: bool = False

    def tells(self, before: str, after: str) -> bool:
        """Tell whether a name between ``before`` and ``after`` is a passing one."""
        match = self.words.search(before)
        if match is None:
            return False
        rest = before[: match.start()]
        return not self.unless.search(f"{rest} {after}" if self.anywhere else rest)


def _cue(words: str, unless: re.Pattern[str], reason: str, *, anywhere: bool = False) -> PassingCue:
    return PassingCue(re.compile(words, re.IGNORECASE), unless, reason, anywhere)


# Another of the ten, found before: so stands it in the words before a name.
NAMED = "§"
# Between an example's cue and the name only other examples stand: no verb, no closing bracket.
_LISTED = r"(?:(?!\b(?:is|are|was|were|had?|has|have|we|who|which|that)\b)[^.;:)\]])*$"
# Between other cues and the name stand only small words, or another name and an "and".
CLOSE = (
    rf"(?:{NAMED},? (?:and|or) |[\s,(“\"'‘]|\b(?:the|those|that|of|for|in|with|a|an|programmes?|"
    r"programs?|interventions?|original|well-known|by|developed|established|existing|standard|"
    r"other|reported|found|seen|observed|obtained|used|achieved)\b)*$"
)
_KINDS = (
    r"(?:interventions?|programmes?|programs?|therap(?:y|ies)|treatments?|approach(?:es)?|models?|"
    r"methods?)"
)
BEFORE = (
    _cue(
        rf"(?:\bsuch as\b|\be\.\s?g\b\.?|\bfor (?:example|instance)\b|\bincluding\b|"
        rf"{_KINDS} like\b|\bamong them\b|\bnotably\b){_LISTED}",
        DONE,
        "given as an example",
    ),
    _cue(
        rf"\b(?:interventions|programmes|programs|therapies|treatments|approaches|models) "
        rf"\({_LISTED}",
        re.compile(
            rf"{DONE.pattern}|{OWN.pattern}|"
            r"\b(?:two|three|four|both|these|our|the)\s(?:[\w-]+\s){0,3}$",
            re.IGNORECASE,
        ),
        "given as an example",
    ),
    _cue(
        rf"(?:^like|\b(?:unlike|in contrast (?:to|with)|contrary to|as opposed to|distinct from|"
        rf"diff(?:ers?|ering|erent) from|other than|rather than|instead of|confused with|"
        rf"similar(?:ly)? to|akin to|comparable to|resembl(?:es?|ing)|reminiscent of|"
        rf"(?:alternatives?|precursor) to|just as|as with|as in)){CLOSE}",
        ALLOCATED,
        "only likened to or set against",
    ),
    _cue(
        rf"\b(?:inspired by|draw(?:s|n|ing)? (?:\w+ )?(?:up)?on|borrow(?:s|ed|ing)? (?:\w+ )?from|"
        rf"informed by|loosely based on|(?:principles|ideas|elements|techniques|concepts|aspects) "
        rf"(?:of|from)){CLOSE}",
        ALLOCATED,
        "only a source of ideas",
    ),
    _cue(
        rf"\b(?:may|might|could|should|can)\b[^.;]{{0,30}}\b(?:consider(?: \w+ing)?|benefit from|"
        rf"refer(?:red)?(?: \w+){{0,3}} to|referring(?: \w+){{0,3}} to){CLOSE}",
        DONE,
        "only recommended",
    ),
    _cue(
        rf"\bshares? (?:\w+ )?with{CLOSE}",
        ALLOCATED,
        "only likened to or set against",
    ),
    _cue(
        r"\b(?:exclu(?:ded?|sion|ding)|(?:previously|already|concurrently) (?:had|received|receiving|"
        r"been))\b[^.;]{0,60}$",
        ALLOCATED,
        "only a reason to leave families out",
    ),
)
LATER = re.compile(
    r"\b(?:future|further|subsequent) (?:\w+ )?(?:research|stud(?:y|ies)|trials?|work|"
    r"investigations?|evaluations?|comparisons?)\b|\bremains? to be\b|\bnext step",
    re.IGNORECASE,
)
# "Further studies should ask why it helped these families": then it was tried.
OWN_RESULT = re.compile(
    r"^[^.;]{0,60}?\b(?:these|our|this|the present) (?:\w+ )?(?:famil|mother|father|parent|child|infant|"
    r"dyad|carer|stud|trial|sample|effect|result|finding|change|improvement|benefit)",
    re.IGNORECASE,
)
LEFT_TO_LATER = re.compile(
    r"^[^.;]{0,80}?\b(?:should|could|might|deserves?|warrants?|needs?|remains?)\b[^.;]{0,60}?"
    r"\b(?:future|further|to be|be) (?:\w+ )?(?:research|stud|trial|work|test|compar|evaluat|examin|"
    r"investigat)",
    re.IGNORECASE,
)
AND_OTHERS = re.compile(
    r"^[^.;]{0,60}?\b(?:and|or) (?:other|similar|related|comparable) (?:[\w-]+ ){0,4}?"
    r"(?:intervention|program|therap|treatment|approach|model)",
    re.IGNORECASE,
)
