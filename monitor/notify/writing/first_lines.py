"""The first line of each of many changes, as its mail had it: what a study found, before what it does."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence.words import OF_DECISIONS
from monitor.gap import use_changes
from monitor.gap.tables import Change
from monitor.notify.announcements.content import reinstates, result_of
from monitor.notify.writing import wording
from monitor.review import decision_rows
from monitor.review.tables import Decision
from monitor.review.words import DecisionVerdict
from monitor.usage import queries as usage
from monitor.usage.tables import Wave


def first_lines(
    session: Session, catalogue: Catalogue, changes: Sequence[Change]
) -> dict[int, str]:
    """Write the first line of each change that a study or a survey of use caused, by its id.

    What else causes one (a rule, the review's own table, how sure people are) has found nothing: its
    own sentence is all there is to tell.
    """
    decisions = decision_rows.by_ids(session, _causes(changes, OF_DECISIONS))
    waves = usage.waves_by_ids(session, _causes(changes, use_changes.OF_WAVES))
    told = {}
    for change in changes:
        entry = [_entry(catalogue, change)]
        if change.cause_kind in OF_DECISIONS and (decision := decisions.get(change.cause_id or 0)):
            study = _study(decision)
            told[change.id] = wording.headline(entry, study, correction=True)
        elif change.cause_kind in use_changes.OF_WAVES and (
            wave := waves.get(change.cause_id or 0)
        ):
            of_wave = _wave(change, wave)
            told[change.id] = wording.headline(entry, None, correction=True, wave=of_wave)
    return told


def _causes(changes: Sequence[Change], kinds: frozenset[str]) -> set[int]:
    return {one.cause_id for one in changes if one.cause_kind in kinds and one.cause_id is not None}


def _entry(catalogue: Catalogue, change: Change) -> dict[str, Any]:
    about = catalogue.intervention(change.slug)
    return {
        "name": about.name,
        "short": about.short,
        "before": change.before,
        "after": change.after,
    }


def _study(decision: Decision) -> Mapping[str, Any]:
    facts = decision.facts
    withdrawn = decision.verdict is not DecisionVerdict.ACCEPT
    return {
        "design": facts.get("design"),
        "uk": facts.get("uk"),
        **result_of(facts),
        "again": reinstates(decision),
        "reappraised": facts.get("round", 1) > 1,
        "withdrawn": {"retraction": bool(facts.get("retraction"))} if withdrawn else None,
    }


def _wave(change: Change, wave: Wave) -> Mapping[str, Any]:
    withdrawn = change.cause_kind == use_changes.WITHDRAWN
    return {"name": wave.name, "withdrawn": wave.why_ended or "" if withdrawn else None}
