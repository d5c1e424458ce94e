"""A finding as a forest plot: rows of a table with the places of their marks. Pure; words are ready.

Right of the line favours the intervention, in every row; the scale is the same on both sides, so
turning every sign mirrors the figure. Source: method/findings.md §3-5; design/README.md, marks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import ComparatorClass, Label, ResultClass
from monitor.evidence.synthesis import makeup, wording
from monitor.evidence.synthesis.findings import Finding, PoolLine, findings
from monitor.evidence.synthesis.harm_words import for_readers
from monitor.evidence.synthesis.index_results import Index
from monitor.evidence.synthesis.makeup import ChosenResult, Hearing, Voice
from monitor.evidence.synthesis.pooling import Method, Pool
from monitor.evidence.synthesis.wording import SentenceFacts, interval, number
from monitor.kernel.language.english import listed, plural, sentence
from monitor.review.queries import AcceptedStudy
from monitor.web import formats
from monitor.web.public.shown import forest_marks as marks
from monitor.web.public.shown.forest_marks import ForestMark, Funnel, Scale
from monitor.web.public.shown.risk_shown import RiskShown, risk_shown

_METHODS = {
    Method.ONE: "one study, its own interval",
    Method.COMMON: "common effect",
    Method.APART: "not pooled",
    Method.RANDOM: "random effects, Knapp–Hartung interval",
    Method.UNMODIFIED: "random effects, Knapp–Hartung interval",
}
_LEAST_P = 0.01  # p values below are told as being below
_WHOSE = {True: "developer-led", False: "independent", None: "developers’ part not known"}
_POINTS = {1: "Points towards benefit", -1: "Points away from benefit", 0: "Points to neither"}


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One study. ``weight`` is in per cent; None: it has none. ``beside``: why it is not pooled."""

    label: str
    study_id: int
    uk: bool | None
    notes: tuple[str, ...]  # country, comparator, whose
    outcome: str
    measure: str
    rule: str  # which rule chose this result
    sides: tuple[int, int] | None  # people with it and without; None: not known
    risk: RiskShown
    effect: str
    mark: ForestMark | None
    weight: float | None
    index: Index | None
    beside: str = ""

    @property
    def people(self) -> str:
        """Tell the people of each side."""
        return f"{self.sides[0]:,} v {self.sides[1]:,}" if self.sides else "not known"


@dataclass(frozen=True, slots=True)
class Summary:
    """A pool: the main one, or the same with fewer, with more, or later."""

    name: str
    note: str
    amount: str  # studies and people
    effect: str
    label: str
    mark: ForestMark | None
    line: PoolLine


@dataclass(frozen=True, slots=True)
class Forest:
    """One section of the page: a class of outcomes against one kind of comparison."""

    key: str  # "usual-care-attachment"
    title: str
    short: str  # of the intervention
    right: str  # what the right of the line says: "favours VIPP"
    comparator: str
    sentence: str
    frequencies: str  # of how many of 100 people that is; empty: not told
    facts: tuple[str, ...]
    scale: Scale
    rows: tuple[ForestRow, ...]
    signs: tuple[ForestRow, ...]
    tools: str  # by which risk of bias was judged
    beside: tuple[ForestRow, ...]
    total: Summary
    prediction: Summary | None
    lines: tuple[Summary, ...]
    same: str  # which of the lines would be the whole again
    method: str
    funnel: Funnel | None
    finding: Finding

    @property
    def every(self) -> tuple[ForestRow, ...]:
        """Each study shown, in the order of the table."""
        return (*self.rows, *self.signs, *self.beside)


def key_of(finding: Finding) -> str:
    """Name a finding's section in addresses."""
    kind = finding.outcome_class or "not stated"
    words = f"{finding.comparator_class} {kind}".replace(",", "")
    return "-".join(words.split())


def forest(finding: Finding, hearing: Hearing, catalogue: Catalogue) -> Forest:
    """Lay out one finding."""
    about = catalogue.intervention(finding.intervention)
    voices, kind = makeup.voices(finding, hearing), finding.outcome_class
    pooled = [voice for voice in voices if not voice.beside]
    comparator = _comparator(finding, pooled or voices, catalogue)
    lines = _lines(finding, voices, hearing, catalogue)
    said = SentenceFacts(about.short, comparator, wording.events_of(pooled))
    scale = _scale(finding, voices, [line for _, _, line in lines], catalogue)
    weights = {study: 100 * share for study, share in finding.weights.items()}
    apart = finding.main.pool is not None and finding.main.pool.method is Method.APART
    rows = [_row(v, hearing.studies, scale, weights.get(v.study), kind, catalogue) for v in voices]
    if apart:
        rows = [replace(row, weight=None) for row in rows]
    return Forest(
        key=key_of(finding),
        title=catalogue.sentences.classes[kind].title,
        short=about.short,
        right=catalogue.sentences.of(kind).adds.right.format(it=about.short),
        comparator=comparator,
        sentence=wording.sentence(finding, catalogue.synthesis, catalogue.sentences, said),
        frequencies=wording.frequencies(finding, catalogue.synthesis, catalogue.sentences, said),
        facts=tuple(_facts(finding, rows, catalogue, hearing.studies)),
        scale=scale,
        rows=tuple(row for row in rows if not row.beside and row.mark),
        signs=tuple(row for row in rows if not row.beside and not row.mark),
        beside=tuple(row for row in rows if row.beside),
        tools=listed(sorted({row.risk.tool for row in rows if row.risk.tool})),
        total=_summary(_total_name(finding), _method(finding.main), finding.main, scale, finding),
        prediction=_prediction(finding.main, scale),
        lines=tuple(_summary(name, note, line, scale, finding) for name, note, line in lines),
        same=_same(finding, voices),
        method=_worked(finding.main),
        funnel=marks.funnel(
            finding.main.pool,
            finding.index,
            scale,
            at_least=catalogue.certainty.reporting.funnel_from,
        ),
        finding=finding,
    )


