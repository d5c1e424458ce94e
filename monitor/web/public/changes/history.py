"""How the ten stood on any day, by the policies of then or by others. Works without JavaScript."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor.catalogue import drafts
from monitor.catalogue.loader import Catalogue
from monitor.gap import history
from monitor.gap.history import StatePart
from monitor.gap.states import State
from monitor.gap.wording import tier_words, trials_words, used
from monitor.kernel.errors import InvalidInput, MonitorError, NotFound
from monitor.kernel.language.english import full
from monitor.kernel.language.uk import long_date, read_day, uk_day, uk_day_of
from monitor.review.words import shown
from monitor.web.current import now, service
from monitor.web.public import rendered
from monitor.web.public.ten.csv_tables import csv_answer

blueprint = Blueprint("history", __name__)

_SAME_MOMENT = timedelta(microseconds=1)
_COMPARED = ("tier", "studies counted", "headline", "gap")  # with what the ledger said then
_LONGEST = 80  # characters of a policy's name


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One intervention on that day; ``differs``: where the ledger told something else then."""

    slug: str
    name: str
    state: State
    use: str
    differs: tuple[StatePart, ...]


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """A choice of policies: ``value`` as the address has it, ``words`` as a reader chooses it."""

    value: str
    words: str


def _asked() -> tuple[str, str]:
    return _given("on"), _given("policy")


def _given(name: str) -> str:
    return request.args.get(name, "").strip()[:_LONGEST]


@blueprint.get("/history")
@rendered.once(by=_asked)
def past() -> ResponseReturnValue:
    """Show the ten as they stood at the end of a day; a day that cannot be gets a sentence."""
    written, policy = _asked()
    catalogue, today = service().catalogue, uk_day_of(now()).date
    told = {
        "written": written or today.isoformat(),
        "policy": policy,
        "today": today,
        "choices": _choices(catalogue),
        "rows": [],
        "day": None,
        "began": None,
        "problem": None,
    }
    try:
        with service().database.read() as session:
            began = history.began(session)
            told["began"] = uk_day_of(began).date if began else None
            day = _day(written, began)
            chosen = drafts.named(catalogue, policy.split(",")) if policy else None
            rows = _rows(session, catalogue, chosen, _end(day))
    except (InvalidInput, NotFound) as error:
        return make_response(_page(told | {"problem": _sentence(error)}), 400)
    return _page(told | {"day": day, "rows": rows})


@blueprint.get("/history/table.csv")
@rendered.once(by=_asked, file=True)
def table() -> Response:
    """Give the ten as they stood at the end of a day, as a table.

    Raises:
        InvalidInput: there is no such day or policy.
    """
    written, policy = _asked()
    catalogue = service().catalogue
    try:
        with service().database.read() as session:
            day = _day(written, history.began(session))
            chosen = drafts.named(catalogue, policy.split(",")) if policy else None
            rows = [_told(row) for row in _rows(session, catalogue, chosen, _end(day))]
    except NotFound as error:
        raise InvalidInput(str(error)) from error
    asked = {"on": day.isoformat(), **({"policy": policy} if policy else {})}
    name = f"the ten on {long_date(day)}"
    return csv_answer(rows, _COLUMNS, name, f"/history?{urlencode(asked)}")


_COLUMNS = (
    *("intervention", "name", "tier", "studies_lowest", "studies_highest", "findings"),
    *("trials_since_show", "use", "gap", "gap_in_words", "the_ledger_said"),
)


def _told(row: HistoryRow) -> dict[str, Any]:
    state = row.state
    return {
        "intervention": row.slug,
        "name": row.name,
        "tier": tier_words(state),
        "studies_lowest": state.studies[0],
        "studies_highest": state.studies[1],
        "findings": shown(state.direction),
        "trials_since_show": trials_words(state),
        "use": row.use,
        "gap": state.kind.value,
        "gap_in_words": state.sentence,
        "the_ledger_said": "; ".join(f"{part.what}: {part.before}" for part in row.differs),
    }


def _page(told: dict[str, object]) -> str:
    return render_template("public/changes/history.html", **told)


def _sentence(error: MonitorError) -> str:
    return full(str(error))


def _day(written: str, began: datetime | None) -> date:
    """Read the day asked for; today where none is.

    Raises:
        NotFound: it is no day, is still to come, or lies before anything was entered.
    """
    today = uk_day_of(now()).date
    day = read_day(written) if written else today
    if day > today:
        raise NotFound(f"{long_date(day)} has not come yet: choose {long_date(today)} or earlier")
    if began is None:
        raise NotFound("Nothing is entered here yet: run gap-monitor init")
    first = uk_day_of(began).date
    if day < first:
        raise NotFound(
            f"The ten were entered here on {long_date(first)}: before that day nothing is kept. "
            "They were entered as the 2023 review published them"
        )
    return day


def _end(day: date) -> datetime:
    return min(uk_day(day).end - _SAME_MOMENT, now())


def _rows(
    session: Session, catalogue: Catalogue, chosen: Catalogue | None, at: datetime
) -> list[HistoryRow]:
    return [_row(session, catalogue, chosen, slug, at) for slug in catalogue.slugs]


def _row(
    session: Session, catalogue: Catalogue, chosen: Catalogue | None, slug: str, at: datetime
) -> HistoryRow:
    rules = chosen or history.in_force_at(session, catalogue, slug, at)
    state = history.state_at(session, rules, slug, at)
    told = history.told_at(session, slug, at)
    differs = history.compare(told, state) if told else ()
    return HistoryRow(
        slug=slug,
        name=catalogue.intervention(slug).name,
        state=state,
        use=used(state),
        differs=tuple(part for part in differs if part.what in _COMPARED),
    )


def _choices(catalogue: Catalogue) -> list[PolicyChoice]:
    """List the rules to choose from: those of then, and every pair of released ones that fits."""
    return [
        PolicyChoice("", "the rules in force then"),
        *(
            PolicyChoice(f"grading/{grading},gap/{gap}", f"tiers and findings {grading}, gap {gap}")
            for grading, gap in drafts.pairs(catalogue)
        ),
    ]
