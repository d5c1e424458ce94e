"""What a message will say, frozen as JSON when a change is announced. Invents nothing.

What is not known stays None; wording says so. Later changes never reach a message already made.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence.words import OF_DECISIONS
from monitor.feeds import queries as feeds
from monitor.gap.brief import brief
from monitor.gap.meaning import meaning
from monitor.gap.states import State
from monitor.gap.tables import Change
from monitor.kernel.settings import Settings
from monitor.literature.tables import Paper, PaperIdentifier, Study, StudyPaper
from monitor.notify.announcements import wave_news
from monitor.notify.rules import plain
from monitor.review import queries as review
from monitor.review.appraisal import rounds
from monitor.review.notices import doubts
from monitor.review.rules import told_in_words
from monitor.review.tables import Decision
from monitor.review.words import DecisionVerdict
from monitor.usage import service as usage

_FACTS = (
    "design",
    "risk_of_bias",
    "outcome_class",
    "participants",
    "uk",
    "developer_led",
)
# Of the JSON; mails are rendered from all. 1: as first written. 2: a study says whether it counts
# again and whether it was retracted. 3: this key; its date, its words and what is said of it. 4: a
# change says what trials since show, and what kind of cause it has; a wave of use may be the cause;
# a study says whether it was appraised again. 5: a change in brief, and what it means for a reader.
VERSION = 5
_LINKED = ("doi", "pmid", "pmcid", "nct", "isrctn")


def build(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    changes: Sequence[Change],
    *,
    at: datetime,
) -> dict[str, Any]:
    """Gather all that a message about these changes, of one cause, says."""
    study, wave = _study(session, changes[0]), wave_news.content(session, changes[0])
    return {
        "version": VERSION,
        "at": at.isoformat(),
        "notice": settings.web.notice,
        "of": len(catalogue.interventions),
        "caveat": catalogue.review.caveat,
        "correction": any(cause and cause["withdrawn"] is not None for cause in (study, wave)),
        "changes": [_change(session, catalogue, change) for change in changes],
        "study": study,
        "wave": wave,
        "sources": _sources(session, settings, at),
    }


def _change(session: Session, catalogue: Catalogue, change: Change) -> dict[str, Any]:
    about = catalogue.intervention(change.slug)
    before = State.from_dict(change.before) if change.before else None
    after = State.from_dict(change.after)
    return {
        "id": change.id,
        "slug": change.slug,
        "name": about.name,
        "short": about.short,
        "before": change.before,
        "after": change.after,
        "kinds": list(change.kinds),
        "sentence": plain(change.sentence, 1000),
        "brief": plain(brief(before, after, plain(change.cause, 300), change.cause_kind), 1000),
        "meaning": meaning(after).to_dict(),
        "cause": plain(change.cause, 1000),
        "cause_kind": change.cause_kind,
        "usage": _usage(session, change.slug),
        "path": f"/changes/{change.id}",
    }


def _usage(session: Session, slug: str) -> dict[str, Any] | None:
    latest = usage.latest(session, slug)
    if latest is None:
        return None
    return {
        "wave": latest.wave,
        "when": latest.when,
        "numerator": latest.numerator,
        "denominator": latest.denominator,
        "unit": latest.unit,
        "citation": plain(latest.citation, 500),
    }


def _study(session: Session, change: Change) -> dict[str, Any] | None:
    """Tell of the study whose decision caused the change; None where something else did."""
    decision = decision_of(session, change)
    if decision is None:
        return None
    study = session.get_one(Study, decision.study_id)
    withdrawn = decision.verdict is not DecisionVerdict.ACCEPT
    accepted = _acceptance(session, decision)
    facts = accepted.facts if accepted else decision.facts
    return {
        "id": study.id,
        "label": plain(study.label, 120),
        **_paper(session, study.id),
        **_first_results(session, study.id),
        **{name: facts.get(name) for name in _FACTS},
        **result_of(facts),
        "outcome": plain(facts.get("outcome") or "", 600) or None,
        "decided_at": accepted.at.isoformat() if accepted else None,
        "decided_by": len(accepted.decided_by) if accepted else None,
        "doubts": _doubts(session, study.id),
        "withdrawn": _withdrawal(decision) if withdrawn else None,
        "again": plain(decision.reason, 600) if reinstates(decision) else None,
        "reappraised": _reappraised(session, study.id, facts),
        "path": f"/interventions/{change.slug}/studies/{study.id}",
    }


def _reappraised(session: Session, study_id: int, facts: Mapping[str, Any]) -> str | None:
    """Say why a study was appraised again, where what it counts by is of a later round."""
    number = facts.get("round", 1)
    later = [one for one in rounds.rounds(session, study_id) if one.number == number]
    return plain(later[0].reason, 600) if later else None


def decision_of(session: Session, change: Change) -> Decision | None:
    """Give the decision on a study that caused a change; None where something else did."""
    if change.cause_kind not in OF_DECISIONS or change.cause_id is None:
        return None
    return session.get_one(Decision, change.cause_id)


def _acceptance(session: Session, decision: Decision) -> Decision | None:
    """Find the newest acceptance of the study by its appraisals, up to this decision."""
    accepted = select(Decision).where(
        Decision.study_id == decision.study_id,
        Decision.verdict == DecisionVerdict.ACCEPT,
        Decision.id <= decision.id,
    )
    acceptances = session.scalars(accepted.order_by(Decision.id.desc()))
    return next((acceptance for acceptance in acceptances if not reinstates(acceptance)), None)


def reinstates(decision: Decision) -> bool:
    """Tell whether a decision counts a study again that was withdrawn."""
    return "reinstates" in decision.facts


def _withdrawal(decision: Decision) -> dict[str, Any]:
    return {
        "reason": plain(decision.reason, 600),
        "at": decision.at.isoformat(),
        "retraction": bool(decision.facts.get("retraction")),
    }


def _paper(session: Session, study_id: int) -> dict[str, Any]:
    """Describe the study's first paper: what is read when its link is followed."""
    linked = (
        select(Paper)
        .join(StudyPaper, StudyPaper.paper_id == Paper.id)
        .where(StudyPaper.study_id == study_id)
        .order_by(StudyPaper.linked_at, Paper.id)
    )
    paper = session.scalars(linked.limit(1)).first()
    if paper is None:
        return {"title": None, "identifiers": {}}
    rows = session.scalars(select(PaperIdentifier).where(PaperIdentifier.paper_id == paper.id))
    identifiers = {
        identifier.scheme: identifier.value for identifier in rows if identifier.scheme in _LINKED
    }
    return {"title": plain(paper.title), "identifiers": identifiers}


def _first_results(session: Session, study_id: int) -> dict[str, Any]:
    """Date the study as the rule that counts it does."""
    year, published = review.first_results(session, [study_id])[study_id]
    return {"year": year, "published": published.isoformat() if published else None}


def _doubts(session: Session, study_id: int) -> list[str]:
    """Say what is said of the study's papers: nobody is told of a result without it."""
    return [
        plain(f"{doubt.sentence('A report of this study')} {doubt.answer}", 900)
        for doubt in doubts.of_study(session, study_id)
    ]


def result_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Tell the direction; of a study of several interventions the words it rests on."""
    if told_in_words(facts.get("interventions") or ()):
        quote = plain(facts.get("quote") or facts.get("outcome") or "", 600)
        return {"direction": None, "in_words": quote or None}
    return {"direction": facts.get("direction"), "in_words": None}


def _sources(session: Session, settings: Settings, at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "title": source.title,
            "state": str(source.state),
            "last_success": _iso(source.last_success),
            "failing_since": _iso(source.failing_since),
        }
        for source in feeds.last_heard(session, settings, at)
    ]


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
