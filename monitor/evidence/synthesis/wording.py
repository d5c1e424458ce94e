"""A finding in sentences, from ``catalogue/sentences/findings.toml``: one place for page and mail. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

from monitor.catalogue.shapes.finding_sentences import ClassWords, FindingSentences
from monitor.catalogue.shapes.methods import SynthesisPolicy
from monitor.catalogue.words import EffectType, Label
from monitor.evidence.synthesis.findings import Finding, PoolLine
from monitor.evidence.synthesis.index_results import Index
from monitor.evidence.synthesis.labels import BENEFITS, label
from monitor.evidence.synthesis.makeup import Voice
from monitor.evidence.synthesis.pooling import pool
from monitor.kernel.language import english
from monitor.kernel.language.english import either, plural

_LOGIT = math.sqrt(3) / math.pi  # a log odds ratio times this is a standardised mean difference
_NORMAL = NormalDist()
_NULL = frozenset({Label.NO_DIFFERENCE, Label.COMPARISON})
_PER = 100


@dataclass(frozen=True, slots=True)
class Events:
    """The comparison groups' median share with an outcome; ``benefit`` is 1 where more is better."""

    share: float
    outcome: str
    benefit: int


@dataclass(frozen=True, slots=True)
class SentenceFacts:
    """What a sentence needs beside the finding: names; and events, where all pooled trials give them."""

    it: str = "it"
    comparator: str = ""  # empty: the pool's own words
    events: Events | None = None


def whole(
    finding: Finding,
    policy: SynthesisPolicy,
    sentences: FindingSentences,
    said: SentenceFacts = SentenceFacts(),
) -> str:
    """Tell a whole finding: its sentence, what it adds, and of how many of 100 people."""
    parts = [
        sentence(finding, policy, sentences, said),
        frequencies(finding, policy, sentences, said),
    ]
    return " ".join(part for part in parts if part)


def sentence(
    finding: Finding,
    policy: SynthesisPolicy,
    sentences: FindingSentences,
    said: SentenceFacts = SentenceFacts(),
) -> str:
    """Tell what a finding's label means, and what it adds: the label's sentence, filled in."""
    sentences = sentences.of(finding.outcome_class)
    line = finding.main
    if line.pool is None:
        text = _of_signs(finding, sentences, said)
    else:
        verdict = label(line.pool, policy.delta)
        pattern = sentences.labels[verdict].one if line.k == 1 else sentences.labels[verdict].many
        if verdict is Label.NOT_SETTLED and _unlike(line, policy):
            pattern = sentences.adds.unlike
        text = pattern.format(**_places(finding, policy, sentences, said))
        text = " ".join([english.sentence(text), *_adds(finding, policy, sentences)])
    if finding.index and not finding.index[0].randomised:
        text = f"{sentences.adds.not_randomised} {text[:1].lower()}{text[1:]}"
    return text


def frequencies(
    finding: Finding,
    policy: SynthesisPolicy,
    sentences: FindingSentences,
    said: SentenceFacts = SentenceFacts(),
) -> str:
    """Tell how many of 100 people that is, with the range the interval allows; or nothing.

    From events it is the share that had the outcome, the comparison's being the median of the pooled
    trials' groups; from a standardised difference the share above the comparison's average.
    """
    sentences = sentences.of(finding.outcome_class)
    line = finding.main
    pooled = line.pool
    if pooled is None or not sentences.labels[label(pooled, policy.delta)].counted:
        return ""
    ends = (pooled.estimate, pooled.ci_low, pooled.ci_high)
    about, *between = (_share(end or 0.0, said.events) for end in ends)
    before = said.events.share if said.events else 0.5
    if round(about * _PER) == round(before * _PER):
        return ""  # said in whole people, it would be no difference
    low, high = sorted(between)
    words = sentences.classes[finding.outcome_class]
    pattern = sentences.frequencies.events if said.events else sentences.frequencies.share
    return pattern.format(
        it=said.it,
        one_of=words.one_of,
        many_of=words.many_of,
        comparator=_comparator(finding, sentences, said),
        outcome=said.events.outcome if said.events else "",
        trials=_trials(finding, sentences),
        fit="fits" if line.k == 1 else "fit",
        a=_of_100(about),
        b=_of_100(before),
        low=_of_100(low),
        high=_of_100(high),
    )


