"""The memo of one intervention: what its sheet says, from facts that are known. Pure.

Every sentence is one that page and mail say too; what is not known is said to be so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from monitor.catalogue.loader import Catalogue, ExternalRating
from monitor.catalogue.shapes.context import ASPECTS
from monitor.catalogue.words import Label, ResultClass
from monitor.evidence.shown import OUTCOMES, ShownFinding, figures, place
from monitor.gap.explaining.explained import Explained
from monitor.gap.meaning import caution, meaning
from monitor.gap.memos.sheets import (
    Block,
    DrawnInterval,
    Sheet,
    SheetStatement,
    SheetTable,
    StatementLine,
    cut,
    within,
)
from monitor.gap.rules import stands
from monitor.gap.states import State
from monitor.gap.wording import since, tier_words, used
from monitor.kernel.language.english import (
    NOT_KNOWN,
    day,
    full,
    listed,
    partial_day,
    plural,
    sentence,
)
from monitor.review.words import shown

UNKNOWN = "Not known to us"
NO_CHANGE = "Nothing has changed since the 2023 review."
SWITCHING = "Cost of switching"  # no aspect of the catalogue: no source that we know of tells it
_NO_TRIAL = "No result of a trial since the review is known here, so there is no certainty to tell."
_NO_SOURCE = "No source that we know of tells it"
_ASPECTS = ("deliverer", "format", "training", "days", "cost", "uk_provider")
# so that one sheet holds everything, whatever a source wrote
_CHANGES, _SURE, _DOUBTS, _WOULD, _RATINGS, _SHOWN = 2, 3, 2, 5, 4, 3
_LONG, _SENTENCE, _LINE, _FACT, _NAME, _SOURCE = 450, 330, 210, 150, 90, 60


@dataclass(frozen=True, slots=True)
class Sure:
    """How sure one label is: ``status`` follows the level; ``risk`` is what it rests on first."""

    outcome: str
    level: str
    status: str
    risk: str = ""

    @property
    def words(self) -> str:
        """Tell it in a sentence or two."""
        return f"For {self.outcome}: {self.level}, {full(self.status)[:1].lower()}{full(self.status)[1:]} {self.risk}".strip()


@dataclass(frozen=True, slots=True)
class ToldChange:
    """One change, as the ledger tells it."""

    sentence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MemoFacts:
    """What a memo is made of, as of one day. ``survey``: where the figure of use is from."""

    slug: str
    state: State
    why: Explained
    changes: Sequence[ToldChange]
    sure: Sequence[Sure]
    doubts: Sequence[str]  # what is said of reports of studies that count
    survey: str
    delta: float  # the difference that mattered then, in standard deviations
    on: date
    address: str
    boxes: tuple[str, ...]  # that mark the tier
    searched: str = ""  # which sources answer; empty of a past day


def sheet(catalogue: Catalogue, known: MemoFacts) -> Sheet:
    """Put the memo of one intervention together."""
    about, state = catalogue.intervention(known.slug), known.state
    return Sheet(
        about=about.name,
        on=known.on,
        address=known.address,
        promise=f"it goes on showing how things stood on {day(known.on)}",
        title=stands(about.name, state),
        lead=meaning(state).lead,
        caution=f"{caution(state.tier)} {catalogue.review.caveat}",
        statements=tuple(_statements(about.short, known)),
        blocks=tuple(_blocks(catalogue, known)),
        foot=" ".join(filter(None, (_sources(catalogue), known.searched))),
    )


def _blocks(catalogue: Catalogue, known: MemoFacts) -> Iterator[Block]:
    name, means = catalogue.intervention(known.slug).name, meaning(known.state)
    changed = within(_changed(name, known.changes), _CHANGES, _LONG)
    yield Block("What changed", changed, half=True)
    sure = within(_sure(known), _DOUBTS + _SURE + 1, _SENTENCE)
    yield Block("How sure", sure, half=True)
    yield Block("Use, and the gap", (_use(known),))
    takes = _takes(catalogue, known.slug)
    yield Block("What it takes, and what it costs to switch", table=takes)
    yield from _others(catalogue, known.slug)
    told = (f"If you buy it now: {means.buying}", f"If you are choosing: {means.choosing}")
    yield Block("What it means", points=told, half=True)
    would = within(_would(known.why), _WOULD, _LONG)
    yield Block("What would change the verdict", points=would, half=True)


def _statements(name: str, known: MemoFacts) -> Iterator[SheetStatement]:
    state = known.state
    yield SheetStatement(
        "How much is known",
        sentence(tier_words(state)),
        f"{sentence(state.studies_words)} counted.",
        known.boxes,
    )
    said = sentence(shown(state.said)) if state.said else "Not kept"
    yield SheetStatement(
        "What the 2023 review said", said, "Of its whole tier; it looked at studies to 2021."
    )
    yield _since(name, state, known.delta)


def _since(name: str, state: State, delta: float) -> SheetStatement:
    """Tell what trials since show: what the headline was read off first, the rest after it."""
    label = "What trials since then show"
    first = state.read or since(state)
    if first is None:
        return SheetStatement(label, "Not known", "No result of one is known here.")
    others = [line for line in state.shows if line is not first]
    told = [_line(place(first), first, delta)]
    told += [_line(f"{line.told} {place(line)}", line, delta) for line in others[: _SHOWN - 1]]
    left = len(others) + 1 - len(told)
    more = f"{plural(left, 'line')} more on the page of {name}." if left else ""
    key = _key(name, [line.interval for line in told if line.interval])
    return SheetStatement(label, sentence(first.told), f"{key} {more}".strip(), lines=tuple(told))


def _line(words: str, line: ShownFinding, delta: float) -> StatementLine:
    told = cut(f"{sentence(words)}. {sentence(figures(line))}.", _LINE)
    if line.estimate is None or line.low is None or line.high is None:
        return StatementLine(told)
    settled = line.label is not Label.NOT_SETTLED
    return StatementLine(told, DrawnInterval(line.estimate, line.low, line.high, delta, settled))


def _key(name: str, drawn: Sequence[DrawnInterval]) -> str:
    """Say how the marks are read, as far as they ask for it; nothing where nothing is drawn."""
    if not drawn:
        return ""
    parts = [f"Right of the line favours {name}", "band: too small to matter"]
    if not all(interval.settled for interval in drawn):
        parts.append("dashed: not settled")
    if any(interval.leaves for interval in drawn):
        parts.append("arrow: it goes on, beyond 1 standard deviation")
    return f"{'; '.join(parts)}."


def _changed(name: str, changes: Sequence[ToldChange]) -> Iterator[str]:
    for change in changes:
        yield f"{day(change.at)}: {change.sentence.removeprefix(f'{name}: ')}"
    if not changes:
        yield NO_CHANGE


def _sure(known: MemoFacts) -> Iterator[str]:
    yield from known.doubts[:_DOUBTS]
    for certainty in known.sure[:_SURE]:
        yield certainty.words
    if not known.sure:
        yield _NO_TRIAL
    harm = ResultClass.HARM.value
    if not any(line.outcome_class == harm for line in known.state.shows):
        yield f"{sentence(OUTCOMES[harm])}: no result is known here."


def sure_then(state: State) -> list[Sure]:
    """Say of a past day how sure people had confirmed to be by then."""
    classes = dict.fromkeys(line.outcome_class for line in state.shows)
    return [
        Sure(OUTCOMES[kind], state.certainty[kind].value, "as confirmed by then")
        if kind in state.certainty
        else Sure(OUTCOMES[kind], NOT_KNOWN, "nobody had confirmed it by then")
        for kind in classes
    ]


def _takes(catalogue: Catalogue, slug: str) -> SheetTable:
    """Tell what delivering it takes; what no source tells, the cost of switching always, in one row."""
    aspects = catalogue.context(slug).aspects
    known = [name for name in _ASPECTS if aspects[name]]
    unknown = [ASPECTS[name] for name in _ASPECTS if not aspects[name]]
    titles = [
        title[:1].lower() + title[1:] if title != "UK provider" else title
        for title in (*unknown, SWITCHING)
    ]
    return SheetTable(
        "What it takes",
        ("What", "Known", "Source, date"),
        (
            *((ASPECTS[name], *fact(catalogue, slug, name)) for name in known),
            (sentence(listed(titles)), UNKNOWN, _NO_SOURCE),
        ),
    )


def fact(catalogue: Catalogue, slug: str, name: str) -> tuple[str, str]:
    """Give what is known of one aspect, and its source with its date; that it is not known."""
    told = catalogue.context(slug).aspects[name]
    if told is None:
        return UNKNOWN, _NO_SOURCE
    origin = catalogue.background.sources[told.source]
    return cut(told.words, _FACT), cut(sentence(f"{origin.short}, {origin.dated}"), _SOURCE)


def _others(catalogue: Catalogue, slug: str) -> Iterator[Block]:
    """Give other bodies' ratings, each with the variant it is of; those that gave one come first."""
    every = sorted(catalogue.intervention(slug).ratings, key=lambda rating: rating.rating is None)
    if not every:
        return
    rows = [
        (
            cut(_rated(rating), _NAME),
            cut(sentence(rating.rating), _FACT) if rating.rating else "No rating found",
            cut(sentence(partial_day(rating.rated)), _SOURCE) if rating.rated else "Not known",
        )
        for rating in every[:_RATINGS]
    ]
    if (left := len(every) - _RATINGS) > 0:
        rows.append((f"{left} more", "On the page of the intervention", ""))
    columns = ("Body, variant", "Rating", "Rated")
    yield Block(
        "What other bodies say", table=SheetTable("Other bodies’ ratings", columns, tuple(rows))
    )


def _rated(rating: ExternalRating) -> str:
    where = f" ({rating.country})" if rating.country else ""
    return f"{rating.body}{where}{f': {rating.variant}' if rating.variant else ''}"


def _use(known: MemoFacts) -> str:
    state = known.state
    figure = f"{cut(used(state), _SENTENCE)} ({cut(known.survey, _FACT)})"
    return f"{figure}. The gap: {state.kind}. {state.sentence}"


def _would(why: Explained) -> Iterator[str]:
    yield from (why.hangs_on, why.next_tier, why.next_label)
    yield from why.coming


def _sources(catalogue: Catalogue) -> str:
    review = catalogue.review
    return (
        f"Sources: {review.citation.rstrip('.')}. doi {review.doi}, {review.licence}; since then the "
        "records and decisions at the address above. Gap Monitor is independent: it is not an NHS "
        "service and gives no clinical advice."
    )
