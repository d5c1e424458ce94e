"""What leaves as data: the queue, studies, results, grades, changes, certainty. Rows of JSON values."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.catalogue import loader
from monitor.catalogue.shapes.context import ASPECTS
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.standing import BaselineInForce
from monitor.evidence.synthesis.harm_words import for_readers
from monitor.evidence.synthesis.of_readings import row_of
from monitor.evidence.synthesis.results import Result
from monitor.evidence.tables import CertaintyRow, GradeRow
from monitor.feeds.tables import Record
from monitor.gap.tables import Change
from monitor.literature.tables import Match, Paper, PaperIdentifier, PaperRecord, PaperRegistration
from monitor.review import queries as review
from monitor.review.reading.appraised import overall_of
from monitor.review.tables import QueueItem
from monitor.usage import queries as usage
from monitor.usage.intervals import Share, wilson
from monitor.usage.splits import shown_rows
from monitor.usage.standing import WaveSurvey
from monitor.usage.tables import WaveRow

Row = dict[str, Any]

# The columns of the results table, and what each is of a result; ``lab findings`` reads them.
_RESULT_COLUMNS = {
    "study": "study",
    "intervention": "intervention",
    "variant": "variant",
    "comparator": "comparator",
    "comparator_class": "comparator_class",
    "allocation": "allocation",
    "cluster_size": "cluster_size",
    "icc": "icc",
    "n_i": "n_i",
    "n_c": "n_c",
    "events_i": "events_i",
    "events_c": "events_c",
    "mean_i": "mean_i",
    "sd_i": "sd_i",
    "mean_c": "mean_c",
    "sd_c": "sd_c",
    "effect_type": "effect_type",
    "effect": "effect",
    "ci_low": "ci_low",
    "ci_high": "ci_high",
    "se": "se",
    "p": "p",
    "benefit": "benefit",
    "outcome_class": "outcome_class",
    "outcome": "outcome",
    "measure": "measure",
    "informant": "informant",
    "months_after_end": "months",
    "population": "population",
    "prespecified": "prespecified",
    "risk_of_bias": "risk_of_bias",
    "developer_led": "developer_led",
    "uk": "uk",
}

# A cell that starts like this is run as a formula by spreadsheets (OWASP ASVS 5.0, 1.2.10).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


def queue(session: Session) -> list[Row]:
    """Give each queued paper: what was read of it, its interventions, lane, sources and stage."""
    identifiers = _grouped(
        session, select(PaperIdentifier.paper_id, PaperIdentifier.scheme, PaperIdentifier.value)
    )
    registrations = _grouped(
        session,
        select(PaperRegistration.paper_id, PaperRegistration.scheme, PaperRegistration.value),
    )
    slugs = _grouped(session, select(Match.paper_id, Match.slug).distinct())
    sources = _grouped(
        session,
        select(PaperRecord.paper_id, Record.source).join(Record).distinct(),
    )
    statement = select(Paper, QueueItem).join(QueueItem).order_by(QueueItem.queued_at, Paper.id)
    return [
        {
            "paper": paper.id,
            "title": paper.title,
            "authors": paper.authors,
            "journal": paper.journal,
            "year": paper.year,
            "volume": paper.volume,
            "issue": paper.issue,
            "pages": paper.pages,
            "identifiers": _by_scheme(identifiers[paper.id]),
            "registrations": _by_scheme(registrations[paper.id]),
            "abstract": paper.abstract,
            "interventions": sorted(slug for (slug,) in slugs[paper.id]),
            "lane": paper.lane.value,
            "sources": sorted(source for (source,) in sources[paper.id]),
            "stage": item.stage.value,
            "queued_at": _text(item.queued_at),
        }
        for paper, item in session.execute(statement)
    ]


def studies(session: Session) -> list[Row]:
    """Give each accepted study with the judgement its reviewers agreed on."""
    return [
        {
            "study": study.study_id,
            "label": study.label,
            "title": study.title,
            "identifiers": _by_scheme((i.scheme, i.value) for i in study.identifiers),
            "interventions": list(study.interventions),
            "design": study.design.value,
            "risk_of_bias": study.risk_of_bias.value if study.risk_of_bias else "",
            "outcome": study.outcome,
            "outcome_class": study.outcome_class.value,
            "direction": study.direction.value if study.direction else None,
            "quote": study.quote,
            "participants": study.participants,
            "uk": study.uk,
            "developer_led": study.developer_led,
            "year": study.year,
            "decided_at": _text(study.decided_at),
        }
        for study in review.accepted(session)
    ]


def results(session: Session) -> list[Row]:
    """Give each result of each counted study as a row of the results table (docs/lab.md)."""
    tools, own = loader.load().tool_by_reference, baselines.standing(session)
    return [
        _result_row(
            study,
            own,
            row_of(
                study.reading,
                result,
                study=f"{study.label} ({study.study_id})",
                risk=overall_of(tools, result.risk) or "",
            ),
        )
        for study in review.accepted(session)
        for result in study.reading.results
    ]


def _result_row(study: review.AcceptedStudy, own: BaselineInForce, result: Result) -> Row:
    told = {column: getattr(result, field) for column, field in _RESULT_COLUMNS.items()}
    first = study.published or study.year
    known = own.in_review(result.intervention, study.study_id, study.in_review)
    in_review = known.value if known else "unknown"
    return told | {"first_results": str(first or ""), "in_review": in_review}


def grades(session: Session) -> list[Row]:
    """Give the whole ledger of grades, oldest first; tier and direction side by side."""
    return [
        {
            "intervention": grade.slug,
            "tier": grade.tier.value,
            "tier_low": grade.tier_low.value,
            "tier_high": grade.tier_high.value,
            "direction": grade.direction.value,
            "facts": grade.facts,
            "studies": grade.counted,
            "policy": grade.policy,
            "reasons": grade.reasons,
            "cause": grade.cause,
            "at": _text(grade.at),
        }
        for grade in session.scalars(select(GradeRow).order_by(GradeRow.id))
    ]


def changes(session: Session) -> list[Row]:
    """Give the whole ledger of changes, oldest first."""
    return [
        {
            "intervention": change.slug,
            "kinds": change.kinds,
            "sentence": change.sentence,
            "before": change.before,
            "after": change.after,
            "cause": change.cause,
            "at": _text(change.at),
        }
        for change in session.scalars(select(Change).order_by(Change.id))
    ]


def certainty(session: Session) -> list[Row]:
    """Give every certainty that people confirmed, oldest first, with what the rule had suggested.

    ``studies`` and ``participants`` are of the pool; ``suggested`` holds, for each domain, the least
    and the most levels down.
    """
    return [
        {
            "intervention": row.slug,
            "outcome_class": row.outcome_class,
            "comparator_class": row.facts["comparator_class"],
            "certainty": row.level.value,
            "label": for_readers(row.facts["label"], row.outcome_class),
            "studies": row.facts["k"] or sum(row.facts["signs"]),
            "participants": row.facts["people"],
            "start": row.start.value,
            "downgrades": row.downgrades,
            "suggested": {
                domain: [said["least"], said["most"]] for domain, said in row.suggested.items()
            },
            "reasons": row.reasons,
            "numbers": {domain: said["numbers"] for domain, said in row.suggested.items()},
            "how": row.how.value,
            "policy": row.policy,
            "at": _text(row.at),
        }
        for row in session.scalars(select(CertaintyRow).order_by(CertaintyRow.id))
    ]


def use(session: Session) -> list[Row]:
    """Give each row of each published wave of use, the oldest survey first; parts included.

    Ends of intervals are fractions; parts that ``usage.splits`` does not show are left out.
    """
    waves = [*usage.published(session), *usage.beside(session)]
    return [
        _use_row(survey, row)
        for survey in waves
        if survey.id is not None
        for row in shown_rows(usage.rows(session, survey.id), loader.load().areas.nation_of)
    ]


def _use_row(survey: WaveSurvey, row: WaveRow) -> Row:
    share = None
    if row.numerator is not None and row.denominator:
        share = Share(row.numerator, row.denominator, survey.effect)
    low, high = wilson(share) if share else (None, None)
    return {
        "wave": survey.name,
        "field_from": _text(survey.field_from),
        "field_to": _text(survey.field_to),
        "question": survey.question,
        "intervention": row.slug,
        "nation": row.nation,
        "sector": row.sector,
        "area": row.area,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "unit": survey.unit,
        "ci_low": low,
        "ci_high": high,
        "ranks": list(row.ranks),
        "out_of": row.out_of,
        "words": row.words,
        "responses": survey.responses,
        "services": survey.services,
        "citation": survey.citation,
    }


def context(session: Session) -> list[Row]:  # noqa: ARG001 - as the others; it is data, not rows
    """Give what is known of each intervention beside its evidence: a row an aspect.

    ``words`` is None where no source that we know of says it.
    """
    catalogue = loader.load()
    return [
        {
            "intervention": slug,
            "aspect": ASPECTS[name],
            "words": told.words if told else None,
            "source": catalogue.background.sources[told.source].title if told else None,
            "dated": catalogue.background.sources[told.source].dated if told else None,
            "caution": catalogue.background.sources[told.source].caution if told else None,
        }
        for slug in catalogue.slugs
        for name, told in catalogue.context(slug).aspects.items()
    ]


EXPORTS: dict[str, Callable[[Session], list[Row]]] = {
    "queue": queue,
    "studies": studies,
    "results": results,
    "grades": grades,
    "changes": changes,
    "certainty": certainty,
    "use": use,
    "context": context,
}


def table(rows: list[Row]) -> list[list[str]]:
    """Lay rows out for CSV: a header, then text cells no spreadsheet takes for a formula."""
    if not rows:
        return []
    return [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]


def _cell(value: Any) -> str:  # noqa: ANN401 - any JSON value
    text = _flat(value)
    if isinstance(value, int | float):
        return text  # a number below 0 is no formula
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _flat(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_flat(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "; ".join(_flat(item) for item in value)
    return str(value)


def _grouped(session: Session, statement: Any) -> dict[int, list[tuple[str, ...]]]:  # noqa: ANN401 - selects of any columns
    """Group rows by their first column, the paper."""
    groups: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for paper_id, *rest in session.execute(statement):
        groups[paper_id].append(tuple(rest))
    return groups


def _by_scheme(pairs: Iterable[tuple[str, ...]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for scheme, value in sorted(pairs):
        found.setdefault(scheme, []).append(value)
    return found


def _text(value: datetime | date | None) -> str | None:
    return value.isoformat() if value else None