def events_of(voices: Iterable[Voice]) -> Events | None:
    """Give the comparison groups' median share, where every pooled result is of one outcome's events."""
    chosen = [
        choice for voice in voices if voice.index and voice.index.vi for choice in voice.chosen
    ]
    kinds = {choice.result.effect_type for choice in chosen}
    ways = {choice.result.benefit for choice in chosen}
    names = {(choice.result.outcome or choice.result.measure).casefold() for choice in chosen}
    if kinds != {EffectType.TABLE} or len(ways) != 1 or len(names) != 1 or "" in names:
        return None
    shares = [
        choice.events[1] / choice.people[1]
        for choice in chosen
        if choice.events[1] is not None and choice.people[1]
    ]
    share = median(shares)
    if len(shares) != len(chosen) or not 0 < share < 1:
        return None
    name = chosen[0].result.outcome or chosen[0].result.measure
    return Events(share, name[:1].lower() + name[1:], ways.pop())


def comparator_of(
    voices: Iterable[Voice], finding: Finding, sentences: FindingSentences, names: dict[str, str]
) -> str:
    """Say what the pooled studies compared with: each kind of it, or the other intervention's name."""
    results = [chosen.result for voice in voices for chosen in voice.chosen]
    if finding.comparator_class not in sentences.comparators:
        return finding.comparator_class
    if finding.comparator_class == "another of the ten":
        compared = {names[r.comparator] for r in results if r.comparator in names}
    else:
        compared = {sentences.comparisons.get(r.comparator_class, "") for r in results} - {""}
    return either(sorted(compared)) if compared else sentences.comparators[finding.comparator_class]


def independence(chosen: Sequence[Index]) -> str:
    """Tell how many studies are independent of the intervention's developers; never a guess."""
    known = [index for index in chosen if index.developer_led is not None]
    own = sum(1 for index in known if index.developer_led is False)
    unknown = len(chosen) - len(known)
    count = f"{own} of {len(chosen)} independent of the developers"
    if not own:
        count = "No independent trial" if not unknown else "No trial known to be independent"
    return f"{count}; of {unknown} it is not known" if unknown else count


def not_effective(chosen: Iterable[Index], policy: SynthesisPolicy) -> tuple[str, ...]:
    """Name the sound randomised studies whose own result is no difference, or favours the comparison."""
    return tuple(
        index.study
        for index in chosen
        if index.randomised
        and not index.high_risk
        and index.yi is not None
        and index.vi is not None
        and label(pool([index.yi], [index.vi], policy), policy.delta) in _NULL
    )


def amount(line: PoolLine, *, randomised: bool = True) -> str:
    """Tell how many trials, or other studies, and people stand behind a line.

    >>> amount(Line("benefit", 2, 668, None)), amount(Line("benefit", 1, None, None))
    ('2 trials, 668 people', '1 trial, number of people not known')
    """
    count = plural(line.k, "trial") if randomised else plural(line.k, "study", "studies")
    if line.people is None:
        return f"{count}, number of people not known"
    return f"{count}, {plural(line.people, 'person', 'people')}"


def _of_signs(finding: Finding, sentences: FindingSentences, said: SentenceFacts) -> str:
    signs, patterns = finding.signs, sentences.signs
    places = _base(finding, sentences, said)
    if not signs.heard:
        return english.sentence(sentences.labels[Label.NOTHING].many.format(**places))
    ways = {(1, 0): patterns.towards, (0, 1): patterns.away}
    way = ways.get((signs.towards, signs.away), patterns.neither)
    pattern = patterns.one if signs.heard == 1 else patterns.many
    counts = {"towards": signs.towards, "away": signs.away, "none": signs.none}
    return english.sentence(pattern.format(**places, **counts, heard=signs.heard, way=way))


