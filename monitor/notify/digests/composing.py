"""What one mail for a period says of what changed, frozen as JSON. Pure.

Several decisions on one intervention are told as one change, from where its reader was left to where
it stands. What moved and moved back within the period is no news (the method of findings, section
7): it has one line that says so, since whoever read the page meanwhile saw it, and no mail goes out
for it alone; nor for what only adds to a count. What was told at once has one line with its date.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.gap import rules as gap_rules
from monitor.gap import use_changes
from monitor.gap.brief import brief
from monitor.gap.states import State
from monitor.gap.wording import findings_clause, moves, tier_clause
from monitor.kernel.language import english
from monitor.notify import news, terms
from monitor.notify.announcements import weighing
from monitor.notify.rules import plain
from monitor.notify.words import Kind

_FEW, _WHY = 2, 300  # causes named in brief, and their characters


@dataclass(frozen=True, slots=True)
class DigestPart:
    """One announcement as it concerns one reader. ``told_at``: when they were told of it at once."""

    id: int
    at: datetime
    slugs: tuple[str, ...]
    content: Mapping[str, Any]
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """One change of one intervention, out of one part."""

    part: DigestPart
    change: Mapping[str, Any]

    @property
    def before(self) -> State | None:
        return State.from_dict(self.change["before"]) if self.change["before"] else None

    @property
    def after(self) -> State:
        return State.from_dict(self.change["after"])


@dataclass(frozen=True, slots=True)
class Composed:
    """What moved, the weightiest first; what only moved a count; what moved back; what was told."""

    changes: list[dict[str, Any]]
    added: list[dict[str, Any]]
    undone: list[dict[str, Any]]
    told: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """Make the JSON that is kept."""
        return {
            "changes": self.changes,
            "added": self.added,
            "undone": self.undone,
            "told": self.told,
        }


def compose(parts: Sequence[DigestPart], kinds: Collection[Kind]) -> Composed:
    """Put together what a reader is told, by the kinds of news they chose."""
    made = Composed([], [], [], [])
    for steps in _by_slug(parts).values():
        told = [step for step in steps if step.part.told_at is not None]
        waiting = [step for step in steps if step.part.told_at is None]
        made.told.extend(_told(step) for step in told)
        # who was told at once where it stands hears no news of what came before that
        late = [step for step in waiting if told and step.part.id < told[-1].part.id]
        if late:
            made.undone.append(_entry(late, _overtaken(late, told[-1])))
        if left := waiting[len(late) :]:
            _tell(made, left, frozenset(kinds))
    made.changes.sort(key=lambda entry: (-entry["weight"], -len(entry["kinds"])))
    made.told.sort(key=lambda entry: entry["at"])
    return made


def _by_slug(parts: Sequence[DigestPart]) -> dict[str, list[_Step]]:
    steps: dict[str, list[_Step]] = defaultdict(list)
    for part in sorted(parts, key=lambda piece: piece.id):
        for change in part.content["changes"]:
            if change["slug"] in part.slugs:
                steps[change["slug"]].append(_Step(part, change))
    return steps


def _tell(made: Composed, waiting: Sequence[_Step], chosen: frozenset[Kind]) -> None:
    before, after = waiting[0].before, waiting[-1].after
    kinds = [kind.value for kind in gap_rules.changed(before, after)]
    retracted = any(weighing.is_retraction(step.part.content) for step in waiting)
    asked = chosen & terms.kinds_of(kinds, retracted=retracted)
    if asked and (retracted or news.moves(kinds)):
        made.changes.append(_change(waiting, kinds, retracted=retracted))
    elif asked and kinds:
        made.added.append(_entry(waiting, _added(waiting, before, after)))
    else:
        made.undone.append(_entry(waiting, _undone(waiting, after)))


def _change(waiting: Sequence[_Step], kinds: list[str], *, retracted: bool) -> dict[str, Any]:
    first, last = waiting[0], waiting[-1]
    weight = terms.weight(first.before, last.after, kinds, retracted=retracted)
    alone = len(waiting) == 1
    return _entry(waiting, first.change["sentence"] if alone else _merged(waiting, last.after)) | {
        "brief": _brief(waiting, first.before, last.after),
        "meaning": last.change.get("meaning"),
        "before": first.change["before"],
        "after": last.change["after"],
        "kinds": kinds,
        "weight": int(weight),
        "usage": last.change["usage"],
        "cause_kind": _cause_kind(waiting),
        "path": waiting[-1].change["path"],
        "wave": next((w for s in reversed(waiting) if (w := s.part.content.get("wave"))), None),
        "studies": list(_studies(waiting)),
    }


def _entry(waiting: Sequence[_Step], sentence: str) -> dict[str, Any]:
    change = waiting[0].change
    return {
        "slug": change["slug"],
        "name": change["name"],
        "short": change["short"],
        "announcements": [step.part.id for step in waiting],
        "sentence": sentence,
    }


def _studies(waiting: Sequence[_Step]) -> Iterator[dict[str, Any]]:
    """Give each study that caused something, as it was told last."""
    latest = {
        study["id"]: {**study, "at": step.part.at.isoformat()}
        for step in waiting
        if (study := step.part.content["study"])
    }
    yield from latest.values()


def _merged(waiting: Sequence[_Step], after: State) -> str:
    """Tell several decisions as one change."""
    name, before = waiting[0].change["name"], waiting[0].before
    causes = _causes(waiting)
    of_use = _wave_kind(waiting)
    if _cause_kind(waiting) in use_changes.OF_WAVES:
        return use_changes.sentence(name, before, after, causes, of_use)
    told = gap_rules.sentence(name, before, after, causes)
    if use_changes.moved(before, after):
        told = f"{told.rstrip('.')}; {use_changes.use_clause(before, after, of_use)}."
    return told


def _brief(waiting: Sequence[_Step], before: State | None, after: State) -> str:
    """Tell what moved in a line or two; of many causes the studies below tell why."""
    causes = {step.change["cause"] for step in waiting}
    why = plain(_causes(waiting), _WHY) if len(causes) <= _FEW else ""
    return brief(before, after, why, _wave_kind(waiting))


def _cause_kind(waiting: Sequence[_Step]) -> str | None:
    """Give what kind of cause they have; a wave's only where nothing else had a part in it."""
    kinds = [step.change.get("cause_kind") for step in waiting]
    return next((kind for kind in reversed(kinds) if kind not in use_changes.OF_WAVES), kinds[-1])


