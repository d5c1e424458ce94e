"""Suggests how a study was done, with the sentence that says so. A suggestion, never a decision.

The text comes first: publication types reach PubMed months after the paper, so nothing may
depend on them; they only speak where the text is silent. A registry's own word that a record is a
registration is the exception: its text tells of a randomised trial, but it reports none. A
sentence that speaks of other trials ("randomised trials are needed") tells nothing of this one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from monitor.literature.design import notices
from monitor.literature.design.asides import is_own, others_did
from monitor.literature.design.rule_words import (
    ABSTRACT,
    NO_CONTROL,
    REGISTRATION,
    TITLE,
    TYPES,
    Rules,
)
from monitor.literature.design.trial_cues import speaks_of_others
from monitor.literature.text.sentences import told_in
from monitor.literature.text.sieve import Sieve

__all__ = ["ABSTRACT", "TITLE", "DesignSuggestion", "is_registration", "suggest_design"]

_ADJECTIVES = r"(?:[\w-]+,? ){0,6}?"
# A title that announces its own randomised trial, after whatever else it says: "…: a randomised
# trial". "Follow-up of a randomised trial" and "interviews within a randomised trial" do not.
_ANNOUNCED = re.compile(
    rf"(?:^|[:.?!–—]|\s-)\W*(?:(?:results|findings|evidence) (?:of|from) )?(?:an? |the |our |two |one )?"
    rf"{_ADJECTIVES}(?<!non-)(?<!non)(?<!quasi-)(?<!semi-)(?<!pseudo-)(?<!of )(?<!of a )(?<!in )(?<!in a )"
    rf"(?<!within a )(?<!from a )(?<!from )(?<!alongside a )\brandomi[sz]ed,? {_ADJECTIVES}(?:trial|study|"
    rf"comparison|experiment|evaluation|pilot)\b(?! protocol)|[:.?!–—] ?(?:an? |the )?{_ADJECTIVES}RCT\W*$",
    re.IGNORECASE,
)
_ANOTHERS = re.compile(
    r"\b(?:of|for|in|from|within|alongside|beside|after|following|into|on|to|nested in|embedded in|"
    r"protocol|secondary|follow[- ]up) (?:an? |the |our )?(?:[\w-]+,? ){0,5}$",
    re.IGNORECASE,
)
# What only its own report says: who was randomised, as done.
_DONE = re.compile(
    r"\b(?:we|authors) (?:then )?(?:randomi[sz]ed|randomly (?:assigned|allocated|divided|placed))\b|"
    r"(?<!had been )(?<!will be )(?<!to be )\b(?:were|was|got) (?:\w+ly |then |each )?(?:randomi[sz]ed|"
    r"randomly (?:\w+ly )?(?:assigned|allocated|divided|placed|split|put))\b|"
    r"\) (?:randomi[sz]ed|randomly assigned)\b",
    re.IGNORECASE,
)
_TOLD_OF_OTHERS = frozenset({"case", "economic", "qualitative", "single-group", "non-randomised"})
_FURTHER = frozenset({"protocol", "follow-up", "economic", "qualitative"})
# A trial that is only asked about: whether it could be run, who would join it.
_ASKED_ABOUT = re.compile(
    r"\brandomi[sz][^?]{0,80}\b(?:possible|feasible|acceptable|ethical|wanted)\?|"
    r"\b(?:feasibility|development|preparatory|scoping|formative)(?: and \w+)? (?:work|study|phase)? ?(?:for|before|"
    r"towards?|to inform|in preparation (?:of|for)) (?:an? |the )?(?:[\w-]+ ){0,4}(?:randomi|RCT)|"
    r"\b(?:feasibility|acceptability|possibility|viability|practicality|desirability) of (?:\w+ing )?(?:an? |the )?"
    r"(?:\w+ ){0,4}(?:randomi|RCT)|\b(?:would|could|might|can|should)\b[^.:;]{0,60}\b(?:randomi[sz]|RCT)|"
    r"\b(?:willing\w*|attitudes?|views?|opinions?|barriers|readiness|consent(?:ing)?|agree(?:ing)?|"
    r"objections?) (?:to|of|on|about|in|towards?) (?:\w+ ){0,4}(?:randomi[sz]|RCT)|\bwhether\b[^.;]{0,60}"
    r"\brandomi[sz]|\b(?:planning|preparing|how to (?:run|do|plan)|designing|towards?|recruit\w* to|joining) "
    r"(?:an? |the )?(?:\w+ ){0,3}(?:randomi[sz]|RCT)|\bwhy\b[^.;]{0,40}\b(?:were|was) randomi[sz]",
    re.IGNORECASE,
)
# What people told after somebody's trial; the trial itself says who was randomised.
_TOLD_AFTER_IT = re.compile(
    r"\b(?:voices|stories|accounts|narratives|recollections|interviews)\b[^.:;]{0,60}\b(?:after|following|within|"
    r"from|in) (?:an?|the|our) (?:[\w-]+ ){0,3}(?:randomi|RCT)",
    re.IGNORECASE,
)
_ONCE = re.compile(
    r"\b(?:who|that) had (?:taken part|participated) in (?:an?|the) (?:\w+ ){0,2}randomi|"
    r"\brandomi[sz][^.;]{0,60}\b(?:were|are|is|was) (?:reviewed|pooled|searched|identified)\b|"
    r"\b(?:rationale|justif\w+|basis|plans?) for (?:an? )?(?:\w+ ){0,3}(?:randomi[sz]|RCT)|"
    r"\b(?:ha(?:s|ve) (?:\w+ )?(?:been|never)|never been)\b[^.;]{0,80}\brandomi[sz]|\b(?:in|by|from) (?:an?|one|another|"
    r"the first) (?:[\w-]+ ){0,5}(?:randomi[sz]ed|RCT)[^.;]{0,60}, (?:it|there) (?:was|were)\b|"
    r"\brandomi[sz][^.;]{0,60}\b(?:is|are) (?:now |currently |already )?(?:under ?-?way|ongoing|in progress|in preparation|"
    r"planned|being (?:planned|run|prepared|conducted))\b|\bwas tested in an? (?:randomi|RCT)|\b(?:future|further|proposed|hypothetical|potential|"
    r"forthcoming|upcoming|imagined|possible|planned) (?:\w+ ){0,3}(?:randomi[sz]|RCT)|\bneeds? (?:of|for|to)\b"
    r"[^.;]{0,60}\brandomi[sz]|\b(?:warranted|needed|called for)\b",
    re.IGNORECASE,
)
_OWN_TRIALS = re.compile(
    r"\b(?:two|three|four|both|2|3|4)\b(?: of our)? (?:[\w-]+,? ){0,6}(?:trials|experiments|studies)\b[^.;]{0,80}"
    r"\b(?:were|was) (?:carried out|conducted|run|done|performed|undertaken|held)\b|\b(?:we|authors) (?:\w+ )?"
    r"(?:carried out|conducted|ran|did|performed|report(?: on)?|undertook) (?:\w+ )?(?:two|three|four|2|3|4)\b",
    re.IGNORECASE,
)
_NOT_OURS = re.compile(
    r"\b(?:previous|earlier|prior|past|published|other|others|elsewhere|have been|had been|review\w*|"
    r"before|et al)\b",
    re.IGNORECASE,
)
_RECORDS = re.compile(
    r"\b(?:records?|charts?|files?|case ?notes|notes|registers?|diar(?:y|ies)|films?|videos?|tapes?|"
    r"recordings?|letters?|cases|patients|children|logs?|scans?|images|x-rays)\b[^.;]{0,80}\breviewed\b",
    re.IGNORECASE,
)
_CHECKED = re.compile(
    r"\breviewed (?:by|for|at|with|daily|weekly|monthly|before|after|and (?:\w+ed|scored))\b",
    re.IGNORECASE,
)
_HAD_BEEN = re.compile(
    r"\b(?:after|since) being (?:randomi[sz]ed|randomly (?:assigned|allocated))\b|"
    r"\b(?:five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|[5-9]|[12]\d) years after (?:random|their random)|"
    r"\b(?:after|since) (?:they |having )?(?:had )?(?:taking|taken|took) part in (?:an? |the )?(?:\w+ ){0,3}"
    r"(?:randomi[sz]|RCT|trial)|\b(?:of|from|in) (?:an?|the|our) (?:earlier|original|former|previous|first) "
    r"(?:[\w-]+ ){0,3}(?:trial|RCT) (?:were|was)\b|"
    r"\bhad (?:all |once |first |earlier )?(?:been )?(?:randomi[sz]ed|randomly (?:assigned|allocated))\b",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\b(?:again|once more|traced|re-?(?:assess|contact|visit|examin|interview|test|invit|measur|trac)\w*|"
    r"follow(?:ed)?[- ]up|(?:years?|months) (?:on|later|after)|(?:original|earlier|former|first) "
    r"(?:\w+ )?(?:trial|study|sample|cohort|families|children))\b",
    re.IGNORECASE,
)
_WEAK_SINGLE = re.compile(r"before and after$|from baseline to$", re.IGNORECASE)
_COMPARED = re.compile(
    r"\b(?:placebo|versus|vs|groups|randomi\w+|controls?|comparison|compared (?:with|to)|arms|cohort|"
    r"retrospective\w*|survey|cross-sectional)\b",
    re.IGNORECASE,
)
_OBSERVED = re.compile(
    r"\bcase-?control|\bmatched (?:healthy |normal )?controls\b|\bcross-sectional|\bhealthy control",
    re.IGNORECASE,
)
_SIEVE = Sieve((*(words for _, words in (*TITLE, *ABSTRACT)), _DONE, _HAD_BEEN, _AGAIN))


@dataclass(frozen=True, slots=True)
class DesignSuggestion:
    """A design and the sentence it was read from, as it stands in ``field``."""

    design: str
    sentence: str
    field: str  # "title", "abstract" or "publication types"


def suggest_design(
    title: str, abstract: str | None, publication_types: Sequence[str] = ()
) -> DesignSuggestion | None:
    """Suggest a design: from the title, else the abstract, else the source's own labels.

    A record labelled as a registration is one, whatever its text says. A title that announces a
    randomised trial is believed before its other words, where the abstract tells it as done.

    ``design`` is one of: randomised, non-randomised, single-group, case, protocol, follow-up,
    review, economic, qualitative, notice, registration. None where nothing says.
    """
    told = told_in(abstract or "")
    return (
        _first(REGISTRATION, publication_types, "publication types")
        or _of_title(title, told)
        or _of_abstract(told)
        or _first(TYPES, publication_types, "publication types")
    )


def is_registration(publication_types: Sequence[str]) -> bool:
    """Tell whether a source's labels say that a record is a trial's registration."""
    return _names_registration(tuple(publication_types))


@lru_cache(maxsize=256)  # nearly all papers have one of a few lists
def _names_registration(publication_types: tuple[str, ...]) -> bool:
    return _first(REGISTRATION, publication_types, "publication types") is not None


def _of_title(title: str, told: Sequence[str]) -> DesignSuggestion | None:
    """Read a title; the mark of a retraction is no part of what it says of the paper."""
    says = notices.read_title(title)
    if says.kind:
        return DesignSuggestion("notice", title, "title")
    suggestion = next(
        (
            DesignSuggestion(design, says.about, "title")
            for design, words in TITLE
            if _SIEVE.search(words, says.about)
        ),
        None,
    )
    if suggestion is None or (
        suggestion.design == "randomised"
        and (
            _ASKED_ABOUT.search(says.about)
            or (_TOLD_AFTER_IT.search(says.about) and not _is_own(told))
        )
    ):
        return None
    if suggestion.design in _FURTHER and _announces(says.about) and _is_own(told):
        return DesignSuggestion("randomised", title, "title")
    return replace(suggestion, sentence=title)


def asks_about_a_trial(title: str) -> bool:
    """Tell whether a title speaks of a randomised trial that only might be, or is prepared."""
    return _ASKED_ABOUT.search(title) is not None


def _announces(title: str) -> bool:
    met = re.search(r"(?<!non-)(?<!quasi-)\b(?:randomi[sz]ed|RCT)\b", title, re.IGNORECASE)
    while met is not None:
        if not _ANOTHERS.search(title[: met.start()]):
            break
        met = re.compile(r"\b(?:randomi[sz]ed|RCT)\b", re.IGNORECASE).search(title, met.end())
    return met is not None and _ANNOUNCED.search(title) is not None


def _is_own(told: Sequence[str]) -> bool:
    """Tell whether an abstract tells of a randomisation as its own, and not as long ago."""
    done = any(_SIEVE.search(_DONE, one) and not _is_others("randomised", one) for one in told)
    return done and _followed(told) is None


def _of_abstract(told: Sequence[str]) -> DesignSuggestion | None:
    if followed := _followed(told):
        return DesignSuggestion("follow-up", followed, "abstract")
    seen = _SIEVE.seen_in_any(told)
    for design, words in ABSTRACT:
        for sentence in told if _SIEVE.may_match(words, seen) else ():
            met = _SIEVE.search(words, sentence)
            if met and not _is_unsure(design, met[0], sentence, told):
                return DesignSuggestion(design, sentence, "abstract")
    return None


def _is_unsure(design: str, words: str, sentence: str, told: Sequence[str]) -> bool:
    """Tell whether a sentence says its words of something else than the paper's own design."""
    if design == "review":
        return words.endswith("reviewed") and bool(
            _RECORDS.search(sentence) or _CHECKED.search(sentence)
        )
    if design == "protocol":
        return any(_SIEVE.search(_DONE, line) for line in told)
    if design == "single-group":
        weak = _WEAK_SINGLE.search(words) is not None
        others = re.search(NO_CONTROL, words, re.IGNORECASE) and _NOT_OURS.search(sentence)
        return bool(others) or (weak and any(_COMPARED.search(line) for line in told))
    if design == "non-randomised" and re.search(r"group|condition|trial|matched", words):
        lacking = re.search(NO_CONTROL, sentence, re.IGNORECASE)
        return bool(
            lacking or _ONCE.search(sentence) or any(_OBSERVED.search(line) for line in told)
        )
    if design in _TOLD_OF_OTHERS and others_did(sentence) and not is_own(sentence):
        return True
    return _is_others(design, sentence)


def _followed(told: Sequence[str]) -> str | None:
    """Give the sentence by which people randomised once were seen again; none were in this paper."""
    search = _SIEVE.search
    if not _SIEVE.may_match(_HAD_BEEN, _SIEVE.seen_in_any(told)):
        return None
    if any(search(_DONE, sentence) and not search(_HAD_BEEN, sentence) for sentence in told):
        return None
    before = next((sentence for sentence in told if search(_HAD_BEEN, sentence)), None)
    return before if before and any(search(_AGAIN, sentence) for sentence in told) else None


def _first(rules: Rules, texts: Sequence[str], field: str) -> DesignSuggestion | None:
    for design, words in rules:
        for text in texts:
            if words.search(text):
                return DesignSuggestion(design, text, field)
    return None


def _is_others(design: str, sentence: str) -> bool:
    """Tell whether a sentence says "randomised" of other trials than the paper's own."""
    if design != "randomised":
        return False
    if _OWN_TRIALS.search(sentence) and not _NOT_OURS.search(sentence):
        return False
    if others_did(sentence) and not is_own(sentence):
        return True
    asked = _ASKED_ABOUT.search(sentence) or _ONCE.search(sentence)
    return speaks_of_others(sentence) or (asked is not None and not _DONE.search(sentence))
