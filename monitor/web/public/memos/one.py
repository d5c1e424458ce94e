"""The memo of one intervention as of a day, gathered from the ledgers."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import CertaintyDomain
from monitor.evidence import queries as evidence
from monitor.evidence.certainty import views
from monitor.evidence.certainty.rules import leading
from monitor.evidence.certainty.views import BodyCertainty
from monitor.evidence.showing import showing
from monitor.evidence.synthesis.index_results import Index
from monitor.evidence.synthesis.wording import independence
from monitor.feeds import queries as feeds
from monitor.gap import history
from monitor.gap import queries as gap
from monitor.gap.explaining import explained
from monitor.gap.memos import memo
from monitor.gap.memos.memo import MemoFacts, Sure, ToldChange
from monitor.gap.memos.sheets import Sheet
from monitor.gap.queries import Wanted
from monitor.kernel.errors import NotFound
from monitor.kernel.language.english import full
from monitor.kernel.language.uk import long_date, uk_day, uk_day_of
from monitor.review.notices import doubts
from monitor.usage import service as usage
from monitor.web.current import now, service
from monitor.web.public.about.heard import searched
from monitor.web.public.states import certainty, marks

_NEWEST = 2  # changes that are told
_SAME_MOMENT = timedelta(microseconds=1)


def day_of(session: Session, slug: str, on: date) -> date:
    """Give the day where a memo can be of it.

    Raises:
        NotFound: there is no such intervention, the day is still to come, or nothing was kept then.
    """
    name = service().catalogue.intervention(slug).name
    today = uk_day_of(now()).date
    if on > today:
        raise NotFound(f"{long_date(on)} has not come yet: choose {long_date(today)} or earlier")
    began = history.began(session)
    if began is None:
        raise NotFound("nothing is entered here yet: run gap-monitor init")
    first = uk_day_of(began).date
    if on < first:
        raise NotFound(
            f"{name} was entered here on {long_date(first)}: before that day nothing is kept"
        )
    return on


def sheet(session: Session, slug: str, on: date) -> Sheet:
    """Give the sheet of one intervention, as it stood at the end of a day, or stands now.

    Raises:
        NotFound: as ``day_of`` does.
    """
    here, today = service(), uk_day_of(now()).date
    stands = day_of(session, slug, on) == today
    at = None if stands else uk_day(on).end - _SAME_MOMENT
    then = history.in_force_at(session, here.catalogue, slug, at)
    state = history.told_at(session, slug, at)
    if state is None:
        raise NotFound(f"{slug!r} had not been graded by {long_date(on)}")
    known = MemoFacts(
        slug=slug,
        state=state,
        why=explained.explain_state(session, then, slug, at or now(), stands=stands),
        changes=_changes(session, slug, at),
        sure=_sure(session, here.catalogue, slug) if stands else memo.sure_then(state),
        doubts=_doubts(session, slug, at),
        survey=_survey(session, slug, at),
        delta=then.synthesis.delta,
        on=on,
        address=f"{here.settings.web.public_url}/interventions/{slug}/memo/{on.isoformat()}",
        boxes=marks.tier_boxes(state),
        searched=_searched(session) if stands else "",
    )
    return memo.sheet(here.catalogue, known)


def _changes(session: Session, slug: str, at: datetime | None) -> list[ToldChange]:
    until = at + _SAME_MOMENT if at else None
    newest = gap.changes(session, limit=_NEWEST, wanted=Wanted(slug=slug, until=until))
    return [ToldChange(change.sentence, change.at) for change in newest]


def _sure(session: Session, catalogue: Catalogue, slug: str) -> list[Sure]:
    """Tell of each label its certainty, the risk of bias it rests on, and who did the studies."""
    today, shows = uk_day_of(now()).date, showing(session, catalogue, slug)
    bodies = views.standings(session, catalogue, slug, today, shown=shows)
    index = {kind: finding.index for kind, finding in leading(shows.findings).items()}
    return [
        Sure(told.outcome, told.level, told.status, _rests_on(body, index[body.outcome_class]))
        for body, told in zip(bodies, certainty.shown(bodies), strict=True)
    ]


def _rests_on(body: BodyCertainty, index: Sequence[Index]) -> str:
    return f"{body.numbers[CertaintyDomain.RISK_OF_BIAS]} {full(independence(index))}"


def _doubts(session: Session, slug: str, at: datetime | None) -> list[str]:
    """Give what is said of the reports of each study that counts: no result is told without it."""
    grade = evidence.as_of(session, slug, at)
    told = doubts.of_studies(session, grade.counted if grade else ())
    return [
        " ".join(filter(None, (doubt.sentence("A report of a study that counts"), doubt.answer)))
        for each in told.values()
        for doubt in each
    ]


def _survey(session: Session, slug: str, at: datetime | None) -> str:
    seen = usage.latest(session, slug, at=at)
    if seen is None:
        return "no survey is known to us"
    return f"survey of {seen.wave}; no later figure is known to us"


def _searched(session: Session) -> str:
    at = now()
    return searched(feeds.last_heard(session, service().settings, at), at)
