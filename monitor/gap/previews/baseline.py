"""What bringing in the review's own table would do, told before it counts. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.evidence.baseline import counts as baseline_counts
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.baseline.table import ReviewTable
from monitor.gap.previews.steps import Preview, preview_baseline


@dataclass(frozen=True, slots=True)
class BaselinePreview:
    """A table, and what it would do.

    ``unwatched`` are its studies without a DOI or PubMed number: no retraction of these is heard.
    ``here`` counts its studies that are held here already. ``contested`` are studies that count
    here, that it names and a person said are not the review's. ``same``: it is in already.
    """

    studies: int
    papers: int
    here: int
    unwatched: tuple[str, ...]
    contradictions: tuple[str, ...]
    contested: tuple[baselines.Contested, ...]
    effects: tuple[Preview, ...]
    same: bool


def preview(
    session: Session, catalogue: Catalogue, table: ReviewTable, *, at: datetime
) -> BaselinePreview:
    """Tell all that bringing in a table would do."""
    standing = baselines.as_if(session, table, at)
    newest = baselines.current(session)
    return BaselinePreview(
        studies=len(table.studies),
        papers=table.papers,
        here=sum(bool(ids) for ids in standing.studies.values()),
        unwatched=tuple(
            rows[0].study for rows in table.studies.values() if not any(row.papers for row in rows)
        ),
        contradictions=tuple(baseline_counts.contradictions(catalogue, table)),
        contested=tuple(baselines.contested(session, catalogue, standing)),
        effects=tuple(preview_baseline(session, catalogue, table, at=at)),
        same=newest is not None and newest.digest == table.digest,
    )
