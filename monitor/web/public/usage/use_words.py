"""What the pages of use say, from what is observed. Pure; the mail's words stand in ``gap.use_changes``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.catalogue.loader import Catalogue, GapPolicy
from monitor.catalogue.words import UsageBand
from monitor.gap import use_changes
from monitor.gap.states import State
from monitor.kernel.language import english
from monitor.usage import agreement
from monitor.usage.bands import band_of_share, bands_met
from monitor.usage.intervals import Share, wilson
from monitor.usage.returns.linked import Linked
from monitor.usage.standing import Observation, UseFigure, WaveSurvey
from monitor.usage.waves_compared import Condition, differing_words

PLOT = 240  # pixels of a whole share, 0 to 100%
_LEAST_TOLD = 0.0005  # of a p with three decimals


@dataclass(frozen=True, slots=True)
class ShareMark:
    """Where a share and the ends of its interval are drawn, in pixels from 0%."""

    low: float
    at: float
    high: float


@dataclass(frozen=True, slots=True)
class UseLine:
    """One line of a table of use: a share with its interval, or ranks, or the source's words.

    ``services``, ``interval`` and ``band`` are whole without the mark.
    """

    services: str
    interval: str
    band: str
    mark: ShareMark | None = None
    ranks: tuple[int, ...] = ()
    out_of: int | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    """One of the four conditions: "Holds", "Fails" or "Not looked at", and the sentence."""

    verdict: str
    words: str


def mark(share: Share, width: int = PLOT) -> ShareMark:
    """Place a share on a line from 0 to 100%."""
    low, high = wilson(share)
    return ShareMark(*(round(width * part, 1) for part in (low, share.value, high)))


def of_share(policy: GapPolicy, share: Share, unit: str | None) -> UseLine:
    """Tell a share: never a per cent without its count."""
    low, high = wilson(share)
    told = f"{share.numerator:,} of {share.denominator:,} {unit or ''}".rstrip()
    return UseLine(
        services=f"{told} ({100 * share.value:.1f}%)",
        interval=f"{100 * low:.1f}% to {100 * high:.1f}%",
        band=english.sentence(band_words(policy, share)),
        mark=mark(share),
    )


def of_survey(policy: GapPolicy, survey: WaveSurvey, slug: str) -> UseLine | None:
    """Tell what a wave says of one intervention; None: nothing."""
    stated = survey.rows.get(slug)
    if stated is None:
        return None
    share = survey.share(slug)
    if share is not None:
        return of_share(policy, share, survey.unit)
    told = [stated.words, english.ranks(stated.ranks, stated.out_of)]
    of = f", of {survey.services:,} services" if survey.services else ""
    words = english.sentence(": ".join(part for part in told if part) or english.NOT_KNOWN)
    return UseLine(
        "share not published", "not known", words + of, None, stated.ranks, stated.out_of
    )


def band_words(policy: GapPolicy, share: Share) -> str:
    """Tell the band; of one between two, which two."""
    band = band_of_share(policy, share)
    if band is not UsageBand.BETWEEN:
        return band.value
    return _between(bands_met(policy.shares, *wilson(share)))


def bands_note(policy: GapPolicy) -> str:
    """Say where the bands meet, and what is read."""
    shares = policy.shares
    how = "the whole interval" if policy.reads_intervals else "the share"
    between = (
        " When the interval crosses a line, we say “between”." if policy.reads_intervals else ""
    )
    return (
        f"Bands are read from {how}: under {shares.little_below}% {UsageBand.LITTLE}, "
        f"{shares.little_below} to {shares.wide_from}% {UsageBand.MIDDLE}, from {shares.wide_from}% "
        f"{UsageBand.WIDE} (policy {policy.version}).{between} Intervals show sampling error only: "
        "services chose to answer."
    )


def title(newest: WaveSurvey | None, observed: Mapping[str, Observation | None]) -> str:
    """Give the heading of the page of all: what a busy reader could repeat."""
    figures = [seen.figure for seen in observed.values() if seen and seen.figure]
    if newest is None:
        return "How widely used is not known"
    if not figures:
        return "Use is known only as ranks, and not exactly"
    changed = sum(figure.changed for figure in figures)
    if changed:
        return f"Use changed for {english.number(changed)} of the {english.number(len(observed))}"
    if any(figure.difference is not None for figure in figures):
        return f"No change in use of any of the {english.number(len(observed))}"
    return "How widely used, from the newest survey"


def since(use: UseFigure | None) -> str:
    """Tell in a table what became of a figure since the wave before."""
    if use is None or use.before is None:
        return "No earlier share"
    if use.difference is None:
        return f"Not compared: {use_changes.failed_words(use.failed)}"
    points = f"{difference(use)} points"
    if use.changed:
        return f"Changed: {points}"
    return f"New figure, not a change: {points}; {_SHORT[Condition(use.failed[0])]}"


def heading(observed: Observation | None) -> str:
    """Give the heading of one intervention's page of use."""
    if observed is None:
        return "How widely used is not known"
    use = observed.figure
    if use is None:
        ranks = english.ranks(observed.ranks, observed.out_of)
        return f"Ranked {ranks}: no share was published" if ranks else "No share was published"
    unit = use.now.unit or "services"
    if use.changed and use.before and use.difference is not None:
        fewer = "Fewer" if use.difference < 0 else "More"
        return f"{fewer} {unit} use it: {use_changes.percent(use.now)}, was {use_changes.percent(use.before)}"
    return f"{use_changes.percent(use.now)} of {unit} use it: a new figure, not a change"


