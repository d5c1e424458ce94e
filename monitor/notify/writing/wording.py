"""How a change is told in a mail: every word of it, from the frozen content. Pure.

Tier and direction are always told together. What is not known is said to be so. Nobody is ever
told to buy or to stop.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from monitor.catalogue.words import Design, FindingDirection, Tier, UsageBand
from monitor.evidence.shown import OUTCOMES, figures, place
from monitor.feeds.identifiers import destinations
from monitor.gap import use_changes
from monitor.gap.meaning import Meaning, meaning
from monitor.gap.rules import State
from monitor.gap.wording import label_was, moved, moves, tier_move, used
from monitor.kernel.language.english import (
    NOT_KNOWN,
    dated,
    day,
    listed,
    moment,
    number,
    sentence,
    span,
    studies,
)
from monitor.notify.rules import plain
from monitor.notify.writing import bars, use_wording
from monitor.review.words import found, shown

FULL, OPEN, EMPTY = "full", "open", "empty"

_TIERS = list(Tier)
_MAX_SUBJECT, _ANY_LENGTH = 200, 5000
_DESIGNS = {
    Design.RANDOMISED: ("randomised trial", "RoB 2"),
    Design.NON_RANDOMISED: ("non-randomised study", "ROBINS-I"),
    Design.SINGLE_GROUP: ("single-group study", "ROBINS-I"),
    Design.CASE: ("case study", "ROBINS-I"),
}
_TROUBLE = {
    "never": "not asked yet.",
    "overdue": "not asked when it was due.",
    "ok": "not heard from yet.",
}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One line of before and after. ``boxes`` is a mark; ``words`` alone say everything."""

    label: str
    words: str
    more: str = ""  # the sentence after it
    note: str = ""
    mark_note: str = ""  # explains the mark, where there is one
    boxes: tuple[str, ...] = ()
    about_use: bool = False
    bar: bars.Bar | None = None


@dataclass(frozen=True, slots=True)
class StudyFact:
    """One fact of a study."""

    label: str
    words: str


@dataclass(frozen=True, slots=True)
class SourceHeard:
    """One source, and when it was last heard from. ``trouble``: why something may be missing."""

    title: str
    words: str
    trouble: str = ""


