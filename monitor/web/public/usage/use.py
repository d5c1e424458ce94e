"""The pages of use: all ten in the newest survey, and one over time. Public; a GET changes nothing."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from monitor.catalogue.loader import Intervention
from monitor.gap import in_step
from monitor.usage import queries as usage
from monitor.usage.intervals import Share
from monitor.usage.returns.linked import linked
from monitor.usage.splits import UseSplit, splits
from monitor.usage.standing import MAIN_UNITS, Observation, WaveSurvey, observe
from monitor.usage.tables import Wave
from monitor.web.current import service
from monitor.web.public import rendered
from monitor.web.public.usage import use_words

blueprint = Blueprint("use", __name__)


@dataclass(frozen=True, slots=True)
class UseRow:
    """One of the ten: what the newest wave that has it says, and what became of it since before."""

    about: Intervention
    wave: str
    line: use_words.UseLine | None
    since: str
    changed: bool


@dataclass(frozen=True, slots=True)
class InTime:
    """One wave's line on the page of one intervention."""

    survey: WaveSurvey
    line: use_words.UseLine


@dataclass(frozen=True, slots=True)
class OtherWave:
    """What a wave of another unit says: shown, never merged."""

    name: str
    when: str
    citation: str
    unit: str
    shares: tuple[tuple[Intervention, Share], ...]


@blueprint.get("/use")
@rendered.once()
def all_ten() -> str:
    """Show how widely each is used, whether use follows evidence, and what stands beside."""
    catalogue = service().catalogue
    with service().database.read() as session:
        surveys = usage.published(session)
        observed = {slug: observe(surveys, slug) for slug in catalogue.slugs}
        newest = surveys[-1] if surveys else None
        ranked = next((s for s in surveys if use_words.contradiction(s, catalogue)), None)
        return render_template(
            "public/use/use.html",
            title=use_words.title(newest, observed),
            newest=newest,
            response=use_words.response(newest, _wave(session, newest).invited) if newest else "",
            rows=[_row(surveys, about, observed[about.slug]) for about in catalogue.interventions],
            has_shares=any(seen and seen.share for seen in observed.values()),
            contradiction=use_words.contradiction(ranked, catalogue) if ranked else "",
            ranked=ranked,
            beside=beside(session),
            agreements=in_step.history(session, catalogue),
            policy=catalogue.gap,
            bands_note=use_words.bands_note(catalogue.gap),
            plot=use_words.PLOT,
        )


@blueprint.get("/use/<slug>")
@rendered.once()
def one(slug: str) -> str:
    """Show the use of one intervention over all waves, whether it changed, and its parts."""
    catalogue = service().catalogue
    about = catalogue.intervention(slug)
    with service().database.read() as session:
        surveys = usage.published(session)
        observed = observe(surveys, slug)
        now, before = _compared(surveys, observed)
        in_time = [
            InTime(survey, line)
            for survey in reversed(surveys)
            if (line := use_words.of_survey(catalogue.gap, survey, slug))
        ]
        conditions = (
            use_words.conditions(observed.figure, now, before)
            if observed and observed.figure and observed.figure.before and now and before
            else []
        )
        return render_template(
            "public/use/use_one.html",
            about=about,
            heading=use_words.heading(observed),
            lead=use_words.lead(observed),
            observed=observed,
            in_time=in_time,
            conditions=conditions,
            same_services=use_words.same_services(
                linked(session, slug, before=before.id, now=now.id) if now and before else None
            ),
            responses=[
                (
                    point.survey.name,
                    use_words.response(point.survey, _wave(session, point.survey).invited),
                )
                for point in in_time
            ],
            now=now,
            splits=_splits(session, now, slug),
            lines=use_words,
            beside=beside(session, slug),
            policy=catalogue.gap,
            bands_note=use_words.bands_note(catalogue.gap),
            plot=use_words.PLOT,
        )


def _row(surveys: list[WaveSurvey], about: Intervention, seen: Observation | None) -> UseRow:
    survey = next((wave for wave in reversed(surveys) if about.slug in wave.rows), None)
    figure = seen.figure if seen else None
    return UseRow(
        about=about,
        wave=survey.name if survey else "",
        line=use_words.of_survey(service().catalogue.gap, survey, about.slug) if survey else None,
        since=use_words.since(figure) if figure else "No earlier figure",
        changed=bool(figure and figure.changed),
    )


def _compared(
    surveys: list[WaveSurvey], observed: Observation | None
) -> tuple[WaveSurvey | None, WaveSurvey | None]:
    """Give the wave that is observed, and the one before it."""
    place = next(
        (i for i, wave in enumerate(surveys) if observed and wave.id == observed.wave_id), None
    )
    if place is None:
        return None, None
    return surveys[place], surveys[place - 1] if place else None


def _splits(session: Session, survey: WaveSurvey | None, slug: str) -> list[UseSplit]:
    if survey is None or survey.id is None:
        return []
    areas = service().catalogue.areas
    return splits(usage.rows(session, survey.id), slug, survey.effect, areas.nation_of)


def beside(session: Session, slug: str | None = None) -> list[OtherWave]:
    """Give what published waves of other units say: of one intervention, or of all."""
    catalogue = service().catalogue
    others = [
        OtherWave(
            name=survey.name,
            when=survey.when,
            citation=survey.citation,
            unit=survey.unit or "",
            shares=tuple(
                (about, share)
                for about in catalogue.interventions
                if slug in {None, about.slug} and (share := survey.share(about.slug))
            ),
        )
        for survey in usage.beside(session)
        if survey.unit not in MAIN_UNITS
    ]
    return [other for other in others if other.shares]


def _wave(session: Session, survey: WaveSurvey) -> Wave:
    return session.get_one(Wave, survey.id)