def _row(
    voice: Voice,
    studies: Mapping[str, AcceptedStudy],
    scale: Scale,
    weight: float | None,
    kind: str,
    catalogue: Catalogue,
) -> ForestRow:
    study, index = studies[voice.study], voice.index
    risks = [chosen.told.risk for chosen in voice.chosen]
    return ForestRow(
        label=study.label,
        study_id=study.study_id,
        uk=study.uk,
        notes=(
            formats.country(study.uk),
            *_compared(voice.chosen, catalogue),
            _WHOSE[index.developer_led if index else study.developer_led],
        ),
        outcome=sentence(index.outcome) if index else "",
        measure="; ".join(sorted({c.result.measure for c in voice.chosen if c.result.measure})),
        rule=index.rule if index else "",
        sides=_sides(voice.chosen),
        risk=risk_shown(risks, catalogue.tool_by_reference, catalogue.synthesis),
        effect=for_readers(_effect(index), kind),
        mark=scale.study(index, weight) if index else None,
        weight=weight,
        index=index,
        beside=voice.beside,
    )


def _effect(index: Index | None) -> str:
    if index is None:
        return "no result to show"
    if index.yi is None or index.vi is None:
        return f"{_POINTS[index.sign]}, size not known"
    low, high = marks.ends(index.yi, index.vi)
    return f"{number(index.yi)} ({number(low)} to {number(high)})"


def _sides(chosen: Sequence[ChosenResult]) -> tuple[int, int] | None:
    """Count the people of each side; an arm that stands in several results counts once."""
    own: dict[str, int] = {}
    other: dict[str, int] = {}
    for choice in chosen:
        with_it, without = choice.people
        if with_it is None or without is None:
            return None
        variant, name = (
            choice.result.variant,
            choice.result.comparator or choice.result.comparator_class,
        )
        own[variant] = max(own.get(variant, 0), with_it)
        other[name] = max(other.get(name, 0), without)
    return (sum(own.values()), sum(other.values())) if chosen else None


def _compared(chosen: Sequence[ChosenResult], catalogue: Catalogue) -> tuple[str, ...]:
    """Tell what each comparison group got: its class, and the group's own name where it adds any."""
    names = {about.slug: about.name for about in catalogue.interventions}
    comparisons = set()
    for result in (choice.result for choice in chosen):
        said = catalogue.sentences.comparisons.get(result.comparator_class, "")
        own = names.get(result.comparator, result.comparator)
        if result.comparator in names or not said:
            comparisons.add(own or "comparison not named")
        else:
            comparisons.add(said if own.casefold() in {"", said.casefold()} else f"{said} ({own})")
    return (listed(sorted(comparisons)),) if comparisons else ()


def _comparator(finding: Finding, voices: Iterable[Voice], catalogue: Catalogue) -> str:
    names = {about.slug: about.short for about in catalogue.interventions}
    return wording.comparator_of(voices, finding, catalogue.sentences, names)


def _scale(
    finding: Finding, voices: Iterable[Voice], lines: Iterable[PoolLine], catalogue: Catalogue
) -> Scale:
    sized = [v.index for v in voices if v.index and v.index.vi is not None]
    ends = [end for study in sized for end in marks.ends(study.yi or 0.0, study.vi or 0.0)]
    pools = [line.pool for line in (finding.main, *lines) if line.pool]
    ends += [end for pool in pools for end in (pool.ci_low, pool.ci_high) if end is not None]
    return Scale.holding(ends, catalogue.synthesis.delta)


def _facts(
    finding: Finding,
    rows: Sequence[ForestRow],
    catalogue: Catalogue,
    studies: Mapping[str, AcceptedStudy],
) -> Iterable[str]:
    """Tell what stands behind the sentence: how many, against what, whose, where, how rigorous."""
    if not finding.index:
        return
    yield wording.independence(finding.index)
    british = [row.label for row in rows if row.uk and not row.beside]
    yield f"In the UK: {listed(british)}" if british else "None known to be in the UK"
    null = wording.not_effective(finding.index, catalogue.synthesis)
    # neither is as many harms a want of effect, nor to do no better than another treatment does
    against_usual_care = finding.comparator_class == ComparatorClass.USUAL_CARE
    if null and against_usual_care and finding.outcome_class != ResultClass.HARM:
        names = listed([studies[name].label for name in null])
        yield catalogue.sentences.adds.not_effective.format(studies=names).rstrip(".")


