"""Read waves for pages, mail and the gap. Changes nothing."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.kernel.errors import NotFound
from monitor.kernel.persistence.once import once
from monitor.usage.standing import MAIN_UNITS, Stated, WaveSurvey, in_order
from monitor.usage.tables import Wave, WaveRow, WaveState


def waves(session: Session) -> list[Wave]:
    """Give every wave, the newest survey first; drafts before those that stand."""
    waves = session.scalars(select(Wave).order_by(Wave.id.desc())).all()
    return sorted(
        waves,
        key=lambda wave: (wave.state is WaveState.DRAFT, wave.field_to or date.min, wave.id),
        reverse=True,
    )


def wave(session: Session, wave_id: int) -> Wave:
    """Give one wave.

    Raises:
        NotFound: there is none.
    """
    wave = session.get(Wave, wave_id)
    if wave is None:
        raise NotFound(f"there is no wave {wave_id}")
    return wave


def waves_by_ids(session: Session, ids: Collection[int]) -> dict[int, Wave]:
    """Give some waves, by id; those that there are none of are left out."""
    if not ids:
        return {}
    return {wave.id: wave for wave in session.scalars(select(Wave).where(Wave.id.in_(sorted(ids))))}


def rows(session: Session, wave_id: int) -> list[WaveRow]:
    """Give every row of a wave, in the order it was brought."""
    statement = select(WaveRow).where(WaveRow.wave_id == wave_id).order_by(WaveRow.id)
    return list(session.scalars(statement))


def published(session: Session, at: datetime | None = None) -> list[WaveSurvey]:
    """Give the published waves of the main units, the oldest survey first; ``at``: those of then."""
    return in_order(s for s in _published(session, at) if s.unit in MAIN_UNITS)


def beside(session: Session) -> list[WaveSurvey]:
    """Give the published waves of other units, the oldest first: shown, never merged."""
    return in_order(s for s in _published(session) if s.unit not in MAIN_UNITS)


def survey(session: Session, wave_: Wave) -> WaveSurvey:
    """Give one wave as rules read it, whatever its state."""
    return _surveys(session, [wave_])[0]


@once
def _published(session: Session, at: datetime | None = None) -> list[WaveSurvey]:
    stands = Wave.state == WaveState.PUBLISHED
    if at is not None:  # one that was withdrawn since stood until then
        stands = (Wave.published_at <= at) & ((Wave.ended_at.is_(None)) | (Wave.ended_at > at))
    return _surveys(session, session.scalars(select(Wave).where(stands)).all())


def _surveys(session: Session, waves: Sequence[Wave]) -> list[WaveSurvey]:
    whole = (
        select(WaveRow)
        .where(
            WaveRow.wave_id.in_([wave.id for wave in waves]),
            WaveRow.nation == "",
            WaveRow.sector == "",
            WaveRow.area == "",
        )
        .order_by(WaveRow.id)
    )
    of: dict[int, list[WaveRow]] = {}
    for row in session.scalars(whole):
        of.setdefault(row.wave_id, []).append(row)
    return [_survey(wave, of.get(wave.id, ())) for wave in waves]


def _survey(wave_: Wave, whole: Iterable[WaveRow]) -> WaveSurvey:
    return WaveSurvey(
        id=wave_.id,
        name=wave_.name,
        question=wave_.question,
        unit=wave_.unit,
        field_from=wave_.field_from,
        field_to=wave_.field_to,
        dated=wave_.dated,
        responses=wave_.responses,
        services=wave_.services,
        stated_effect=wave_.design_effect,
        citation=wave_.citation,
        rows={
            row.slug: Stated(
                id=row.id,
                numerator=row.numerator,
                denominator=row.denominator,
                ranks=tuple(row.ranks),
                out_of=row.out_of,
                words=row.words,
            )
            for row in whole
        },
    )
