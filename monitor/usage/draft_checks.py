"""Looks a draft over beside the waves that stand: what an admin should see first. Changes nothing."""

from datetime import date

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.usage import queries
from monitor.usage.checks import Check, checks
from monitor.usage.service import overlapping
from monitor.usage.standing import MAIN_UNITS, in_order
from monitor.usage.tables import Wave


def look_over(session: Session, catalogue: Catalogue, wave: Wave, today: date) -> list[Check]:
    """Give each check of a draft, passed or to be looked at."""
    survey, before = queries.survey(session, wave), None
    if survey.unit in MAIN_UNITS:
        order = in_order([*queries.published(session), survey])
        place = order.index(survey)
        before = order[place - 1] if place else None
    return checks(
        survey,
        queries.rows(session, wave.id),
        before,
        overlapping(session, wave),
        invited=wave.invited,
        promoters=wave.promoters,
        names={about.slug: about.short for about in catalogue.interventions},
        today=today,
        areas=[area for areas in catalogue.areas.nations.values() for area in areas],
    )