def lead(observed: Observation | None) -> str:
    """Say the figures whole, and that surveys do not say why."""
    if observed is None:
        return "No survey that we know of says anything of it."
    use = observed.figure
    if use is None:
        return (
            f"From the survey of {observed.wave} ({observed.when}). No later figure is known to us."
        )
    return f"{english.sentence(use_changes.figure_clause(use))}. The surveys do not say why."


def conditions(use: UseFigure, now: WaveSurvey, before: WaveSurvey) -> list[Holds]:
    """Tell the four conditions of a change, each with whether it holds."""
    failed = {Condition(name) for name in use.failed}
    same = Condition.QUESTION not in failed
    told = [_question(now, before, same=same)]
    if use.difference is None:
        return [*told, *(Holds("Not looked at", words) for words in _NOT_LOOKED_AT)]
    size = use_changes.points(abs(use.difference))
    p = _three(use.p_holm or 0)
    for condition, yes, no in (
        (
            Condition.INTERVAL,
            f"The interval of the difference, {_span(use)} points, leaves out 0. It allows for services that answered together.",
            f"The interval of the difference, {_span(use)} points, holds 0, so it may be chance.",
        ),
        (
            Condition.SIZE,
            f"The difference reaches 5 points: {size}.",
            f"The difference does not reach 5 points: {size}.",
        ),
        (
            Condition.HOLM,
            f"It stands when all are compared at once (Holm, p {p}).",
            f"It does not stand when all are compared at once (Holm, p {p}).",
        ),
    ):
        told.append(Holds("Fails", no) if condition in failed else Holds("Holds", yes))
    return told


def same_services(moved: Linked | None) -> str:
    """Tell what those did that answered both waves, beside the cross-section; empty: not known."""
    if moved is None:
        return ""
    return (
        f"Of the {moved.both} services that answered both times, {moved.began} began to offer it and "
        f"{moved.stopped} stopped (McNemar’s exact test, p {_three(moved.p)}). They are not all that "
        "answered, so this decides nothing."
    )


def contradiction(survey: WaveSurvey, catalogue: Catalogue) -> str:
    """Say how published ranks conflict; empty where they do not."""
    stated = {
        slug: row.ranks for slug, row in survey.rows.items() if row.ranks and not survey.share(slug)
    }
    if not stated or not agreement.is_contradictory(stated):
        return ""
    loose = dict(zip(stated, agreement.loosened(tuple(stated.values())), strict=True))
    widened = [slug for slug in stated if tuple(stated[slug]) != loose[slug]]
    holders = [
        slug
        for slug in stated
        if slug not in widened and set(stated[slug]) & set(stated[widened[0]])
    ]
    ranks = english.ranks(stated[holders[0]], survey.rows[holders[0]].out_of)
    words = survey.rows[widened[0]].words
    so = f", “{words}”," if words else ""
    return (
        f"The published ranks contradict themselves. {_names(holders, catalogue)} share the ranks "
        f"{ranks}, which leaves one of these places over. Unless there were ties, one of "
        f"{_names(widened, catalogue)}{so} must hold it. We show what is possible and guess nothing."
    )


def response(survey: WaveSurvey, invited: int | None) -> str:
    """Say how many answered, of how many: an unknown number is said to be so."""
    if not survey.responses:
        return "how many answered is not known"
    if not invited:
        return f"{survey.responses:,} responses; how many were invited is not known"
    return (
        f"{survey.responses:,} of {invited:,} invited ({round(100 * survey.responses / invited)}%)"
    )


def difference(use: UseFigure | None) -> str:
    """Write the difference from the wave before with its interval; of none, that there is none."""
    if use is None or use.difference is None:
        return "none"
    return f"{use_changes.points(use.difference)} ({_span(use)})"


def verdict(use: UseFigure | None) -> str:
    """Say in few words whether a figure is a change, and which condition failed where it is none."""
    if use is None:
        return "Ranks only"
    if use.changed:
        return "Changed"
    if use.before is None:
        return "New figure: no earlier share"
    if use.difference is None:
        return f"New figure: {use_changes.failed_words(use.failed)}"
    return f"New figure: {_SHORT[Condition(use.failed[0])]}"


def band_of(policy: GapPolicy, state: State) -> str:
    """Tell the band of a state's use; of one between two, which two."""
    if state.use is None or state.band is not UsageBand.BETWEEN:
        return state.band.value
    met = bands_met(policy.shares, state.use.now.low, state.use.now.high)
    return _between(met)


def _between(met: Sequence[UsageBand]) -> str:
    return f"between “{met[0].value}” and “{met[-1].value}”"


_SHORT = {
    Condition.INTERVAL: "the interval holds 0",
    Condition.SIZE: "it is under 5 points",
    Condition.HOLM: "it does not stand among all",
}
_NOT_LOOKED_AT = (
    "Whether the interval of the difference leaves out 0.",
    "Whether the difference reaches 5 points.",
    "Whether it stands when all are compared at once.",
)


def _three(p: float) -> str:
    return f"{p:.3f}" if p >= _LEAST_TOLD else "under 0.001"


def _question(now: WaveSurvey, before: WaveSurvey, *, same: bool) -> Holds:
    if same:
        return Holds("Holds", f"The question is the same, word for word: “{now.question}”")
    if before.question is None or now.question is None:
        return Holds("Fails", "The question of one of the two waves is not known.")
    was, then = differing_words(before.question, now.question)
    return Holds(
        "Fails",
        f"The question is not the same: “{was or 'nothing'}” became “{then or 'nothing'}”. It asks now: “{now.question}”",
    )


def _names(slugs: Sequence[str], catalogue: Catalogue) -> str:
    return english.listed([catalogue.intervention(slug).short for slug in slugs])


def _span(use: UseFigure) -> str:
    return f"{use_changes.points(use.low or 0)} to {use_changes.points(use.high or 0)}"
