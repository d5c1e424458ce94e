"""The words that speak for or against a randomised trial, each under a name. Pure data and search.

Found in titles and abstracts alone. A cue says that words stand somewhere, never what a study is:
``trial_score`` weighs them together.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.literature.text.sieve import Sieve

TITLE, ABSTRACT = "title", "abstract"
_OWN = "own"  # of the abstract, the sentences that do not speak of other trials
_ANIMALS = (
    r"\b(?:rats?|mice|mouse|murine|rabbits?|pigs?|piglets?|sheep|lambs?|dogs?|canine|cats|feline|"
    r"cows?|calves|cattle|bovine|horses?|equine|chickens?|broilers?|hens|zebrafish|drosophila|"
    r"rodents?|hamsters?|guinea pigs?|monkeys?|macaques?|goats?|birds?)\b"
)
_PLANTS = (
    r"\b(?:in vitro|cell lines?|gene expression|genomes?|proteins?|seedlings?|soils?|species|"
    r"forests?|grasslands?|wetlands?|crops?|habitats?|vegetation|biodiversity|bacteria|"
    r"phylogen\w*|mutants?|transgenic|knockout|crystal structure|nanoparticles?)\b"
)
_RANDOMISED = (
    r"(?<!non[- ])(?<!non)(?<!not )(?<!quasi[- ])(?<!quasi)(?<!un)(?<!mendelian )"
    r"randomi[sz](?:ed|ation|ing|e)\b(?! (?:effects?|block))|\bRCT\b"
)
_ALLOCATED = (
    r"random(?:ly)? (?:[a-z]+ly )?(?:re-?)?(?:assign|alloc|divid|distribut|receiv|split|group|"
    r"order|sequenc|treat|given|chosen to|administ|separat|into\b|to (?:one|either|receive))|"
    r"(?:assigned|allocated|divided|distributed|grouped|separated|split|given|administered)"
    r"[^.;]{0,60}(?<!not )\b(?:random(?:ly|i[sz]ed)?\b|at random|by chance)|"
    r"in (?:a |an )?(?:[a-z]+ )?random(?:i[sz]ed)?(?: |, )(?:[a-z-]+ )?(?:order|sequence|fashion|"
    r"manner)|"
    r"\b(?:was|were|been|be|and|then|patients|participants|subjects|women|children|families|"
    r"infants|adults|individuals) (?:[a-z]+ly )?randomi[sz]ed\b|"
    r"randomi[sz]ed (?:\d|1:1|to\b|into\b|in a|between|within)|random(?:ly)?,? counterbalanced"
)
_TALK = (
    r"\b(?:further|future|larger?|more|additional|previous|recent|several|few|available|existing|"
    r"published|ongoing|other|earlier|included?|identified|most|all|these|two|three|four|five|"
    r"[a-z]+teen|\d+) (?:[a-z-]+,? ){0,4}(?:randomi[sz]ed|random)(?:,? [a-z-]+){0,5} "
    r"(?:trials|studies)\b|"
    r"\b(?:randomi[sz]ed|RCTs?)\b[^.;]{0,90}\b(?:is|are|be|still|urgently|now|seems?) (?:needed|"
    r"required|warranted|necessary|lacking|recommended)\b|\bshould be (?:conducted|performed|"
    r"undertaken)\b|\b(?:needs? for|lack of|absence of|calls? for|await\w*)\b[^.;]{0,50}\brandomi"
    r"[sz]ed (?:[a-z-]+,? ){0,3}(?:trial|stud|evidence|data)|"
    r"\bno randomi[sz]ed\b|"
    r"\brandomi[sz]ed,? (?:[a-z-]+,? ){0,4}(?:trials|studies)\b|\bRCTs\b"
)


@dataclass(frozen=True, slots=True)
class Cue:
    """Words to look for, and where; ``own`` ones do not count where other trials are spoken of."""

    name: str
    place: str
    words: re.Pattern[str]
    own: bool = False


@dataclass(frozen=True, slots=True)
class CueFound:
    """A cue that was met, with the words as they stand in the text and the sentence around them."""

    name: str
    words: str
    sentence: str


def _cue(name: str, place: str, words: str, *, own: bool = False) -> Cue:
    return Cue(name, place, re.compile(words, re.IGNORECASE), own)


CUES = (
    _cue(
        "title: a randomised trial",
        TITLE,
        r"(?<!non[- ])(?<!non)(?<!not )(?<!quasi[- ])(?<!quasi)\brandomi[sz]ed\b(?:[,;/ -]{1,2}\w{1,40})"
        r"{0,6}?[,;)]?[ -](?:trial|study|experiment|evaluation|comparison|pilot)\b|\bRCT\b",
    ),
    _cue("title: randomised", TITLE, _RANDOMISED + r"|\brandom(?:ly)? (?:assign|alloc|control)"),
    _cue(
        "title: blind, placebo or crossover",
        TITLE,
        r"\b(?:double|single|triple)[- ]?(?:blind|mask)|\bplacebo|\bcross-?over|\bsham\b|"
        r"\bphase (?:2|3|II|III)\b|\bhead-to-head\b",
    ),
    _cue(
        "title: an effect or comparison",
        TITLE,
        r"\beffects?\b|\beffectiveness|\befficacy|\bversus\b|\bvs\b|\bcompar(?:ed|ison|ing|ative)|"
        r"\bimpact of|\bimprov|\breduc|\benhanc|\bprevent|\bincreas|\bbenefit|\binfluence of",
    ),
    _cue(
        "title: an intervention",
        TITLE,
        r"\bintervention|\btreat(?:ment|ing)|\btherap|\btraining|\bsupplement|\bvaccin|\bprogram|"
        r"\bexercise|\beducation|\badminist|\bdos(?:e|es|ing)\b|\bsurgery|\breminders?|\bfeedback",
    ),
    _cue(
        "title: review",
        TITLE,
        r"\breviews?\b(?! of \d)|\bmeta-?\s?analy|\boverview|\bguidelines?|\bconsensus|\bupdate\b|"
        r"\bperspectives?\b|\bchallenges\b|\bstate of the art|\bcurrent |\brole of|\bappraisal\b|"
        r"\bapproach(?:es)? to\b|\bmanagement of\b",
    ),
    _cue("title: protocol", TITLE, r"\bprotocol\b|\brationale and design\b|\bstudy design\b"),
    _cue("title: case", TITLE, r"\bcase (?:report|series|stud)|\bcases of\b|\ba case\b"),
    _cue(
        "title: notice",
        TITLE,
        r"^\W*(?:correction|corrigend|errat|retract|expression of concern|editorial|reply|re:|"
        r"in reply|comment|letter)",
    ),
    _cue(
        "title: observational",
        TITLE,
        r"\bcohort|\bretrospective|\bsurvey|\bcase-control|\bcross-sectional|\bprevalence|"
        r"\bincidence|\bassociat|\brisk factors?|\bregistry|\bepidemiolog|\btrends?\b|"
        r"\bcorrelat|\brelation(?:ship)?s?\b|\bnon-?randomi[sz]ed|\bobservational|\bquasi-|"
        r"\bmortality\b|\bvalid(?:ity|ation)|\breliability|\bdiagnos|\bdetect",
    ),
    _cue(
        "title: methods",
        TITLE,
        r"\bmodel(?:s|ing|ling)?\b|\bframework|\balgorithms?|\bdatabase|\bsystems?\b|\bsoftware|"
        r"\bdesign and implement|\bontolog|\barchitecture|\bmethodolog|\bnetworks?\b|\bmining\b|"
        r"\bmolecular|\bpharmacolog|\bmechanisms?\b|\bidentif|\bcharacteri[sz]",
    ),
    _cue("title: animals or cells", TITLE, _ANIMALS + "|" + _PLANTS),
    _cue(
        "title: trial",
        TITLE,
        r"\btrial\b|\bstepped[- ]wedge|\bcluster[- ]random|\bcontrolled (?:study|evaluation)",
    ),
    _cue(
        "title: qualitative",
        TITLE,
        r"\bqualitative|\binterviews?\b|\bfocus groups?|\bexperiences? (?:of|with)\b|\bbarriers\b",
    ),
    _cue(
        "title: secondary analysis",
        TITLE,
        r"\bsecondary analys|\bpost[- ]hoc|\bpooled|\bcombined (?:analysis|results)|\bpredict|"
        r"\bopen[- ]label|\bextension\b",
    ),
    _cue(
        "a trial of its own",
        ABSTRACT,
        r"\bcontrolled,? (?:[a-z-]+,? ){0,3}(?:trial|study|experiment|evaluation|design)\b|"
        r"\bclinical trial\b|\b(?:this|the|our|pilot|week|month|multicent(?:re|er)) trial\b",
        own=True,
    ),
    _cue(
        "no group of its own",
        ABSTRACT,
        r"\bhistorical(?:ly)? control|\bquasi-?experiment|\bself-selected|\bpropensity|"
        r"\bpre-?(?:to-?)?post\b|\balternately\b|\bodd or even\b",
    ),
    _cue(
        "people studied",
        ABSTRACT,
        r"\b(?:patients|participants|subjects|volunteers|women|men|children|students|clinicians|"
        r"physicians|families|mothers|adults|infants) (?:were|with|who|viewed|read|performed|"
        r"answered|completed|used|undergoing|underwent|received|aged)\b|\bhealthy\b|\bvolunteers\b",
    ),
    _cue(
        "an experiment",
        ABSTRACT,
        r"\bexperiments? (?:with|in which|among)\b|\bvignettes?\b|\b(?:first|second|two) "
        r"experiments?\b|\b(?:performed|answered|rated|scored|were) (?:\S+ ){0,6}?(?:significantly )?"
        r"(?:faster|better|higher|lower|superior|greater) (?:\S+ ){0,6}?(?:when|using|than)\b",
    ),
    _cue("allocated at random", ABSTRACT, _ALLOCATED, own=True),
    _cue(
        "a randomised trial",
        ABSTRACT,
        r"(?<!non[- ])(?<!non)(?<!not )(?<!quasi[- ])randomi[sz]ed\b(?:[,;/ (-]{1,3}\w{1,40}\)?){0,8}?[,;)]?[ -]"
        r"(?:trial|study|design|experiment|comparison|investigation|pilot|rct)\b|\bRCT\b",
        own=True,
    ),
    _cue("randomised otherwise", ABSTRACT, _RANDOMISED, own=True),
    _cue("random otherwise", ABSTRACT, r"\brandom(?:ly)?\b(?! (?:select|sampl|effect|forest))"),
    _cue("randomly selected", ABSTRACT, r"\brandom(?:ly)? (?:select|sampl|chosen|effects?|forest)"),
    _cue("not randomised", ABSTRACT, r"\b(?:non|not|quasi|un)[- ]?randomi[sz]|\bmendelian rand"),
    _cue("other trials spoken of", ABSTRACT, _TALK),
    _cue("blinded", ABSTRACT, r"\b(?:double|single|triple|observer|assessor)[- ]?(?:blind|mask)"),
    _cue("placebo or sham", ABSTRACT, r"\bplacebo|\bsham\b|\bdummy\b"),
    _cue("crossover", ABSTRACT, r"\bcross(?:ed)?[- ]?over\b|\bwash-?out\b|\blatin square"),
    _cue("counterbalanced", ABSTRACT, r"\bcounter-?balanced|\bbalanced order|\bsplit[- ]face"),
    _cue(
        "arms", ABSTRACT, r"\b\w+ arms?\b(?! circ)|\bparallel[- ]group|\bstepped[- ]wedge|\b1:1\b"
    ),
    _cue("intention to treat", ABSTRACT, r"\bintent(?:ion)?[- ]to[- ]treat|\bper[- ]protocol\b"),
    _cue(
        "registered",
        ABSTRACT,
        r"\bNCT\s?\d{8}|\bISRCTN\s?\d|\btrial regist|\bclinicaltrials\.gov|\bclinical trials? "
        r"regist|\bACTRN\d|\bCTRI/|\bUMIN\d|\bChiCTR|\bIRCT\d",
    ),
    _cue(
        "assigned to groups",
        ABSTRACT,
        r"\b(?:assigned|allocated)\b|\b(?:divided|separated|split|classified|grouped) (?:equally )?"
        r"(?:in|into|between)\b[^.;]{0,40}\bgroups?",
    ),
    _cue(
        "received one or the other",
        ABSTRACT,
        r"\breceiv(?:ed|e|ing)\b|\beither\b[^.;]{0,80}\bor\b|\bwere given\b|\bwas administered|"
        r"\bwere treated with\b|\bingested\b|\bconsumed\b",
    ),
    _cue(
        "control group",
        ABSTRACT,
        r"\b(?:control|placebo|comparison|waitlist|wait-list|usual[- ]care|intervention|treatment|"
        r"experimental|study|treated|training|supplement\w*) (?:group|arm|condition)s?\b",
    ),
    _cue(
        "between groups",
        ABSTRACT,
        r"\b(?:between|both|two|three|four|each)[- ](?:the )?(?:\w+ )?"
        r"groups?\b|\bbetween[- ]subjects?\b|\bwithin[- ](?:subject|patient)s?\b|\bgroup (?:A|I|1)\b",
    ),
    _cue(
        "open label", ABSTRACT, r"\bopen[- ]label|\bsingle[- ]arm|\buncontrolled|\bphase (?:I|1)\b"
    ),
    _cue(
        "compared by experiment",
        ABSTRACT,
        r"\b(?:we|to|was|were|and) compar(?:ed?|ing)\b|\bcompared (?:to|with)\b|\bversus\b|\bvs\b|"
        r"\bthan (?:when|with|those|in|the|after|did|using)\b",
    ),
    _cue("significance", ABSTRACT, r"\bp ?[<=>≤] ?\.?0?\.?\d|\bconfidence interval|\b95 ?% ?CI"),
    _cue("effect tested", ABSTRACT, r"\b(?:effects?|efficacy|effectiveness|impact) of\b"),
    _cue(
        "search of the literature",
        ABSTRACT,
        r"\bsystematic(?:ally)? (?:review|search)|\bmeta-?analy|\b(?:we|were) (?:searched|reviewed)\b|"
        r"\b(?:medline|embase|cochrane|psycinfo|cinahl)\b|\bliterature\b|\bthis (?:article|paper|"
        r"review|chapter|overview)\b|\b(?:studies|trials|articles) (?:were|that|which|have|with)\b",
    ),
    _cue(
        "this review",
        ABSTRACT,
        r"\b(?:this|the present|our|these) (?:\w+ )?(?:review|article|guid)|"
        r"\b(?:is|are) (?:reviewed|discussed|described|summari[sz]ed|presented)\b",
    ),
    _cue(
        "pooled or secondary",
        ABSTRACT,
        r"\bpooled\b|\bpost[- ]hoc\b|\bsecondary (?:data )?analys|"
        r"\bdata (?:from|of) (?:the|a|two|three|\d+)\b[^.;]{0,60}\b(?:trial|stud)",
    ),
    _cue(
        "observational",
        ABSTRACT,
        r"\bretrospective|\bcohort\b|\bcase-control|\bcross-sectional|\bobservational|\bregistry\b|"
        r"\bmedical records|\bchart review|\bsurvey(?:s|ed)?\b|\bquestionnaires? (?:was|were) "
        r"(?:sent|mailed)|\bnational(?:ly)? represent|\bpopulation-based",
    ),
    _cue(
        "odds or prevalence",
        ABSTRACT,
        r"\bprevalence|\bincidence|\brisk factors?|\bodds ratio|"
        r"\bassociated with|\bcorrelat",
    ),
    _cue(
        "case",
        ABSTRACT,
        r"\bwe (?:report|describe|present) (?:a|an|the|two|three|\d+)\b|\bcase "
        r"(?:report|series)|\b\d+[- ](?:year|month|day)s?[- ]old\b",
    ),
    _cue("interviews", ABSTRACT, r"\bqualitative|\binterview(?:s|ed)\b|\bfocus groups?|\bthematic"),
    _cue(
        "planned", ABSTRACT, r"\bwill be (?:\w+ )?(?:random|recruit|assign|alloc|invit|includ|comp)"
    ),
    _cue("animals", ABSTRACT, _ANIMALS),
    _cue("cells, genes or plants", ABSTRACT, _PLANTS),
    _cue(
        "a tool or a model",
        ABSTRACT,
        r"\balgorithm|\bsoftware|\bdatabases?\b|\bframework|\bontolog|\bsimulat|\bmodel(?:l?ing)\b|"
        r"\bprototype|\barchitecture|\bdata ?sets?\b|\bwe (?:propose|developed?|implement)",
    ),
)
_TALKING = re.compile(_TALK, re.IGNORECASE)
_SIEVE = Sieve(cue.words for cue in CUES)


def speaks_of_others(sentence: str) -> bool:
    """Tell whether a sentence speaks of randomised trials that were, or should be, done."""
    return _speaks_of_chance(sentence) and _TALKING.search(sentence) is not None


def _speaks_of_chance(text: str) -> bool:
    return "random" in text.casefold() or "RCT" in text


def find(title: str, sentences: Sequence[str]) -> Iterator[CueFound]:
    """Find each cue once, at its first place; ``sentences`` are the abstract's, in their order."""
    told = "\n".join(sentences)
    texts = {TITLE: title, ABSTRACT: told, _OWN: _own(told, sentences)}
    seen = {place: _SIEVE.seen_in(text) for place, text in texts.items()}
    for cue in CUES:
        place = _OWN if cue.own else cue.place
        # most cues stand nowhere in a text: to ask for that alone takes half the time
        if not _SIEVE.may_match(cue.words, seen[place]):
            continue
        if met := _SIEVE.search(cue.words, texts[place]):
            yield CueFound(cue.name, met[0], _line(texts[place], met.start()))


def _own(told: str, sentences: Sequence[str]) -> str:
    """Leave out of an abstract the sentences that speak of other trials."""
    if not _speaks_of_chance(told):  # of all at once: of most abstracts that is the end of it
        return told
    return "\n".join(sentence for sentence in sentences if not speaks_of_others(sentence))


def _line(text: str, at: int) -> str:
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    return text[start : end if end >= 0 else len(text)]