def _wave_kind(waiting: Sequence[_Step]) -> str:
    """Say what the newest of them did with a wave of use, of those that did."""
    kinds = [step.change.get("cause_kind") for step in waiting]
    withdrew = [kind for kind in kinds if kind in use_changes.OF_WAVES][-1:]
    return use_changes.WITHDRAWN if withdrew == [use_changes.WITHDRAWN] else use_changes.PUBLISHED


def _causes(waiting: Sequence[_Step]) -> str:
    causes = dict.fromkeys(step.change["cause"].rstrip(".") for step in waiting)
    return "; ".join(causes)


def _added(waiting: Sequence[_Step], before: State | None, after: State) -> str:
    """Tell a count that moved and nothing with it."""
    was = f", was {before.studies_range}" if before else ""
    return (
        f"{waiting[0].change['name']}: now {after.studies_words}{was}: {_causes(waiting)}. "
        f"Tier and findings as before: {tier_clause(after)}, "
        f"{findings_clause(after.direction, 'still')}."
    )


def _undone(waiting: Sequence[_Step], after: State) -> str:
    """Tell what moved and moved back."""
    return (
        f"{waiting[0].change['name']}: moved and moved back ({_causes(waiting)}). It stands as "
        f"before: tier {tier_clause(after)}, {findings_clause(after.direction, 'still')}."
    )


def _overtaken(late: Sequence[_Step], told: _Step) -> str:
    """Tell what moved before a mail that told where it stands."""
    when = english.day(told.part.told_at or told.part.at)
    return (
        f"{late[0].change['name']}: {_causes(late)}. That came before what we wrote on {when}, "
        "which tells where it stands."
    )


def _told(step: _Step) -> dict[str, Any]:
    at = step.part.told_at or step.part.at
    line = f"{step.change['name']}: {moves(step.before, step.after)}"
    correction = "correction: " if step.part.content["correction"] else ""
    return {
        "slug": step.change["slug"],
        "announcements": [step.part.id],
        "at": at.isoformat(),
        "sentence": f"{english.day(at)}, {correction}{line}",
    }
