"""Tells what a paper did from what it only speaks of: other studies, the field, what is to come.

Pure, and shared by all that is read from a paper's words. In doubt a thing is an aside: a wrong
suggestion costs a reviewer more than a missing one.
"""

import re

from monitor.literature.text.sieve import Sieve

# What a paper says of itself, so that general words in the same sentence do not count against it.
_OWN = re.compile(
    r"\bwe\b|\bour\b|\b(?:this|the present|the current) (?:\w+[- ]){0,3}(?:study|trial|project|survey|"
    r"evaluation|sample|cohort)\b|\b(?:were|was) (?:\w+ )?(?:recruited|enrol+ed|randomi[sz]ed|"
    r"invited|interviewed|assigned|allocated|visited|conducted|carried out)\b|\btook part\b|"
    r"\bparticipa(?:nts?|ted)\b|\bwill be\b",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^(?:BACKGROUND|INTRODUCTION|CONTEXT|RATIONALE|IMPORTANCE)\b[^.]{0,20}:|\bprevalen|"
    r"\bincidence\b|\b(?:often|usually|typically|affects?)\b|\bmost (?:\w+ ){0,2}(?:used|affected)\b|\bcauses? of (?:\w+ )?(?:death|disab)|\bmortality\b|\b[mb]illions?\b|"
    r"\b(?:each|every|per) year\b|\bannual(?:ly)?\b|\bthe most (?:common|frequent|prevalent)|"
    r"\bcommonest\b|\bleading\b|\bestimat(?:ed|es) (?:that|at)|\baccording to\b|\bburden\b|"
    r"\bepidemic\b|\bguidelines?\b|\bthe market\b|US ?\$|\b(?:licen[sc]ed|approved|marketed) (?:for|in)\b|"
    r"\blegislation\b|\bstatistics\b|\blittle is known\b|\bno data\b|\bfew (?:\w+ )?(?:studies|trials|"
    r"data)\b|\b(?:is|are) (?:\w+ )?(?:common|rare|frequent|widespread|endemic|lacking|suboptimal|"
    r"a (?:major|serious|significant|common|growing|leading)|among the|one of the|increasing)\b|"
    r"\b(?:has|have) (?:risen|increased|grown|become|been (?:shown|reported|found|demonstrated|"
    r"widely|recommended))\b|\boccur(?:s|red)? in\b|\bcases (?:appear|occur)|\bin the general population",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(?:previous|earlier|prior|past|recent|existing|other|similar|comparable|several|most|many|few|"
    r"some|numerous) (?:[\w-]+ ){0,3}(?:studies|trials|reports?|research|work|surveys|reviews?|study|"
    r"trial|survey)\b|\bseveral authors\b|\btrials (?:performed|conducted|done) (?:in|during)\b",
    re.IGNORECASE,
)
_CITED = re.compile(
    r"\bet al\b|\b(?-i:[A-Z])[a-z]+ and (?:colleagues|co-?workers)\b|\([^()]{0,40}\b(?:19|20)\d\d[a-z]?\)|"
    r"^\W{0,3}(?:19|20)\d\d\)|\b(?:a|another|one) (?:[\w-]+ ){0,3}(?:study|trial|survey) (?:by|of|in|"
    r"from) [^.;]{0,60}\b(?:found|showed|shown|reported|suggest\w*|demonstrated)\b",
    re.IGNORECASE,
)
_NOT_THERE = re.compile(
    r"\b(?:unlike|in contrast (?:to|with)|contrary to|compared (?:to|with) (?:those|that|data|figures|"
    r"findings|results|the)|(?:as|than) (?:in|is|it is|was)|like (?:those|that)|similar to|"
    r"trials|studies|reports|evidence|research|findings|norms|guidelines?|experience|congress|"
    r"conferences?|meetings?|symposium|workshop|announced|published|first told|"
    r"(?:results|findings|papers?|data|talks?) (?:\w+ )?(?:was |were )?(?:first )?(?:presented|told|shown|read)|"
    r"(?:was|were) (?:first |later |then )?(?:told|presented|announced|reported|discussed)|"
    r"made by|(?:first|originally|once) made|(?:course|programme|program|method|manual|model|app|"
    r"therapy|intervention|book)s?,? (?:\w+ )?(?:was |were |is )?made|developed|devised|designed|created|written|invented|originat\w+|founded|pioneered|"
    r"conceived|drawn up|produced|manufactured|bought|popular|widely used|first used|borrowed|imported|comes from|used in|"
    r"(?:programme|program|course|model|method|manual|"
    r"intervention|measure|scale|questionnaire|therapy|version|approach|tool)s?(?: \w+)? from|"
    r"outside|elsewhere|beyond|not|never|except|unless|rather than|instead of)\b[^.;:,()]{0,60}$",
    re.IGNORECASE,
)
_MET = re.compile(r"\b(?:congress|conference|meeting|symposium|workshop)\b", re.IGNORECASE)
# People who came from a place, and were studied in another.
_CAME_FROM = re.compile(
    r"\b(?:refugees?|im?migrants?|(?:im|em)?migrat\w+|adopted|adoptees|adoptions?|fled|origins?|"
    r"originally|descent|moved|brought)(?: \w+){0,2} from(?: the)?(?: [a-z]+)? $|"
    r"\b(?:papers?|articles?|researchers?|authors?|experts?|scholars?|reports?) from(?: the)? $|"
    r"\bborn (?:\w+ )?(?:in|to \w+ (?:in|from))(?: the)? $",
    re.IGNORECASE,
)
_NEW_VERB = re.compile(r"\b(?:and|but|then) (?:then |was |were )?(?:tried|tested|given|held|done|run|"
                       r"evaluated|offered|used|[a-z]+ed)\b")  # fmt: skip
_THERE = re.compile(
    r"\b(?:our|this|the present|the current) (?:[\w-]+ ){0,4}(?:trial|study|project|survey|sample|"
    r"families|research|evaluation)\b[^.;:,()]{0,40}$",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"\b(?:cannot|can ?not|do not|does not) (?:say|tell|know|mean)\b|\b(?:unknown|unclear) (?:whether|if)\b|"
    r"\b(?:future|further|later|subsequent|next) (?:\w+ ){0,2}(?:research|stud(?:y|ies)|trials?|"
    r"works?|evaluations?|projects?)\b|\b(?:need(?:s|ed)?|remains?|ought) (?:not |to be )|\bmay not\b|"
    r"\b(?:cannot|can ?not|could not|should not|might not|need not) (?:\w+ )?(?:hold|apply|be|"
    r"general|extend)|\bgenerali[sz]|\btransfer(?:s|red|able)? to\b|\bmight\b|\bshould\b|\bcould\b|"
    r"\bwhether\b[^.;]{0,60}\b(?:hold|appl|extend)",
    re.IGNORECASE,
)
_DENIED_BEFORE = re.compile(
    r"\b(?:not|no|none|never|neither|nor|without|rather than|instead of|unlike|outside|except(?:ing)?|"
    r"exclud\w+|other than|away from|fewer|less|no longer|avoid\w*|need for|prevent\w*|reduc\w+|"
    r"referr\w+|discharged?|after leaving|history of|background in|awaiting|until|once|length of stay|suspended|exposed|known (?:in|"
    r"to)|holds? (?:in|for)|compar\w+ (?:to|with)|than(?: in| at)?|as in|wanted|wished|hoped|asked for|"
    r"prefer\w*|alternatives? to)\b[^.;:,]{0,40}$",
    re.IGNORECASE,
)
_REFERRED = re.compile(r"\b(?:referred|referrals?)\b[^.;:]{0,80}\bby\b[^.;:]{0,60}$", re.IGNORECASE)
_DENIED_AFTER = re.compile(
    r"^[^.;:,]{0,40}\b(?:(?:is|are|was|were|had|has|did|do|does|could|can) ?(?:not|never)\b|later\b|"
    r"excluded\b|(?:may|might|could|should|would) (?:also )?(?:be|need|benefit|try|use|want)|"
    r"declined\b|refused\b|elsewhere\b|(?:is|are) (?:needed|unknown|rare))",
    re.IGNORECASE,
)
_SIEVE = Sieve((_OWN, _FIELD, _OTHERS, _CITED, _LATER))


def is_own(sentence: str) -> bool:
    """Tell whether a sentence speaks of the paper's own study."""
    return _SIEVE.search(_OWN, sentence) is not None


def of_the_field(sentence: str) -> bool:
    """Tell whether a sentence speaks of the field or of others, and not of the paper itself."""
    return (general(sentence) or others_did(sentence)) and not is_own(sentence)


def general(sentence: str) -> bool:
    """Tell whether a sentence says how things are in the field, with no word of the paper itself."""
    return _SIEVE.search(_FIELD, sentence) is not None and not is_own(sentence)


def others_did(sentence: str) -> bool:
    """Tell whether a sentence tells of somebody else's study."""
    return bool(_SIEVE.search(_OTHERS, sentence) or _SIEVE.search(_CITED, sentence))


def cited(sentence: str) -> bool:
    """Tell whether a whole sentence is a report of somebody else's study."""
    return _SIEVE.search(_CITED, sentence) is not None and not is_own(sentence)


def not_there(sentence: str, start: int, place: int) -> bool:
    """Tell whether a place, named at ``place`` by words from ``start``, is not where the study was."""
    if _CAME_FROM.search(sentence[max(0, place - 80) : place]):
        return True
    if _MET.search(sentence[start:place]):
        return True
    before = _NEW_VERB.split(sentence[max(0, start - 160) : start])[-1]
    if _THERE.search(before):
        return False
    if _NOT_THERE.search(sentence[max(0, place - 80) : place]) and not _NEW_VERB.search(
        sentence[max(0, place - 80) : place]
    ):
        return True
    part = re.split(r"[,;:]", before)[-1]
    return bool(_NOT_THERE.search(before) or _OTHERS.search(part))


def later(sentence: str) -> bool:
    """Tell whether a sentence speaks of later work, or of where a result may hold."""
    return _SIEVE.search(_LATER, sentence) is not None


def denied(sentence: str, start: int, end: int) -> bool:
    """Tell whether what stands from ``start`` to ``end`` is said not to have been, or not then."""
    before, after = sentence[max(0, start - 120) : start], sentence[end : end + 80]
    if _REFERRED.search(before):
        return True
    return bool(_DENIED_BEFORE.search(before) or _DENIED_AFTER.search(after))