def _unlike(line: PoolLine, policy: SynthesisPolicy) -> bool:
    """Tell whether it is the studies' differences, not their size, that leave it open."""
    q_p = line.pool.q_p if line.pool else None
    return q_p is not None and q_p < policy.disagreement_p


def _adds(finding: Finding, policy: SynthesisPolicy, sentences: FindingSentences) -> Iterable[str]:
    pooled, delta, adds = finding.main.pool, policy.delta, sentences.adds
    if pooled is not None:
        verdict, estimate = label(pooled, delta), pooled.estimate or 0.0
        if verdict is Label.NOT_SETTLED and abs(estimate) >= delta:
            yield adds.leans_to_benefit if estimate > 0 else adds.leans_to_comparison
        if verdict in BENEFITS and pooled.pi_low is not None and pooled.pi_low < 0:
            yield adds.varies_harm if pooled.pi_low < -delta else adds.varies
    signs = finding.signs
    if signs.heard:
        yield sentences.signs.beside.format(towards=signs.towards, heard=signs.heard)


def _places(
    finding: Finding, policy: SynthesisPolicy, sentences: FindingSentences, said: SentenceFacts
) -> dict[str, str]:
    pooled, delta, adds = finding.main.pool, policy.delta, sentences.adds
    low = pooled.ci_low if pooled and pooled.ci_low is not None else 0.0
    high = pooled.ci_high if pooled and pooled.ci_high is not None else 0.0
    if low <= -delta and high >= delta:
        fits = adds.fits_both
    else:
        fits = adds.fits_benefit if high >= delta else adds.fits_loss
    sizes = [index.yi for index in finding.index if index.yi is not None and index.vi is not None]
    return _base(finding, sentences, said) | {
        "fits": fits,
        "least": number(min(sizes, default=0.0)),
        "most": number(max(sizes, default=0.0)),
    }


def _base(finding: Finding, sentences: FindingSentences, said: SentenceFacts) -> dict[str, str]:
    words: ClassWords = sentences.classes[finding.outcome_class]
    trials = _trials(finding, sentences)
    return {
        "it": said.it,
        "who": words.who,
        "Who": english.sentence(words.who),
        "what": words.what,
        "comparator": _comparator(finding, sentences, said),
        "trials": trials,
        "Trials": english.sentence(trials),
    }


def _trials(finding: Finding, sentences: FindingSentences) -> str:
    nouns, is_single = sentences.nouns, finding.main.k == 1
    if all(index.randomised for index in finding.index):
        return nouns.one_trial if is_single else nouns.trials
    return nouns.one_study if is_single else nouns.studies


def _comparator(finding: Finding, sentences: FindingSentences, said: SentenceFacts) -> str:
    own = finding.comparator_class
    return said.comparator or sentences.comparators.get(own, own)


def _share(smd: float, events: Events | None) -> float:
    """Say which share that is: Φ(SMD), or the comparison's odds moved by the pooled odds ratio."""
    if events is None:
        return _NORMAL.cdf(smd)
    log_odds = math.log(events.share / (1 - events.share)) + events.benefit * smd / _LOGIT
    return 1 / (1 + math.exp(-log_odds))


def _of_100(share: float) -> str:
    """Write a share as people of 100.

    >>> _of_100(0.674), _of_100(0.999), _of_100(0.001)
    ('67', 'more than 99', 'fewer than 1')
    """
    count = round(share * _PER)
    return {0: "fewer than 1", _PER: "more than 99"}.get(count, str(count))


def number(value: float) -> str:
    """Write a standardised difference.

    >>> number(-0.094), number(0.001), number(-0.001)
    ('−0.09', '0.00', '0.00')
    """
    text = f"{value:.2f}"
    return text.removeprefix("-") if not float(text) else text.replace("-", "−")


def interval(line: PoolLine) -> str:
    """Write an estimate with its interval; empty where there is none."""
    pooled = line.pool
    if pooled is None or pooled.estimate is None:
        return ""
    low, high = pooled.ci_low or 0.0, pooled.ci_high or 0.0
    return f"{number(pooled.estimate)} ({number(low)} to {number(high)})"