def takes_back(content: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
    """Tell whether a mail takes back what its reader was told: of others nothing is."""
    return bool(content["correction"] and context.get("told"))


def subject(changes: Sequence[Mapping[str, Any]], *, correction: bool) -> str:
    """Write the subject: tier and direction together, or neither."""
    fullest_first = [
        plain(f"Correction: {said}" if correction else said, _ANY_LENGTH)
        for said in _subjects(changes)
    ]
    return next(
        (said for said in fullest_first if len(said) <= _MAX_SUBJECT),
        plain(fullest_first[-1], _MAX_SUBJECT),
    )


def _subjects(changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write what a subject may say, the fullest first: what is cut off could be the findings."""
    shorts = listed([change["short"] for change in changes])
    if len(changes) <= 2:  # noqa: PLR2004 - more than two do not fit a subject
        if len(changes) == 1:
            yield f"{changes[0]['name']}: {_moves(changes[0])}"
        yield "; ".join(f"{change['short']}: {_moves(change)}" for change in changes)
        yield "; ".join(f"{change['short']}: {_moves(change, brief=True)}" for change in changes)
    if len(changes) == 1:
        yield f"{shorts}: what changed"
    else:
        yield f"{len(changes)} interventions: {shorts}"


def headline(
    changes: Sequence[Mapping[str, Any]],
    study: Mapping[str, Any] | None,
    *,
    correction: bool,
    wave: Mapping[str, Any] | None = None,
) -> str:
    """Write the first line: what happened, before what it does.

    ``correction``: it takes back what its reader was told.
    """
    if wave is not None:
        return use_wording.headline(changes, wave, states(changes[0]), correction=correction)
    name = changes[0]["name"] if len(changes) == 1 else listed([c["short"] for c in changes])
    if study is None:
        return f"{name}: what changed"
    if study.get("withdrawn"):
        became = "was retracted" if retracted(study) else "is no longer counted"
        return f"{'Correction for ' if correction else ''}{name}: a study {became}"
    if study.get("again"):
        return f"{name}: a study is counted again"
    country = "UK " if study["uk"] else ""
    anew = "was appraised again and " if study.get("reappraised") else ""
    return f"{name}: a {country}{_design(study)} {anew}{_found(study)}"


def _found(study: Mapping[str, Any]) -> str:
    if study["direction"]:
        return found(FindingDirection(study["direction"]))
    # of several interventions it is told in words; what else has no direction is only counted
    return found(None) if study.get("in_words") else "is now counted"


def retracted(study: Mapping[str, Any] | None) -> bool:
    """Tell whether a study is no longer counted since it was retracted."""
    return bool(study and study["withdrawn"] and study["withdrawn"].get("retraction"))


def study_title(study: Mapping[str, Any]) -> str:
    """Say what the study did to the change: the heading over it."""
    if retracted(study):
        return "The study that was retracted"
    if study.get("withdrawn"):
        return "The study that is no longer counted"
    if study.get("reappraised"):
        return "The study that was appraised again"
    return "The study that is counted again" if study.get("again") else "The study that caused it"


def rows(change: Mapping[str, Any]) -> tuple[ChangeRow, ...]:
    """Write what was and what is, what did not change included."""
    before, after = states(change)
    return (
        _tier(before, after),
        *_findings(before, after),
        *_certainty(before, after),
        _use(change, before, after),
        _gap(before, after),
    )


def states(change: Mapping[str, Any]) -> tuple[State | None, State]:
    """Read the states before and after."""
    before = State.from_dict(change["before"]) if change["before"] else None
    return before, State.from_dict(change["after"])


def in_brief(change: Mapping[str, Any]) -> str:
    """Tell what moved and why, in a line or two: as frozen; of earlier mails the ledger's sentence."""
    return sentence(change.get("brief") or without_name(change))


def means(change: Mapping[str, Any]) -> Meaning:
    """Tell what a change means for a reader: as frozen; of earlier mails by the words of today."""
    frozen = change.get("meaning")
    return Meaning.from_dict(frozen) if frozen else meaning(states(change)[1])


def without_name(change: Mapping[str, Any]) -> str:
    """Give the ledger's sentence under a heading that already names the intervention."""
    return sentence(change["sentence"].removeprefix(f"{change['name']}: "))


def share_changed(content: Mapping[str, Any]) -> str:
    """Write how many of all changed, whoever follows them."""
    return f"{len(content['changes'])} of {content['of']} interventions changed"


def promise(following: int) -> str:
    """Write why a reader gets this, and what happens when it turns out wrong."""
    single = following == 1
    count = "1 intervention" if single else f"{following} interventions"
    what = "tier, findings, certainty, use or gap"
    whose = f"its {what}" if single else f"the {what} of one of them"
    return (
        f"You asked for news of {count}. We write when {whose} changes, or a study of it is "
        "retracted, and not otherwise. "
        "If this turns out to be wrong, we will write to you again."
    )


def study_facts(study: Mapping[str, Any]) -> tuple[StudyFact, ...]:
    """Write what the reviewers agreed on; what they did not is not known."""
    return (
        StudyFact("Design", sentence(_design(study, unknown=NOT_KNOWN))),
        StudyFact("Where", {True: "UK", False: "Outside the UK", None: "Not known"}[study["uk"]]),
        StudyFact(
            "People analysed",
            f"{study['participants']:,}" if study["participants"] else "Not known",
        ),
        StudyFact("First published", _published(study)),
        StudyFact("Outcome", _outcome(study)),
        StudyFact("Result", _result(study)),
        StudyFact("Risk of bias", _risk(study)),
        StudyFact("Done by", _developer(study["developer_led"])),
        StudyFact("Decided", _decided(study)),
    )


def study_link(study: Mapping[str, Any]) -> str | None:
    """Give the address where the paper can be read: its DOI's, or else a register's."""
    return destinations.best(study["identifiers"])


def heard(source: Mapping[str, Any]) -> SourceHeard:
    """Write when a source was last heard from, and whether something may be missing."""
    last = source["last_success"]
    when = moment(datetime.fromisoformat(last)) if last else ""
    if source["state"] == "ok" and last:
        return SourceHeard(source["title"], f"last heard from on {when}.")
    trouble = _TROUBLE.get(source["state"], "not answering; we keep trying.")
    if not last:
        return SourceHeard(source["title"], "Nothing of it was read so far.", trouble)
    missing = f"Last heard from on {when}; a study since then could be missing."
    return SourceHeard(source["title"], missing, trouble)


def _moves(change: Mapping[str, Any], *, brief: bool = False) -> str:
    if use_wording.is_of_wave(change):
        return use_changes.subject(*states(change))
    return moves(*states(change), brief=brief)


def _tier(before: State | None, after: State) -> ChangeRow:
    counted = _studies(after)
    if before and _studies(before) != counted:
        counted += f", was {span(*before.studies)}"
    note = ""
    if not after.settled:
        note = f"The count allows more than one tier, so the last known one stands: {after.tier}."
    words = f"{tier_move(before, after)}: {counted}"
    return ChangeRow("Evidence tier", words, note=note, boxes=_tier_boxes(after))


def _findings(before: State | None, after: State) -> Iterator[ChangeRow]:
    """Write what the review said, what trials since show, and the two together."""
    was = shown(before.direction) if before else None
    if after.said is None:  # of mails frozen before results were pooled
        yield ChangeRow("Direction of findings", _moved(was, shown(after.direction)))
        return
    yield ChangeRow("What the 2023 review said", sentence(shown(after.said)))
    ended = [line for line in moved(before, after) if not line.k and line not in after.shows]
    for line in (*after.shows, *ended):
        before_it = label_was(before, line) if before else None
        yield ChangeRow(
            f"What trials since show {place(line)}",
            _moved(before_it, line.told),
            more=f"{sentence(figures(line))}.",
            bar=(bar := bars.of(line)),
            mark_note=bars.note(bar),
        )
    if not after.shows and not ended:
        yield ChangeRow("What trials since show", "No result of one is known")
    yield ChangeRow("Findings together", _moved(was, shown(after.direction)))


def _certainty(before: State | None, after: State) -> Iterator[ChangeRow]:
    """Write how sure people confirmed to be, where they did before or do now."""
    earlier = before.certainty if before else {}
    for kind, words in OUTCOMES.items():
        if kind in earlier or kind in after.certainty:
            was = earlier.get(kind, "not confirmed") if before else None
            now = after.certainty.get(kind, "not confirmed")
            yield ChangeRow(f"Certainty for {words}", _moved(was, now))


def _use(change: Mapping[str, Any], before: State | None, after: State) -> ChangeRow:
    label, usage = "Use in UK services", change["usage"]
    if after.use is not None:
        words, note = use_wording.row(before, after, usage["citation"] if usage else "")
        return ChangeRow(label, words, note=note, about_use=True)
    dated = "We know of no survey."
    if usage:
        dated = f"Survey of {usage['wave']}; no later figure is known to us. {usage['citation'].rstrip('.')}."
    parts = [part for part in (used(after) if _use_known(after) else "", _share(usage)) if part]
    words = ": ".join(parts) if parts else "Not known"
    if not after.ranks:
        return ChangeRow(label, words, note=dated, about_use=True)
    boxes = _rank_boxes(after)
    return ChangeRow(
        label, words, note=dated, mark_note="Right is more used.", boxes=boxes, about_use=True
    )


def _use_known(after: State) -> bool:
    return bool(after.usage_words or after.ranks) or after.band is not UsageBand.UNKNOWN


def _gap(before: State | None, after: State) -> ChangeRow:
    kind = after.kind.value
    if before is not None and before.kind is not after.kind:
        return ChangeRow("The gap", f"Was “{before.kind.value}”, now “{kind}”", more=after.sentence)
    return ChangeRow(
        "The gap", f"{sentence(kind)}, unchanged" if before else sentence(kind), more=after.sentence
    )


def _moved(was: str | None, now: str) -> str:
    if was is None:
        return sentence(now)
    return f"{sentence(now)}, unchanged" if was == now else f"Was {was}, now {now}"


def _studies(state: State) -> str:
    if state.studies[1] == 0:
        return "no study counted"
    return studies(state.studies)


def _tier_boxes(state: State) -> tuple[str, ...]:
    if state.studies[1] == 0:
        return (OPEN, EMPTY, EMPTY)
    low, high = _TIERS.index(state.tier_low), _TIERS.index(state.tier_high)
    return tuple(FULL if i <= low else OPEN if i <= high else EMPTY for i in range(len(_TIERS)))


def _rank_boxes(state: State) -> tuple[str, ...]:
    places = range(state.out_of or max(state.ranks), 0, -1)
    return tuple(FULL if rank in state.ranks else EMPTY for rank in places)


def _share(usage: Mapping[str, Any] | None) -> str:
    if not usage or usage["numerator"] is None or not usage["denominator"]:
        return ""
    share = round(100 * usage["numerator"] / usage["denominator"])
    return f"{usage['numerator']:,} of {usage['denominator']:,} {usage['unit']} ({share}%)"


def _design(study: Mapping[str, Any], unknown: str = "study") -> str:
    return _DESIGNS[Design(study["design"])][0] if study["design"] else unknown


def _published(study: Mapping[str, Any]) -> str:
    published = study.get("published")  # mails frozen earlier know only the year
    return sentence(dated(date.fromisoformat(published) if published else None, study["year"]))


def _outcome(study: Mapping[str, Any]) -> str:
    known = [word for word in (study["outcome_class"], study["outcome"]) if word]
    return sentence(": ".join(known)) if known else "Not known"


def _result(study: Mapping[str, Any]) -> str:
    if study["direction"]:
        return sentence(shown(study["direction"]))
    if quote := study.get("in_words"):
        return f"Of more than one of the ten, so told in its own words: “{quote}”"
    return "Not known"


def _risk(study: Mapping[str, Any]) -> str:
    if not study["risk_of_bias"]:
        return "Not known"
    tool = f" ({_DESIGNS[Design(study['design'])][1]})" if study["design"] else ""
    return sentence(study["risk_of_bias"]) + tool


def _developer(led: bool | None) -> str:  # noqa: FBT001 - a fact with three values
    if led is None:
        return "Whether its developers led it is not known"
    return "Led by its developers" if led else "Independent of its developers"


def _decided(study: Mapping[str, Any]) -> str:
    if study["decided_at"] is None:
        return "Not known"
    people = sentence(number(study["decided_by"]))
    return f"{people} reviewers accepted it on {day(datetime.fromisoformat(study['decided_at']))}"
