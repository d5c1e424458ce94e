"""How use is told in a mail, where a survey counts it: both shares whole, never a bare per cent. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.gap import use_changes
from monitor.gap.states import State
from monitor.kernel.language.english import listed, sentence

ONLY_SAMPLING = "Intervals show sampling error only: services chose to answer."


def is_of_wave(change: Mapping[str, Any]) -> bool:
    """Tell whether a survey of use caused a change; mails frozen before surveys say nothing."""
    return change.get("cause_kind") in use_changes.OF_WAVES


def headline(
    changes: Sequence[Mapping[str, Any]],
    wave: Mapping[str, Any],
    states: tuple[State | None, State],
    *,
    correction: bool,
) -> str:
    """Write the first line of a mail that a survey caused. ``states`` are those of the first.

    ``correction``: it takes back what its reader was told.
    """
    name = (
        changes[0]["name"] if len(changes) == 1 else listed([change["short"] for change in changes])
    )
    if wave["withdrawn"] is not None:
        whose = f"Correction for {name}" if correction else name
        return f"{whose}: the survey of use “{wave['name']}” is withdrawn"
    if len(changes) > 1:
        return f"{name}: what the survey of use “{wave['name']}” shows"
    return f"{name}: {use_changes.headline(*states)}"


def row(before: State | None, after: State, citation: str) -> tuple[str, str]:
    """Write use as a line of before and after, and the note under it. ``after`` has a share."""
    use = after.use
    if use is None:
        raise ValueError("there is no share to tell")
    note = f"{ONLY_SAMPLING} {citation.rstrip('.')}."
    return sentence(use_changes.in_short(before, after)), note