def _lines(
    finding: Finding, voices: Sequence[Voice], hearing: Hearing, catalogue: Catalogue
) -> list[tuple[str, str, PoolLine]]:
    """Give the pools for comparison that are not the whole again: name, note, line."""
    index = finding.index
    lines = []
    if any(study.developer_led for study in index):
        note = wording.independence(index).lower()
        lines.append(("Without developers’ own", note, finding.without_developers))
    if any(study.some_concerns for study in index):
        low = sum(not study.some_concerns for study in index)
        note = f"{low} of {len(index)} left"
        lines.append(("Without those of some concerns", note, finding.without_some_concerns))
    risky = sum(voice.beside == makeup.HIGH_RISK for voice in voices)
    if risky:
        lines.append(("With those at high risk of bias", f"{risky} more", finding.with_high_risk))
    if finding.leave_one_out:
        name = hearing.studies[finding.leave_one_out.study].label
        note = "the one that moves the answer most"
        lines.append((f"Without {name}", note, finding.leave_one_out.line))
    if finding.sustained.label != Label.NOTHING:
        note = f"last results from {catalogue.synthesis.first_months:g} months after the end"
        lines.append(("Does it last?", note, finding.sustained))
    return lines + [
        (f"{variant} alone", "a variant; the whole has others too", line)
        for variant in makeup.variants(voice for voice in voices if not voice.beside)
        if (line := _of_variant(finding, variant, hearing, catalogue))
    ]


def _of_variant(
    finding: Finding, variant: str, hearing: Hearing, catalogue: Catalogue
) -> PoolLine | None:
    """Pool the results of one variant as if there were no other."""
    slug, pool, kind = finding.intervention, finding.comparator_class, finding.outcome_class
    rows = [
        spoken.row
        for spoken in hearing.spoken
        if spoken.row.intervention == slug and spoken.row.variant == variant
    ]
    pooled, _ = findings(rows, catalogue.synthesis, catalogue.measures, catalogue.slugs)
    place = (slug, pool, kind)
    for alone in pooled:
        if (alone.intervention, alone.comparator_class, alone.outcome_class) == place:
            return alone.main
    return None


def _same(finding: Finding, voices: Iterable[Voice]) -> str:
    """Say which lines are left out because they would be the whole again."""
    words = []
    if not any(study.developer_led for study in finding.index):
        words.append("known to be led by developers")
    if not any(study.some_concerns for study in finding.index):
        words.append("of some concerns")
    if not any(voice.beside == makeup.HIGH_RISK for voice in voices):
        words.append("at high risk of bias")
    last = ""
    if finding.sustained.label == Label.NOTHING:
        last = " None gives a result of all randomised from 12 months after the end on."
    return (
        f"None is {listed(words, 'or')}, so leaving those out changes nothing." if words else ""
    ) + last


def _summary(name: str, note: str, line: PoolLine, scale: Scale, finding: Finding) -> Summary:
    return Summary(
        name=name,
        note=note,
        amount=_amount(line, finding),
        effect=interval(line) or "–",
        label=sentence(for_readers(line.label, finding.outcome_class)),
        mark=scale.pool(line.pool) if line.pool else None,
        line=line,
    )


def _amount(line: PoolLine, finding: Finding) -> str:
    if line.pool is not None:
        randomised = all(study.randomised for study in finding.index)
        return wording.amount(line, randomised=randomised)
    if line is finding.main and finding.signs.heard:
        return f"{plural(finding.signs.heard, 'result')}, size not known"
    return "none whose size is known"


def _total_name(finding: Finding) -> str:
    main = finding.main
    if main.pool is None:
        return "Nothing to pool"
    if main.pool.method is Method.APART:
        return f"All {main.k}, not pooled"
    return "All there is" if main.k == 1 else f"All {main.k} pooled"


def _method(line: PoolLine) -> str:
    return _METHODS[line.pool.method] if line.pool else "no size is known"


def _prediction(line: PoolLine, scale: Scale) -> Summary | None:
    pool = line.pool
    if pool is None or pool.pi_low is None or pool.pi_high is None:
        return None
    return Summary(
        name="In a new setting",
        note="95% prediction interval",
        amount="Where a new trial may fall",
        effect=f"{number(pool.pi_low)} to {number(pool.pi_high)}",
        label="",
        mark=scale.span(pool.pi_low, pool.pi_high),
        line=line,
    )


def _worked(line: PoolLine) -> str:
    pool: Pool | None = line.pool
    if pool is None:
        return "Counted by the sign of each estimate, never by whether it was significant."
    words = f"{sentence(_METHODS[pool.method])}."
    if pool.q_p is not None:
        chance = f"p = {pool.q_p:.2f}" if pool.q_p >= _LEAST_P else f"p < {_LEAST_P}"
        words += f" Differences between studies: Q has {chance}"
        words += f", I² {pool.i2:.0f}%" if pool.i2 is not None else ""
        words += f", τ² {pool.tau2:.3f}." if pool.tau2 is not None else "."
    return words
